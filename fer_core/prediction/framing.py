"""Where a detector's box stands in the frame of a FER2013 picture: measured, and read from `framing.json`."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from fer_core.opencv import cv2
from fer_core.prediction.detection import Detection, FaceDetector

FRAMING_FILE = Path(__file__).with_name("framing.json")
ENLARGED, BORDER = 3, 24


@dataclass(frozen=True)
class Framing:
    """The median box over pictures that are framed like FER2013's; lengths are shares of the picture's side.

    Attributes:
        x, y: centre of the box, from the upper left corner.
        size: square root of the box's area.
        spread: quartile distance of log(size), so how far single pictures are from the median.
        found: share of the pictures in which a face was found.
        images: pictures that were looked at.
    """

    x: float
    y: float
    size: float
    spread: float
    found: float
    images: int


def find_again(image: np.ndarray, detector: FaceDetector, *, tilt: float = 0.0) -> tuple[np.ndarray, Detection | None]:
    """A data set's picture as a detector may meet it, and the surest face in it.

    It is enlarged three times and gets a border of half its side in its mean gray: detectors expect a face to have
    surroundings, and with none find fewer and cut the boxes at the picture's edges.

    Args:
        image: (side, side) uint8 grayscale.
        tilt: degrees that the enlarged picture is turned clockwise.

    Returns:
        The enlarged picture, (height, width, 3) uint8 RGB, and the face; None where none is found.
    """
    padded = cv2.copyMakeBorder(image, *[BORDER] * 4, cv2.BORDER_CONSTANT, value=int(image.mean()))
    large = cv2.resize(padded, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    if tilt:
        turn = cv2.getRotationMatrix2D((large.shape[1] / 2, large.shape[0] / 2), -tilt, 1)
        large = cv2.warpAffine(large, turn, large.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    picture = cv2.cvtColor(large, cv2.COLOR_GRAY2RGB)
    return picture, max(detector.detect(picture), key=lambda face: face.score, default=None)


def measure_framing(images: np.ndarray, detector: FaceDetector) -> Framing:
    """Measure how pictures frame the face that a detector finds in them.

    Args:
        images: (n, side, side) uint8 grayscale.

    Raises:
        ValueError: no face was found in any of them.
    """
    side = images.shape[1]
    boxes = []
    for image in images:
        _, found = find_again(image, detector)
        if found:
            x, y, width, height = np.array(found.box) / ENLARGED
            boxes.append((x + width / 2 - BORDER, y + height / 2 - BORDER, np.sqrt(width * height)))
    if not boxes:
        raise ValueError(f"images: {detector.name} found no face in {len(images)} pictures")
    x, y, size = np.median(boxes, axis=0) / side
    spread = np.subtract(*np.quantile(np.log([box[2] for box in boxes]), [0.75, 0.25]))
    numbers = (round(float(number), 4) for number in (x, y, size, spread, len(boxes) / len(images)))
    return Framing(*numbers, images=len(images))


@cache
def framing_of(detector: str) -> Framing:
    """The framing that was measured for a detector, by its name.

    Raises:
        ValueError: none was.
    """
    measured = json.loads(FRAMING_FILE.read_text(encoding="utf-8"))["detectors"]
    if detector not in measured:
        known = ", ".join(measured)
        raise ValueError(
            f"detector: framing was measured for {known}, not for {detector!r}; measure it with `measure_framing` and "
            "give it to `Predictor` as `framing`"
        )
    return Framing(**measured[detector])


def write_framing(framings: dict[str, Framing], data_fingerprint: str, path: Path = FRAMING_FILE) -> None:
    """Write what was measured, for each detector by name, and on which data."""
    content = {
        "what": "median face box in FER2013 training images; lengths are shares of the picture's side",
        "enlarged": ENLARGED,
        "border_pixels_before_enlarging": BORDER,
        "data_fingerprint": data_fingerprint,
        "detectors": {name: asdict(framing) for name, framing in framings.items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
