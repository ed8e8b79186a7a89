"""Whether a stated confidence is worth its number, and what to do where it is not."""

from dataclasses import dataclass

import numpy as np

from fer_core.evaluation.checks import checked, checked_probabilities
from fer_core.evaluation.resampling import exact_bounds

SMALLEST_PROBABILITY = 1e-12
"""Stands for 0, which has no logarithm; float16 records keep nothing below 6e-8."""

LEAST_UNSMOOTHED = 1e-3
"""Share below which undoing label smoothing follows the probability itself: no network is that sure of an absence."""

TEMPERATURE_RANGE = (0.05, 20.0)


def softmax(logits: np.ndarray) -> np.ndarray:
    """exp(x) over its sum along the last axis, in the dtype that is given.

    SciPy's own is loaded by nothing that the first answer needs: importing it takes longer than the answer itself.
    """
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _logits(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log(p) / T): above 1 flattens the probabilities, below 1 sharpens them; the order stays.

    Args:
        probabilities: (n, classes), rows sum to 1.
        temperature: T > 0.

    Returns:
        (n, classes), float64 for float64 and float32 for smaller floats.

    Raises:
        ValueError: a shape or value does not fit.
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature: expected a number above 0, got {temperature}")
    given = np.asarray(probabilities)
    scaled = softmax(_logits(checked_probabilities(given, empty=True)) / temperature)
    return scaled.astype(np.result_type(given.dtype, np.float32), copy=False)


def undo_label_smoothing(probabilities: np.ndarray, label_smoothing: float) -> np.ndarray:
    """(p - a / classes) / (1 - a), scaled to sum 1; where that is under `LEAST_UNSMOOTHED`, in proportion to p.

    Label smoothing a (Szegedy et al., 2016, arXiv 1512.00567, section 7) teaches the shares (1 - a) P + a / classes in
    place of the classes' shares P; this solves for P. The mean of several networks takes the mean of their a. Both
    pieces rise with p and meet at `LEAST_UNSMOOTHED`, so the order of the classes stays.

    Args:
        probabilities: (n, classes), rows sum to 1.
        label_smoothing: a, from 0 (changes nothing) to below 1.

    Raises:
        ValueError: a shape or value does not fit.
    """
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing: expected a number from 0 to below 1, got {label_smoothing}")
    probabilities = np.asarray(probabilities)
    checked_probabilities(probabilities, empty=True)
    if not label_smoothing:
        return probabilities
    even = label_smoothing / probabilities.shape[-1]
    meeting = even + LEAST_UNSMOOTHED * (1 - label_smoothing)
    shares = np.maximum((probabilities - even) / (1 - label_smoothing), LEAST_UNSMOOTHED / meeting * probabilities)
    return shares / shares.sum(axis=-1, keepdims=True)


def calibrate(probabilities: np.ndarray, *, temperature: float, label_smoothing: float = 0.0) -> np.ndarray:
    """Undo the label smoothing, then apply the temperature; arguments and errors as there."""
    return apply_temperature(undo_label_smoothing(probabilities, label_smoothing), temperature)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature under which the labels are likeliest (Guo et al., 2017, section 4.2).

    Args:
        probabilities: (n, classes) of images that no weight was fitted on, rows sum to 1.
        labels: (n,) class indices.

    Returns:
        T in `TEMPERATURE_RANGE`; at its lower end where every image is answered rightly.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    from scipy.optimize import minimize_scalar  # 0.3 s that prediction, which only applies a temperature, is spared
    from scipy.special import log_softmax

    probabilities, labels = checked(probabilities, labels)
    logits, rows = _logits(probabilities), np.arange(len(labels))

    def negative_log_likelihood(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean()

    bounds = tuple(np.log(TEMPERATURE_RANGE))
    return float(np.exp(minimize_scalar(negative_log_likelihood, bounds=bounds, method="bounded").x))


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy in equal-width bins of confidence; a bin holds its upper edge, not its lower one.

    Attributes:
        confidence: (bins,) mean probability of the predicted class; nan in an empty bin.
        accuracy: (bins,) share of right answers; nan in an empty bin.
        count: (bins,) images.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray

    @property
    def interval(self) -> np.ndarray:
        """(bins, 2) 95% bounds of each accuracy (Clopper and Pearson, 1934); nan in an empty bin."""
        return exact_bounds(np.rint(self.accuracy * self.count), self.count)

    @property
    def expected_calibration_error(self) -> float:
        """Gap between confidence and accuracy, averaged over the images."""
        filled = self.count > 0
        gaps = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float(np.average(gaps, weights=self.count[filled]))


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> Reliability:
    """The numbers behind a reliability diagram.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.
        bins: equal-width bins of confidence from 0 to 1.

    Raises:
        ValueError: a shape or value does not fit, n is 0, or there is no bin.
    """
    probabilities, labels = checked(probabilities, labels)
    if bins < 1:
        raise ValueError(f"bins: expected at least 1, got {bins}")
    edges = np.linspace(0, 1, bins + 1)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.digitize(confidence, edges[1:-1], right=True)
    count = np.bincount(places, minlength=bins)

    def mean(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(places, weights=values, minlength=bins)
        return np.divide(sums, count, out=np.full(bins, np.nan), where=count > 0)

    return Reliability(mean(confidence), mean(right), count)


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equal-width confidence bins (Guo et al., 2017).

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.
        bins: equal-width bins of confidence from 0 to 1.

    Raises:
        ValueError: a shape or value does not fit, n is 0, or there is no bin.
    """
    return reliability(probabilities, labels, bins).expected_calibration_error


@dataclass(frozen=True)
class Coverage:
    """What is gained by answering only from a confidence on; one entry for each confidence that occurs.

    Attributes:
        threshold: (m,) ascending; images with at least this confidence are answered.
        coverage: (m,) share of the images that are answered, from 1 down.
        accuracy: (m,) share of right answers among them.
    """

    threshold: np.ndarray
    coverage: np.ndarray
    accuracy: np.ndarray


def coverage_curve(probabilities: np.ndarray, labels: np.ndarray) -> Coverage:
    """Coverage and accuracy at each threshold of confidence.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    confidence = probabilities.max(axis=1)
    order = np.argsort(confidence)
    threshold, first = np.unique(confidence[order], return_index=True)
    right = (probabilities.argmax(axis=1) == labels)[order]
    right_from = np.cumsum(right[::-1])[::-1][first]
    answered = len(labels) - first
    return Coverage(threshold, answered / len(labels), right_from / answered)


def threshold_for_accuracy(probabilities: np.ndarray, labels: np.ndarray, accuracy: float) -> float:
    """The smallest confidence from which on the answered images reach an accuracy: below it, "not sure".

    Args:
        probabilities: (n, classes) of a validation set, rows sum to 1, temperature already applied.
        labels: (n,) class indices.
        accuracy: what the answered images shall reach, above 0 and at most 1.

    Returns:
        The threshold; 0 where all images together reach it.

    Raises:
        ValueError: a shape or value does not fit, n is 0, or no threshold reaches the accuracy.
    """
    if not 0 < accuracy <= 1:
        raise ValueError(f"accuracy: expected above 0 and at most 1, got {accuracy}")
    curve = coverage_curve(probabilities, labels)
    reached = np.flatnonzero(curve.accuracy >= accuracy)
    if not len(reached):
        raise ValueError(f"accuracy: no threshold reaches {accuracy:.4g}; the best is {curve.accuracy.max():.4g}")
    return float(curve.threshold[reached[0]]) if reached[0] else 0.0
