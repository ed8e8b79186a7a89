"""What all intervals share."""

from typing import NamedTuple

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95


class Interval(NamedTuple):
    """Bounds of an interval; nan where there are too few images for one."""

    low: float
    high: float


def percentiles(samples: np.ndarray, level: float) -> Interval:
    """Bounds that hold this share of the samples between them."""
    tail = 50 * (1 - level)
    return Interval(*np.percentile(samples, [tail, 100 - tail]).tolist())


def exact_bounds(right: np.ndarray, count: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """(..., 2) bounds of shares of right answers (Clopper and Pearson, 1934); nan where there is no image.

    Args:
        right, count: (...) right answers, and images in all.
    """
    from scipy.special import betaincinv  # takes a while to import, which who only reads intervals is spared

    right, count, tail = np.asarray(right), np.asarray(count), (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(right == 0, 0, betaincinv(right, count - right + 1, tail))
        high = np.where(right == count, 1, betaincinv(right + 1, count - right, 1 - tail))
    return np.where((count > 0)[..., None], np.stack([low, high], axis=-1), np.nan)


def check_resampling(resamples: int, level: float) -> None:
    """Raise ValueError unless there is a resample and the level lies between 0 and 1."""
    if resamples < 1:
        raise ValueError(f"resamples: expected at least 1, got {resamples}")
    check_level(level)


def check_level(level: float) -> None:
    """Raise ValueError unless the level lies between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level: expected between 0 and 1, got {level}")
