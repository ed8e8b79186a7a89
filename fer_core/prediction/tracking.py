"""Faces followed from frame to frame: which is which, where it moved, and its answers smoothed over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist

from fer_core.opencv import cv2
from fer_core.prediction.detection import Detection

SMALLEST_OVERLAP = 0.25
"""Intersection over union, of boxes enlarged by `REACH`, under which a box is taken for another face."""
REACH = 2.0
"""Boxes are compared at twice their size, so that a face that jumped by half its width is still the same."""
KEEP_SECONDS = 2.5
"""How long a face that is out of sight keeps its number."""
TIME_CONSTANT = 0.4
"""Seconds after which an answer's weight has fallen to 1/e."""
MOST_FACES = 16
"""Followed at a time by default: so many can be asked about while a camera runs."""

POINTS = 7
"""Points a side of the grid whose movement moves a box."""
FLOW = {
    "winSize": (13, 13),
    "maxLevel": 3,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.03),
}
LARGEST_ERROR = 0.08
"""Median forward-backward error, as a share of the box's size, from which on a face counts as lost."""
LARGEST_GROWTH = 1.25


@dataclass(eq=False)
class Track:
    """One face over time.

    Attributes:
        number: never given twice by one tracker.
        box: (4,) x, y, width and height in pixels of the tracker's frames.
        score, roll: of the last detection.
        confirmed: time of the last detection, in seconds.
        seen: whether the last detection found it; one that it missed may be hidden or gone.
        answered: time of the last answer; None before the first.
        probabilities: (7,) smoothed; None before the first answer.
    """

    number: int
    box: np.ndarray
    score: float
    confirmed: float
    roll: float = 0.0
    seen: bool = True
    answered: float | None = None
    probabilities: np.ndarray | None = None

    def answer(self, probabilities: np.ndarray, time: float, time_constant: float = TIME_CONSTANT) -> None:
        """Take in a new answer: exponential smoothing for times that need not be evenly spaced.

        Args:
            probabilities: (7,).
            time: in seconds; an answer that is `time_constant` old weighs 1/e.
            time_constant: in seconds; 0 keeps the newest answer alone.
        """
        if self.probabilities is None or self.answered is None or time_constant <= 0:
            self.probabilities = np.array(probabilities, dtype=np.float32)
        else:
            old = np.exp(-max(0.0, time - self.answered) / time_constant)
            self.probabilities = (old * self.probabilities + (1 - old) * probabilities).astype(np.float32)
        self.answered = time


class FaceTracker:
    """Keeps faces apart from frame to frame.

    Detections are assigned to tracks so that the sum of their overlaps is largest (Kuhn 1955, by SciPy). Between
    detections boxes follow the sparse optical flow inside them, checked forwards and backwards, as in the median flow
    tracker (Kalal et al., 2010, doi 10.1109/ICPR.2010.675).

    Args:
        numbers: gives each new face its number; by default from 1.
        most: faces at a time; of new ones the largest are taken.

    Attributes:
        tracks: what is followed now, at most `most`.
    """

    def __init__(self, numbers: Iterator[int] | None = None, most: int = MOST_FACES) -> None:
        self.tracks: list[Track] = []
        self.most = most
        self._numbers = numbers or count(1)
        self._gray: np.ndarray | None = None

    def follow(self, gray: np.ndarray) -> bool:
        """Move the boxes to the next frame.

        Args:
            gray: (height, width) uint8; a frame of another size than the one before can't be followed.

        Returns:
            Whether every face could be followed; the boxes of those that couldn't stay where they were.
        """
        before, self._gray = self._gray, gray
        if not self.visible:
            return True
        if before is None or before.shape != gray.shape:
            return False
        held = True
        for track, moved in zip(self.visible, _flow(before, gray, [track.box for track in self.visible]), strict=True):
            if moved is None:
                held = False
            else:
                track.box = moved
        return held

    @property
    def visible(self) -> list[Track]:
        """The tracks that the last detection found."""
        return [track for track in self.tracks if track.seen]

    def assign(self, detections: Sequence[Detection], time: float) -> None:
        """Give each detection to the face that it overlaps most, or begin a new one while there are fewer than `most`.

        Faces that were not found are out of sight, and end when no detection has confirmed them for `KEEP_SECONDS`, or
        new ones take their places.

        Args:
            detections: in pixels of the frame that was followed last, the largest first.
            time: of that frame in seconds.
        """
        boxes = np.array([found.box for found in detections]).reshape(-1, 4)
        known = np.array([track.box for track in self.tracks]).reshape(-1, 4)
        overlaps = overlap(_enlarged(known), _enlarged(boxes))
        rows, columns = linear_sum_assignment(overlaps, maximize=True)
        unmatched = set(range(len(detections)))
        for track in self.tracks:
            track.seen = False
        for row, column in zip(rows, columns, strict=True):
            if overlaps[row, column] >= SMALLEST_OVERLAP:
                track = self.tracks[row]
                track.box, track.score, track.roll = boxes[column], detections[column].score, detections[column].roll
                track.confirmed, track.seen = time, True
                unmatched.discard(column)
        seen = self.visible
        hidden = [track for track in self.tracks if not track.seen and time - track.confirmed <= KEEP_SECONDS]
        for column in sorted(unmatched)[: self.most - len(seen)]:
            found = detections[column]
            seen.append(Track(next(self._numbers), boxes[column], found.score, time, found.roll))
        hidden.sort(key=lambda track: track.confirmed, reverse=True)
        self.tracks = [*seen, *hidden][: self.most]


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of each pair of boxes.

    Args:
        first: (n, 4) x, y, width and height.
        second: (m, 4).

    Returns:
        (n, m) in [0, 1].
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum((first[:, :2] + first[:, 2:])[:, None], (second[:, :2] + second[:, 2:])[None])
    both = np.clip(high - low, 0, None).prod(axis=2)
    either = first[:, 2:].prod(axis=1)[:, None] + second[:, 2:].prod(axis=1)[None] - both
    return np.divide(both, either, out=np.zeros_like(both, dtype=float), where=either > 0)


def _enlarged(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] * (REACH - 1) / 2, boxes[:, 2:] * REACH], axis=1)


def _flow(before: np.ndarray, after: np.ndarray, boxes: list[np.ndarray]) -> list[np.ndarray | None]:
    """Where boxes moved to between two frames; None for one that can't be followed."""
    steps = (np.arange(POINTS) + 0.5) / POINTS
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    starts = np.stack([box[:2] + grid * box[2:] for box in boxes]).astype(np.float32)
    flat = starts.reshape(-1, 1, 2)
    ends, found, _ = cv2.calcOpticalFlowPyrLK(before, after, flat, None, **FLOW)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(after, before, ends, None, **FLOW)
    errors = np.linalg.norm(back - flat, axis=2)[:, 0]
    errors[(found[:, 0] == 0) | (returned[:, 0] == 0)] = np.inf
    per_box = zip(boxes, starts, ends.reshape(starts.shape), errors.reshape(len(boxes), -1), strict=True)
    return [_moved(box, start, end, error, after.shape) for box, start, end, error in per_box]


def _moved(
    box: np.ndarray, start: np.ndarray, end: np.ndarray, error: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray | None:
    """A box after the median movement and growth of its better half of points."""
    limit = np.median(error)
    if not limit <= max(1.0, LARGEST_ERROR * np.sqrt(box[2] * box[3])):
        return None
    good = error <= limit
    start, end = start[good], end[good]
    distances = pdist(start)
    growth = float(np.median(pdist(end)[distances > 0] / distances[distances > 0])) if len(start) > 1 else 1.0
    if not 1 / LARGEST_GROWTH <= growth <= LARGEST_GROWTH:
        return None
    size = box[2:] * growth
    centre = box[:2] + box[2:] / 2 + np.median(end - start, axis=0)
    height, width = shape
    if not (0 <= centre[0] < width and 0 <= centre[1] < height):
        return None
    return np.concatenate([centre - size / 2, size])
