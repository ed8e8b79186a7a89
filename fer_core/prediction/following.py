"""Frames of a camera or a video in, the faces in them and their smoothed emotions out."""

import time as clock
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.opencv import cv2
from fer_core.prediction.crops import crop_face
from fer_core.prediction.detection import Detection
from fer_core.prediction.ensemble import MemberOutputs
from fer_core.prediction.predictor import FacePrediction, Predictor
from fer_core.prediction.tracking import MOST_FACES, TIME_CONSTANT, FaceTracker, Track

DETECTION_SIDES = 320, 640
"""Faces are looked for and followed in frames of half the size, their longer side within these pixels."""
DETECTION_SECONDS = 0.5
"""Between two detections while every face is followed; by default."""
SEARCH_SECONDS = 0.2
"""Between two detections while there is no face."""
RETRY_SECONDS = 0.1
"""Until the next detection where a face could not be followed."""


@dataclass(frozen=True, eq=False)
class FollowedFace:
    """One face of a frame.

    Attributes:
        track: number of the face, the same over all frames in which it is followed.
        prediction: box in pixels of the frame; `probabilities` smoothed over time, the members' and the crop as they
            were last asked.
        class_maps: of each member (h, w, 7) as last asked, None for a member without; empty where not asked for.
    """

    track: int
    prediction: FacePrediction
    class_maps: tuple[np.ndarray | None, ...] = ()


@dataclass(eq=False)
class _LastAnswer:
    crop: np.ndarray
    members: np.ndarray
    class_maps: tuple[np.ndarray | None, ...]


class FaceFollower:
    """Finds faces, follows them and asks the ensemble about them, frame by frame; for one thread at a time.

    Faces are looked for in a reduced frame, and not in every frame while they can be followed. When the ensemble can't
    be asked about all faces within the time budget, those are asked whose last answer is the oldest, at least one.

    Args:
        predictor: may be shared with other followers.
        detection_seconds: between two detections while every face is followed.
        budget: seconds that the ensemble may take for a frame; None asks about every face of every frame.
        time_constant: of the smoothing, in seconds.
        timer: for the budget, in seconds.
        numbers, most: see `FaceTracker`.

    Attributes:
        with_maps: whether class activation maps are kept too.
        detections: how often faces were looked for.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        detection_seconds: float = DETECTION_SECONDS,
        budget: float | None = None,
        time_constant: float = TIME_CONSTANT,
        timer: Callable[[], float] = clock.perf_counter,
        numbers: Iterator[int] | None = None,
        most: int = MOST_FACES,
    ) -> None:
        self.predictor, self.budget, self.time_constant = predictor, budget, time_constant
        self.detection_seconds = detection_seconds
        self.with_maps = False
        self.detections = 0
        self._timer = timer
        self._tracker = FaceTracker(numbers, most)
        self._answers: dict[int, _LastAnswer] = {}
        self._detected: float | None = None
        self._seconds_per_face = 0.0

    def __call__(self, frame: np.ndarray, time: float) -> tuple[FollowedFace, ...]:
        """The faces of the next frame, the largest first.

        Args:
            frame: (height, width, 3) uint8 RGB.
            time: when it was taken, in seconds, on any clock that does not go backwards.

        Raises:
            ModelError: the detector can't be loaded.
        """
        longer = max(frame.shape[:2])
        scale = min(1.0, float(np.clip(longer / 2, *DETECTION_SIDES)) / longer)
        size = tuple(max(1, round(length * scale)) for length in frame.shape[1::-1])
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA) if scale < 1 else frame
        held = self._tracker.follow(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        if self._due(time, held):
            self._tracker.assign(self.predictor.detector.detect(small), time)
            self._detected, self.detections = time, self.detections + 1
        self._ask(frame, scale, time)
        faces = [self._face(track, frame, scale) for track in self._tracker.visible if track.probabilities is not None]
        return tuple(sorted(faces, key=lambda face: face.prediction.box[2] * face.prediction.box[3], reverse=True))

    def warm_up(self) -> None:
        """Load what is loaded at the first use, so that the first frame is answered as fast as the others.

        Raises:
            ModelError: the detector can't be loaded.
        """
        self.predictor.detector.detect(np.zeros((DETECTION_SIDES[0], DETECTION_SIDES[0], 3), dtype=np.uint8))
        self.predictor.ensemble.member_probabilities(np.zeros((1, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8))

    def _due(self, time: float, held: bool) -> bool:
        if self._detected is None or time < self._detected:
            return True
        wait = self.detection_seconds if self._tracker.visible else SEARCH_SECONDS
        return time - self._detected >= (wait if held else RETRY_SECONDS) - 1e-6

    def _ask(self, frame: np.ndarray, scale: float, time: float) -> None:
        tracks = sorted(self._tracker.visible, key=lambda track: -np.inf if track.answered is None else track.answered)
        if self.budget is not None and self._seconds_per_face > 0:
            tracks = tracks[: max(1, int(self.budget / self._seconds_per_face))]
        self._answers = {
            track.number: self._answers[track.number] for track in self._tracker.tracks if track.number in self._answers
        }
        if not tracks:
            return
        framing = self.predictor.framing
        crops = np.stack([crop_face(frame, _detection(track, frame, scale), framing) for track in tracks])
        began, ensemble = self._timer(), self.predictor.ensemble
        outputs = (
            ensemble.member_outputs(crops)
            if self.with_maps
            else MemberOutputs(ensemble.member_probabilities(crops), ())
        )
        seconds = (self._timer() - began) / len(tracks)
        self._seconds_per_face += (seconds - self._seconds_per_face) * (0.2 if self._seconds_per_face else 1)
        for place, (track, probabilities) in enumerate(
            zip(tracks, ensemble.combine(outputs.probabilities), strict=True)
        ):
            track.answer(probabilities, time, self.time_constant)
            maps = tuple(None if maps is None else maps[place] for maps in outputs.class_maps)
            self._answers[track.number] = _LastAnswer(crops[place], outputs.probabilities[:, place], maps)

    def _face(self, track: Track, frame: np.ndarray, scale: float) -> FollowedFace:
        last = self._answers[track.number]
        left, top, width, height = _detection(track, frame, scale).box
        box = round(left), round(top), max(1, round(width)), max(1, round(height))
        certain = bool(track.probabilities.max() >= self.predictor.ensemble.card.not_sure_below)
        prediction = FacePrediction(box, track.score, track.probabilities, last.members, certain, last.crop, track.roll)
        return FollowedFace(track.number, prediction, last.class_maps)


def _detection(track: Track, frame: np.ndarray, scale: float) -> Detection:
    """A track's box in pixels of the full frame, cut at its edges."""
    height, width = frame.shape[:2]
    corners = np.concatenate([track.box[:2], track.box[:2] + track.box[2:]]) / scale
    left, top, right, bottom = np.clip(corners, 0, [width, height, width, height])
    return Detection((left, top, max(1.0, right - left), max(1.0, bottom - top)), track.score, track.roll)
