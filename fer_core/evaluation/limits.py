"""What an ensemble can bear: faces disturbed, found again by a detector, and labelled by other people.

Measured by `python -m fer_core limits`, kept beside the ensemble's card, and only read by the model card on the page.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from fer_core.datasets.dataset import IMAGE_SIZE, FaceDataset
from fer_core.evaluation.intervals import bootstrap_intervals
from fer_core.evaluation.measure import CHUNK, evaluate_ensemble, images_of_split
from fer_core.evaluation.resampling import Interval
from fer_core.files import write_atomically
from fer_core.opencv import cv2
from fer_core.prediction.card import EnsembleCard
from fer_core.prediction.crops import crop_face
from fer_core.prediction.detection import FaceDetector
from fer_core.prediction.disturb import Disturbance, disturbed
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.framing import find_again, framing_of

LIMITS = "limits.json"
STEPS: dict[str, tuple[float, ...]] = {
    "darkness": (0.0, 0.25, 0.5, 0.75, 0.9),
    "blur": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    "resolution": (48, 36, 24, 18, 12),
    "rotation": (-45, -30, -20, -10, 0, 10, 20, 30, 45),
    "occlusion": (0.0, 0.125, 0.25, 0.375, 0.5),
}
"""Values of each field of `Disturbance` that are measured, from one end to the other."""
MARGINS = (-0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2)
PARTS = ("public", "private")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Frozen):
    """Accuracy under one value of a disturbance, with its 95% bootstrap interval; shares are 0 to 1."""

    value: float
    accuracy: float
    interval: Interval


class Pipeline(_Frozen):
    """A detector, the crop around what it finds, and the ensemble, on enlarged pictures of the data set.

    Attributes:
        images, found: pictures looked at, and those in which a face was found; accuracies are of the latter.
        alone: accuracy of the ensemble on the pictures as they are.
        margins: accuracy with the crop wider (+) or tighter (-) than the framing that was measured; 0 is in use.
    """

    detector: str
    images: int
    found: int
    alone: Step
    margins: tuple[Step, ...]


class Voted(_Frozen):
    """Accuracy against the class that most FER+ voters named, over the images where it is one of the seven."""

    split: str
    images: int
    accuracy: float
    interval: Interval


class Limits(_Frozen):
    """All that was measured.

    Attributes:
        ensemble: `digest_of` the card; another ensemble makes the numbers void.
        images: of the hold-out, which all but `voted` was measured on.
        disturbances: a step a value, by field of `Disturbance`.
        pipelines: one a detector.
        voted: empty where no votes were given.
    """

    ensemble: str
    data_fingerprint: str
    images: int
    disturbances: dict[str, tuple[Step, ...]]
    pipelines: tuple[Pipeline, ...]
    voted: tuple[Voted, ...]
    measured: datetime
    code_version: str | None


def digest_of(card: EnsembleCard) -> str:
    """SHA-256 of all that an ensemble's answers follow from."""
    return hashlib.sha256(card.model_dump_json().encode()).hexdigest()


def read_limits(card: EnsembleCard, folder: Path) -> Limits | None:
    """What was measured of this very ensemble; none where nothing was, or it can't be read (measuring writes it anew).

    Args:
        folder: where the card stands.
    """
    try:
        limits = Limits.model_validate_json((folder / LIMITS).read_bytes())
    except (OSError, ValidationError):
        return None
    return limits if limits.ensemble == digest_of(card) else None


def measure_limits(
    ensemble: Ensemble,
    dataset: FaceDataset,
    detectors: Sequence[FaceDetector],
    *,
    votes: np.ndarray | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    code_version: str | None = None,
) -> Limits:
    """Measure an ensemble on the hold-out, disturbed and found again, and on test images as FER+ labels them.

    Args:
        detectors: each must have a framing, see `framing_of`.
        votes: (n, 10) FER+ votes of the data set's images, see `read_votes`.
        progress: called with (parts done, parts in all).
        code_version: taken over into the result.

    Raises:
        ValueError: the data set has no hold-out, or too few of a class; or a detector finds no face at all.
    """
    indices, _ = images_of_split(dataset, "validation")
    images, labels = dataset.images[indices], dataset.labels[indices]
    total = sum(map(len, STEPS.values())) + len(detectors) + (len(PARTS) if votes is not None else 0)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    disturbances = {}
    for field, values in STEPS.items():
        steps = []
        for value in values:
            how = Disturbance(**{field: value})
            steps.append(_step(ensemble, np.array([_disturbed(image, how) for image in images]), labels, value))
            count()
        disturbances[field] = tuple(steps)
    pipelines = []
    for detector in detectors:
        pipelines.append(measure_pipeline(ensemble, images, labels, detector))
        count()
    voted: list[Voted] = []
    for part in PARTS if votes is not None else ():
        found = evaluate_ensemble(ensemble, dataset, part, votes=votes)
        voted.append(Voted(split=part, images=found.images, accuracy=found.accuracy, interval=found.interval))
        count()
    return Limits(
        ensemble=digest_of(ensemble.card),
        data_fingerprint=dataset.fingerprint,
        images=len(labels),
        disturbances=disturbances,
        pipelines=tuple(pipelines),
        voted=tuple(voted),
        measured=datetime.now(UTC),
        code_version=code_version,
    )


def write_limits(limits: Limits, folder: Path) -> Path:
    """Keep what was measured beside the card; the file written."""
    write_atomically(folder / LIMITS, limits.model_dump_json(indent=1) + "\n")
    return folder / LIMITS


def measure_pipeline(ensemble: Ensemble, images: np.ndarray, labels: np.ndarray, detector: FaceDetector) -> Pipeline:
    """Enlarge pictures, find the face in each, cut it out as the Predict page does, and ask the ensemble.

    Args:
        images: (n, 48, 48) uint8 grayscale.
        labels: (n,) class indices.

    Raises:
        ValueError: no face is found in any of them.
    """
    framing = framing_of(detector.name)
    faces, found = [], []
    for place, image in enumerate(images):
        picture, face = find_again(image, detector)
        if face:
            faces.append((picture, face.box, crop_face(picture, face, framing)))
            found.append(place)
    if not faces:
        raise ValueError(f"images: {detector.name} found no face in {len(images)} pictures")
    margins = []
    for margin in MARGINS:
        crops = [disturbed(*face, framing, Disturbance(margin=margin)) for face in faces]
        margins.append(_step(ensemble, np.array(crops), labels[found], margin))
    alone = _step(ensemble, images[found], labels[found], 0.0)
    return Pipeline(detector=detector.name, images=len(images), found=len(faces), alone=alone, margins=tuple(margins))


def _disturbed(image: np.ndarray, how: Disturbance) -> np.ndarray:
    """A picture of the data set, which is all face, under a disturbance."""
    return disturbed(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), (0, 0, IMAGE_SIZE, IMAGE_SIZE), image, None, how)


def _probabilities(ensemble: Ensemble, images: np.ndarray) -> np.ndarray:
    parts = np.array_split(images, max(1, len(images) // CHUNK))
    return np.concatenate([ensemble.probabilities(part) for part in parts])


def _step(ensemble: Ensemble, images: np.ndarray, labels: np.ndarray, value: float) -> Step:
    probabilities = _probabilities(ensemble, images)
    accuracy = float(np.mean(probabilities.argmax(axis=1) == labels))
    return Step(value=value, accuracy=accuracy, interval=bootstrap_intervals(probabilities, labels)["accuracy"])
