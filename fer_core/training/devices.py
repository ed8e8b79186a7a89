"""What Keras computes on, and in which precision."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from fer_core.prediction.ensemble import THREADS
from fer_core.training.config import RunConfig
from fer_core.training.provenance import hardware, package_versions


def precision_policy(config: RunConfig) -> str:
    """Keras's name of the dtype policy; `auto` is bfloat16 on a GPU and on processors that multiply in it."""
    if config.precision != "auto":
        return "mixed_bfloat16" if config.precision == "bfloat16" else "float32"
    cpuinfo = Path("/proc/cpuinfo")
    fast = cpuinfo.exists() and any(flag in cpuinfo.read_text() for flag in ("avx512_bf16", "amx_bf16"))
    return "mixed_bfloat16" if fast or on_gpu() else "float32"


def processor_threads() -> int:
    """Threads that a training may use on the processor, as its command was told."""
    outermost = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # OpenMP has a list of nested numbers
    return int(outermost) if outermost.isdecimal() and int(outermost) else THREADS


def devices() -> list[str]:
    """What Keras's backend computes on, e.g. `gpu:0`; of PyTorch, whose devices Keras can't list, the one it uses."""
    if keras.backend.backend() == "torch":
        return [str(keras.ops.zeros(1).device)]
    return keras.distribution.list_devices()


def on_gpu() -> bool:
    """Whether Keras's backend computes on a GPU."""
    return any(device.startswith(("gpu", "cuda")) for device in devices())


def trained_on(config: RunConfig) -> dict[str, dict[str, Any]]:
    """The `packages` and the `hardware` of a record, of a run that is trained by this process."""
    computing = hardware(keras.backend.backend(), ", ".join(devices()), precision_policy(config))
    return {"packages": package_versions(), "hardware": computing}


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside have Keras's dtype policy of that name; those made after it have the caller's again."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
