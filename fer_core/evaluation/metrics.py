"""How good probabilities are against the labels; every figure of a class in class order, whatever classes occur.

A score that a class has no images for is nan (undefined), not 0, and means over classes leave it out. scikit-learn is
imported where it is needed: it takes a second, which pages and charts that only count are spared.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_core.evaluation.checks import checked

Normalize = Literal["true", "predicted"]


def hits(probabilities: np.ndarray, labels: np.ndarray, k: int = 1) -> np.ndarray:
    """Which images have their label among the k likeliest classes; of equal ones the first in class order counts.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.
        k: 1 to classes.

    Returns:
        (n,) bool.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    if not 1 <= k <= probabilities.shape[1]:
        raise ValueError(f"k: expected 1 to {probabilities.shape[1]}, got {k}")
    likeliest = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return (likeliest == labels[:, None]).any(axis=1)


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose likeliest class is the label; arguments and errors as for `hits`."""
    return float(hits(probabilities, labels).mean())


def top2_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose label is one of the two likeliest classes; arguments and errors as for `hits`."""
    return float(hits(probabilities, labels, k=2).mean())


def confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(classes, classes) counts, rows true and columns predicted; arguments and errors as for `hits`."""
    probabilities, labels = checked(probabilities, labels)
    classes = probabilities.shape[1]
    cells = labels * classes + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def shares(matrix: np.ndarray, normalize: Normalize | None) -> np.ndarray:
    """A `confusion` as shares of the true class (row) or the predicted one (column), or as it is; nan for 0 of 0."""
    if normalize is None:
        return matrix
    sums = matrix.sum(axis=1 if normalize == "true" else 0, keepdims=True)
    return np.divide(matrix, sums, out=np.full(matrix.shape, np.nan), where=sums > 0)


@dataclass(frozen=True)
class ClassScores:
    """Scores of each class against the rest; each array is (classes,).

    Attributes:
        precision: nan for a class that is never predicted.
        recall: nan for a class without images.
        f1: nan for a class that neither has images nor is predicted.
        support: images of the class.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


def class_scores(probabilities: np.ndarray, labels: np.ndarray) -> ClassScores:
    """Precision, recall and F1 of each class; arguments and errors as for `hits`."""
    from sklearn.metrics import precision_recall_fscore_support

    probabilities, labels = checked(probabilities, labels)
    classes = np.arange(probabilities.shape[1])
    predicted = probabilities.argmax(axis=1)
    return ClassScores(*precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=np.nan))


def weighted_scores(probabilities: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1, each averaged over the classes by their number of images.

    A class that is never predicted counts with precision 0, as in scikit-learn. The weighted recall is the accuracy.
    Arguments and errors as for `hits`.
    """
    from sklearn.metrics import precision_recall_fscore_support

    probabilities, labels = checked(probabilities, labels)
    predicted = probabilities.argmax(axis=1)
    scores = precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)
    return float(scores[0]), float(scores[1]), float(scores[2])


def macro_f1(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Plain mean of the F1 of the classes that have images or are predicted; arguments and errors as for `hits`."""
    from sklearn.metrics import f1_score

    probabilities, labels = checked(probabilities, labels)
    return float(f1_score(labels, probabilities.argmax(axis=1), average="macro"))


def auc(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each class against the rest.

    Arguments and errors as for `hits`.

    Returns:
        (classes,) in 0 to 1; nan for a class without images, or that all images have.
    """
    from fer_core.evaluation.delong import auc_influence

    return auc_influence(probabilities, labels)[0]


def mean_auc(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Plain mean of `auc` over the classes that have one; nan where none has."""
    areas = auc(probabilities, labels)
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")


@dataclass(frozen=True)
class RocCurve:
    """One class against the rest; the arrays are equally long, and empty where the curve is undefined.

    Attributes:
        false_positive_rate: share of the other classes' images at or above the threshold, ascending from 0 to 1.
        true_positive_rate: share of the class's images at or above the threshold.
        threshold: descending; the first is infinite.
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    threshold: np.ndarray


def roc_curves(probabilities: np.ndarray, labels: np.ndarray) -> tuple[RocCurve, ...]:
    """One curve a class, in class order; arguments and errors as for `hits`."""
    from sklearn.metrics import roc_curve

    probabilities, labels = checked(probabilities, labels)
    defined = set(_classes_with_both_sides(labels))
    return tuple(
        RocCurve(*roc_curve(labels == position, scores)) if position in defined else RocCurve(*np.empty((3, 0)))
        for position, scores in enumerate(probabilities.T)
    )


def _classes_with_both_sides(labels: np.ndarray) -> list[int]:
    present = np.unique(labels)
    return present.tolist() if len(present) > 1 else []
