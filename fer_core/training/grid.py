"""Grid search over learning rate, optimizer and activation, as the report did it for each of its networks."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, get_args

from fer_core.training.config import Optimizer, RunConfig
from fer_core.training.presets import REPORT_OPTIMA, REPORT_WAY
from fer_core.training.study import Cell, CellState, CellStatus

if TYPE_CHECKING:
    import pandas as pd

LEARNING_RATES = (1e-4, 1e-3, 1e-2)
OPTIMIZERS: tuple[Optimizer, ...] = ("adam", "sgd", "rmsprop")
ACTIVATIONS = ("relu", "elu")
ALL_OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
SEARCHED = ("learning_rate", "optimizer", "activation")


def begins_pretrained(network: str) -> bool:
    """Whether a grid starts from pretrained weights unless it is told otherwise: where the report's did."""
    return bool(REPORT_OPTIMA.get(network, {}).get("pretrained"))


def default_name(network: str, *, pretrained: bool) -> str:
    """Of a grid's folder; one that starts from other weights than by default stands in another."""
    if pretrained == begins_pretrained(network):
        return f"grid-{network}"
    return f"grid-{network}-{'pretrained' if pretrained else 'random'}"


def grid_cells(
    network: str,
    *,
    learning_rates: Sequence[float] = LEARNING_RATES,
    optimizers: Sequence[str] = OPTIMIZERS,
    activations: Sequence[str] = ACTIVATIONS,
    prefix: str = "grid",
    **changes: Any,
) -> list[Cell]:
    """The runs of a grid: the report's 18 of 10 epochs with early stopping, for any network.

    Args:
        prefix: of the runs' names.
        changes: fields of `RunConfig` that are another than the report's, e.g. `epochs`.

    Raises:
        pydantic.ValidationError: a field is out of range or does not go with another.
    """
    base = {**REPORT_WAY, "pretrained": begins_pretrained(network), **changes, "network": network}
    space = {"learning_rate": learning_rates, "optimizer": optimizers, "activation": activations}
    cells = []
    for values in product(*(dict.fromkeys(space[name]) for name in sorted(space))):
        point = dict(zip(sorted(space), values, strict=True))
        config = RunConfig(**{**base, **point})
        keys = {name: point[name] for name in SEARCHED}
        name = "-".join([prefix, f"{point['learning_rate']:g}", point["optimizer"], point["activation"]])
        cells.append(Cell(name, config, keys))
    return cells


def grid_table(statuses: Sequence[CellStatus]) -> "pd.DataFrame":
    """A row a run, best first: what was searched, `val_accuracy`, `epochs` trained, `state`, `best` and `run`."""
    import pandas as pd  # not needed to start a grid

    rows = [
        {
            **status.cell.keys,
            "val_accuracy": status.val_accuracy,
            "epochs": status.epochs_done,
            "state": str(status.state),
            "run": status.cell.name,
        }
        for status in statuses
    ]
    table = pd.DataFrame(rows).sort_values(
        "val_accuracy", ascending=False, na_position="last", kind="stable", ignore_index=True
    )
    best = best_of(statuses)
    table.insert(0, "best", table["run"] == (best.cell.name if best else None))
    return table


def best_of(statuses: Sequence[CellStatus]) -> CellStatus | None:
    """The recorded run of the highest validation accuracy; the first of equals, None where nothing is recorded."""
    recorded = [status for status in statuses if status.state is CellState.RECORDED]
    done = [status for status in recorded if status.val_accuracy is not None]  # none of a damaged history
    return max(done, key=lambda status: status.val_accuracy, default=None)


def epochs_saved(statuses: Sequence[CellStatus]) -> int:
    """Epochs that successive halving did not train, at most: early stopping might have left some of them out too."""
    pruned = [status for status in statuses if status.state is CellState.PRUNED]
    return sum(status.cell.config.epochs - status.epochs_done for status in pruned)
