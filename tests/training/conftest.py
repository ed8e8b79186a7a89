import os
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.training.config import RunConfig
from tests.training import records


@pytest.fixture(scope="session")
def drawn() -> FaceDataset:
    return drawn_dataset(images=280, seed=3)


@pytest.fixture(scope="session")
def quick() -> RunConfig:
    """The cheapest run: seconds on the drawn set."""
    return RunConfig(network="compact_vgg", epochs=2, batch_size=64, precision="float32", learning_rate=0.02)


@pytest.fixture(scope="session")
def write_recorded_run() -> Callable[..., Path]:
    """`write(folder, *, seed, network, images, soft_labels)`: a recorded run of made-up numbers, a tiny network."""
    return records.write_recorded_run


@pytest.fixture
def recorded_run(write_recorded_run: Callable[..., Path], tmp_path: Path) -> Path:
    return write_recorded_run(tmp_path / "recorded" / "run-1")
