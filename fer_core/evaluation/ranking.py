"""Precision-recall curves, averages of curves over the classes, and what a threshold does to each class."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.checks import checked
from fer_core.evaluation.delong import auc_influence, interval_of
from fer_core.evaluation.metrics import RocCurve

GRID = np.linspace(0, 1, 201)
AVERAGES = ("macro", "micro")


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """One class against the rest; the arrays are equally long, and empty for a class without images.

    Attributes:
        recall: share of the class's images at or above the threshold, from 1 down.
        precision: share of the images at or above the threshold that are of the class.
        threshold: ascending; the last, that nothing reaches, is infinite.
    """

    recall: np.ndarray
    precision: np.ndarray
    threshold: np.ndarray


def precision_recall_curves(probabilities: np.ndarray, labels: np.ndarray) -> tuple[PrecisionRecallCurve, ...]:
    """One curve a class, in class order.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    curves = []
    for place, scores in enumerate(probabilities.T):
        if not (labels == place).any():
            curves.append(PrecisionRecallCurve(*np.empty((3, 0))))
            continue
        precision, recall, threshold = precision_recall_curve(labels == place, scores)
        curves.append(PrecisionRecallCurve(recall, precision, np.append(threshold, np.inf)))
    return tuple(curves)


def average_precisions(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(classes,) average precision, the step-wise area under each curve; nan for a class without images.

    Arguments and errors as for `precision_recall_curves`.
    """
    probabilities, labels = checked(probabilities, labels)
    return np.array(
        [
            average_precision_score(labels == place, scores) if (labels == place).any() else np.nan
            for place, scores in enumerate(probabilities.T)
        ]
    )


def macro_roc(curves: tuple[RocCurve, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Plain mean of the classes' curves over common false positive rates, as (x, y); classes without one left out."""
    rates = [
        np.interp(GRID, curve.false_positive_rate, curve.true_positive_rate) for curve in curves if len(curve.threshold)
    ]
    return GRID, np.mean(rates, axis=0) if rates else np.full(len(GRID), np.nan)


def micro_roc(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curve of all (image, class) pairs taken together, as (x, y); arguments as for `precision_recall_curves`."""
    probabilities, labels = checked(probabilities, labels)
    rates = roc_curve(np.eye(probabilities.shape[1])[labels].ravel(), probabilities.ravel())
    return rates[0], rates[1]


def macro_precision_recall(curves: tuple[PrecisionRecallCurve, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Plain mean of the classes' precisions over common recalls, as (x, y); classes without a curve left out."""
    values = [np.interp(GRID, curve.recall[::-1], curve.precision[::-1]) for curve in curves if len(curve.threshold)]
    return GRID, np.mean(values, axis=0) if values else np.full(len(GRID), np.nan)


def micro_precision_recall(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curve of all (image, class) pairs taken together, as (x, y); arguments as for `precision_recall_curves`."""
    probabilities, labels = checked(probabilities, labels)
    precision, recall, _ = precision_recall_curve(np.eye(probabilities.shape[1])[labels].ravel(), probabilities.ravel())
    return recall, precision


def areas(probabilities: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Areas under the curves of each class against the rest, and of their averages.

    Args:
        probabilities: (n, 7) in class order, rows sum to 1.
        labels: (n,) class indices.

    Returns:
        A row a class, then `macro` (plain mean of the classes) and `micro` (all pairs of image and class together), by
        name: `auc` with `auc_low` and `auc_high` (95%, DeLong; of `micro` with the pairs of an image drawn together:
        Obuchowski, 1997; of `macro` where each class has one), `average_precision`; nan where undefined.
    """
    probabilities, labels = checked(probabilities, labels)
    positive = labels[:, None] == np.arange(len(EMOTIONS))
    classes, influence = auc_influence(probabilities, labels)
    defined = np.isfinite(classes)
    bounds = interval_of(classes, influence, positive)
    mean, low, high = np.full(3, np.nan)
    if defined.any():
        mean = classes[defined].mean()
    if defined.any() and np.isfinite(bounds[defined]).all():
        low, high = interval_of(mean, influence[:, defined].mean(axis=1))
    pairs, scores = positive.ravel(), probabilities.ravel().clip(max=1)  # rounding leaves some a little above
    both, pulls = auc_influence(np.stack([1 - scores, scores], axis=1), pairs.astype(int))
    micro = float(both[1])
    micro_low, micro_high = interval_of(micro, pulls[:, 1].reshape(positive.shape).mean(axis=1))
    precisions = average_precisions(probabilities, labels)
    return pd.DataFrame(
        {
            "auc": [*classes, mean, micro],
            "auc_low": [*bounds[:, 0], low, micro_low],
            "auc_high": [*bounds[:, 1], high, micro_high],
            "average_precision": [
                *precisions,
                np.nanmean(precisions),
                average_precision_score(pairs, scores),
            ],
        },
        index=pd.Index([*EMOTIONS, *AVERAGES]),
    )


def rates_at(probabilities: np.ndarray, labels: np.ndarray, threshold: float) -> pd.DataFrame:
    """Each class against the rest, taken for found where its probability reaches the threshold.

    Args:
        threshold: 0 to 1; the others as for `areas`.

    Returns:
        Rows as in `areas`: `found` (true positive rate), `false_alarms` (false positive rate), `precision`; nan where
        undefined.
    """
    probabilities, labels = checked(probabilities, labels)
    positive = labels[:, None] == np.arange(len(EMOTIONS))
    over = probabilities >= threshold
    right, wrong = (over & positive).sum(axis=0), (over & ~positive).sum(axis=0)
    parts = {
        "found": (right, positive.sum(axis=0)),
        "false_alarms": (wrong, (~positive).sum(axis=0)),
        "precision": (right, over.sum(axis=0)),
    }
    table = pd.DataFrame({name: _quotients(*part) for name, part in parts.items()}, index=pd.Index(EMOTIONS))
    table.loc["macro"] = table.mean()
    table.loc["micro"] = {name: float(_quotients(*(side.sum() for side in part))) for name, part in parts.items()}
    return table


def _quotients(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """nan for 0 of 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)


def answered_confusion(probabilities: np.ndarray, labels: np.ndarray, threshold: float) -> np.ndarray:
    """(7, 8) counts: rows true, columns the answers and, last, "not sure" where no class reaches the threshold.

    Arguments as for `rates_at`.
    """
    probabilities, labels = checked(probabilities, labels)
    classes = probabilities.shape[1]
    answers = np.where(probabilities.max(axis=1) >= threshold, probabilities.argmax(axis=1), classes)
    return np.bincount(labels * (classes + 1) + answers, minlength=classes * (classes + 1)).reshape(classes, -1)
