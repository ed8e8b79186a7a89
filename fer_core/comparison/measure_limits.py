"""Measuring what an ensemble can bear."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np

from fer_core.comparison.limits import Limits, Pipeline, Step
from fer_core.comparison.measure import held_out
from fer_core.datasets.dataset import IMAGE_SIZE, FaceDataset
from fer_core.evaluation.intervals import bootstrap_intervals
from fer_core.evaluation.metrics import accuracy
from fer_core.opencv import cv2
from fer_core.prediction.crops import crop_face
from fer_core.prediction.detection import Detection, FaceDetector
from fer_core.prediction.disturb import Disturbance, disturbed
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.framing import find_again, framing_of

STEPS: dict[str, tuple[float, ...]] = {
    "darkness": (0.0, 0.25, 0.5, 0.75, 0.9),
    "blur": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    "resolution": (48, 36, 24, 18, 12),
    "rotation": (-45, -30, -20, -10, 0, 10, 20, 30, 45),
    "occlusion": (0.0, 0.125, 0.25, 0.375, 0.5),
}
"""Values of each field of `Disturbance` that are measured, from one end to the other."""
MARGINS = (-0.1, -0.05, 0.0, 0.05, 0.1)
TILTS = (15.0, 30.0, 45.0)


def measure_limits(
    ensemble: Ensemble,
    dataset: FaceDataset,
    detectors: Sequence[FaceDetector],
    *,
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    code_version: str | None = None,
) -> Limits:
    """Measure an ensemble on the hold-out, disturbed and found again.

    Args:
        detectors: each must have a framing, see `framing_of`.
        most: measure on so many of the images, drawn at random and always the same; on all by default.
        progress: called with (parts done, parts in all).
        code_version: taken over into the result.

    Raises:
        ValueError: it is not the data set that the ensemble was trained on, or the hold-out is not known, see
            `held_out`; or a detector finds no face at all.
    """
    card = ensemble.card
    if dataset.fingerprint != card.data_fingerprint:
        raise ValueError(
            f"data: {card.name} is measured on the images held out from it, which are of the data set "
            f"{card.data_fingerprint or 'unknown'}; this is {dataset.fingerprint}"
        )
    indices = held_out(ensemble, dataset)
    if most is not None and most < len(indices):
        indices = np.sort(np.random.default_rng(0).choice(indices, most, replace=False))
    images, labels = dataset.images[indices], dataset.labels[indices]
    total = sum(map(len, STEPS.values())) + len(detectors) * len(MARGINS + TILTS)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    undisturbed = ensemble.probabilities(images)
    disturbances = {}
    for field, values in STEPS.items():
        steps = []
        for value in values:
            how = Disturbance(**{field: value})
            probabilities = undisturbed
            if how != Disturbance():
                probabilities = ensemble.probabilities(np.array([_disturbed(image, how) for image in images]))
            steps.append(_step(probabilities, labels, value))
            count()
        disturbances[field] = tuple(steps)
    pipelines = [
        measure_pipeline(ensemble, images, labels, detector, undisturbed=undisturbed, count=count)
        for detector in detectors
    ]
    return Limits(
        ensemble=card.choice_digest(),
        data_fingerprint=dataset.fingerprint,
        images=len(labels),
        disturbances=disturbances,
        pipelines=tuple(pipelines),
        measured=datetime.now(UTC),
        code_version=code_version,
    )


def measure_pipeline(
    ensemble: Ensemble,
    images: np.ndarray,
    labels: np.ndarray,
    detector: FaceDetector,
    *,
    undisturbed: np.ndarray,
    count: Callable[[], None] = lambda: None,
) -> Pipeline:
    """Enlarge pictures, find the face in each, cut it out as the Predict page does, and ask the ensemble.

    Args:
        images: (n, 48, 48) uint8 grayscale.
        labels: (n,) class indices.
        undisturbed: (n, 7) what the ensemble says of the pictures as they are.
        count: called after each margin and tilt.

    Raises:
        ValueError: no face is found in any of them.
    """
    framing = framing_of(detector.name)
    faces, found = _found_again(images, detector)
    if not faces:
        raise ValueError(f"images: {detector.name} found no face in {len(images)} pictures")
    margins = []
    for margin in MARGINS:
        crops = [disturbed(*face, framing, Disturbance(margin=margin)) for face in faces]
        margins.append(_step(ensemble.probabilities(np.array(crops)), labels[found], margin))
        count()
    tilts = []
    for tilt in TILTS:
        tilted, places = _found_again(images, detector, tilt=tilt)
        if tilted:
            step = _step(ensemble.probabilities(np.array([crop for *_, crop in tilted])), labels[places], tilt)
            tilts.append(step.model_copy(update={"found": len(places)}))
        count()
    return Pipeline(
        detector=detector.name,
        images=len(images),
        found=len(faces),
        alone=_step(undisturbed[found], labels[found], 0.0),
        margins=tuple(margins),
        tilts=tuple(tilts),
    )


def _found_again(
    images: np.ndarray, detector: FaceDetector, *, tilt: float = 0.0
) -> tuple[list[tuple[np.ndarray, Detection, np.ndarray]], list[int]]:
    """Picture, face and crop where a face is found, and which images these are; every other one tilted to the left."""
    framing, faces, places = framing_of(detector.name), [], []
    for place, image in enumerate(images):
        picture, face = find_again(image, detector, tilt=-tilt if place % 2 else tilt)
        if face:
            faces.append((picture, face, crop_face(picture, face, framing)))
            places.append(place)
    return faces, places


def _disturbed(image: np.ndarray, how: Disturbance) -> np.ndarray:
    """A picture of the data set, which is all face, under a disturbance."""
    return disturbed(
        cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), Detection((0, 0, IMAGE_SIZE, IMAGE_SIZE), 1.0), image, None, how
    )


def _step(probabilities: np.ndarray, labels: np.ndarray, value: float) -> Step:
    interval = bootstrap_intervals(probabilities, labels)["accuracy"]
    return Step(value=value, accuracy=accuracy(probabilities, labels), interval=interval)
