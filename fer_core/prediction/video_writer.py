"""An MP4 file, written frame by frame."""

import contextlib
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from fer_core.opencv import cv2
from fer_core.prediction.errors import VideoError

SUFFIXES = (".mp4", ".m4v")
OPTIONS = {"preset": "veryfast", "crf": "25"}
KEY_FRAME_EVERY = 25
"""So that a viewer who jumps to a time finds a frame to begin at nearby."""


class VideoWriter:
    """Writes H.264 into an MP4 file in a `with` block; the file appears under its name when it is complete.

    Args:
        path: the file; one that is there is replaced.
        fps: frames a second.

    Raises:
        VideoError: the file can't be written, or its name is not that of an MP4 file.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in SUFFIXES:
            raise VideoError(
                f"{self.path}: can't be written (it would be an MP4 file); choose a name that ends with .mp4"
            )
        self._part = self.path.with_name(f"{self.path.name}.part")
        self._rate = Fraction(fps).limit_denominator(1000)
        try:
            part = str(self._part.absolute())  # FFmpeg takes what stands before a colon for a protocol
            self._container = av.open(part, "w", format="mp4", options={"movflags": "+faststart"})
        except (av.FFmpegError, OSError) as error:
            raise VideoError(f"{self.path}: can't be written ({error.strerror})") from error
        self._stream: av.VideoStream | None = None

    def __enter__(self) -> "VideoWriter":
        return self

    def write(self, image: np.ndarray, slot: int) -> None:
        """Add a frame; it is shown from `slot` / fps seconds on, the first one from the start on.

        Players count the time from the first frame, wherever it stands.

        Args:
            image: (height, width, 3) uint8 RGB; one of another size than the first is fitted into it, with black bars.
                Odd lengths lose a pixel.
            slot: larger than the one before.

        Raises:
            VideoError: the file can't be written.
        """
        height, width = (length // 2 * 2 for length in image.shape[:2])
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", rate=self._rate, options=OPTIONS)
            self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
            self._stream.codec_context.gop_size = KEY_FRAME_EVERY
            self._stream.codec_context.time_base = 1 / self._rate
            if slot:
                self.write(image, 0)
        image = image[:height, :width]
        if (width, height) != (self._stream.width, self._stream.height):
            image = _fitted(image, self._stream.width, self._stream.height)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = slot, 1 / self._rate
        self._mux(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._stream is not None:
                self._mux(None)
            self._container.close()
            if kind is None and self._stream is not None:
                self._part.replace(self.path)
        except (av.FFmpegError, OSError) as failed:
            if kind is None:
                raise VideoError(f"{self.path}: can't be written ({failed.strerror})") from failed
        finally:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise VideoError(f"{self.path}: can't be written ({error.strerror})") from error


def _fitted(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """The whole image in the middle of a black one, (height, width, 3) uint8, as large as it fits."""
    scale = min(width / image.shape[1], height / image.shape[0])
    rows, columns = (max(1, round(length * scale)) for length in image.shape[:2])
    top, left = (height - rows) // 2, (width - columns) // 2
    fitted = np.zeros((height, width, 3), np.uint8)
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    fitted[top : top + rows, left : left + columns] = cv2.resize(image, (columns, rows), interpolation=smooth)
    return fitted
