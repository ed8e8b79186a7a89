"""How sure an area under a ROC curve is, from the images that it is made of."""

import numpy as np
from scipy.stats import norm, rankdata

from fer_core.evaluation.checks import checked


def auc_influence(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas under the ROC curves, and how much each image pulls each of them up or down.

    From the placements of DeLong et al. (1988), found by midranks (Sun and Xu, 2014): the share of the other side's
    images that an image is ranked rightly against, minus the area, weighted by its own side's share of the images.

    Args:
        probabilities: (n, classes), rows sum to 1.
        labels: (n,) class indices.

    Returns:
        areas: (classes,) in 0 to 1; nan for a class without images, or that all images have.
        influence: (n, classes) with mean 0; the variance of an area is its column's mean square divided by n.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    n, classes = probabilities.shape
    areas, influence = np.full(classes, np.nan), np.full((n, classes), np.nan)
    ranks = rankdata(probabilities, axis=0)
    for place in range(classes):
        positive = labels == place
        count, others = int(positive.sum()), int(n - positive.sum())
        if not count or not others:
            continue
        beaten = np.empty(n)
        beaten[positive] = (ranks[positive, place] - rankdata(probabilities[positive, place])) / others
        below = (ranks[~positive, place] - rankdata(probabilities[~positive, place])) / count
        beaten[~positive] = 1 - below
        areas[place] = beaten[positive].mean()
        influence[:, place] = (beaten - areas[place]) * np.where(positive, n / count, n / others)
    return areas, influence


def interval_of(areas: np.ndarray | float, influence: np.ndarray, positive: np.ndarray | None = None) -> np.ndarray:
    """(..., 2) 95% bounds of areas; nan where a side has a single image, or no two images pull otherwise.

    Args:
        areas: (...) as from `auc_influence`, or of means over several.
        influence: (n, ...) of each image on each of them.
        positive: (n, ...) bool, the sides that the variance is of (DeLong et al., 1988); by default all images are one,
            as where an image is on both sides.
    """
    areas, influence = np.asarray(areas), np.asarray(influence)
    sides = (np.ones(influence.shape, dtype=bool),) if positive is None else (positive, ~positive)
    variance = np.zeros(influence.shape[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        for side in sides:
            count = side.sum(axis=0)
            of_side = (influence**2 * side).sum(axis=0) / len(influence) ** 2 * count / (count - 1)
            variance += np.where(count > 1, of_side, np.nan)
    half = norm.ppf(0.975) * np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.clip(np.stack([areas - half, areas + half], axis=-1), 0, 1)
