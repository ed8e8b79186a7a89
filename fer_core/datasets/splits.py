"""Which training image serves for what."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from fer_core.datasets.dataset import FaceDataset
from fer_core.emotions import EMOTIONS

HOLDOUT_SEED = 2013
HOLDOUT_SHARE = 0.1


@dataclass(frozen=True)
class Split:
    """Indices into a data set; the three parts are disjoint and, unless a share is left out, cover the training images.

    Attributes:
        train: images that weights are fitted on.
        validation: images that the epochs of this one run are compared on.
        holdout: images that no member of an ensemble sees in training, the same for every seed: what is chosen
            for an ensemble (members, temperature, threshold) is chosen here. Empty when none was asked for.
    """

    train: np.ndarray
    validation: np.ndarray
    holdout: np.ndarray


def _draw(labels: np.ndarray, groups: np.ndarray, share: float, seed: int, parts: int = 2) -> np.ndarray:
    """Positions of about `share` of the images, whole groups only, stratified by the lowest label in a group.

    The lowest rather than the first one, so that the same images are drawn in whatever order they stand.

    Args:
        parts: that the images are divided into in the end.
    """
    kinds, inverse = np.unique(groups, return_inverse=True)
    label = np.full(len(kinds), labels.max(initial=0))
    np.minimum.at(label, inverse, labels)
    for emotion, images in zip(EMOTIONS, np.bincount(label, minlength=len(EMOTIONS)), strict=True):
        if 0 < images < parts:
            few = f"{images} training image(s) or groups of copies in {parts} parts"
            raise ValueError(f"{emotion}: {few}; give it more")
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    try:
        drawn = next(splitter.split(kinds, label))[1]
    except ValueError as error:
        few = f"{len(kinds):,} training images or groups of copies are too few to set {share:.0%} of each class aside"
        raise ValueError(f"{few} ({error})") from error
    return np.flatnonzero(np.isin(inverse, drawn))


def _check(seed: int, validation_share: float, training_share: float = 1.0) -> None:
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed: expected a whole number of 0 to {2**32 - 1}, got {seed!r}")
    if not 0 < validation_share <= 0.5:
        raise ValueError(f"validation_share: expected above 0 and at most 0.5, got {validation_share}")
    if not 0 < training_share <= 1:
        raise ValueError(f"training_share: expected above 0 and at most 1, got {training_share}")


def split_training(
    dataset: FaceDataset,
    *,
    seed: int,
    validation_share: float = 0.2,
    training_share: float = 1.0,
    holdout: bool = False,
    by_duplicates: bool = True,
) -> Split:
    """Divide the training images, stratified by class.

    Args:
        seed: decides the validation part, and what is left out.
        validation_share: part of the images that are not held out, in (0, 0.5].
        training_share: part of what remains to learn from, in (0, 1]; the other parts do not depend on it. All of it
            where less than an image of each class would be left out.
        holdout: set a tenth aside first, the same tenth whatever the seed.
        by_duplicates: keep byte-identical images on the same side. False is the report's own way.

    Raises:
        ValueError: the seed or a share is out of range, a class has fewer images than there are parts, or there are
            too few in all. Of a class with few images, a small part may have none.
    """
    _check(seed, validation_share, training_share)
    rest = dataset.where("Training")
    held = np.empty(0, dtype=rest.dtype)
    groups = dataset.groups if by_duplicates else np.arange(len(dataset))
    if holdout:
        held = rest[_draw(dataset.labels[rest], groups[rest], HOLDOUT_SHARE, HOLDOUT_SEED, parts=3)]
        rest = np.setdiff1d(rest, held)
    validation = rest[_draw(dataset.labels[rest], groups[rest], validation_share, seed)]
    train = np.setdiff1d(rest, validation)
    left_out = (1 - training_share) * len(np.unique(groups[train]))
    if left_out >= len(EMOTIONS):
        train = train[_draw(dataset.labels[train], groups[train], training_share, seed)]
    return Split(train=train, validation=validation, holdout=held)


def split_labels(labels: np.ndarray, *, seed: int, validation_share: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the training and validation part, where the pictures are not at hand and single images are divided.

    Raises:
        ValueError: as for `split_training`.
    """
    _check(seed, validation_share)
    validation = _draw(labels, np.arange(len(labels)), validation_share, seed)
    return np.delete(labels, validation), labels[validation]
