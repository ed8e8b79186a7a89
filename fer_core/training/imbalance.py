"""The imbalance matrix: how copies of rare classes and the loss change what a small network learns."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal, get_args

from fer_core.datasets.sampling import Sampling
from fer_core.training.config import Augmentation
from fer_core.training.presets import report_preset
from fer_core.training.study import Cell

Column = Literal["cross_entropy", "weighted_cross_entropy", "focal", "label_smoothing"]
ROWS: tuple[Sampling, ...] = get_args(Sampling)
COLUMNS: tuple[Column, ...] = get_args(Column)
REPORT_ROWS: tuple[Sampling, ...] = ("mild", "full")
REPORT_COLUMNS: tuple[Column, ...] = ("cross_entropy", "weighted_cross_entropy", "focal")
SMOOTHING = 0.1


def matrix_cells(
    *,
    rows: Sequence[Sampling] = REPORT_ROWS,
    columns: Sequence[Column] = REPORT_COLUMNS,
    seeds: Sequence[int] = (0,),
    augmentation: Augmentation = "report",
    prefix: str = "imbalance",
    **changes: Any,
) -> list[Cell]:
    """The runs of the matrix, on the report's simple CNN as the report trained it.

    Args:
        rows: samplings; `none` has no copies and so nothing that is augmented.
        columns: losses; `label_smoothing` is cross-entropy with 10% of each target spread over all classes.
        seeds: each cell is trained once with each, as seed of the weights and of the split.
        augmentation: of the copies.
        prefix: of the runs' names.
        changes: fields of `RunConfig` that are another than the report's, e.g. `epochs`.

    Raises:
        ValueError: there is no such column.
        pydantic.ValidationError: a field is out of range or does not go with another.
    """
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise ValueError(f"loss: expected of {', '.join(COLUMNS)}, got {', '.join(unknown)}")
    base = report_preset("simple_cnn")
    cells = []
    for seed, sampling, column in product(*map(dict.fromkeys, (seeds, rows, columns))):
        smooth = column == "label_smoothing"
        fields = {
            "sampling": sampling,
            "augmentation": augmentation if sampling != "none" else "none",
            "augment": "copies" if sampling != "none" else "all",
            "loss": "cross_entropy" if smooth else column,
            "label_smoothing": SMOOTHING if smooth else 0.0,
            "seed": seed,
            "split_seed": seed,
        }
        config = base.changed(**{**fields, **changes})
        keys = {"sampling": sampling, "loss": column, "seed": seed}
        cells.append(Cell(f"{prefix}-{sampling}-{column}-{seed}", config, keys))
    return cells
