"""Followed faces drawn into a frame: boxes, emotions, probability bars, and where the networks looked."""

from collections.abc import Sequence

import numpy as np

from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.opencv import cv2
from fer_core.prediction.crops import face_square
from fer_core.prediction.drawing import ink, label, label_text, rgb
from fer_core.prediction.ensemble import Ensemble
from fer_core.prediction.explain import explain_maps, overlay
from fer_core.prediction.following import FollowedFace
from fer_core.prediction.framing import Framing
from fer_core.prediction.predictor import FacePrediction

ROW = 17
"""Height in pixels of a bar with its word, in a frame whose longer side is 640."""
WIDTH, WORD_WIDTH = 150, 76
GROUND = 0.35
"""Share of light that is left behind the bars."""
MARGIN = 6


def draw_faces(
    frame: np.ndarray,
    faces: Sequence[FollowedFace],
    *,
    words: Sequence[str] = EMOTIONS,
    mirror: bool = False,
    numbered: bool = False,
) -> np.ndarray:
    """Draw each face's box and emotion, and the probabilities of the largest face as bars beside it.

    Where there are several, labels and bars begin with the number of the face, as in a table's column `face`.

    Args:
        frame: (height, width, 3) uint8 RGB.
        faces: of that frame, the largest first.
        words: the seven classes in the reader's language.
        mirror: turn the picture as a mirror does; the writing stays readable.
        numbered: give one face its number too.

    Returns:
        A new (height, width, 3) uint8 RGB frame.
    """
    drawn = cv2.flip(frame, 1) if mirror else frame.copy()
    line = max(2, round(max(frame.shape[:2]) / 400))
    numbered = numbered or len(faces) > 1
    for face in reversed(faces):
        prediction = face.prediction
        box, colour = _box(prediction, frame, mirror), rgb(COLOURS[prediction.emotion])
        x, y, width, height = box
        cv2.rectangle(drawn, (x, y), (x + width - 1, y + height - 1), colour, line)
        text = label_text(prediction, words[EMOTIONS.index(prediction.emotion)])
        label(drawn, f"{face.track} · {text}" if numbered else text, box, colour)
    if faces:
        _bars(drawn, faces[0], _box(faces[0].prediction, frame, mirror), words, numbered=numbered)
    return drawn


def lay_evidence(frame: np.ndarray, face: FollowedFace, ensemble: Ensemble, framing: Framing) -> np.ndarray:
    """Lay over a face, in place, what spoke for its emotion (class activation maps, mean of the members).

    Args:
        frame: (height, width, 3) uint8 RGB, which is changed and given back.
        face: with class maps; without any, nothing is drawn.
        framing: of the detector that found the face.
    """
    if not any(maps is not None for maps in face.class_maps):
        return frame
    label_ = EMOTIONS.index(face.prediction.emotion)
    strength = explain_maps(ensemble, face.class_maps, label_).mean
    height, width = strength.shape
    back = cv2.getRotationMatrix2D((framing.x * width, framing.y * height), -face.prediction.roll, 1)
    strength = cv2.warpAffine(strength, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
    square, left, top = face_square(frame, face.prediction.detection, framing)
    drawn = overlay(square, strength, len(square))
    inside = frame[max(top, 0) : top + len(square), max(left, 0) : left + len(square)]
    inside[:] = drawn[max(-top, 0) :, max(-left, 0) :][: inside.shape[0], : inside.shape[1]]
    return frame


def _box(face: FacePrediction, frame: np.ndarray, mirror: bool) -> tuple[int, int, int, int]:
    x, y, width, height = face.box
    return (frame.shape[1] - x - width if mirror else x), y, width, height


def _bars(
    drawn: np.ndarray, face: FollowedFace, box: tuple[int, int, int, int], words: Sequence[str], *, numbered: bool
) -> None:
    """Words and bars on a darkened ground at the right of the box, at its left, or at the frame's edge.

    Above them, where `numbered`, the face's number on the colour of its box.
    """
    height, width = drawn.shape[:2]
    rows = len(EMOTIONS) + numbered
    scale = min(max(height, width) / 640, height / (ROW * (rows + 1)), width / WIDTH)
    row, wide, margin = int(ROW * scale), int(WIDTH * scale), int(MARGIN * scale)
    tall = row * rows + margin
    if row < 8:
        return
    x, y, box_width, _ = box
    left = next(
        (place for place in (x + box_width + margin, x - wide - margin) if 0 <= place <= width - wide), width - wide
    )
    top = max(0, min(y, height - tall))
    ground = drawn[top : top + tall, left : left + wide]
    ground[:] = cv2.convertScaleAbs(ground, alpha=GROUND)
    font, start = cv2.FontFace("sans"), left + int(WORD_WIDTH * scale)
    room = left + wide - margin - start
    if numbered:
        colour = rgb(COLOURS[face.prediction.emotion])
        cv2.rectangle(drawn, (left, top), (left + wide - 1, top + row - 1), colour, cv2.FILLED)
        base = top + row - int(0.15 * row)
        cv2.putText(drawn, str(face.track), (left + margin, base), ink(colour), font, int(0.75 * row))
    shares = face.prediction.probabilities
    for place, (emotion, word, share) in enumerate(zip(EMOTIONS, words, shares, strict=True), start=1 + numbered):
        base = top + place * row
        cv2.putText(drawn, word, (left + margin, base - int(0.15 * row)), (255, 255, 255), font, int(0.75 * row))
        end = start + max(1, round(room * float(share)))
        cv2.rectangle(drawn, (start, base - int(0.7 * row)), (end, base - 1), rgb(COLOURS[emotion]), cv2.FILLED)
