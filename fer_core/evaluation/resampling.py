"""What all bootstrap intervals share."""

from typing import NamedTuple

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95


class Interval(NamedTuple):
    """Bounds of a bootstrap interval."""

    low: float
    high: float


def percentiles(samples: np.ndarray, level: float) -> Interval:
    """Bounds that hold this share of the samples between them."""
    tail = 50 * (1 - level)
    return Interval(*np.percentile(samples, [tail, 100 - tail]).tolist())


def check_resampling(resamples: int, level: float) -> None:
    """Raise ValueError unless there is a resample and the level lies between 0 and 1."""
    if resamples < 1:
        raise ValueError(f"resamples: expected at least 1, got {resamples}")
    check_level(level)


def check_level(level: float) -> None:
    """Raise ValueError unless the level lies between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level: expected between 0 and 1, got {level}")
