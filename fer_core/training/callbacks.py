"""What watches over a training while Keras runs it."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import numpy as np

from fer_core.training.errors import LOSS_IS, DivergedError, RunFailedError, RunStoppedError
from fer_core.training.progress import Progress, Report


class Guard(keras.callbacks.Callback):
    """Ends a run on a loss that is no number, or after the batch in work when it is asked to stop.

    Args:
        stopped: whether it is, as `stop_asked` gives it.
    """

    def __init__(self, stopped: Callable[[], bool]) -> None:
        super().__init__()
        self.stopped = stopped
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the epoch, for messages."""
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Raise where the run must end."""
        if self.stopped():  # asked first: a grid goes on with its next run after one that diverged
            raise RunStoppedError(f"stopped in epoch {self.epoch}; it goes on with this epoch, from its beginning")
        if logs and not math.isfinite(logs["loss"]):
            raise DivergedError(f"{LOSS_IS} {logs['loss']} in epoch {self.epoch}, batch {batch + 1}")


@contextmanager
def enough_memory(batch_size: int, kept: str = "; the checkpoint of the last finished epoch is kept") -> Iterator[None]:
    """While inside, a backend that can't get memory fails the run in a sentence (a process may be killed as well).

    Args:
        batch_size: images a batch.
        kept: what is told behind the advice.

    Raises:
        RunFailedError: a tensor did not fit.
    """
    try:
        yield
    except Exception as error:
        # Each backend has an error of its own; none is imported here.
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if kinds & {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"} or "RESOURCE_EXHAUSTED" in str(error):
            raise RunFailedError(
                f"memory is not enough for batches of {batch_size}: lower batch_size or input_size{kept}"
            ) from error
        raise


def patience_is_over(history: list[dict[str, float]], patience: int | None) -> bool:
    """Whether the best `val_accuracy` of the history is `patience` epochs old."""
    values = [row["val_accuracy"] for row in history]
    return patience is not None and bool(values) and len(values) - 1 - int(np.argmax(values)) >= patience


class EarlyStopping(keras.callbacks.Callback):
    """Keras's early stopping, but out of the recorded history, so that it survives a resume.

    Args:
        begin: epochs at the beginning of the history that count for nothing.
    """

    def __init__(self, history: list[dict[str, float]], patience: int | None, begin: int = 0) -> None:
        super().__init__()
        self.history, self.patience, self.begin = history, patience, begin

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop after this epoch when patience is over."""
        if patience_is_over(self.history[self.begin :], self.patience):
            self.model.stop_training = True


class RandomStates(keras.callbacks.Callback):
    """Sets what augmentation and dropout draw in an epoch, by the run's seed and the epoch alone.

    Keras keeps the states of its seed generators in no weights file, so a resumed run would draw other numbers than
    one that was not stopped.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set the state of each seed generator: these are the variables that are no weights."""
        weights = {id(weight) for weight in self.model.weights}
        states = [variable for variable in self.model.variables if id(variable) not in weights]
        for position, state in enumerate(states):
            number = np.random.SeedSequence([self.seed, epoch, position]).generate_state(1)[0]
            state.assign([int(number) >> 2, 0])  # 30 bits, with room to count on: PyTorch holds it in int32


class Seconds(keras.callbacks.Callback):
    """Adds the wall-clock seconds of an epoch, validation included, to its logs."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Read the clock."""
        if logs is not None:
            logs["seconds"] = time.perf_counter() - self.began


class Pace(keras.callbacks.Callback):
    """Reports each batch, with the time left by the pace so far.

    Args:
        folder: of the run, as it is reported.
        epoch_costs: for each epoch of the whole run what it costs beside the others, e.g. its pixels.
        batch_size: images a batch.
    """

    def __init__(self, report: Report, folder: str, epoch_costs: list[float], batch_size: int) -> None:
        super().__init__()
        self.report, self.folder, self.epoch_costs, self.batch_size = report, folder, epoch_costs, batch_size
        self.epoch, self.batches_seen, self.cost = 0, 0, 0.0
        self.clock: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Report; the first batch, in which the model is compiled, counts for no pace."""
        batches = self.params["steps"]
        now = time.perf_counter()
        seconds_left = images_per_second = None
        if self.clock is None:
            self.clock = now
        else:
            self.batches_seen += 1
            self.cost += self.epoch_costs[self.epoch] / batches
            seconds = now - self.clock
            here = self.epoch_costs[self.epoch] * (batches - batch - 1) / batches
            cost_left = here + sum(self.epoch_costs[self.epoch + 1 :])
            seconds_left = seconds / self.cost * cost_left
            images_per_second = self.batches_seen * self.batch_size / seconds
        self.report(
            Progress(
                folder=self.folder,
                epoch=self.epoch + 1,
                epochs=len(self.epoch_costs),
                batch=batch + 1,
                batches=batches,
                seconds_left=seconds_left,
                images_per_second=images_per_second,
            )
        )
