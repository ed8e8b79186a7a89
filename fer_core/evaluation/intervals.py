"""How far a score would move on other images, and whether two models really differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from fer_core.evaluation.checks import checked
from fer_core.evaluation.delong import auc_influence
from fer_core.evaluation.metrics import hits

RESAMPLES = 2000
LEVEL = 0.95
ECE_BINS, FINE_BINS, AUC_KINDS = 15, 150, 200


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


def _weighted_precision(confusions: np.ndarray) -> np.ndarray:
    """(r, classes, classes) -> (r,) precision averaged by images; 0 for a class that is never predicted."""
    images, predicted = confusions.sum(axis=2), confusions.sum(axis=1)
    right = np.diagonal(confusions, axis1=1, axis2=2)
    return np.average(right / np.maximum(predicted, 1), axis=1, weights=images)


def _drawn_ece(probabilities: np.ndarray, labels: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """(r,) calibration errors. Images of one bin that is ten times finer, and of one hit, count as one kind."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    fine = np.digitize(confidence, np.linspace(0, 1, FINE_BINS + 1)[1:-1], right=True)
    kinds = fine * 2 + right
    counts = np.bincount(kinds, minlength=2 * FINE_BINS)
    gaps = np.bincount(kinds, weights=confidence - right, minlength=2 * FINE_BINS) / np.maximum(counts, 1)
    drawn = rng.multinomial(len(labels), counts / len(labels), size=resamples) * gaps
    return np.abs(drawn.reshape(resamples, ECE_BINS, -1).sum(axis=2)).sum(axis=1) / len(labels)


def _drawn_mean_auc(
    probabilities: np.ndarray, labels: np.ndarray, resamples: int, rng: np.random.Generator
) -> np.ndarray | None:
    """(r,) mean areas, to first order: the area moves by the mean influence of the images drawn."""
    areas, influence = auc_influence(probabilities, labels)
    defined = np.isfinite(areas)
    if not defined.any():
        return None
    pulls = np.sort(influence[:, defined].mean(axis=1))
    groups = np.array_split(pulls, min(AUC_KINDS, len(pulls)))
    shares = np.array([len(group) for group in groups]) / len(pulls)
    drawn = rng.multinomial(len(pulls), shares, size=resamples)
    return areas[defined].mean() + drawn @ np.array([group.mean() for group in groups]) / len(pulls)


def bootstrap_intervals(
    probabilities: np.ndarray, labels: np.ndarray, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> Mapping[str, Interval]:
    """Percentile bootstrap intervals over images (Efron, 1979).

    To most scores two images with the same label, answer and top-2 hit are the same. So n images drawn with
    replacement are one draw from a multinomial distribution over these kinds, which makes 2,000 resamples quick. The
    calibration error takes finer kinds; the mean AUC is resampled to first order (its images' influence).

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.
        resamples: how often n images are drawn.
        level: share of the resamples that lies between the bounds.
        seed: of the draws.

    Returns:
        `accuracy`, `top2_accuracy`, `precision`, `recall`, `f1` (these three weighted by class), `macro_f1`, `ece`
        and, where a class has an area, `mean_auc`.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    _check(resamples, level)
    n, classes = probabilities.shape
    predicted, in_top2 = probabilities.argmax(axis=1), hits(probabilities, labels, k=2)
    kinds = np.ravel_multi_index((labels, predicted, in_top2.astype(int)), (classes, classes, 2))
    shares = np.bincount(kinds, minlength=classes * classes * 2) / n
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, shares, size=resamples).reshape(-1, classes, classes, 2)
    confusions = drawn.sum(axis=3)
    right = np.trace(confusions, axis1=1, axis2=2) / n
    samples = {
        "accuracy": right,
        "top2_accuracy": drawn[..., 1].sum(axis=(1, 2)) / n,
        "precision": _weighted_precision(confusions),
        "recall": right,
        "f1": _mean_f1(confusions, weighted=True),
        "macro_f1": _mean_f1(confusions, weighted=False),
        "ece": _drawn_ece(probabilities, labels, resamples, rng),
    }
    if (areas := _drawn_mean_auc(probabilities, labels, resamples, rng)) is not None:
        samples["mean_auc"] = areas
    return {name: _percentiles(values, level) for name, values in samples.items()}


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
