"""Faces cut out of a picture the way FER2013's pictures frame them."""

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.opencv import cv2
from fer_core.prediction.detection import Detection
from fer_core.prediction.framing import Framing

DARK, LIGHT = 128, 228
"""The brightest hundredth of a picture reaches these grays in 99% and in half of FER2013's training images."""

LARGEST_TURNED = 4 * IMAGE_SIZE
"""Pixels a side that a square is reduced to before it is turned, which keeps large photographs cheap."""


def crop_face(image: np.ndarray, detection: Detection, framing: Framing) -> np.ndarray:
    """The square around a face in which its box stands as it does in FER2013's pictures, a tilted head upright.

    Args:
        image: (height, width, 3) uint8 RGB.
        framing: of the detector that found the face.

    Returns:
        (48, 48) uint8 grayscale, brightened where it is dark; what lies outside the picture repeats its edge.
    """
    if detection.roll:
        image, detection = _upright(image, detection, framing)
    square, _, _ = face_square(image, detection, framing)
    return brightened(_resized(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), IMAGE_SIZE, IMAGE_SIZE))


def face_square(image: np.ndarray, detection: Detection, framing: Framing) -> tuple[np.ndarray, int, int]:
    """What `crop_face` makes its crop of, in the picture's own pixels and not turned.

    Returns:
        The square (side, side, 3), and its left and upper edge in the picture, which are negative where it reaches out.
    """
    x, y, width, height = detection.box
    exact = np.sqrt(width * height) / framing.size
    side = max(1, round(exact))
    left, top = round(x + width / 2 - framing.x * exact), round(y + height / 2 - framing.y * exact)
    bottom, right = image.shape[:2]
    inside = image[max(top, 0) : top + side, max(left, 0) : left + side]
    padding = max(-top, 0), max(top + side - bottom, 0), max(-left, 0), max(left + side - right, 0)
    return cv2.copyMakeBorder(inside, *padding, cv2.BORDER_REPLICATE), left, top


def _upright(image: np.ndarray, detection: Detection, framing: Framing) -> tuple[np.ndarray, Detection]:
    """What is around a face, turned about its middle so that the eyes are level, and the face in it.

    Where that reaches over the picture's edge it is filled up first: what turns out of a part cut there would be lost.
    """
    x, y, width, height = detection.box
    side = np.sqrt(width * height) / framing.size
    middle = np.array([x + width / 2, y + height / 2])
    corner = np.maximum(middle - side, 0).astype(int)
    right, bottom = (middle + side).astype(int) + 1
    part = image[corner[1] : bottom, corner[0] : right]
    scale = min(1.0, LARGEST_TURNED / side)
    if scale < 1:
        size = [max(1, round(length * scale)) for length in part.shape[1::-1]]
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    before = np.ceil(np.maximum(side - middle, 0) * scale).astype(int)
    after = np.ceil(np.maximum(middle + side - image.shape[1::-1], 0) * scale).astype(int)
    part = cv2.copyMakeBorder(part, before[1], after[1], before[0], after[0], cv2.BORDER_REPLICATE)
    turn = cv2.getRotationMatrix2D(((middle - corner) * scale + before).tolist(), detection.roll, 1)
    part = cv2.warpAffine(part, turn, part.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    left, top = ((x, y) - corner) * scale + before
    return part, Detection((left, top, width * scale, height * scale), detection.score)


def crop_whole(image: np.ndarray) -> np.ndarray:
    """The whole picture as one face: (48, 48) uint8 grayscale, brightened where dark; edges fill up the square."""
    scale = IMAGE_SIZE / max(image.shape[:2])
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    small = _resized(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), width, height)
    top, left = (IMAGE_SIZE - height) // 2, (IMAGE_SIZE - width) // 2
    bottom, right = IMAGE_SIZE - height - top, IMAGE_SIZE - width - left
    return brightened(cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE))


def brightened(crop: np.ndarray) -> np.ndarray:
    """A crop darker than the networks have learned from, in the light that most of their pictures have.

    Args:
        crop: (48, 48) uint8 grayscale; one that is light enough, or all black, comes back as it is.
    """
    brightest = np.percentile(crop, 99)
    if brightest == 0 or brightest >= DARK:
        return crop
    return cv2.convertScaleAbs(crop, alpha=LIGHT / brightest)


def _resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """By area where that makes the picture smaller."""
    smaller = width * height < image.size
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
