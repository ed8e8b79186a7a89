"""Images that show no face: blank ones, placeholders, frames in which a detector finds nothing."""

from typing import TYPE_CHECKING

import numpy as np

from fer_core.datasets.errors import Progress
from fer_core.opencv import cv2

if TYPE_CHECKING:
    from fer_core.prediction.detection import FaceDetector

BLANK_DEVIATION = 5.0
"""Standard deviation of the pixels under which an image is blank."""
FLAT_RANGE, FLAT_SHARE = 5, 0.5
"""Near-blank: at least this share of the pixels lies within so many neighbouring gray values."""
_BATCH = 1000

_SMALL, _LARGE = (36, 2), (48, 4)
"""Pixels a side that a face is laid out with, and the edge around it."""
_SIDE = 16
"""Faces along one side of a sheet."""
_LEAST_AREA = 0.1
"""Share of the frame that a face must fill."""


def blank(images: np.ndarray) -> np.ndarray:
    """Indices of images of one gray value, but for noise."""
    deviations = [images[i : i + _BATCH].std(axis=(1, 2), dtype=np.float32) for i in range(0, len(images), _BATCH)]
    return np.flatnonzero(np.concatenate(deviations) < BLANK_DEVIATION)


def near_blank(images: np.ndarray) -> np.ndarray:
    """Indices of images that are mostly one gray value but not blank: placeholders, signs, text, line drawings."""
    shares = []
    for start in range(0, len(images), _BATCH):
        part = images[start : start + _BATCH].reshape(-1, images[0].size)
        values = np.arange(len(part))[:, None] * 256 + part
        histogram = np.bincount(values.ravel(), minlength=len(part) * 256).reshape(-1, 256)
        below = np.pad(histogram.cumsum(axis=1), ((0, 0), (1, 0)))
        shares.append((below[:, FLAT_RANGE:] - below[:, :-FLAT_RANGE]).max(axis=1) / part.shape[1])
    return np.setdiff1d(np.flatnonzero(np.concatenate(shares) >= FLAT_SHARE), blank(images))


def _on_sheets(images: np.ndarray, detector: "FaceDetector", layout: tuple[int, int], progress: Progress) -> np.ndarray:
    """(n,) bool: whether a face is found in each image.

    Many small images are laid out on one sheet, which a detector answers many times faster than one by one.
    """
    size, edge = layout
    cell = size + 2 * edge
    found = np.zeros(len(images), dtype=bool)
    for start in range(0, len(images), _SIDE**2):
        part = images[start : start + _SIDE**2]
        sheet = np.zeros((_SIDE, _SIDE, cell, cell), dtype=np.uint8)
        for position, image in enumerate(part):
            face = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA) if size != len(image) else image
            sheet[divmod(position, _SIDE)] = cv2.copyMakeBorder(face, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        sheet = sheet.transpose(0, 2, 1, 3).reshape(_SIDE * cell, _SIDE * cell)
        for detection in detector.detect(cv2.cvtColor(sheet, cv2.COLOR_GRAY2RGB)):
            x, y, width, height = detection.box
            position = int((y + height / 2) // cell) * _SIDE + int((x + width / 2) // cell)
            if position < len(part) and width * height > _LEAST_AREA * size**2:
                found[start + position] = True
        progress(start + len(part), len(images))
    return found


def without_face(images: np.ndarray, detector: "FaceDetector", progress: Progress | None = None) -> np.ndarray:
    """Indices of images in which a detector finds no face, neither on small sheets nor at full size.

    Args:
        detector: with a low threshold, e.g. 0.3, as little stands around these faces.
        progress: called with (images done, images in all).
    """
    progress = progress or (lambda done, total: None)
    left = np.flatnonzero(~_on_sheets(images, detector, _SMALL, progress))
    return left[~_on_sheets(images[left], detector, _LARGE, lambda done, total: None)]
