"""Exporting a network that was trained on JAX, from which Keras's exporter gives no pooling that ONNX Runtime has."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from fer_core.networks import NETWORKS, NetworkSpec, register
from fer_core.training.errors import RunFailedError
from fer_core.training.folder import CHECKPOINT, read_started
from fer_core.training.record import MODEL, run_name


def exporting_backend() -> str | None:
    """The first of Keras's backends on this machine that a network can be exported with; None where there is none."""
    return next((name for name in ("tensorflow", "torch") if find_spec(name)), None)


def export_elsewhere(folder: Path) -> None:
    """Write the ONNX file of a run that is trained, in a process with another of Keras's backends, on the processor.

    Raises:
        RunFailedError: there is no other backend, or it fails.
    """
    backend = exporting_backend()
    if backend is None:
        raise RunFailedError("a network trained on JAX is exported with TensorFlow or PyTorch: install one, and resume")
    spec = NETWORKS[read_started(folder).config.network]
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(folder), json.dumps(asdict(spec))],
        env={**os.environ, "KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "-1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise RunFailedError(f"the network can't be exported with {backend} ({told[-1] if told else done.returncode})")


def _main(folder: Path, spec: NetworkSpec) -> None:
    register(spec)
    from fer_core.training.export import export_onnx
    from fer_core.training.fit import best_network

    started = read_started(folder)
    network = best_network(started.config, folder / CHECKPOINT)
    export_onnx(network, folder / MODEL, data_fingerprint=started.data_fingerprint, run=run_name(folder))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), NetworkSpec(**json.loads(sys.argv[2])))
