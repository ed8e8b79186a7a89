"""From a video file to the emotions of each face in it over time."""

import contextlib
import sys
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.prediction.errors import VideoError
from fer_core.prediction.following import FaceFollower, FollowedFace
from fer_core.prediction.history import FIELDS, FaceHistory, as_table
from fer_core.prediction.predictor import Predictor
from fer_core.prediction.stream_drawing import draw_faces
from fer_core.prediction.video_frames import SampledFrame, VideoReader
from fer_core.prediction.video_writer import VideoWriter

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_FPS = 5.0
LEAST_FPS, MOST_FPS = 0.01, 60.0
DETECTION_SECONDS = 1.0


@dataclass(frozen=True)
class VideoProgress:
    """How far a video is.

    Attributes:
        done: seconds of the video that were answered.
        total: its length in seconds, None where the file does not say.
        elapsed: seconds since the start.
    """

    done: float
    total: float | None
    elapsed: float

    @property
    def share(self) -> float | None:
        """0 to 1; None where the length is not known."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at the rate so far; None while that is not known."""
        return self.elapsed / self.share - self.elapsed if self.share else None


@dataclass(frozen=True, eq=False)
class VideoPrediction:
    """The faces of one video over time.

    Attributes:
        path: where it comes from, or what it is called.
        width, height: in square pixels, upright, of the last frame where they change; None where it couldn't be read.
        fps: frames a second that were asked for.
        seconds: time of the last frame that was looked at.
        length: in seconds, as the file announces it; None where it announces none.
        frames: how many were.
        rows: (n, 15) as in `history.FIELDS`, boxes in pixels of the video, where its size changes of their own frame.
        row_seconds: (n,) how long the frame of each row stands, as of `seconds_of_frames`.
        error: why it couldn't be read, a sentence; None where it could.
        notice: what was wrong with it though it could be read; None where nothing was.
        cancelled: whether it was ended before its end.
    """

    path: str
    width: int | None = None
    height: int | None = None
    fps: float = DEFAULT_FPS
    seconds: float = 0.0
    length: float | None = None
    frames: int = 0
    rows: np.ndarray = field(default_factory=lambda: np.empty((0, len(FIELDS))))
    row_seconds: np.ndarray = field(default_factory=lambda: np.empty(0))
    error: str | None = None
    notice: str | None = None
    cancelled: bool = False

    def table(self) -> "pd.DataFrame":
        """A row for each face and frame; columns as of `FaceHistory.frame`, and `seconds` that the frame stands."""
        table = as_table(self.rows)
        table.insert(1, "seconds", self.row_seconds.round(6))
        return table

    def totals(self) -> "pd.DataFrame":
        """Time that faces showed each emotion most.

        Returns:
            Columns `emotion`, `seconds` (of all faces together), `share` of them, and `mean_probability`; a row for
            each class in class order. Shares and means are nan where there was no face.
        """
        return totals(self.table())

    def to_json(self) -> dict[str, Any]:
        """As plain values for `json.dumps`: an entry of `videos` of `predict --json`."""
        faces = self.rows[:, FIELDS.index("track")].astype(int)
        return {
            "path": self.path,
            "width": self.width,
            "height": self.height,
            "error": self.error,
            "notice": self.notice,
            "cancelled": self.cancelled,
            "fps": self.fps,
            "seconds": round(self.seconds, 3),
            "frames": self.frames,
            "faces": [
                {"face": int(number), "seconds": round(float(self.row_seconds[faces == number].sum()), 3)}
                for number in np.unique(faces)
            ],
            "emotions": {row.emotion: round(row.seconds, 3) for row in self.totals().itertuples()},
        }


def seconds_of_frames(times: Sequence[float], damaged: Sequence[int], fps: float) -> np.ndarray:
    """How long each frame that was looked at stands, (n,): until the next one, the last one until the video's end.

    Over a damaged place, and to an end that is not known, it stands no longer than most do.

    Args:
        times: (n + 1,) of the frames in seconds, ascending, then of the video's end, inf where that is not known.
        damaged: (n + 1,) how many damaged places came before each.
        fps: frames a second that were asked for.
    """
    steps = np.diff(times)
    usual = max(1 / fps, float(np.median(steps[:-1]))) if len(steps) > 1 else 1 / fps
    unknown = (np.diff(damaged) > 0) | np.isinf(steps)
    return np.where(unknown, np.minimum(steps, usual), steps)


def totals(table: "pd.DataFrame") -> "pd.DataFrame":
    """See `VideoPrediction.totals`.

    Args:
        table: columns `seconds`, `emotion` and the classes' probabilities, a row for each face and frame.
    """
    import pandas as pd  # 0.4 s that a caller who wants no table is spared

    seconds = table["seconds"].groupby(table["emotion"]).sum().reindex(EMOTIONS, fill_value=0.0)
    return pd.DataFrame(
        {
            "emotion": EMOTIONS,
            "seconds": seconds.to_numpy(),
            "share": (seconds / seconds.sum()).to_numpy(),
            "mean_probability": table[list(EMOTIONS)].mean().to_numpy(),
        }
    )


def predict_video(
    path: str | Path,
    predictor: Predictor,
    *,
    fps: float = DEFAULT_FPS,
    annotated: str | Path | None = None,
    words: tuple[str, ...] = EMOTIONS,
    name: str | None = None,
    on_progress: Callable[[VideoProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> VideoPrediction:
    """Each face's emotions over time; a video that can't be read is answered with its error.

    Holds one frame at a time, so memory does not grow with the length but for a few numbers a frame and face.

    Args:
        path: the file.
        fps: frames to look at a second, `LEAST_FPS` to `MOST_FPS`; where the video has fewer, all of them.
        annotated: MP4 file to write the looked-at frames to, with their faces drawn in, without sound; where
            their size changes, all are fitted into that of the first one.
        words: the seven classes in the reader's language, for that file.
        name: what the video is called; by default its path.
        on_progress: called after each frame.
        cancelled: asked before each frame; what was answered until it says yes is kept.

    Raises:
        ModelError: the detector can't be loaded.
        VideoError: `annotated` can't be written, or is the video itself.
        ValueError: `fps` is out of range.
    """
    if not LEAST_FPS <= fps <= MOST_FPS:
        raise ValueError(f"fps: expected {LEAST_FPS:g} to {MOST_FPS:g} frames a second, got {fps:g}")
    began, name = clock.monotonic(), name or str(path)
    found, numbered = VideoPrediction(name, fps=fps), False
    with contextlib.ExitStack() as stack:
        try:
            reader = stack.enter_context(VideoReader(path, name))
        except VideoError as error:
            return replace(found, error=str(error))
        if annotated and Path(annotated).resolve() == Path(path).resolve():
            raise VideoError(f"{annotated}: can't be written (it is the video that is read); choose another place")
        writer = stack.enter_context(VideoWriter(annotated, fps)) if annotated else None
        follower = FaceFollower(predictor, detection_seconds=DETECTION_SECONDS, most=sys.maxsize)
        history = FaceHistory(record_seconds=0, most_rows=None)
        times: list[float] = []
        damaged: list[int] = []
        frames = reader.frames(fps)
        while True:
            if cancelled and cancelled():
                found = replace(found, cancelled=True)
                break
            try:
                frame = next(frames, None)
            except VideoError as error:
                return replace(found, error=str(error))
            if frame is None:
                break
            times.append(frame.time)
            damaged.append(reader.damaged)
            faces = follower(frame.image, frame.time)
            history.add([_in_video(face, frame) for face in faces], frame.time)
            numbered = numbered or any(face.track > 1 for face in faces)
            if writer:
                writer.write(draw_faces(frame.image, faces, words=words, numbered=numbered), frame.slot)
            found = replace(found, frames=found.frames + 1, seconds=frame.time)
            if on_progress:
                on_progress(VideoProgress(frame.time, reader.seconds, clock.monotonic() - began))
        notice = None if found.cancelled else reader.notice()
        times.append(reader.seconds if reader.seconds and reader.seconds > found.seconds else np.inf)
        damaged.append(reader.damaged + (found.cancelled or reader.breaks_off))
        rows = history.rows()
        row_seconds = seconds_of_frames(times, damaged, fps)[np.searchsorted(times, rows[:, FIELDS.index("time")])]
        size = {"width": reader.width, "height": reader.height, "length": reader.seconds}
        return replace(found, **size, rows=rows, row_seconds=row_seconds, notice=notice)


def _in_video(face: FollowedFace, frame: SampledFrame) -> FollowedFace:
    """The same face with its box in pixels of the video's frame."""
    box = tuple(round(length / frame.scale) for length in face.prediction.box)
    return replace(face, prediction=replace(face.prediction, box=box))
