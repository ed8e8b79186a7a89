"""Live stream and video files: frames a second, delay, time and memory, each as a ratio to its goal.

python -m benchmarks.live                        # everything, a 10-minute clip included
python -m benchmarks.live --minutes 1            # a shorter clip, its time scaled up
python -m benchmarks.live --soak 10              # ten more minutes of the stream, whose memory must not grow
python -m benchmarks.live --peer ENV/bin/python  # beside it the package fer 25.10.3, installed in that environment
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import av
import numpy as np
import psutil
import typer
from skimage import data

from fer_core.opencv import cv2
from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.stream import LiveStream

SIZE = 640, 480
CAMERA_FPS = 30
GOALS = {1: 30.0, 4: 20.0}
"""Frames a second by the number of faces."""
DELAY_SECONDS, DELAY99_SECONDS = 0.050, 0.120
CLIP_MINUTES, CLIP_SECONDS, CLIP_BYTES = 10, 90.0, 700e6
PEER_RATIO = 5
PEER_FRAMES = 40


def frames(faces: int, count: int) -> Iterator[np.ndarray]:
    """(480, 640, 3) uint8 RGB with one or four copies of a face that move."""
    width, height = SIZE
    side = height if faces == 1 else height // 2
    picture = cv2.resize(data.astronaut(), (side, side), interpolation=cv2.INTER_AREA)
    for number in range(count):
        frame = np.full((height, width, 3), 90, np.uint8)
        swing = np.sin(number / 20)
        for place in range(faces):
            column, row = place % 2, place // 2
            room = (width if faces == 1 else width // 2) - side
            left = column * width // 2 + round(room / 2 * (1 + swing))
            frame[row * side : (row + 1) * side, left : left + side] = picture
        yield frame


def saturated(predictor: Predictor, faces: int, count: int) -> float:
    """Frames a second of a stream that always has a newer frame to answer."""
    stream, pictures = LiveStream(predictor), list(frames(faces, 60))
    for number in range(30):
        stream.process(pictures[number], number / CAMERA_FPS)
    began = time.perf_counter()
    for number in range(count):
        stream.process(pictures[number % len(pictures)], 1 + time.perf_counter() - began)
    return count / (time.perf_counter() - began)


def paced(predictor: Predictor, faces: int, seconds: float, *, watch_memory: bool = False) -> dict[str, float]:
    """Delays of a stream whose camera gives 30 frames a second."""
    stream, pictures, process = LiveStream(predictor), list(frames(faces, 126)), psutil.Process()
    stream.warm_up()
    stream.process(pictures[0], 0.0)
    began, memory = time.monotonic(), []
    for number in range(int(seconds * CAMERA_FPS)):
        time.sleep(max(0.0, began + number / CAMERA_FPS - time.monotonic()))
        stream.submit(pictures[number % len(pictures)])
        if watch_memory and number % (CAMERA_FPS * 10) == 0:
            memory.append(process.memory_info().rss)
    statistics = stream.statistics()
    stream.close()
    stream.join(10)
    told = {"fps": statistics.fps, "delay": statistics.delay, "delay99": statistics.delay99}
    settled = memory[len(memory) // 4 :]
    return told | ({"growth": max(settled) - settled[0], "rss": settled[-1]} if settled else {})


def write_clip(path: Path, minutes: float) -> None:
    """An H.264 clip of one moving face, 30 frames a second."""
    pictures = list(frames(1, 126))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=CAMERA_FPS, options={"preset": "ultrafast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(int(minutes * 60 * CAMERA_FPS)):
            frame = av.VideoFrame.from_ndarray(pictures[number % len(pictures)], format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, CAMERA_FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def clip(card: Path, minutes: float, *, annotated: bool) -> tuple[float, int]:
    """Seconds and peak bytes of `predict` on a clip, start of the process included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        write_clip(path, minutes)
        words = [sys.executable, "-m", "fer_core", "predict", str(path), "--csv", str(Path(folder, "clip.csv"))]
        words += ["--fps", "5", "--model", str(card)]
        words += ["--annotated", str(Path(folder, "annotated.mp4"))] if annotated else []
        began = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def peer(python: Path, faces: int) -> dict[str, dict[str, float] | str]:
    """Of each pipeline of the package fer on the same frames: `seconds` a frame and `faces` found, or why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frames.npy")
        np.save(path, np.stack(list(frames(faces, PEER_FRAMES)))[..., ::-1])
        script = Path(__file__).with_name("peer_fer.py")
        answer = subprocess.run(
            [str(python), str(script), str(path)], check=False, capture_output=True, text=True, cwd=folder
        )
    if answer.returncode:
        return {"fer": (answer.stderr.strip().splitlines() or ["no word"])[-1]}
    return json.loads(answer.stdout.strip().splitlines()[-1])


def main(
    card: Annotated[Path, typer.Option(help="ensemble card")] = SHIPPED_CARD,
    seconds: Annotated[float, typer.Option(help="of each live measurement", min=2)] = 20,
    minutes: Annotated[float, typer.Option(help="of the clip; 0 leaves it out", min=0)] = CLIP_MINUTES,
    soak: Annotated[float, typer.Option(help="minutes of the stream whose memory is watched", min=0)] = 0,
    peer_python: Annotated[Path | None, typer.Option("--peer", help="Python that has fer 25.10.3")] = None,
) -> None:
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"{card}, {cores} cores; load before the start {load:.1f}" + (": others work beside" if load > 0.5 else ""))
    if minutes:
        start, _ = clip(card, 1 / 60, annotated=False)
        for annotated in (False, True):
            took, peak = clip(card, minutes, annotated=annotated)
            whole = start + (took - start) * CLIP_MINUTES / minutes
            print(
                f"clip of {minutes:g} min at 5 frames/s{', annotated copy too' if annotated else ''}: {took:.1f} s"
                f"{'' if minutes == CLIP_MINUTES else f', so about {whole:.0f} s for {CLIP_MINUTES} min'} "
                f"({whole / CLIP_SECONDS:.2f} of {CLIP_SECONDS:g} s); peak {peak / 1e6:.0f} MB "
                f"({peak / CLIP_BYTES:.2f} of {CLIP_BYTES / 1e6:g} MB)"
            )
    predictor = Predictor(Ensemble.load(card))
    print(", ".join(predictor.ensemble.names))
    rates = {}
    for faces, goal in GOALS.items():
        rates[faces] = rate = saturated(predictor, faces, int(seconds * goal))
        told = paced(predictor, faces, seconds)
        print(
            f"{faces} face{'s' * (faces > 1)}, 640x480: {rate:.1f} frames/s ({rate / goal:.2f} of {goal:g}); "
            f"from a camera of {CAMERA_FPS} frames/s {told['fps']:.1f}, "
            f"median delay {told['delay'] * 1e3:.0f} ms ({told['delay'] / DELAY_SECONDS:.2f} of "
            f"{DELAY_SECONDS * 1e3:g} ms), 99% {told['delay99'] * 1e3:.0f} ms "
            f"({told['delay99'] / DELAY99_SECONDS:.2f} of {DELAY99_SECONDS * 1e3:g} ms)"
        )
    if soak:
        told = paced(predictor, 1, soak * 60, watch_memory=True)
        print(
            f"soak of {soak:g} min: {told['rss'] / 1e6:.0f} MB, {told['growth'] / 1e6:+.1f} MB after a quarter of it; "
            f"{threading.active_count()} thread(s) left"
        )
    if peer_python:
        for faces, rate in rates.items():
            for name, found in peer(peer_python, faces).items():
                if isinstance(found, str):
                    print(f"fer 25.10.3, {name}: does not run here ({found})")
                else:
                    print(
                        f"fer 25.10.3, {name}, {faces} face{'s' * (faces > 1)}: {1 / found['seconds']:.1f} frames/s, "
                        f"{found['faces']:.1f} faces found in one; ours is {rate * found['seconds']:.1f} times as fast "
                        f"(goal: {PEER_RATIO})"
                    )


if __name__ == "__main__":
    typer.run(main)
