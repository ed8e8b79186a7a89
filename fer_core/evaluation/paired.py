"""Whether two models really differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_core.evaluation.resampling import LEVEL, Interval, check_level


@dataclass(frozen=True)
class PairedComparison:
    """Two models on the same images.

    Attributes:
        only_first: images that only the first model has right.
        only_second: images that only the second model has right.
        difference: accuracy of the first minus accuracy of the second.
        interval: percentile bootstrap interval of the difference, images drawn in pairs; see `_bootstrap_bounds`.
        p_value: of McNemar's exact test: how often equally good models differ at least this much.
    """

    only_first: int
    only_second: int
    difference: float
    interval: Interval
    p_value: float


def compare_paired(first: np.ndarray, second: np.ndarray, *, level: float = LEVEL) -> PairedComparison:
    """McNemar's test (exact: binomial over the images that one model alone has right) and the accuracy difference.

    Args:
        first: (n,) bool, which images the first model has right.
        second: (n,) bool, the same images in the same order.
        level: share of the bootstrap's resamples that lies between the bounds.

    Raises:
        ValueError: not bool, shapes differ, or n is 0.
    """
    return compare_with_one([first], second, level=level)[0]


def compare_with_one(models: Sequence[np.ndarray], one: np.ndarray, *, level: float = LEVEL) -> list[PairedComparison]:
    """Compare many models with one, all at once; else as `compare_paired`.

    Args:
        models: (n,) bool each, the first of a pair.
        one: (n,) bool, the second of each pair.
    """
    check_level(level)
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
    return [
        PairedComparison(
            only_first=only_first,
            only_second=only_second,
            difference=(only_first - only_second) / n,
            interval=Interval(low, high),
            p_value=min(1.0, 2 * _lower_tail(min(only_first, only_second), only_first + only_second)),
        )
        for (only_first, only_second), (low, high) in zip(
            only.tolist(), _bootstrap_bounds(only, n, level).tolist(), strict=True
        )
    ]


def _bootstrap_bounds(only: np.ndarray, n: int, level: float) -> np.ndarray:
    """(m, 2) bounds of the accuracy difference, as infinitely many resamples would give them.

    A drawn pair adds 1, -1 or 0 to the difference. The sum of n of them is distributed as these shares folded n times
    with themselves, which is the n-th power of their Fourier transform.

    Args:
        only: (m, 2) images that only the first, and only the second model has right.
    """
    size = 2 ** math.ceil(math.log2(24 * math.sqrt(n) + 2))  # 12 standard deviations to each side at the least
    turns = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    shares = only / n
    one_pair = 1 - shares.sum(axis=1, keepdims=True) + shares[:, :1] * turns + shares[:, 1:] * turns.conj()
    chances = np.fft.irfft(one_pair**n, n=size)
    sums = only[:, :1] - only[:, 1:] + np.arange(-size // 2, size // 2)
    cumulative = np.take_along_axis(chances, sums % size, axis=1).cumsum(axis=1)
    tail = (1 - level) / 2
    places = np.stack([(cumulative < share).sum(axis=1) for share in (tail, 1 - tail)], axis=1)
    return np.take_along_axis(sums, places, axis=1) / n


def _lower_tail(k: int, n: int) -> float:
    """Chance of at most k heads in n throws of a fair coin; SciPy's would be 0.3 s of imports for this one number."""
    throws = np.arange(1, k + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((n - throws + 1) / throws))]) - n * math.log(2)
    return float(np.exp(logs).sum())


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values adjusted for their number (Holm, 1979).

    Calling all of those below 0.05 different is wrong, be it once, in at most 5% of tables of equally good models.

    Args:
        p_values: (n,) in 0 to 1; nan for no test, which stays.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)  # nan last
    order = order[: np.isfinite(p_values).sum()]
    adjusted = np.full(len(p_values), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)), 1)
    return adjusted


def written_p(value: float) -> str:
    """A p-value as it is read: nothing where there is none."""
    if value != value:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
