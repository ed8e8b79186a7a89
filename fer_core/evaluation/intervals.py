"""How far a score would move on other images, and whether two models really differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from fer_core.evaluation.checks import checked
from fer_core.evaluation.metrics import hits

RESAMPLES = 2000
LEVEL = 0.95


class Interval(NamedTuple):
    """Bounds of a percentile bootstrap interval."""

    low: float
    high: float


def _percentiles(samples: np.ndarray, level: float) -> Interval:
    tail = 50 * (1 - level)
    return Interval(*np.percentile(samples, [tail, 100 - tail]).tolist())


def _check(resamples: int, level: float) -> None:
    if resamples < 1:
        raise ValueError(f"resamples: expected at least 1, got {resamples}")
    if not 0 < level < 1:
        raise ValueError(f"level: expected between 0 and 1, got {level}")


def _mean_f1(confusions: np.ndarray, weighted: bool) -> np.ndarray:
    """(r, classes, classes) -> (r,) F1 averaged over the classes, plainly (those that occur) or by images."""
    images, predicted = confusions.sum(axis=2), confusions.sum(axis=1)
    right = np.diagonal(confusions, axis1=1, axis2=2)
    f1 = 2 * right / np.maximum(images + predicted, 1)
    return np.average(f1, axis=1, weights=images if weighted else images + predicted > 0)


def bootstrap_intervals(
    probabilities: np.ndarray, labels: np.ndarray, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> Mapping[str, Interval]:
    """Percentile bootstrap intervals over images (Efron, 1979) of the scores that follow from the answers given.

    To these scores two images with the same label, answer and top-2 hit are the same. So n images drawn with
    replacement are one draw from a multinomial distribution over these kinds, which makes 2,000 resamples quick.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.
        resamples: how often n images are drawn.
        level: share of the resamples that lies between the bounds.
        seed: of the draws.

    Returns:
        `accuracy`, `top2_accuracy`, `f1` (weighted by class) and `macro_f1`.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    _check(resamples, level)
    n, classes = probabilities.shape
    predicted, in_top2 = probabilities.argmax(axis=1), hits(probabilities, labels, k=2)
    kinds = np.ravel_multi_index((labels, predicted, in_top2.astype(int)), (classes, classes, 2))
    shares = np.bincount(kinds, minlength=classes * classes * 2) / n
    drawn = np.random.default_rng(seed).multinomial(n, shares, size=resamples).reshape(-1, classes, classes, 2)
    confusions = drawn.sum(axis=3)
    return {
        "accuracy": _percentiles(np.trace(confusions, axis1=1, axis2=2) / n, level),
        "top2_accuracy": _percentiles(drawn[..., 1].sum(axis=(1, 2)) / n, level),
        "f1": _percentiles(_mean_f1(confusions, weighted=True), level),
        "macro_f1": _percentiles(_mean_f1(confusions, weighted=False), level),
    }


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
    _check(resamples, level)
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
        interval=_percentiles((drawn[:, 0] - drawn[:, 1]) / n, level),
        p_value=float(binomtest(only_first, differing).pvalue) if differing else 1.0,
    )
