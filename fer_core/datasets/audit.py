"""What is wrong with a data set, measured."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fer_core.datasets import content
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.duplicates import NEAR_BITS, NEAR_CORRELATION, alike, identical_groups, like_one_of, near_groups
from fer_core.datasets.fer2013 import counts
from fer_core.datasets.ferplus import Agreement, agreement
from fer_core.emotions import EMOTIONS
from fer_core.words import N_

if TYPE_CHECKING:
    from fer_core.prediction.detection import FaceDetector

RECORDED_AUDIT = Path(__file__).with_name("fer2013_audit.json")
"""The numbers of FER2013's own audit, as `data audit --json --numbers-only` wrote them."""

Step = Callable[[str, int, int], None]
"""Called with (what is being done, done, in all)."""


@dataclass(frozen=True)
class Audit:
    """Findings, as indices into `dataset`.

    Attributes:
        duplicates: groups of byte-identical images.
        conflicting: those of them whose images have different labels.
        in_training: test images that stand, byte for byte, among the training images.
        near_duplicates: groups of images that look alike without being identical.
        near_training: further test images that look themselves like a training image.
        blank: images of one gray value.
        near_blank: images mostly of one gray value.
        faceless: images without a detectable face; None when no detector was given.
        detector: which detector that was.
        suspects: images whose label a network doubts, the most suspicious first; None without probabilities.
        suggested: (n,) the class that the network prefers, -1 where it was not asked.
        judges: names of the runs whose networks were asked.
        ferplus: agreement with FER+; None without votes.
    """

    dataset: FaceDataset
    duplicates: list[np.ndarray]
    conflicting: list[np.ndarray]
    in_training: np.ndarray
    near_duplicates: list[np.ndarray]
    near_training: np.ndarray
    blank: np.ndarray
    near_blank: np.ndarray
    faceless: np.ndarray | None = None
    detector: str | None = None
    suspects: np.ndarray | None = None
    suggested: np.ndarray | None = None
    judges: tuple[str, ...] = ()
    ferplus: Agreement | None = None

    def numbers(self) -> dict[str, object]:
        """The findings counted; None where something was not looked for."""
        usage = self.dataset.usage[self.in_training]
        judged = np.zeros(len(self.dataset), dtype=bool) if self.suggested is None else self.suggested >= 0
        return {
            "fingerprint": self.dataset.fingerprint,
            "images": len(self.dataset),
            "counts": counts(self.dataset),
            "duplicate_groups": len(self.duplicates),
            "duplicate_images": _size(self.duplicates),
            "conflicting_groups": len(self.conflicting),
            "conflicting_images": _size(self.conflicting),
            "test_images": len(self.dataset.where("PublicTest", "PrivateTest")),
            "test_images_in_train": len(self.in_training),
            "public_test_images_in_train": int((usage == "PublicTest").sum()),
            "private_test_images_in_train": int((usage == "PrivateTest").sum()),
            "near_duplicate_groups": len(self.near_duplicates),
            "near_duplicate_images": _size(self.near_duplicates),
            "near_duplicate_test_images_in_train": len(self.near_training),
            "blank_images": len(self.blank),
            "near_blank_images": len(self.near_blank),
            "images_without_face": None if self.faceless is None else len(self.faceless),
            "images_with_probabilities": int(judged.sum()),
            "training_images_with_probabilities": int(judged[self.dataset.where("Training")].sum()),
            "suspected_labels": None if self.suspects is None else len(self.suspects),
            "ferplus_images": None if self.ferplus is None else self.ferplus.images,
            "ferplus_disagreeing": None if self.ferplus is None else len(self.ferplus.disagreeing),
            "ferplus_agreement": None if self.ferplus is None else round(self.ferplus.share, 4),
            "ferplus_strict_agreement": None if self.ferplus is None else round(self.ferplus.strict_share, 4),
            "settings": {
                "face_detector": self.detector,
                "near_duplicate_bits": NEAR_BITS,
                "near_duplicate_correlation": NEAR_CORRELATION,
                "blank_deviation": content.BLANK_DEVIATION,
                "near_blank_share": content.FLAT_SHARE,
                "labels_judged_by": list(self.judges),
            },
        }

    def to_json(self) -> dict[str, object]:
        """`numbers`, and under `found` the names of the images behind each of them."""
        names = self.dataset.names

        def listed(indices: np.ndarray | None) -> list[str] | None:
            return None if indices is None else names[indices].tolist()

        suspects = None
        if self.suspects is not None:
            suspects = [
                {
                    "image": str(names[i]),
                    "label": EMOTIONS[self.dataset.labels[i]],
                    "suggested": EMOTIONS[self.suggested[i]],
                }
                for i in self.suspects
            ]
        found = {
            "duplicates": [listed(group) for group in self.duplicates],
            "conflicting": [listed(group) for group in self.conflicting],
            "test_images_in_train": listed(self.in_training),
            "near_duplicates": [listed(group) for group in self.near_duplicates],
            "near_duplicate_test_images_in_train": listed(self.near_training),
            "blank": listed(self.blank),
            "near_blank": listed(self.near_blank),
            "without_face": listed(self.faceless),
            "suspected_labels": suspects,
            "ferplus_disagreeing": None if self.ferplus is None else listed(self.ferplus.disagreeing),
        }
        return {**self.numbers(), "found": found}


def _size(groups: list[np.ndarray]) -> int:
    return sum(map(len, groups))


def audit(
    dataset: FaceDataset,
    *,
    detector: "FaceDetector | None" = None,
    probabilities: np.ndarray | None = None,
    judges: Sequence[str] = (),
    ferplus_votes: np.ndarray | None = None,
    progress: Step | None = None,
) -> Audit:
    """Look for everything that can be wrong. The cost grows linearly with the images.

    Args:
        detector: to look for images without a face, with a low threshold such as 0.3.
        probabilities: (n, 7) of a network that was not trained on the image it judges; rows of NaN where it was.
        judges: where the probabilities are from, noted with the findings.
        ferplus_votes: (n, 10) as from `ferplus.read_votes`.
        progress: called now and then.

    Raises:
        ValueError: the probabilities do not fit the data set.
    """
    step = progress or (lambda what, done, total: None)
    step(N_("duplicates"), 0, len(dataset))
    duplicates = identical_groups(dataset)
    test = dataset.where("PublicTest", "PrivateTest")
    in_training = test[dataset.also_in_training(test)]
    step(N_("blank images"), 0, len(dataset))
    blank = content.blank(dataset.images)
    step(N_("near-duplicates"), 0, len(dataset))
    pairs = alike(dataset, blank)
    near_training = test[like_one_of(dataset, test, dataset.where("Training"), pairs)]
    near_blank = content.near_blank(dataset.images)
    faceless, suspects, suggested = None, None, None
    if detector:
        faceless = content.without_face(dataset.images, detector, lambda done, total: step(N_("faces"), done, total))
    if probabilities is not None:
        step(N_("labels"), 0, len(dataset))
        suspects, suggested = suspected_labels(dataset.labels, probabilities)
    return Audit(
        dataset=dataset,
        duplicates=duplicates,
        conflicting=[group for group in duplicates if len(set(dataset.labels[group])) > 1],
        in_training=in_training,
        near_duplicates=near_groups(dataset, pairs),
        near_training=np.setdiff1d(near_training, in_training),
        blank=blank,
        near_blank=near_blank,
        faceless=faceless,
        detector=detector.name if detector else None,
        suspects=suspects,
        suggested=suggested,
        judges=tuple(judges),
        ferplus=None if ferplus_votes is None else agreement(dataset.labels, ferplus_votes),
    )


def suspected_labels(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels that are probably wrong, by confident learning (Northcutt et al., 2021; cleanlab).

    Args:
        labels: (n,) class indices.
        probabilities: (n, 7), rows of NaN where nothing is known.

    Returns:
        suspects: indices, the least probable label first.
        suggested: (n,) the most probable class, -1 where nothing is known.

    Raises:
        ValueError: shapes differ, or a class has no image with probabilities.
    """
    from cleanlab.filter import find_label_issues

    if probabilities.shape != (len(labels), len(EMOTIONS)):
        raise ValueError(f"probabilities: expected ({len(labels)}, {len(EMOTIONS)}), got {probabilities.shape}")
    known = np.flatnonzero(np.isfinite(probabilities).all(axis=1))
    if missing := [EMOTIONS[label] for label in range(len(EMOTIONS)) if label not in labels[known]]:
        raise ValueError(f"probabilities: none for images of {', '.join(missing)}; every class is needed")
    ranked = find_label_issues(
        labels[known],
        probabilities[known].astype(np.float64),
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    suggested = np.full(len(labels), -1)
    suggested[known] = probabilities[known].argmax(axis=1)
    doubted = suggested[known][ranked] != labels[known][ranked]
    return known[ranked[doubted]], suggested


def unseen_probabilities(dataset: FaceDataset, runs: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """(n, 7) mean of what several networks say of the images that they were not trained on; NaN where there are none.

    Args:
        runs: names (m,) and probabilities (m, 7) of each network's validation, hold-out or test images.
    """
    position = dataset.positions
    sums, counts = np.zeros((len(dataset), len(EMOTIONS))), np.zeros(len(dataset))
    for names, probabilities in runs:
        known = [(position[name], row) for row, name in enumerate(names.tolist()) if name in position]
        if known:
            indices, rows = np.array(known).T
            sums[indices] += probabilities[rows]
            counts[indices] += 1
    with np.errstate(invalid="ignore"):
        return sums / counts[:, None]


def recorded_audit() -> dict[str, object]:
    """The numbers of FER2013's own audit, for machines that don't have it."""
    return json.loads(RECORDED_AUDIT.read_text(encoding="utf-8"))
