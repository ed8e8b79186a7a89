"""What every function of this package asks of its arguments."""

import numpy as np

ROW_SUM_TOLERANCE = 5e-3
"""How far a row of probabilities may be from 1: what seven numbers kept as float16 are off by, with room to spare."""


def checked_probabilities(probabilities: np.ndarray, *, empty: bool = False) -> np.ndarray:
    """The argument as (n, classes) float64.

    Args:
        empty: whether there may be no rows.

    Raises:
        ValueError: not two-dimensional, fewer than two classes, no rows, a value that is not a number or outside
            0 to 1, or a row that does not sum to 1; the message names the argument.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 2:
        raise ValueError(f"probabilities: expected shape (n, classes) with at least 2 classes, got {values.shape}")
    if len(values) == 0 and empty:
        return values
    if len(values) == 0:
        raise ValueError("probabilities: expected at least one row, got none")
    if not np.isfinite(values).all():
        row = np.argmin(np.isfinite(values).all(axis=1))
        raise ValueError(f"probabilities: row {row} holds a value that is not a number")
    if values.min() < 0 or values.max() > 1 + ROW_SUM_TOLERANCE:
        raise ValueError(f"probabilities: expected values of 0 to 1, got {values.min():.4g} to {values.max():.4g}")
    off = np.abs(values.sum(axis=1) - 1)
    if off.max() > ROW_SUM_TOLERANCE:
        raise ValueError(
            f"probabilities: expected rows that sum to 1, row {off.argmax()} sums to {values[off.argmax()].sum():.4g}"
        )
    return values


def checked_labels(labels: np.ndarray, rows: int, classes: int) -> np.ndarray:
    """The argument as (rows,) int64 class indices.

    Raises:
        ValueError: another shape, not integers, or an index outside 0 to classes - 1; the message names the argument.
    """
    values = np.asarray(labels)
    if values.shape != (rows,):
        raise ValueError(f"labels: expected shape ({rows},), got {values.shape}")
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"labels: expected integers, got {values.dtype}")
    if rows and (values.min() < 0 or values.max() >= classes):
        raise ValueError(f"labels: expected 0 to {classes - 1}, got {values.min()} to {values.max()}")
    return values.astype(np.int64)


def checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as (n, classes) float64 and (n,) int64.

    Raises:
        ValueError: see `checked_probabilities` and `checked_labels`.
    """
    values = checked_probabilities(probabilities)
    return values, checked_labels(labels, *values.shape)
