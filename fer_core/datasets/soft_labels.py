"""Soft labels: for each training image a probability of each class, to learn from beside the one label."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.datasets.ferplus import checked_votes, emotion_votes
from fer_core.datasets.parts import save_arrays
from fer_core.emotions import EMOTIONS


@dataclass(frozen=True)
class SoftLabels:
    """Soft labels by the images' pixels, so that they fit the same data set in any wrapping.

    Attributes:
        hashes: (n,) `FaceDataset.image_hashes`, sorted and unique.
        probabilities: (n, 7) float32, rows sum to 1.
        source: who says so, for a run's record.
    """

    hashes: np.ndarray
    probabilities: np.ndarray
    source: str

    @classmethod
    def of(cls, dataset: FaceDataset, indices: np.ndarray, probabilities: np.ndarray, source: str) -> "SoftLabels":
        """Those of some images; copies of an image get their mean.

        Args:
            indices: (n,) into the data set.
            probabilities: (n, 7), rows sum to 1.
        """
        hashes, group = np.unique(dataset.image_hashes[indices], return_inverse=True)
        sums = np.zeros((len(hashes), len(EMOTIONS)))
        np.add.at(sums, group, probabilities)
        return cls(hashes, (sums / sums.sum(axis=1, keepdims=True)).astype(np.float32), source)

    @classmethod
    def read(cls, path: str | Path) -> "SoftLabels":
        """Those of a file that `write` wrote.

        Raises:
            DatasetError: no such file, or it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found = cls(arrays["hashes"], arrays["probabilities"].astype(np.float32), str(arrays["source"]))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetError(
                f"{path}: no readable soft labels ({error}); `python -m fer_core soften` writes them"
            ) from error
        if found.hashes.ndim != 1 or found.probabilities.shape != (len(found.hashes), len(EMOTIONS)):
            raise DatasetError(
                f"{path}: expected (n,) hashes and (n, {len(EMOTIONS)}) probabilities, got {found.hashes.shape} and "
                f"{found.probabilities.shape}"
            )
        return found

    def write(self, path: Path) -> None:
        """Keep them as .npz, probabilities as float16."""
        save_arrays(
            path,
            {
                "hashes": self.hashes,
                "probabilities": self.probabilities.astype(np.float16),
                "source": np.array(self.source),
            },
        )

    def for_images(self, dataset: FaceDataset, indices: np.ndarray) -> np.ndarray:
        """(n, 7) float32 of some images of a data set.

        Raises:
            DatasetError: there is none for some of them.
        """
        wanted = dataset.image_hashes[indices]
        places = np.searchsorted(self.hashes, wanted).clip(max=max(len(self.hashes) - 1, 0))
        known = self.hashes[places] == wanted if len(self.hashes) else np.zeros(len(wanted), dtype=bool)
        if not known.all():
            raise DatasetError(
                f"soft labels of {self.source}: none for {(~known).sum():,} of {len(wanted):,} images, "
                f"the first is {dataset.names[indices][~known][0]}; make them on this data set"
            )
        probabilities = self.probabilities[places]
        return probabilities / probabilities.sum(axis=1, keepdims=True)


def voted_labels(dataset: FaceDataset, votes: np.ndarray) -> SoftLabels:
    """What share of FER+'s voters named each class, for the training images; where none did, the image's label.

    Args:
        votes: (n, 10) as from `read_votes`.
    """
    training = dataset.where("Training")
    counts = emotion_votes(checked_votes(votes, len(dataset))[training]).astype(float)
    unnamed = counts.sum(axis=1) == 0
    counts[unnamed] = np.eye(len(EMOTIONS))[dataset.labels[training][unnamed]]
    return SoftLabels.of(dataset, training, counts / counts.sum(axis=1, keepdims=True), "FER+ votes")
