"""How far a score would move on other images."""

from collections.abc import Mapping

import numpy as np

from fer_core.evaluation.checks import checked
from fer_core.evaluation.delong import auc_influence
from fer_core.evaluation.metrics import hits
from fer_core.evaluation.resampling import LEVEL, RESAMPLES, Interval, check_resampling, exact_bounds, percentiles

ECE_BINS, FINE_BINS, AUC_KINDS = 15, 30, 100
FEWEST, FEWEST_OF_CLASS = 30, 5
"""Images in all, and of each class that occurs, below which resamples tell too little of how sure a score is."""
NONE = Interval(float("nan"), float("nan"))


def _of_some_width(interval: Interval) -> Interval:
    """Resamples that are all the same say nothing of other images."""
    return interval if interval.low < interval.high else NONE


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


def ece_interval(
    probabilities: np.ndarray, labels: np.ndarray, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> Interval:
    """Basic (reflected) bootstrap interval of the calibration error (Davison and Hinkley, 1997, sections 2.4 and 5.2).

    A sum of absolute values grows with chance, so resamples lie above what was measured, as that does above the truth:
    their percentiles would hold it almost never. Reflected at what was measured they reach about as far below it. Where
    chance alone, which is the resamples' gaps less those measured, makes as large an error, the interval begins at 0.
    The error itself can lie above the interval, which is nan below `FEWEST` images or where it would be a point.

    Images of one bin that is twice as fine, and of one hit, count as one kind. Arguments and errors as for
    `bootstrap_intervals`.
    """
    probabilities, labels = checked(probabilities, labels)
    check_resampling(resamples, level)
    n, rng = len(labels), np.random.default_rng(seed)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    fine = np.digitize(confidence, np.linspace(0, 1, FINE_BINS + 1)[1:-1], right=True)
    kinds = fine * 2 + right
    counts = np.bincount(kinds, minlength=2 * FINE_BINS)
    gaps = np.bincount(kinds, weights=confidence - right, minlength=2 * FINE_BINS) / np.maximum(counts, 1) / n
    drawn = (rng.multinomial(n, counts / n, size=resamples) * gaps).reshape(resamples, ECE_BINS, -1).sum(axis=2)
    measured = (counts * gaps).reshape(ECE_BINS, -1).sum(axis=1)
    error = np.abs(measured).sum()
    low, high = percentiles(np.abs(drawn).sum(axis=1), level)
    by_chance = percentiles(np.abs(drawn - measured).sum(axis=1), level).high
    bounds = 0.0 if error <= by_chance else float(max(0, 2 * error - high)), float(max(0, 2 * error - low))
    return NONE if n < FEWEST else _of_some_width(Interval(*bounds))


def _drawn_mean_auc(
    probabilities: np.ndarray, labels: np.ndarray, resamples: int, rng: np.random.Generator
) -> np.ndarray | None:
    """(r,) mean areas, to first order: the area moves by the mean influence of the images drawn.

    Images whose influence lies in one of `AUC_KINDS` equally wide parts of its range count as one kind. Parts with
    equally many images would not do: an image of a rare class has so much influence that it is most of the variance.
    """
    areas, influence = auc_influence(probabilities, labels)
    defined = np.isfinite(areas)
    if not defined.any():
        return None
    pulls = influence[:, defined].mean(axis=1)
    counts, edges = np.histogram(pulls, AUC_KINDS)
    means = np.histogram(pulls, edges, weights=pulls)[0] / np.maximum(counts, 1)
    drawn = rng.multinomial(len(pulls), counts / len(pulls), size=resamples)
    return np.clip(areas[defined].mean() + drawn @ means / len(pulls), 0, 1)


def bootstrap_intervals(
    probabilities: np.ndarray, labels: np.ndarray, *, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> Mapping[str, Interval]:
    """Percentile bootstrap intervals over images (Efron, 1979); that of the calibration error see `ece_interval`.

    To most scores two images with the same label, answer and top-2 hit are the same. So n images drawn with
    replacement are one draw from a multinomial distribution over these kinds, which makes 2,000 resamples quick. The
    mean AUC is resampled to first order (its images' influence).

    Where all or none are right, or of fewer than `FEWEST` images, the intervals of shares of right answers are exact,
    as resamples would be too much alike; those of other scores are nan there, and with fewer than `FEWEST_OF_CLASS`
    images of a class.

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
    check_resampling(resamples, level)
    n, classes = probabilities.shape
    predicted, in_top2 = probabilities.argmax(axis=1), hits(probabilities, labels, k=2)
    kinds = np.ravel_multi_index((labels, predicted, in_top2.astype(int)), (classes, classes, 2))
    shares = np.bincount(kinds, minlength=classes * classes * 2) / n
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, shares, size=resamples).reshape(-1, classes, classes, 2)
    confusions = drawn.sum(axis=3)
    samples = {
        "accuracy": np.trace(confusions, axis1=1, axis2=2) / n,
        "top2_accuracy": drawn[..., 1].sum(axis=(1, 2)) / n,
        "precision": _weighted_precision(confusions),
        "f1": _mean_f1(confusions, weighted=True),
        "macro_f1": _mean_f1(confusions, weighted=False),
    }
    if (areas := _drawn_mean_auc(probabilities, labels, resamples, rng)) is not None:
        samples["mean_auc"] = areas
    few = n < FEWEST or np.bincount(labels)[labels].min() < FEWEST_OF_CLASS
    intervals = {name: NONE if few else _of_some_width(percentiles(values, level)) for name, values in samples.items()}
    for name, right in (("accuracy", predicted == labels), ("top2_accuracy", in_top2)):
        exact = n < FEWEST or right.all() or not right.any()
        bounds = exact_bounds(right.sum(), n, level).tolist() if exact else percentiles(samples[name], level)
        intervals[name] = Interval(*bounds)
    ece = ece_interval(probabilities, labels, resamples=resamples, level=level, seed=seed)
    return intervals | {"recall": intervals["accuracy"], "ece": ece}
