import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.detection import CenterFaceDetector
from fer_core.prediction.video import predict_video
from tests.prediction.clips import gray, write_clip


def test_an_hour_is_looked_at_in_flat_memory(tiny_card, tmp_path):
    path = write_clip(tmp_path / "hour.mp4", gray(1800, (320, 240)), times=range(0, 3600, 2))
    # Apart: what other tests left running in this process takes memory too.
    command = [sys.executable, "-m", __name__, str(path), str(tiny_card)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)

    assert (found["frames"], found["seconds"]) == (360, pytest.approx(3590, abs=4))
    memory = found["memory"]
    assert max(memory[100:]) - memory[99] < 20e6  # the frames themselves would be 60 MB


def look_at(path: Path, card: Path) -> None:
    """Print how far a video was looked at, and this process's memory in bytes after each frame."""
    process, memory = psutil.Process(), []
    predictor = Predictor(Ensemble.load(card), CenterFaceDetector())
    found = predict_video(path, predictor, fps=0.1, on_progress=lambda _: memory.append(process.memory_info().rss))
    print(json.dumps({"frames": found.frames, "seconds": found.seconds, "memory": memory}))


if __name__ == "__main__":
    look_at(Path(sys.argv[1]), Path(sys.argv[2]))
