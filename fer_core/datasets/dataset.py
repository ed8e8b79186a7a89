"""The one in-memory form of a face data set."""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from fer_core.emotions import EMOTIONS

IMAGE_SIZE = 48
Usage = Literal["Training", "PublicTest", "PrivateTest"]
USAGES: tuple[Usage, ...] = ("Training", "PublicTest", "PrivateTest")
SPLITS: dict[str, tuple[Usage, ...]] = {
    "train": ("Training",),
    "public": ("PublicTest",),
    "private": ("PrivateTest",),
    "test": ("PublicTest", "PrivateTest"),
}


@dataclass(frozen=True)
class FaceDataset:
    """Images with their labels, FER2013's official usage and names.

    Attributes:
        images: (n, 48, 48) uint8 grayscale.
        labels: (n,) int64 class indices into `EMOTIONS`.
        usage: (n,) strings out of `USAGES`.
        names: (n,) strings, unique: part, class and file name as in `train/fearful/im12.png`, or `fer2013.csv:<row>` in
            a table that is not the whole FER2013.
        synthetic: whether the faces are drawn rather than photographed.
        rows: (n,) int64 rows of fer2013.csv, from 0; None where the images don't come from that table.

    Raises:
        ValueError: a shape, type or value does not fit; the message says which.
    """

    images: np.ndarray
    labels: np.ndarray
    usage: np.ndarray
    names: np.ndarray
    synthetic: bool = False
    rows: np.ndarray | None = None

    def __post_init__(self) -> None:
        kinds = {"images": None, "labels": None, "usage": np.str_, "names": np.str_, "rows": None}
        for field, kind in kinds.items():
            if field != "rows" or self.rows is not None:
                object.__setattr__(self, field, np.asarray(getattr(self, field), dtype=kind))
        if self.images.dtype != np.uint8 or self.images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(
                f"images: expected uint8 (n, {IMAGE_SIZE}, {IMAGE_SIZE}), got {self.images.dtype} {self.images.shape}"
            )
        n = len(self.images)
        for field in ("labels", "usage", "names", "rows"):
            array = getattr(self, field)
            if array is not None and array.shape != (n,):
                raise ValueError(f"{field}: expected shape ({n},), got {array.shape}")
            if field in ("labels", "rows") and array is not None and not np.issubdtype(array.dtype, np.integer):
                raise ValueError(f"{field}: expected integers, got {array.dtype}")
        if outside := sorted(set(np.unique(self.labels)) - set(range(len(EMOTIONS)))):
            raise ValueError(f"labels: expected 0 to {len(EMOTIONS) - 1}, got {outside}")
        if unknown := set(self.usage.tolist()) - set(USAGES):
            raise ValueError(f"usage: expected {USAGES}, got {sorted(unknown)}")
        names = self.names.tolist()
        if len(set(names)) < n:
            name, times = Counter(names).most_common(1)[0]
            raise ValueError(f"names: expected each once, got {name} {times} times")

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def image_hashes(self) -> np.ndarray:
        """(n,) hexadecimal digests; equal where the pixels are equal."""
        digests = [hashlib.blake2b(image.tobytes(), digest_size=16).hexdigest() for image in self.images]
        return np.array(digests, dtype="U32")

    @cached_property
    def groups(self) -> np.ndarray:
        """(n,) int64, equal where the pixels are equal."""
        return np.unique(self.image_hashes, return_inverse=True)[1]

    @cached_property
    def positions(self) -> dict[str, int]:
        """Index of each image by its name."""
        return {name: index for index, name in enumerate(self.names.tolist())}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over pixels, labels and usage, independent of the order and the names of the images.

        The first 16 hexadecimal digits. Two copies of FER2013 in different wrappings have the same fingerprint.
        """
        images = zip(self.image_hashes, self.labels, self.usage, strict=True)
        rows = sorted(f"{digest} {label} {usage}" for digest, label, usage in images)
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]

    def where(self, *usages: str) -> np.ndarray:
        """Indices of the images with one of these usages, ascending."""
        return np.flatnonzero(np.isin(self.usage, usages))

    def holds(self, names: np.ndarray, labels: np.ndarray) -> bool:
        """Whether it has images of all these names, but for a tenth at most, which corrections may change, so labelled.

        Args:
            names, labels: (m,) as recorded with answers.
        """
        places = [self.positions.get(name, -1) for name in names.tolist()]
        return -1 not in places and bool(np.mean(self.labels[places] == labels) > 0.9)

    def take(self, indices: np.ndarray) -> "FaceDataset":
        """The part at `indices`, in that order."""
        arrays = {field: getattr(self, field) for field in ("images", "labels", "usage", "names", "rows")}
        return replace(self, **{name: array[indices] for name, array in arrays.items() if array is not None})

    def split(self, name: str) -> "FaceDataset":
        """The part `train`, `public`, `private` or `test` (public and private together)."""
        if name not in SPLITS:
            raise ValueError(f"split: expected one of {sorted(SPLITS)}, got {name!r}")
        return self.take(self.where(*SPLITS[name]))

    def also_in_training(self, indices: np.ndarray, training: np.ndarray | None = None) -> np.ndarray:
        """(len(indices),) bool: which of these images stand, byte for byte, among the training images too.

        Args:
            training: indices of those that were trained on; by default all training images.
        """
        training = self.where("Training") if training is None else training
        return np.isin(self.image_hashes[indices], self.image_hashes[training])
