"""A live stream: the newest frame of a camera in, the same frame with its faces and emotions drawn in out."""

import time as clock
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Lock

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.prediction.following import FaceFollower, FollowedFace
from fer_core.prediction.history import FIELDS, FaceHistory, stretches
from fer_core.prediction.newest import NewestFirst
from fer_core.prediction.predictor import Predictor
from fer_core.prediction.stream_drawing import draw_faces, lay_evidence

ENSEMBLE_BUDGET = 0.015
"""Seconds of a frame that the ensemble may take: leaves room for detection and drawing at 30 frames/s."""
MINUTE = 60.0
RATE_SECONDS = 5.0
SMOOTH_FPS = 20.0
"""Frames a second under which a live picture is seen to jerk."""
KEPT_UP = 0.8
"""Share of the camera's frames; where fewer are answered, the answers hold the picture up and not the camera."""
LONGEST_BREAK = 1.0
"""Seconds without a frame after which the speed is measured anew, as nothing could be answered meanwhile; three times
as long as the last two frames were apart, where that is more."""
MOST_TIMINGS = 4000


@dataclass(frozen=True)
class StreamSettings:
    """What a person may change while the stream runs.

    Attributes:
        mirror: turn the picture as a mirror does.
        evidence: lay over the largest face what spoke for its emotion.
        paused: let frames pass by; the last answered one stays.
        annotated: draw faces and answers in.
        words: the seven classes in the reader's language.
    """

    mirror: bool = True
    evidence: bool = False
    paused: bool = False
    annotated: bool = True
    words: tuple[str, ...] = EMOTIONS


@dataclass(frozen=True, eq=False)
class AnsweredFrame:
    """One frame of the stream, answered.

    Attributes:
        number: from 1.
        time: when it came in, in seconds since the stream's first frame.
        image: (height, width, 3) uint8 RGB, annotated.
        faces: the largest first; boxes in pixels of the frame as it came, not mirrored.
        predictor: what answered.
    """

    number: int
    time: float
    image: np.ndarray
    faces: tuple[FollowedFace, ...]
    predictor: Predictor


@dataclass(frozen=True)
class StreamStatistics:
    """How the stream keeps up.

    Attributes:
        frames, dropped: frames answered since the start, and those that newer ones overtook.
        fps: frames answered a second, over the last `RATE_SECONDS`, or since a pause or a break of the camera.
        delay, delay99: median and 99th percentile of the last minute, in seconds, from a frame's arrival to its
            answer, waiting included; nan before the first.
        silent: seconds since the last frame came in; None before the first.
        slow: whether fewer than `SMOOTH_FPS`, and less than `KEPT_UP` of what the camera gave, were answered for
            `RATE_SECONDS`.
    """

    frames: int
    dropped: int
    fps: float
    delay: float
    delay99: float
    silent: float | None
    slow: bool


class LiveStream:
    """Answers the newest frame of a camera, in a thread of its own; frames that come in meanwhile are skipped.

    Args:
        predictor: may be shared by many streams.
        on_answer: called with each answered frame in the stream's thread.
        timer: in seconds; also the clock of the frames.

    Attributes:
        settings: may be replaced at any time.
        history: what the faces showed.
        latest: the last answered frame, None before the first.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        settings: StreamSettings | None = None,
        on_answer: Callable[[AnsweredFrame], None] | None = None,
        timer: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.settings = settings or StreamSettings()
        self.history = FaceHistory()
        self.latest: AnsweredFrame | None = None
        self._on_answer, self._timer = on_answer, timer
        self._numbers = count(1)
        self._follower = self._new_follower(predictor)
        self._timings: deque[tuple[float, float, int]] = deque(maxlen=MOST_TIMINGS)
        self._lock = Lock()
        self._began: float | None = None
        self._arrived: float | None = None
        self._flows_since = self._apart = 0.0
        self._worker = NewestFirst(self._answer)

    @property
    def predictor(self) -> Predictor:
        """What answers."""
        return self._follower.predictor

    def use(self, predictor: Predictor) -> None:
        """Let another predictor answer from the next frame on; faces are found, and the speed is measured, anew."""
        if predictor is not self.predictor:
            with self._lock:
                self._follower = self._new_follower(predictor)
                self._timings.clear()

    def _new_follower(self, predictor: Predictor) -> FaceFollower:
        """One that gives no number again that another one of this stream gave."""
        return FaceFollower(predictor, budget=ENSEMBLE_BUDGET, numbers=self._numbers)

    def warm_up(self) -> None:
        """See `FaceFollower.warm_up`."""
        self._follower.warm_up()

    def submit(self, frame: np.ndarray | Callable[[], np.ndarray]) -> None:
        """Hand in the newest frame; returns at once.

        Args:
            frame: (height, width, 3) uint8 RGB, or what gives it; called only where the frame is not overtaken.
        """
        arrived = self._timer()
        with self._lock:
            self._began = arrived if self._began is None else self._began
            apart = 0.0 if self._arrived is None else arrived - self._arrived
            if self.settings.paused or apart > max(LONGEST_BREAK, 3 * self._apart):
                self._flows_since = arrived
            self._arrived, self._apart = arrived, apart
        if not self.settings.paused:
            self._worker.submit((frame, arrived))

    def process(self, frame: np.ndarray, time: float) -> AnsweredFrame:
        """Answer one frame now; for one thread at a time.

        Args:
            frame: (height, width, 3) uint8 RGB.
            time: when it was taken, in seconds.
        """
        settings, follower = self.settings, self._follower
        follower.with_maps = settings.evidence
        faces = follower(frame, time)
        shown = frame
        if settings.evidence and faces:
            answering = follower.predictor
            shown = lay_evidence(frame.copy(), faces[0], answering.ensemble, answering.framing)
        drawn = faces if settings.annotated else ()
        image = draw_faces(shown, drawn, words=settings.words, mirror=settings.mirror)
        self.history.add(faces, time)
        number = 1 if self.latest is None else self.latest.number + 1
        self.latest = AnsweredFrame(number, time, image, faces, follower.predictor)
        return self.latest

    def statistics(self) -> StreamStatistics:
        """How the stream keeps up now."""
        now = self._timer()
        with self._lock:
            timings, arrived, dropped = list(self._timings), self._arrived, self._worker.dropped
            flowing = [timing for timing in timings if timing[0] >= self._flows_since]
        recent = [until for _, finished, until in flowing if now - finished <= RATE_SECONDS]
        span = min(RATE_SECONDS, max(now - flowing[0][1], 1e-9)) if flowing else RATE_SECONDS
        delays = [finished - came for came, finished, _ in timings if now - finished <= MINUTE]
        fps = len(recent) / span if len(flowing) > 1 else 0.0
        incoming = fps + (dropped - recent[0]) / span if recent else 0.0
        median, highest = np.quantile(delays, [0.5, 0.99]) if delays else (np.nan, np.nan)
        return StreamStatistics(
            frames=self.latest.number if self.latest else 0,
            dropped=dropped,
            fps=fps,
            delay=float(median),
            delay99=float(highest),
            silent=None if arrived is None else now - arrived,
            slow=bool(flowing and span == RATE_SECONDS and fps < min(SMOOTH_FPS, KEPT_UP * incoming)),
        )

    @property
    def error(self) -> Exception | None:
        """Why the last frame could not be answered; None where it could."""
        return self._worker.error

    @property
    def seconds(self) -> float:
        """Since the first frame came in; 0 before it."""
        return 0.0 if self._began is None else self._timer() - self._began

    def close(self) -> None:
        """End the stream's thread; what was answered stays readable."""
        self._worker.close()

    def join(self, seconds: float) -> bool:
        """Wait for the thread to end; False where it had not within that time."""
        return self._worker.join(seconds)

    def _answer(self, submitted: tuple[np.ndarray | Callable[[], np.ndarray], float]) -> None:
        frame, arrived = submitted
        answered = self.process(frame() if callable(frame) else frame, arrived - self._began)
        if self._on_answer:
            self._on_answer(answered)
        with self._lock:
            if answered.predictor is self.predictor:
                self._timings.append((arrived, self._timer(), self._worker.dropped))


def last_minute(history: FaceHistory, now: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the largest face of each moment showed in the last minute.

    Args:
        now: in seconds, on the clock of the history.

    Returns:
        Times (n,) in seconds, probabilities (n, 7), and the `stretches` (n,) in which one face was seen.
    """
    rows = history.rows(since=now - MINUTE)
    chosen = rows[np.unique(rows[:, 0], return_index=True)[1]]
    times, faces = chosen[:, 0], chosen[:, FIELDS.index("track")]
    return times, chosen[:, -len(EMOTIONS) :], stretches(times, faces, history.record_seconds)
