"""Frames of a video file, upright, a few a second, one at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from fer_core.opencv import cv2
from fer_core.prediction.decode import MAX_PIXELS, may_not_be_read
from fer_core.prediction.errors import VideoError
from fer_core.words import N_, _

SUFFIXES: frozenset[str] = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".3gp", ".ogv"}
)
NO_FRAME = N_("has no frame that can be decoded; save it as MP4 (H.264), MOV or WebM again")
LARGEST_SIDE = 1280
"""Longer side in pixels to which larger frames are reduced while they are decoded."""
USUAL_RATE = 25
"""Frames a second of a video that does not say how many it has."""
SMALLEST_RESTART = 1.0
"""Seconds by which a time stamp lies before the last one where they begin anew; less is a slip."""
TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True, eq=False)
class SampledFrame:
    """One frame.

    Attributes:
        time: in seconds since the video's start.
        slot: number of the sampling step that it stands for, from 0.
        image: (height, width, 3) uint8 RGB, upright, its pixels square, its longer side at most `LARGEST_SIDE`.
        scale: pixels of `image` for one of the video.
    """

    time: float
    slot: int
    image: np.ndarray
    scale: float


class VideoReader:
    """Reads a video file in a `with` block; holds one frame at a time.

    Args:
        path: the file.
        name: what messages call it; by default its path.

    Attributes:
        width, height: in square pixels, upright; known for sure after the first frame.
        damaged: how many packets or frames could not be decoded so far.
        end: time of the last decoded frame, in seconds.
        until: time at which that frame ends.

    Raises:
        VideoError: missing, empty, no video, or without a video track.
    """

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path, self.name = Path(path), name or str(path)
        try:
            if not self.path.is_file():
                raise VideoError(f"{self.name}: " + (_("not a file") if self.path.exists() else _("no such file")))
            if self.path.stat().st_size == 0:
                raise VideoError(f"{self.name}: " + _("the file is empty"))
        except OSError as error:
            raise VideoError(may_not_be_read(self.name, error)) from error
        try:
            self._container = av.open(
                str(self.path.absolute()),  # FFmpeg takes what stands before a colon for a protocol
                metadata_errors="replace",  # old AVIs have titles in any encoding
            )
        except EOFError as error:
            raise VideoError(f"{self.name}: {_(NO_FRAME)}") from error
        except (av.FFmpegError, OSError, ValueError) as error:
            told = _("not a video that can be read ({reason}); save it as MP4 (H.264), MOV or WebM")
            raise VideoError(f"{self.name}: {told.format(reason=_reason(error))}") from error
        try:
            self._stream = self._video_track()
        except VideoError:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        self.damaged, self.end, self.until = 0, 0.0, 0.0
        self._start = self._stream.start_time  # asked later, Matroska may tell that of a later frame
        self._lasting = self._announced_length()
        self._ending = None if self._lasting else self._announced_end()
        self.width, self.height = self._square(self._stream.codec_context)

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._container.close()

    def frames(self, fps: float) -> Iterator[SampledFrame]:
        """Frames in their order: the first one of each 1/fps seconds, by their time stamps.

        Where these begin anew, as in files that were joined, the time goes on.

        Raises:
            VideoError: there is no frame at all, or they are too large.
        """
        slot, found, shift = -1, 0, 0.0
        for frame in self._decoded():
            time = self._time(frame, found) + shift
            if time < self.end - SMALLEST_RESTART:
                time, shift = self.until, shift + self.until - time
            found += 1
            self.end = max(self.end, time)
            self.until = self.end + self._lasts(frame)
            if int(self.end * fps + 1e-6) <= slot:
                continue
            slot = int(self.end * fps + 1e-6)
            image, scale = self._upright(frame)
            yield SampledFrame(self.end, slot, image, scale)
        if not found:
            raise VideoError(f"{self.name}: {_(NO_FRAME)}")

    def frame_at(self, time: float) -> np.ndarray:
        """The frame that is shown at a time, (height, width, 3) uint8 RGB; the last one where it ends before.

        Raises:
            VideoError: there is no frame at all, or they are too large.
        """
        if self._start is None:
            next(self._decoded(), None)
        start = (self._start or 0) + int(max(0.0, time) / self._stream.time_base)
        self._container.seek(start, stream=self._stream)
        shown = None
        for number, frame in enumerate(self._decoded()):
            if shown is not None and self._time(frame, number) > time + 1e-3:
                break
            shown = frame
        if shown is None:
            raise VideoError(f"{self.name}: {_(NO_FRAME)}")
        return self._upright(shown)[0]

    @property
    def breaks_off(self) -> bool:
        """Whether it ended clearly before its announced length; to be asked after the last frame."""
        return bool(self.seconds and self.until < 0.95 * self.seconds - 1)

    def notice(self) -> str | None:
        """What was wrong with the file though it could be read, a sentence; None where nothing was."""
        told = []
        if self.damaged:
            one, more = _("1 damaged place was skipped"), _("{number} damaged places were skipped")
            told.append(one if self.damaged == 1 else more.format(number=self.damaged))
        if self.breaks_off:
            breaks = _("it breaks off at {end:.0f} s of the {seconds:.0f} s that it announces")
            told.append(breaks.format(end=self.until, seconds=self.seconds))
        both, kept = _(", and ").join(told), _("what could be decoded was answered")
        return f"{self.name}: {both}; {kept}" if told else None

    def _video_track(self) -> av.VideoStream:
        pictures = av.stream.Disposition.attached_pic
        tracks = [stream for stream in self._container.streams.video if not stream.disposition & pictures]
        if not tracks:
            sound = _("has no video track, only sound; give a file with pictures")
            nothing = _("has no video track; give a file with pictures")
            raise VideoError(f"{self.name}: {sound if self._container.streams.audio else nothing}")
        if tracks[0].codec_context is None:
            told = _("its video is encoded in a way that can't be read; save it as MP4 (H.264), MOV or WebM")
            raise VideoError(f"{self.name}: {told}")
        return tracks[0]

    @property
    def seconds(self) -> float | None:
        """Length that the file announces; None where it announces none."""
        if self._ending is None:
            return self._lasting
        start = float((self._start or 0) * (self._stream.time_base or 0))
        return max(0.0, self._ending - start)

    def _announced_length(self) -> float | None:
        if self._start is None or not (self._stream.duration and self._stream.time_base):
            return None
        return float(self._stream.duration * self._stream.time_base)

    def _announced_end(self) -> float | None:
        """Counted from the time stamp 0, wherever the first frame stands."""
        for key, text in self._stream.metadata.items():  # of a Matroska track; its sound may be longer
            if key.startswith("DURATION") and (clock := re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d*)?)", text)):
                hours, minutes, seconds = map(float, clock.groups())
                return 3600 * hours + 60 * minutes + seconds
        return self._container.duration / av.time_base if self._container.duration else None

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError):
                self.damaged += 1
                return
            if self._start is None:
                self._start = packet.pts
            try:
                frames = packet.decode()
            except (av.FFmpegError, OSError):
                self.damaged += 1
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self.damaged += 1
                else:
                    yield frame

    def _time(self, frame: av.VideoFrame, number: int) -> float:
        if frame.time is None:
            return number / self._rate
        start = (self._start or 0) * (self._stream.time_base or 0)
        return max(0.0, float(frame.time - start))

    def _lasts(self, frame: av.VideoFrame) -> float:
        return float(frame.duration * (frame.time_base or 0)) or 1 / self._rate

    @property
    def _rate(self) -> float:
        return float(self._stream.average_rate or USUAL_RATE)

    def _upright(self, frame: av.VideoFrame) -> tuple[np.ndarray, float]:
        if frame.width * frame.height > MAX_PIXELS:
            told = _("has {width}x{height} pixels; at most {most} megapixels are read, make it smaller")
            size = {"width": frame.width, "height": frame.height, "most": MAX_PIXELS // 10**6}
            raise VideoError(f"{self.name}: {told.format(**size)}")
        lying = self._square(frame)
        scale = min(1.0, LARGEST_SIDE / max(lying))
        width, height = (max(2, round(length * scale)) for length in lying)
        image = frame.to_ndarray(format="rgb24", width=width, height=height)
        mirrored = _mirrored(frame)
        if mirrored:
            image = np.ascontiguousarray(image[:, ::-1])
        turn = TURNS.get(round((frame.rotation + 180 * mirrored) / 90) * 90 % 360)
        sideways = turn is not None and turn != cv2.ROTATE_180
        self.width, self.height = lying[::-1] if sideways else lying
        return (image if turn is None else cv2.rotate(image, turn)), scale

    def _square(self, coded: av.VideoFrame | av.VideoCodecContext) -> tuple[int, int]:
        """Width and height with square pixels; those of television and its tapes are wider or narrower than high."""
        return max(1, round(coded.width * (self._stream.sample_aspect_ratio or 1))), coded.height


def _mirrored(frame: av.VideoFrame) -> bool:
    """Whether it is to be flipped left to right before it is turned, by half a turn more than its `rotation` says."""
    # A frame lives on until Python next looks for cycles once its side data is asked for; a tiny copy has the same.
    tiny = frame.reformat(width=8, height=8, format="gray", interpolation="POINT")
    try:
        data = tiny.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV refuses all side data where it does not know one of them, such as EXIF
        return False
    if data is None:
        return False
    matrix = np.frombuffer(data, np.int32).astype(float)
    return bool(matrix[0] * matrix[4] < matrix[1] * matrix[3])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
