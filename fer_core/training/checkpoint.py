"""What a run needs to go on after its process is gone."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from fer_core.files import bring_to_disk, write_atomically
from fer_core.training.errors import RunFailedError
from fer_core.training.folder import STATE, read_state


def write_weights(save: Callable[[Path], None], path: Path) -> None:
    """Write a weights file; what stood under its name stays until the new one is whole.

    Raises:
        RunFailedError: it can't be written. HDF5 tells a full disk in several lines, and as various kinds of errors.
    """
    part = path.with_name(f"part.{path.name}")
    try:
        save(part)
        bring_to_disk(part)
        part.replace(path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        told = re.search(r"error message = '([^']+)'", str(error))
        reason = told[1] if told else error
        raise RunFailedError(
            f"{path}: can't be written ({reason}); the checkpoint of the last finished epoch is kept"
        ) from error


def read_weights(load: Callable[[Path], None], path: Path) -> None:
    """Read a weights file of a run's checkpoint.

    Raises:
        RunFailedError: it is missing, damaged, or of another network.
    """
    try:
        load(path)
    except (OSError, ValueError, KeyError) as error:
        raise RunFailedError(
            f"{path}: can't be read ({error}); delete {path.parent} to train this run from its beginning"
        ) from error


class EpochCheckpoint(keras.callbacks.Callback):
    """After each epoch: the history, the whole state of model and optimizer, and the best network so far.

    Keras's BackupAndRestore keeps neither history nor the best value seen, so early stopping would start anew. Random
    states are in no weights file; `RandomStates` sets them in each epoch.

    Args:
        folder: where the files go, and where those of the epochs before are.
        network: the network inside the model that is trained; its best weights are kept by `val_accuracy`.
        history: rows of epochs that are done; grows.
        on_epoch: called with the new row when everything is written.
        averaged: given where validation sees the moving average of the weights; the best network is then the average.
        small_epochs: first epochs, whose accuracy is of smaller pictures: any later epoch is better than they are.
        trained_on: what the run's record tells of packages and hardware, wherever it is recorded.
    """

    def __init__(
        self,
        folder: Path,
        network: keras.Model,
        history: list[dict[str, float]],
        on_epoch: Callable[[dict[str, float]], None],
        averaged: keras.callbacks.SwapEMAWeights | None = None,
        small_epochs: int = 0,
        trained_on: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.folder, self.network, self.history = folder, network, history
        self.on_epoch, self.averaged, self.small_epochs = on_epoch, averaged, small_epochs
        self.trained_on = trained_on
        state = read_state(folder) or {"kept_epoch": 0, "best": ""}
        self.kept_epoch, self.best = state["kept_epoch"], state["best"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write, newest files first, then the state that names them, then delete the old ones."""
        row = {"epoch": epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history.append(row)
        if self._is_best(row):
            self.kept_epoch, self.best = epoch + 1, f"best{epoch + 1}.weights.h5"
            self._save_best(self.folder / self.best)
        weights = self.folder / f"epoch{epoch + 1}.weights.h5"
        write_weights(self.model.save_weights, weights)
        names = {"weights": weights.name, "best": self.best, "kept_epoch": self.kept_epoch}
        names |= {"trained_on": self.trained_on} if self.trained_on else {}
        write_atomically(self.folder / STATE, json.dumps({**names, "history": self.history}))
        for old in self.folder.glob("*.weights.h5"):
            if old.name not in (weights.name, self.best):
                old.unlink()
        self.on_epoch(row)

    def _is_best(self, row: dict[str, float]) -> bool:
        if not self.kept_epoch or self.kept_epoch <= self.small_epochs < row["epoch"]:
            return True
        return row["val_accuracy"] > self.history[self.kept_epoch - 1]["val_accuracy"]

    def _save_best(self, path: Path) -> None:
        if self.averaged:
            self.averaged.on_test_begin()
        write_weights(self.network.save_weights, path)
        if self.averaged:
            self.averaged.on_test_end()
