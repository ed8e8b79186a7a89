from pathlib import Path

import pytest

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.detection import CenterFaceDetector
from tests.prediction.clips import moving, write_clip


@pytest.fixture(scope="module")
def predictor(tiny_card):
    return Predictor(Ensemble.load(tiny_card), CenterFaceDetector())


@pytest.fixture(scope="module")
def clip(tmp_path_factory, astronaut) -> Path:
    """Three seconds, 10 frames a second, of one face that moves to the right."""
    return write_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", moving(astronaut, 30, step=4))
