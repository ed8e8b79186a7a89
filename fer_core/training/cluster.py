"""Joblib's Ray backend: the runs of a study on an existing Ray cluster, or on one of this machine."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import joblib

from fer_core.parallel import register_ray

CONNECT_SECONDS = 10
PASSED_ON = (
    "KERAS_BACKEND",
    "TF_CPP_MIN_LOG_LEVEL",
    "TF_NUM_INTRAOP_THREADS",
    "OMP_NUM_THREADS",
)
"""Environment variables that the runs need too."""
SHARED_GPU = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""Environment in which TensorFlow and JAX take a GPU's memory as they need it, not nearly all of it at once."""


class ClusterError(RuntimeError):
    """Ray is not installed, or the cluster can't be reached; the message says what to do."""


@contextmanager
def ray_cluster(
    address: str | None, *, gpus_per_run: float = 0, cpus_per_run: float = 1
) -> Iterator[Callable[[], int]]:
    """Inside, joblib gives its work to Ray.

    Args:
        address: of a cluster, as `ray.init` takes it (`auto`, `ray://head:10001`); None starts one on this
            machine, whatever cluster RAY_ADDRESS names or runs here.
        gpus_per_run, cpus_per_run: what a worker reserves; a share of a GPU lets several runs have one together.

    Yields:
        How many runs the cluster has room for at the moment, counting what is busy.

    Raises:
        ClusterError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        register_ray()
    except ImportError as error:
        raise ClusterError(str(error)) from error
    import ray

    if address and ":" in address:
        _knock(address)
    environment = workers_environment(gpus_per_run)
    begun = not ray.is_initialized()
    if begun:
        own = {} if address else {"include_dashboard": False}
        try:
            ray.init(address=address or "local", runtime_env={"env_vars": environment}, **own)
        except Exception as error:  # Ray raises a plain one where its own node does not start
            what = f"no Ray cluster at {address}" if address else "Ray did not start on this machine"
            raise ClusterError(f"{what} ({error}); start one with `ray start` and name its address") from error
    needs = {"num_cpus": cpus_per_run, **({"num_gpus": gpus_per_run} if gpus_per_run else {})}
    try:
        with joblib.parallel_config(backend="ray", ray_remote_args=needs):
            yield lambda: _room(ray.cluster_resources(), cpus_per_run, gpus_per_run)
    finally:
        if begun:
            ray.shutdown()


def workers_environment(gpus_per_run: float = 0) -> dict[str, str]:
    """Environment variables of the workers, which have a working folder of their own.

    Args:
        gpus_per_run: below 1, runs share a GPU.
    """
    from fer_core.training.tracking import full_tracking_uri  # MLflow takes a while

    package_parent = str(Path(__file__).parents[2])
    shared = SHARED_GPU if 0 < gpus_per_run < 1 else {}
    passed_on = {name: os.environ[name] for name in (*PASSED_ON, *SHARED_GPU) if name in os.environ}
    return {
        **shared,
        **passed_on,
        "MLFLOW_TRACKING_URI": full_tracking_uri(),
        "PYTHONPATH": os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")])),
    }


def _knock(address: str) -> None:
    """Raise ClusterError where nobody answers; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Ray cluster at {address} ({error}); start one with `ray start`") from error


def _room(resources: dict[str, float], cpus_per_run: float, gpus_per_run: float) -> int:
    room = resources.get("CPU", 0) / cpus_per_run
    if gpus_per_run:
        room = min(room, resources.get("GPU", 0) / gpus_per_run)
    if room < 1:
        has = f"{resources.get('CPU', 0):g} CPUs and {resources.get('GPU', 0):g} GPUs"
        raise ClusterError(f"the cluster has {has}, a run needs {cpus_per_run:g} and {gpus_per_run:g}; see --threads")
    return int(room)
