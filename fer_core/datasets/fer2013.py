"""The facts of FER2013, and data sets held against them."""

import numpy as np

from fer_core.datasets.dataset import USAGES, FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.emotions import EMOTIONS

PUBLIC_TEST_COUNTS: dict[str, int] = dict(zip(EMOTIONS, (467, 56, 496, 895, 607, 653, 415), strict=True))
"""How many of a class's test files, in the order of their numbers, are PublicTest; the rest are PrivateTest."""

EXPECTED_COUNTS: dict[str, tuple[int, ...]] = {
    "train": (3995, 436, 4097, 7215, 4965, 4830, 3171),
    "test": (958, 111, 1024, 1774, 1233, 1247, 831),
}
"""Images of each class in the complete FER2013, in class order."""


def counts(dataset: FaceDataset) -> dict[str, dict[str, int]]:
    """Images of each usage and class."""
    found = {usage: np.bincount(dataset.labels[dataset.where(usage)], minlength=len(EMOTIONS)) for usage in USAGES}
    return {usage: dict(zip(EMOTIONS, row.tolist(), strict=True)) for usage, row in found.items()}


def count_warnings(dataset: FaceDataset) -> list[str]:
    """A sentence for each split whose counts are not the complete FER2013's."""
    warnings = []
    for split, expected in EXPECTED_COUNTS.items():
        counts = np.bincount(dataset.split(split).labels, minlength=len(EMOTIONS))
        if tuple(counts) != expected:
            differing = [
                f"{name} {have} (FER2013 has {want})"
                for name, have, want in zip(EMOTIONS, counts, expected, strict=True)
                if have != want
            ]
            warnings.append(f"{split}: not the complete FER2013: {', '.join(differing)}")
    return warnings


def require_every_class(dataset: FaceDataset, source: str) -> None:
    """Check that training and test have images of each class.

    Raises:
        DatasetError: naming the classes that lack.
    """
    for split in EXPECTED_COUNTS:
        present = set(dataset.split(split).labels)
        if missing := [name for label, name in enumerate(EMOTIONS) if label not in present]:
            raise DatasetError(
                f"{source}: no readable pictures of {', '.join(missing)} in {split}; every class is needed there"
            )
