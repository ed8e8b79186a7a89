"""Batches for Keras, gathered from the one copy of the pictures in memory."""

import keras
import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.sampling import class_weights, oversample
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.emotions import EMOTIONS
from fer_core.training.config import RunConfig

Batch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


class Batches(keras.utils.PyDataset):
    """Shuffled batches of a part of a data set; their order depends on the seed and the epoch alone (Keras must not
    shuffle them again), so a resumed run is given the batches that an uninterrupted one would have been.

    A batch is `({"images": (b, 48, 48, 1) uint8, "augment": (b, 1) float32 of 0 or 1}, (b, 7) targets, (b,) weights)`.
    With soft labels, and without mixup, `"labels": (b, 7)` of 0 or 1 stand beside the images, to measure by.

    Args:
        dataset: all images; never copied.
        indices: the training part.
        config: sampling, augmentation, mixup, loss, soft labels and batch size.

    Raises:
        DatasetError: the soft labels can't be read, or are of other images.
    """

    def __init__(self, dataset: FaceDataset, indices: np.ndarray, config: RunConfig) -> None:
        super().__init__()
        self.dataset, self.config = dataset, config
        positions, is_copy = oversample(dataset.labels[indices], config.sampling)
        self._indices = indices[positions]
        augment = is_copy if config.augment == "copies" else np.ones(len(positions))
        self._augment = augment.astype(np.float32)[:, None]
        self._labels = np.eye(len(EMOTIONS), dtype=np.float32)[dataset.labels[self._indices]]
        self._softened = self._labels
        if config.soft_labels:
            softer = SoftLabels.read(config.soft_labels).for_images(dataset, self._indices)
            self._softened = self._labels + np.float32(config.soft_share) * (softer - self._labels)
        weights = class_weights(dataset.labels[self._indices])
        self._class_weights = weights if config.loss == "weighted_cross_entropy" else np.ones(len(EMOTIONS))
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Shuffle for an epoch, counted from 0. Keras's own hook ends one epoch more in each call of `fit`."""
        self.epoch = epoch
        self._order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self._indices))

    @property
    def _targets(self) -> np.ndarray:
        last = self.config.soft_epochs or self.config.epochs
        return self._softened if self.epoch < last else self._labels

    def __len__(self) -> int:
        return max(1, len(self._indices) // self.config.batch_size)

    def __getitem__(self, number: int) -> Batch:
        size = self.config.batch_size
        chosen = self._order[number * size : (number + 1) * size]
        images = self.dataset.images[self._indices[chosen], :, :, None]
        targets = self._targets[chosen]
        inputs = {"augment": self._augment[chosen]}
        if self.config.mixup:
            rng = np.random.default_rng([self.config.seed, self.epoch, number])
            images, targets = mix(images, targets, rng.beta(self.config.mixup, self.config.mixup, len(chosen)))
        elif self.config.soft_labels:
            inputs["labels"] = self._labels[chosen]
        weights = (targets @ self._class_weights).astype(np.float32)
        return {"images": images, **inputs}, targets, weights


def mix(images: np.ndarray, targets: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mixup (Zhang et al., 2018, arXiv 1710.09412): blend each picture and target with its neighbour in the batch.

    Args:
        images: (b, h, w, 1) uint8.
        targets: (b, 7) float32.
        share: (b,) in [0, 1], weight of the picture itself.
    """
    s = share.astype(np.float32)
    blend = images * s[:, None, None, None] + np.roll(images, 1, axis=0) * (1 - s[:, None, None, None])
    return blend.round().astype(np.uint8), targets * s[:, None] + np.roll(targets, 1, axis=0) * (1 - s[:, None])
