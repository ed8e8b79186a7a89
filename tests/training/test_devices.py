import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.commands import config_flags
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.splits import split_training
from fer_core.prediction.ensemble import THREADS
from fer_core.training.config import RunConfig
from fer_core.training.devices import devices, dtype_policy, processor_threads
from fer_core.training.estimate import estimate
from fer_core.training.fit import best_network, fit

REPOSITORY = Path(__file__).parents[2]


def test_devices_are_those_that_keras_lists() -> None:
    assert devices() == keras.distribution.list_devices() != []


@pytest.mark.parametrize(("told", "threads"), [("4", 4), ("3,2", 3), ("", THREADS), ("0", THREADS), ("all", THREADS)])
def test_as_many_threads_are_used_as_openmp_is_told(monkeypatch: pytest.MonkeyPatch, told: str, threads: int) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert processor_threads() == threads


def test_a_backend_that_can_record_no_network_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(config_flags, "exporting_backend", lambda: None)
    told = CliRunner().invoke(app, ["train", "--data", "drawn", "--to", str(tmp_path / "run")])
    assert told.exit_code == 2
    assert "exported with TensorFlow or PyTorch" in " ".join(told.stderr.replace("│", "").split())
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_pytorch_whose_devices_keras_cannot_list_names_the_one_it_uses() -> None:
    code = "from fer_core.training.devices import devices, on_gpu; print(devices(), on_gpu())"
    environment = os.environ | {"KERAS_BACKEND": "torch", "KERAS_TORCH_DEVICE": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['cpu'] False"


@pytest.mark.slow
def test_whoever_trains_or_estimates_keeps_the_precision_of_their_own_networks(
    drawn: FaceDataset, quick: RunConfig, tmp_path: Path
) -> None:
    config = RunConfig(**quick.model_dump() | {"precision": "bfloat16", "epochs": 1})
    split = split_training(drawn, seed=0)
    before = keras.config.dtype_policy()
    estimate(config, drawn, split, seconds=0)
    assert keras.config.dtype_policy() == before
    fit(config, drawn, split, tmp_path, verbose=0)
    assert keras.config.dtype_policy() == before
    with dtype_policy("mixed_bfloat16"):
        assert best_network(config, tmp_path).compute_dtype == "float32"
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert keras.config.dtype_policy() == before
