import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil
import pytest

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.detection import CenterFaceDetector
from fer_core.prediction.video import VideoPrediction, predict_video
from tests.prediction.clips import gray, write_clip


def look_at(path: Path, card: Path) -> tuple[VideoPrediction, list[int]]:
    """The video's emotions, and this process's memory in bytes after each frame."""
    process, memory = psutil.Process(), []
    predictor = Predictor(Ensemble.load(card), CenterFaceDetector())
    found = predict_video(path, predictor, fps=0.1, on_progress=lambda _: memory.append(process.memory_info().rss))
    return found, memory


def test_an_hour_is_looked_at_in_flat_memory(tiny_card, tmp_path):
    path = write_clip(tmp_path / "hour.mp4", gray(1800, (320, 240)), times=range(0, 3600, 2))
    # Apart: what other tests left running in this process takes memory too.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        found, memory = apart.submit(look_at, path, tiny_card).result()

    assert (found.frames, found.seconds) == (360, pytest.approx(3590, abs=4))
    assert max(memory[100:]) - memory[99] < 20e6  # the frames themselves would be 60 MB
