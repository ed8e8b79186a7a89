"""Frames with one moving real face, as a camera would give them."""

from collections.abc import Iterator

import numpy as np

from fer_core.opencv import cv2


def frame_at(astronaut: np.ndarray, shift: int, size: tuple[int, int] = (640, 480)) -> np.ndarray:
    """(height, width, 3) uint8 RGB: the astronaut's picture, moved to the right by so many pixels."""
    width, height = size
    side = min(width, height)
    frame = np.full((height, width, 3), 90, np.uint8)
    picture = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA)
    left = min(max(0, shift), width - side)
    frame[:, left : left + side] = picture
    return frame


def moving(astronaut: np.ndarray, frames: int, *, step: int = 3) -> Iterator[np.ndarray]:
    """Frames in which the face moves evenly to the right."""
    for number in range(frames):
        yield frame_at(astronaut, step * number)
