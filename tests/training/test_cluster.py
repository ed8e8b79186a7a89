"""Grids on a real Ray cluster of two workers on this machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fer_core.training.cluster import ClusterError, ray_cluster, workers_environment
from fer_core.training.folder import CONFIG
from fer_core.training.record import RECORD, read_run

REPOSITORY = Path(__file__).parents[2]
WAIT_SECONDS = 480


@pytest.fixture
def cluster() -> Iterator[str]:
    """Address of a cluster with a head and another node, of one processor each."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    yield nodes.address
    nodes.shutdown()


def start(cluster: str, to: Path) -> subprocess.Popen:
    rates = [word for rate in ("0.001", "0.003", "0.01") for word in ("--learning-rate", rate)]
    grid = ["grid", "cnn", *rates, "--optimizer", "adam", "--activation", "relu"]
    shape = ["--epochs", "3", "--early-stopping", "99", "--batch-size", "256"]
    where = ["--data", "drawn", "--to", str(to), "--backend", "ray", "--address", cluster, "--threads", "1"]
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{to.parent}/mlflow.db"}
    return subprocess.Popen(
        [sys.executable, "-m", "fer_core", *grid, *shape, *where],
        cwd=REPOSITORY,
        env=os.environ | store,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_a_grid_is_trained_on_a_cluster_and_a_lost_worker_loses_no_finished_run(cluster: str, tmp_path: Path) -> None:
    to = tmp_path / "grid"
    process = start(cluster, to)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (finished := list(to.glob(f"*/{RECORD}"))):
        assert process.poll() is None, process.communicate()[0][-3000:]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(list(to.glob(f"*/{CONFIG}"))) >= 2, "the runs do not go side by side"
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in finished}
    actors = [found for found in psutil.process_iter(["cmdline"]) if is_actor(found)]
    assert len(actors) == 2
    actors[0].kill()
    output, _ = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, output[-3000:]
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in finished} == before
    runs = [read_run(path.parent) for path in sorted(to.glob(f"*/{RECORD}"))]
    assert [run.history["epoch"].tolist() for run in runs] == [[1, 2, 3]] * 3

    from mlflow import MlflowClient

    store = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    logged = store.search_runs([store.get_experiment_by_name("fer").experiment_id])
    assert {run.info.run_name for run in logged} == {run.record.id for run in runs}


def is_actor(process: psutil.Process) -> bool:
    """Whether this process trains for the cluster; only those of this test's are looked at."""
    mine = any(parent.pid == os.getpid() for parent in process.parents())
    return mine and any("PoolActor" in word for word in process.info["cmdline"] or [])


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_told_in_a_sentence() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    with pytest.raises(ClusterError, match=r"no Ray cluster at 127\.0\.0\.1:1"), ray_cluster("127.0.0.1:1"):
        pass


@pytest.mark.parametrize("kind", [ConnectionError, Exception])
def test_without_an_address_no_cluster_is_looked_for(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    asked = {}

    def init(**options: object) -> None:
        asked.update(options)
        raise kind("nothing is started here")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(ClusterError, match="Ray did not start on this machine"), ray_cluster(None):
        pass
    assert asked["address"] == "local"  # with none, Ray takes that of RAY_ADDRESS or one that runs here


def test_options_of_a_cluster_need_the_ray_backend() -> None:
    from typer.testing import CliRunner

    from fer_core.__main__ import app

    result = CliRunner().invoke(app, ["grid", "cnn", "--gpus-per-run", "1"])
    assert result.exit_code == 2
    assert "--backend ray" in result.output


def test_without_ray_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.util.joblib", None)
    with pytest.raises(ClusterError, match=r"needs Ray .*: pip install -r requirements-ray\.txt"), ray_cluster(None):
        pass


def test_runs_that_share_a_gpu_do_not_take_its_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    assert [workers_environment(0.5).get(name) for name in names] == ["true", "false"]
    assert [workers_environment(1).get(name) for name in names] == [None, None]
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    assert [workers_environment(0.5).get(name) for name in names] == ["true", "true"]


def test_runs_are_logged_in_one_store_whatever_the_workers_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert workers_environment()["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path}/mlflow.db"
    for uri in ("http://server:5000", f"sqlite:///{tmp_path}/other.db"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert workers_environment()["MLFLOW_TRACKING_URI"] == uri
