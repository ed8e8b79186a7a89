"""What a run will cost, by a few measured steps of it."""

import time
from dataclasses import dataclass

import keras
import numpy as np
import psutil

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.splits import Split
from fer_core.training.batches import Batches
from fer_core.training.callbacks import enough_memory
from fer_core.training.compile import compiled
from fer_core.training.config import RunConfig
from fer_core.training.devices import dtype_policy, precision_policy
from fer_core.training.fit import EVALUATION_BATCH, network_of
from fer_core.training.stages import stages

WARM_UP_STEPS = 2


@dataclass(frozen=True)
class Estimate:
    """Costs of a run on this machine.

    Attributes:
        parameters: of the network at its input size, trained and not.
        images: trained on in an epoch, copies included.
        images_per_second: in training, without validation.
        epoch_seconds: of one epoch at full input size, validation included.
        total_seconds: of all epochs; early stopping may end sooner, evaluation and export come on top.
        memory_bytes: resident memory of the process that measured.
    """

    parameters: int
    images: int
    images_per_second: float
    epoch_seconds: float
    total_seconds: float
    memory_bytes: int


class _Clock(keras.callbacks.Callback):
    """Seconds of each step, until there is no more time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.steps, self.last = seconds, [], 0.0

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.last = self.last or time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        now = time.perf_counter()
        self.steps.append(now - self.last)
        self.last = now
        if sum(self.steps[WARM_UP_STEPS:]) > self.seconds and len(self.steps) > WARM_UP_STEPS:
            self.model.stop_training = True


def estimate(config: RunConfig, dataset: FaceDataset, split: Split, *, seconds: float = 5.0) -> Estimate:
    """Train a few steps with random weights and scale up.

    Args:
        seconds: to measure for, after the steps in which the model is compiled.

    Raises:
        RunFailedError: memory is not enough.
    """
    with dtype_policy(precision_policy(config)), enough_memory(config.batch_size, kept=""):
        return _measured(config, dataset, split, seconds)


def _measured(config: RunConfig, dataset: FaceDataset, split: Split, seconds: float) -> Estimate:
    keras.utils.set_random_seed(config.seed)
    batches = Batches(dataset, split.train, config)
    size = len(batches[0][1])  # a part that is smaller than a batch is one
    network = network_of(config)
    model = compiled(network, config, steps=len(batches) * config.epochs)
    clock = _Clock(seconds)
    model.fit(batches, epochs=WARM_UP_STEPS + 1, verbose=0, callbacks=[clock])
    step = float(np.median(clock.steps[WARM_UP_STEPS:]))
    images = dataset.images[split.validation[:EVALUATION_BATCH]][..., None].astype(np.float32)
    network.predict_on_batch(images)
    begun = time.perf_counter()
    network.predict_on_batch(images)
    validation = (time.perf_counter() - begun) * len(split.validation) / len(images)
    epoch = step * len(batches) + validation
    pixels = [stage.size**2 for stage in stages(config) for _ in range(stage.begin, stage.end)]
    return Estimate(
        parameters=network.count_params(),
        images=len(batches) * size,
        images_per_second=size / step,
        epoch_seconds=epoch,
        total_seconds=epoch * sum(pixels) / config.size**2,
        memory_bytes=psutil.Process().memory_info().rss,
    )
