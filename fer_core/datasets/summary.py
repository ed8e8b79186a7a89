"""What a data set looks like as a whole: how many, how different, how bright."""

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE, FaceDataset
from fer_core.datasets.sampling import Sampling, copies_per_image
from fer_core.emotions import EMOTIONS

BINS = 64


def class_counts(labels: np.ndarray) -> np.ndarray:
    """(7,) images of each class."""
    return np.bincount(labels, minlength=len(EMOTIONS))


def copies(labels: np.ndarray, sampling: Sampling) -> np.ndarray:
    """(7,) augmented copies of each class that a sampling choice adds to these images."""
    return class_counts(labels) * copies_per_image(sampling)


def imbalance_ratio(counts: np.ndarray) -> float:
    """Images of the largest class for each image of the smallest; infinite where a class has none."""
    return float(np.max(counts) / np.min(counts)) if np.min(counts) > 0 else float("inf")


def labels_of(counts: dict[str, int]) -> np.ndarray:
    """(n,) class indices that have these counts, for work that needs labels and no pictures."""
    return np.repeat(np.arange(len(EMOTIONS)), [counts[emotion] for emotion in EMOTIONS])


def mean_faces(dataset: FaceDataset) -> np.ndarray:
    """(7, 48, 48) uint8: the mean image of each class; black where a class has none."""
    faces = np.zeros((len(EMOTIONS), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    for label in np.unique(dataset.labels):
        faces[label] = dataset.images[dataset.labels == label].mean(axis=0).round()
    return faces


def pixel_histograms(dataset: FaceDataset) -> np.ndarray:
    """(7, 64): share of each class's pixels in each of 64 equal ranges of the gray values; rows sum to 1, or to 0."""
    shares = np.zeros((len(EMOTIONS), BINS))
    for label in np.unique(dataset.labels):
        values = np.bincount(dataset.images[dataset.labels == label].ravel() // (256 // BINS), minlength=BINS)
        shares[label] = values / values.sum()
    return shares
