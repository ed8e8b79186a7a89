"""Training a run to its end, from wherever it was left."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from fer_core import networks
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.splits import Split
from fer_core.training.batches import Batches
from fer_core.training.checkpoint import BEST, EpochCheckpoint, RunFailedError, RunStoppedError, read_state
from fer_core.training.compile import compiled
from fer_core.training.config import RunConfig

EVALUATION_BATCH = 256


def network_of(config: RunConfig, input_size: int | None = None) -> keras.Model:
    """The network that a configuration names, by default at its own input size."""
    options = {} if config.dropout is None else {"dropout": config.dropout}
    size = input_size or config.input_size
    return networks.build(config.network, activation=config.activation, input_size=size, **options)


def precision_policy(config: RunConfig) -> str:
    """Keras's name of the dtype policy; `auto` is bfloat16 on a GPU and on processors that multiply in it."""
    if config.precision != "auto":
        return "mixed_bfloat16" if config.precision == "bfloat16" else "float32"
    cpuinfo = Path("/proc/cpuinfo")
    fast = cpuinfo.exists() and any(flag in cpuinfo.read_text() for flag in ("avx512_bf16", "amx_bf16"))
    return "mixed_bfloat16" if fast or _on_gpu() else "float32"


def _on_gpu() -> bool:
    return any(device.startswith(("gpu", "cuda")) for device in keras.distribution.list_devices())


class _Guard(keras.callbacks.Callback):
    """Ends a run on a loss that is no number, or when the process is asked to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_to_stop = False
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if logs and not math.isfinite(logs["loss"]):
            raise RunFailedError(
                f"the loss is {logs['loss']} in epoch {self.epoch}, batch {batch + 1}: "
                "lower learning_rate; the checkpoint of the last finished epoch is kept"
            )
        if self.asked_to_stop:
            raise RunStoppedError(f"stopped in epoch {self.epoch}; resumes from epoch {self.epoch - 1}")


@contextmanager
def _stops_on_sigterm(guard: _Guard) -> Iterator[None]:
    def ask(number: int, frame: object) -> None:
        guard.asked_to_stop = True

    previous = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _patience_is_over(history: list[dict[str, float]], patience: int | None) -> bool:
    values = [row["val_accuracy"] for row in history]
    return patience is not None and bool(values) and len(values) - 1 - int(np.argmax(values)) >= patience


class _EarlyStopping(keras.callbacks.Callback):
    """Keras's early stopping, but out of the recorded history, so that it survives a resume."""

    def __init__(self, history: list[dict[str, float]], patience: int | None) -> None:
        super().__init__()
        self.history, self.patience = history, patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if _patience_is_over(self.history, self.patience):
            self.model.stop_training = True


def _stages(config: RunConfig) -> list[tuple[int, int]]:
    """(input size, epochs done at its end) of each stage of progressive resizing."""
    small = [(config.small_size, config.small_epochs)] if config.small_epochs else []
    return [*small, (config.input_size, config.epochs)]


def fit(
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    folder: Path,
    *,
    callbacks: Callable[[], list[keras.callbacks.Callback]] = list,
    verbose: int = 1,
) -> list[dict[str, float]]:
    """Train, or go on training; the best weights by validation accuracy end up in `folder`.

    Args:
        split: what to train on and what to compare epochs on.
        folder: checkpoints, an existing folder; a run that was stopped or killed goes on from its last finished epoch.
        callbacks: makes further callbacks, for each stage anew.
        verbose: Keras's: 0 silent, 1 a progress bar, 2 a line an epoch.

    Returns:
        The history, a row an epoch: loss, accuracy, top2_accuracy, the same with `val_`, learning_rate, seconds.

    Raises:
        RunFailedError: the loss is not a number.
        RunStoppedError: SIGTERM or SIGINT came.
    """
    keras.utils.set_random_seed(config.seed)
    policy = precision_policy(config)
    keras.mixed_precision.set_dtype_policy(policy)
    state = read_state(folder) or {"history": [], "weights": None}
    history: list[dict[str, float]] = state["history"]
    batches = Batches(dataset, split.train, config, first_epoch=len(history))
    validation = (
        {
            "images": dataset.images[split.validation][..., None],
            "augment": np.zeros((len(split.validation), 1), dtype=np.float32),
        },
        np.eye(7, dtype=np.float32)[dataset.labels[split.validation]],
    )
    guard = _Guard()
    with _stops_on_sigterm(guard):
        for size, until in _stages(config):
            if len(history) >= until or _patience_is_over(history, config.early_stopping):
                continue
            network = network_of(config, size)
            model = compiled(network, config, steps=len(batches) * config.epochs, epoch=len(history))
            model.optimizer.build(model.trainable_variables)
            if history:
                model.load_weights(folder / read_state(folder)["weights"])
            averaged = [keras.callbacks.SwapEMAWeights(swap_on_epoch=False)] if config.ema else []
            model.fit(
                batches,
                validation_data=validation,
                validation_batch_size=EVALUATION_BATCH,
                epochs=until,
                initial_epoch=len(history),
                verbose=verbose,
                callbacks=[
                    guard,
                    *averaged,
                    _Seconds(),
                    EpochCheckpoint(folder, network, history),
                    _EarlyStopping(history, config.early_stopping),
                    *callbacks(),
                ],
            )
    return history


class _Seconds(keras.callbacks.Callback):
    """Adds the wall-clock seconds of an epoch, validation included, to its logs."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs["seconds"] = time.perf_counter() - self.began


def best_network(config: RunConfig, folder: Path) -> keras.Model:
    """The network with its best weights, in float32, for evaluation and export."""
    keras.mixed_precision.set_dtype_policy("float32")
    network = network_of(config)
    network.load_weights(folder / BEST)
    return network
