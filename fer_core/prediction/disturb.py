"""A face made harder to read, step by step: how much an answer can bear."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.opencv import cv2
from fer_core.prediction.crops import brightened, crop_face
from fer_core.prediction.detection import Detection
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.framing import Framing
from fer_core.prediction.predictor import FacePrediction


@dataclass(frozen=True)
class Disturbance:
    """What is done to a face; the defaults change nothing.

    Attributes:
        darkness: share of the light taken away, 0 to 1; a crop that gets too dark is brightened as any other is.
        blur: standard deviation of a Gaussian blur, in pixels of the 48x48 crop, 0 or more.
        resolution: pixels a side that the crop is reduced to before it is enlarged again, 1 to 48.
        rotation: degrees that the picture is turned by, counter-clockwise.
        margin: share by which the frame around the face is wider, above -1; negative is tighter.
        occlusion: share of the crop that is covered from below in mid gray, as by a mask or a hand, 0 to 1.
    """

    darkness: float = 0.0
    blur: float = 0.0
    resolution: int = IMAGE_SIZE
    rotation: float = 0.0
    margin: float = 0.0
    occlusion: float = 0.0

    def __post_init__(self) -> None:
        allowed = {
            "darkness": (0, 1),
            "blur": (0, IMAGE_SIZE),
            "resolution": (1, IMAGE_SIZE),
            "rotation": (-360, 360),
            "margin": (-0.95, 10),
            "occlusion": (0, 1),
        }
        for name, (low, high) in allowed.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: expected {low} to {high}, got {getattr(self, name)}")


STEPS: dict[str, np.ndarray] = {
    "darkness": np.linspace(0, 1, 21),
    "blur": np.linspace(0, 8, 21),
    "resolution": np.array([48, 40, 32, 28, 24, 20, 18, 16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3]),
    "rotation": np.linspace(-90, 90, 37),
    "margin": np.linspace(-0.5, 1.5, 21),
    "occlusion": np.linspace(0, 1, 21),
}
"""Values of each field that `sweep` tries, from one end to the other; rotation and margin have theirs in the middle."""


def disturbed(
    image: np.ndarray, detection: Detection, crop: np.ndarray, framing: Framing | None, how: Disturbance
) -> np.ndarray:
    """The crop of a face under a disturbance.

    Args:
        image: (height, width, 3) uint8 RGB, the picture that the face was found in.
        detection: of the face.
        crop: (48, 48) uint8, the face as the networks get it undisturbed.
        framing: of the detector that found it; None where the whole picture was taken as a face.
        how: what to do; with nothing to do the answer is `crop`.

    Returns:
        (48, 48) uint8 grayscale.
    """
    if how.rotation or how.margin:
        crop = _framed_anew(image, detection, framing or _of_whole(detection.box), how)
    if how.resolution < IMAGE_SIZE:
        small = cv2.resize(crop, (how.resolution, how.resolution), interpolation=cv2.INTER_AREA)
        crop = cv2.resize(small, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_LINEAR)
    if how.blur:
        crop = cv2.GaussianBlur(crop, (0, 0), how.blur)
    if how.darkness:
        crop = brightened((crop * (1 - how.darkness)).round().astype(np.uint8))
    if how.occlusion:
        crop = crop.copy()
        crop[IMAGE_SIZE - round(how.occlusion * IMAGE_SIZE) :] = 128
    return crop


def _of_whole(box: tuple[float, float, float, float]) -> Framing:
    """The framing under which the crop of a whole picture is the picture."""
    width, height = box[2:]
    return Framing(x=0.5, y=0.5, size=np.sqrt(width * height) / max(width, height), spread=0, found=1, images=0)


def _framed_anew(image: np.ndarray, detection: Detection, framing: Framing, how: Disturbance) -> np.ndarray:
    wider = 1 + how.margin
    framing = replace(
        framing,
        size=framing.size / wider,
        x=0.5 + (framing.x - 0.5) / wider,
        y=0.5 + (framing.y - 0.5) / wider,
    )
    return crop_face(image, replace(detection, roll=detection.roll + how.rotation), framing)


def sweep(
    ensemble: Ensemble,
    image: np.ndarray,
    face: FacePrediction,
    framing: Framing | None,
    field: str,
    how: Disturbance,
) -> np.ndarray:
    """What the ensemble says while one field of a disturbance goes through its `STEPS` and the others stay.

    Args:
        image, framing: as for `disturbed`.
        field: a field of `Disturbance`.

    Returns:
        (steps, 7) calibrated probabilities.
    """
    kinds = [replace(how, **{field: step.item()}) for step in STEPS[field]]
    return ensemble.probabilities(
        np.array([disturbed(image, face.detection, face.crop, framing, kind) for kind in kinds])
    )


def flips(values: Sequence[float], probabilities: np.ndarray, undisturbed: float) -> list[float]:
    """Where an answer changes on the way from the undisturbed value to either end.

    Args:
        values: (steps,) in one direction.
        probabilities: (steps, 7).
        undisturbed: the value that changes nothing.

    Returns:
        The first value on each side whose answer is another than at the undisturbed one; none where it holds.
    """
    values = np.asarray(values, dtype=float)
    answers = probabilities.argmax(axis=1)
    start = int(np.abs(values - undisturbed).argmin())
    found = []
    for side in (range(start - 1, -1, -1), range(start + 1, len(values))):
        changed = next((step for step in side if answers[step] != answers[start]), None)
        if changed is not None:
            found.append(float(values[changed]))
    return found
