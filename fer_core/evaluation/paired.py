"""Whether two models really differ."""

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from fer_core.evaluation.resampling import LEVEL, RESAMPLES, Interval, check_resampling, percentiles


@dataclass(frozen=True)
class PairedComparison:
    """Two models on the same images.

    Attributes:
        only_first: images that only the first model has right.
        only_second: images that only the second model has right.
        difference: accuracy of the first minus accuracy of the second.
        interval: bootstrap interval of the difference, images drawn in pairs.
        p_value: of McNemar's exact test: how often equally good models differ at least this much.
    """

    only_first: int
    only_second: int
    difference: float
    interval: Interval
    p_value: float


def compare_paired(
    first: np.ndarray, second: np.ndarray, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> PairedComparison:
    """McNemar's test (exact: binomial over the images that one model alone has right) and the accuracy difference.

    Args:
        first: (n,) bool, which images the first model has right.
        second: (n,) bool, the same images in the same order.
        resamples: how often n pairs are drawn for the interval.
        level: share of the resamples that lies between the bounds.
        seed: of the draws.

    Raises:
        ValueError: not bool, shapes differ, or n is 0.
    """
    check_resampling(resamples, level)
    first, second = np.asarray(first), np.asarray(second)
    for name, values in (("first", first), ("second", second)):
        if values.ndim != 1 or values.dtype != bool or len(values) == 0:
            raise ValueError(f"{name}: expected bool of shape (n,) with n > 0, got {values.dtype} {values.shape}")
    if first.shape != second.shape:
        raise ValueError(f"second: expected the {len(first)} images of the first model, got {len(second)}")
    n, only_first, only_second = len(first), int((first & ~second).sum()), int((second & ~first).sum())
    shares = np.array([only_first, only_second, n - only_first - only_second]) / n
    drawn = np.random.default_rng(seed).multinomial(n, shares, size=resamples)
    differing = only_first + only_second
    return PairedComparison(
        only_first=only_first,
        only_second=only_second,
        difference=(only_first - only_second) / n,
        interval=percentiles((drawn[:, 0] - drawn[:, 1]) / n, level),
        p_value=min(1.0, 2 * float(bdtr(min(only_first, only_second), differing, 0.5))),
    )
