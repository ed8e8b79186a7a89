"""Whether two models really differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    return compare_with_one([first], second, resamples=resamples, level=level, seed=seed)[0]


def compare_with_one(
    models: Sequence[np.ndarray], one: np.ndarray, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> list[PairedComparison]:
    """Compare many models with one, drawn for all at once; else as `compare_paired`.

    Args:
        models: (n,) bool each, the first of a pair.
        one: (n,) bool, the second of each pair.
    """
    check_resampling(resamples, level)
    one = np.asarray(one)
    for name, values in (*(("first", np.asarray(model)) for model in models), ("second", one)):
        if values.ndim != 1 or values.dtype != bool or len(values) == 0:
            raise ValueError(f"{name}: expected bool of shape (n,) with n > 0, got {values.dtype} {values.shape}")
        if name == "first" and values.shape != one.shape:
            raise ValueError(f"second: expected the {len(values)} images of the first model, got {len(one)}")
    if not len(models):
        return []
    n, right = len(one), np.stack(models)
    only = np.stack([(right & ~one).sum(axis=1), (one & ~right).sum(axis=1)], axis=1)
    shares = np.column_stack([only, n - only.sum(axis=1)]) / n
    drawn = np.random.default_rng(seed).multinomial(n, shares[:, None], size=(len(only), resamples))
    bounds = percentiles((drawn[..., 0] - drawn[..., 1]) / n, level)
    return [
        PairedComparison(
            only_first=int(only_first),
            only_second=int(only_second),
            difference=float(only_first - only_second) / n,
            interval=Interval(float(low), float(high)),
            p_value=min(1.0, 2 * _lower_tail(int(min(only_first, only_second)), int(only_first + only_second))),
        )
        for (only_first, only_second), low, high in zip(only, *bounds, strict=True)
    ]


def _lower_tail(k: int, n: int) -> float:
    """Chance of at most k heads in n throws of a fair coin; SciPy's would be 0.3 s of imports for this one number."""
    throws = np.arange(1, n + 1)
    log_of_each = np.concatenate([[0.0], np.cumsum(np.log((n - throws + 1) / throws))]) - n * np.log(2)
    return float(np.exp(log_of_each[: k + 1]).sum())
