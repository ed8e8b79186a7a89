"""Frames with one moving real face, as a camera would give them, and video files of them."""

import itertools
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from fer_core.opencv import cv2
from fer_core.prediction.video_frames import VideoReader


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


def gray(count: int, size: tuple[int, int] = (64, 48)) -> Iterator[np.ndarray]:
    """Frames with nothing in them."""
    return itertools.repeat(np.full((size[1], size[0], 3), 90, np.uint8), count)


def write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    times: Iterable[float] | None = None,
    fps: int | Fraction = 10,
    codec: str = "libx264",
    pixel: Fraction | None = None,
    title: str | None = None,
) -> Path:
    """A video file of RGB frames of one size.

    Args:
        times: of each frame in seconds; evenly spaced by `fps` where None.
        pixel: width of a pixel over its height; square where None.
    """
    times = itertools.count(0, 1 / fps) if times is None else times
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": title} if title else {})
        stream = container.add_stream(codec, rate=fps, options={"preset": "ultrafast", "g": "10"})
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if pixel:
            stream.codec_context.sample_aspect_ratio = pixel
        for number, (frame, time) in enumerate(zip(frames, times, strict=False)):
            if number == 0:
                stream.height, stream.width = frame.shape[:2]
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """A file with a second of silence and no pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return path


def write_with_longer_sound(path: Path, *, seconds: int, sound: int) -> Path:
    """Gray frames, 10 a second, and silence that goes on after them."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        silence = container.add_stream("aac", rate=48000)
        for frame in gray(10 * seconds):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(pictures.encode(None))
        nothing = av.AudioFrame.from_ndarray(np.zeros((1, 48000 * sound), np.float32), format="fltp", layout="mono")
        nothing.sample_rate = 48000
        container.mux(silence.encode(nothing))
        container.mux(silence.encode(None))
    return path


def turn_by_metadata(path: Path, turn: tuple[int, int, int, int] = (0, 1, -1, 0)) -> Path:
    """Say in an MP4 file that its pictures are to be shown turned or mirrored, as phones do.

    Args:
        turn: a, b, c, d: what lies at x, y is shown at ax + cy, bx + dy; by default turned by 90 degrees clockwise.
    """
    content = bytearray(path.read_bytes())
    one = 1 << 16
    a, b, c, d = (one * value for value in turn)
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    start = content.index(b"tkhd") + 4 + 40
    content[start : start + len(matrix)] = matrix
    path.write_bytes(content)
    return path


def sampled(path: Path, fps: float) -> list[float]:
    """Times of the frames that are looked at."""
    with VideoReader(path) as reader:
        return [frame.time for frame in reader.frames(fps)]
