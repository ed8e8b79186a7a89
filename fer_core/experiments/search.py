"""Successive halving of a network's grid on a part of the training images, where the whole grid takes days."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from fer_core.experiments.catalogue import within_reach
from fer_core.training.grid import SEARCHED, grid_cells
from fer_core.training.record import RecordError
from fer_core.training.study import Cell, CellState, CellStatus
from fer_core.validation import Frozen, problems
from fer_core.words import N_, _

SHARE = 0.1
"""Of the training part, that a search learns from."""
Ended = Literal["trained", "given up", "diverged"]
_WORDS = N_("trained"), N_("given up"), N_("diverged")
ENDED: dict[CellState, Ended] = {CellState.RECORDED: "trained", CellState.PRUNED: "given up"}


class Point(Frozen):
    """A run of a search.

    Attributes:
        epochs: that it was trained for.
        val_accuracy: of its best epoch, 0 to 1; None where it diverged in the first.
        ended: given up because others were better by then; diverged where its loss became no number.
    """

    learning_rate: float
    optimizer: str
    activation: str
    epochs: int
    val_accuracy: float | None
    ended: Ended

    @property
    def experiment(self) -> str:
        """The end of the id of the grid's experiment."""
        return f"{self.optimizer}/{self.learning_rate:g}/{self.activation}"


class Search(Frozen):
    """A search as it is recorded.

    Attributes:
        epochs: of a run that is not given up, at most.
        training_share: of the training part, that all learn from; they are compared on the whole validation part.
        points: best first, see `ranked`.
    """

    network: str
    input_size: int
    epochs: int
    training_share: float
    train_images: int
    validation_images: int
    data_fingerprint: str
    code_version: str
    packages: dict[str, str]
    hardware: dict[str, str | int]
    finished: datetime
    points: tuple[Point, ...]

    @property
    def how(self) -> str:
        """How its runs were trained, a phrase."""
        return _("successive halving on {share:.0%} of the training part, random weights, {side} pixels").format(
            share=self.training_share, side=self.input_size
        )


def search_file(network: str) -> str:
    """Name of the file that a search is recorded in."""
    return f"search-{network}.json"


def search_cells(network: str, *, accelerator: bool = False) -> list[Cell]:
    """The runs of a network's search: its grid from random weights, on a share of the training part.

    Args:
        accelerator: at the report's input size, which takes one.
    """
    whole = grid_cells(network)[0].config
    whole = whole.changed(pretrained=False) if accelerator else within_reach(whole)
    return grid_cells(
        network,
        prefix=f"search-{network}",
        pretrained=whole.pretrained,
        input_size=whole.input_size,
        training_share=SHARE,
    )


def ranked(statuses: Iterable[CellStatus]) -> tuple[Point, ...]:
    """Runs of a search, best first: those that were not given up, then those that were given up last."""
    points = [
        Point(
            **{name: status.cell.keys[name] for name in SEARCHED},
            epochs=status.epochs_done,
            val_accuracy=status.val_accuracy,
            ended=ENDED.get(status.state, "diverged"),
        )
        for status in statuses
    ]
    order = get_args(Ended)

    def place(point: Point) -> tuple[int, int, float]:
        epochs = 0 if point.ended == "trained" else -point.epochs
        return order.index(point.ended), epochs, -(point.val_accuracy or 0)

    return tuple(sorted(points, key=place))


def search_of(network: str, roots: Iterable[Path], data_fingerprint: str) -> Search | None:
    """The recorded search of a network's grid on a data set, the first of several; None where there is none.

    Raises:
        RecordError: one can't be read.
    """
    for file in (root / search_file(network) for root in roots):
        if not file.exists():
            continue
        try:
            search = Search.model_validate_json(file.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise RecordError(f"{file}: {problems(error)}") from error
        except (OSError, ValueError) as error:
            raise RecordError(f"{file}: {error}") from error
        if search.network == network and search.data_fingerprint == data_fingerprint:
            return search
    return None
