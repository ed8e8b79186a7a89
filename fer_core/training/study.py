"""Several runs that belong together, such as the imbalance matrix or a grid: what they are and how far each is.

A study is a folder with a run in a folder of its own for each cell. Read without Keras.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path

from fer_core.training.config import RunConfig
from fer_core.training.errors import LOSS_IS
from fer_core.training.folder import history_of, read_started
from fer_core.training.record import RECORD
from fer_core.words import N_

FAILURE = "failure.txt"
PRUNED = "pruned.txt"
FINISHED = "finished.json"
"""Stands in a study's folder once all of its cells were recorded: what `--json` tells."""


@dataclass(frozen=True)
class Cell:
    """One run of a study.

    Attributes:
        name: of its folder; different for each cell.
        keys: what sets it apart, e.g. `{"sampling": "mild", "loss": "focal", "seed": 0}`.
    """

    name: str
    config: RunConfig
    keys: dict[str, str | int | float] = field(hash=False)

    @property
    def label(self) -> str:
        """For people: the keys' values."""
        return ", ".join(str(value) for value in self.keys.values())


class CellState(StrEnum):
    """How far a cell is; a begun one trains now or was stopped, a pruned one was given up."""

    WAITING = N_("waiting")
    BEGUN = N_("begun")
    RECORDED = N_("recorded")
    PRUNED = N_("pruned")
    FAILED = N_("failed")


class PrunedError(Exception):
    """A run is given up because others are better; it can be gone on with."""


@dataclass(frozen=True)
class CellStatus:
    """How far a cell is.

    Attributes:
        epochs_done: finished so far.
        val_accuracy: best of the epochs so far, 0 to 1, of those at full input size if any; None before the first.
        reason: why it failed or was given up.
        data_fingerprint: of what it was begun on; empty where it waits.
    """

    cell: Cell
    folder: Path
    state: CellState
    epochs_done: int = 0
    val_accuracy: float | None = None
    reason: str | None = None
    data_fingerprint: str = ""

    @property
    def diverged(self) -> bool:
        """Whether it failed because its loss is no number, as it would again."""
        return self.state is CellState.FAILED and (self.reason or "").startswith(LOSS_IS)


def cell_status(cell: Cell, root: Path) -> CellStatus:
    """How far a cell is, from its folder; one of another configuration counts for nothing."""
    folder = root / cell.name
    try:
        started = read_started(folder)
    except (OSError, ValueError):
        return CellStatus(cell, folder, CellState.WAITING)
    if started.config != cell.config:
        return CellStatus(cell, folder, CellState.WAITING)
    history = history_of(folder)
    compared = history.iloc[cell.config.small_epochs :] if len(history) > cell.config.small_epochs else history
    status = partial(
        CellStatus,
        cell,
        folder,
        epochs_done=len(history),
        val_accuracy=float(compared["val_accuracy"].max()) if len(history) else None,
        data_fingerprint=started.data_fingerprint,
    )
    if (folder / RECORD).exists():
        return status(CellState.RECORDED)
    for file, state in ((FAILURE, CellState.FAILED), (PRUNED, CellState.PRUNED)):
        if (folder / file).exists():
            return status(state, reason=(folder / file).read_text(encoding="utf-8").strip())
    return status(CellState.BEGUN)


def study_status(cells: Sequence[Cell], root: Path) -> list[CellStatus]:
    """How far each cell is, in the order given."""
    return [cell_status(cell, root) for cell in cells]


def on_other_data(statuses: Iterable[CellStatus], data_fingerprint: str) -> list[Path]:
    """Folders of the runs that were begun on another data set, or with other corrections."""
    begun = [status for status in statuses if status.state is not CellState.WAITING]
    return [status.folder for status in begun if status.data_fingerprint != data_fingerprint]


def as_json(statuses: Iterable[CellStatus]) -> dict[str, list[dict[str, object]]]:
    """For `--json`: a row a cell."""
    return {
        "cells": [
            {
                "name": status.cell.name,
                **status.cell.keys,
                "state": str(status.state),
                "epochs_done": status.epochs_done,
                "epochs": status.cell.config.epochs,
                "val_accuracy": status.val_accuracy,
                "reason": status.reason,
                "folder": str(status.folder),
            }
            for status in statuses
        ]
    }
