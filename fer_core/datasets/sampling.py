"""The report's answer to class imbalance: augmented copies of rare classes, and class weights."""

from typing import Literal, get_args

import numpy as np

from fer_core.emotions import EMOTIONS

Sampling = Literal["none", "mild", "full"]
DISGUSTED_COPIES: dict[str, int] = {"mild": 10, "full": 18}


def copies_per_image(sampling: Sampling) -> np.ndarray:
    """(7,) augmented copies that each image of a class gets beside the original.

    As in the report: "disgusted" N times (10 for `mild`, 18 for `full`), "happy" never, every other class once.
    """
    if sampling not in get_args(Sampling):
        raise ValueError(f"sampling: expected one of {get_args(Sampling)}, got {sampling!r}")
    if sampling == "none":
        return np.zeros(len(EMOTIONS), dtype=np.int64)
    special = {"happy": 0, "disgusted": DISGUSTED_COPIES[sampling]}
    return np.array([special.get(emotion, 1) for emotion in EMOTIONS])


def oversample(labels: np.ndarray, sampling: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """Positions to train on, originals first and then the copies.

    Args:
        labels: (n,) class indices of the images of the training part.

    Returns:
        positions: (m,) indices into `labels`, m >= n.
        is_copy: (m,) bool, true for the copies, which are to be augmented.
    """
    originals = np.arange(len(labels))
    copies = np.repeat(originals, copies_per_image(sampling)[labels])
    return np.concatenate([originals, copies]), np.repeat([False, True], [len(originals), len(copies)])


def class_weights(labels: np.ndarray) -> np.ndarray:
    """(7,) weights n / (7 * count) ("balanced" of scikit-learn's `compute_class_weight`); 0 for an absent class."""
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return np.divide(len(labels), len(EMOTIONS) * counts, out=np.zeros(len(EMOTIONS)), where=counts > 0)
