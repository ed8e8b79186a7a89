"""A picture with its faces' boxes and emotions drawn in."""

from collections.abc import Sequence

import numpy as np

from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.opencv import cv2
from fer_core.percent import percent
from fer_core.prediction.decode import check_pixels
from fer_core.prediction.predictor import FacePrediction, PicturePrediction
from fer_core.words import _

SMALLEST_SIDE = 480
SMALLEST_TEXT = 14


def annotate(
    image: np.ndarray, prediction: PicturePrediction, words: Sequence[str] | None = None, chosen: int | None = None
) -> np.ndarray:
    """Draw a box in the class's colour and a label ("Happy 93%", "Happy? 41%" where not sure) for each face.

    Labels of several faces begin with their number, as in a table's column `face`: "2 · Happy 93%".

    Args:
        image: (height, width, 3) uint8 RGB, the picture that was answered.
        words: the seven classes in the reader's language; by default in that of whoever is asking.
        chosen: index of the face whose box is drawn with a thicker line.

    Returns:
        A new RGB picture, enlarged where its longer side is under 480 pixels, so that the labels can be read.

    Raises:
        ValueError: an image of another shape or type.
    """
    image = np.asarray(image)
    check_pixels("image", image)
    scale = max(1.0, SMALLEST_SIDE / max(image.shape[:2]))
    drawn = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale > 1 else image.copy()
    line = max(2, round(max(drawn.shape[:2]) / 400))
    for index, face in reversed(list(enumerate(prediction.faces))):
        x, y, width, height = (round(length * scale) for length in face.box)
        colour = rgb(COLOURS[face.emotion])
        cv2.rectangle(drawn, (x, y), (x + width - 1, y + height - 1), colour, 3 * line if index == chosen else line)
        word = words[EMOTIONS.index(face.emotion)] if words else None
        number = f"{index + 1} · " if len(prediction.faces) > 1 else ""
        label(drawn, number + label_text(face, word), (x, y, width, height), colour)
    return drawn


def label_text(face: FacePrediction, word: str | None = None) -> str:
    """As on a label: "Happy 93%", or "Happy? 41%" where not sure.

    Args:
        word: the emotion in the reader's language; by default in that of whoever is asking.
    """
    return f"{(word or _(face.emotion)).capitalize()}{'' if face.certain else '?'} {percent(face.confidence)}"


def rgb(colour: str) -> tuple[int, int, int]:
    """`#E69F00` as red, green and blue, 0 to 255."""
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def ink(colour: tuple[int, ...]) -> tuple[int, int, int]:
    """Black or white, whichever is read better on that ground."""
    return (0, 0, 0) if np.dot(colour, (0.299, 0.587, 0.114)) > 120 else (255, 255, 255)


def label(drawn: np.ndarray, text: str, box: tuple[int, int, int, int], colour: tuple[int, ...]) -> None:
    """Write into a picture, on a ground of that colour: above a box, or below its upper edge where there is no room.

    Args:
        drawn: (height, width, 3) uint8 RGB, which is changed.
        box: x, y, width and height in pixels.
        colour: red, green and blue.
    """
    font = cv2.FontFace("sans")
    height, width = drawn.shape[:2]
    longer = max(height, width)
    size = min(max(SMALLEST_TEXT, longer // 50, box[2] // 6), max(SMALLEST_TEXT, longer // 24))
    widest, margin = cv2.getTextSize((width, height), text, (0, 0), font, size)[2] / size + 0.5, 0.25
    size = int(min(size, width / widest, height / (1 + 2 * margin)))
    if size < 1:
        return
    ground = int(widest * size), int(size * (1 + 2 * margin))
    left = max(0, min(box[0], width - ground[0]))
    top = box[1] - ground[1] if box[1] >= ground[1] else max(0, min(box[1], height - ground[1]))
    cv2.rectangle(drawn, (left, top), (left + ground[0] - 1, top + ground[1] - 1), colour, cv2.FILLED)
    cv2.putText(drawn, text, (left + int(margin * size), top + int((1 + margin / 2) * size)), ink(colour), font, size)


def encode(image: np.ndarray, suffix: str = ".png", max_side: int | None = None) -> bytes:
    """The content of a picture file.

    Args:
        image: (height, width, 3) uint8 RGB.
        suffix: `.png` or `.jpg`.
        max_side: reduce the picture to at most that many pixels on its longer side.
    """
    scale = 1.0 if max_side is None else min(1.0, max_side / max(image.shape[:2]))
    if scale < 1:
        size = [max(1, round(length * scale)) for length in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
