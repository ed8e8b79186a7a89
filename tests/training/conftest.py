import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.training.config import RunConfig
from fer_core.training.record import MODEL, RunRecord, SplitProbabilities, write_run


@pytest.fixture(scope="session")
def drawn() -> FaceDataset:
    return drawn_dataset(images=280, seed=3)


@pytest.fixture(scope="session")
def quick() -> RunConfig:
    """The cheapest run: seconds on the drawn set."""
    return RunConfig(network="compact_vgg", epochs=2, batch_size=64, precision="float32", learning_rate=0.02)


@pytest.fixture(scope="session")
def write_recorded_run(model_writer: Callable[..., Path]) -> Callable[..., Path]:
    """`write(folder, *, seed, ids)`: a complete recorded run of made-up numbers, with a tiny network."""

    def write(folder: Path, *, seed: int = 0, network: str = "compact_vgg", images: int = 210) -> Path:
        rng = np.random.default_rng(seed)
        labels = np.arange(images) % 7
        splits = {}
        for name in ("validation", "holdout", "public", "private"):
            scores = rng.normal(0, 1, (images, 7)) + 2 * np.eye(7)[labels]
            probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            ids = np.array([f"{name}/{number}" for number in range(images)])
            splits[name] = SplitProbabilities(ids, labels, probabilities, np.arange(images) % 10 == 0)
        now = datetime(2026, 1, 2, tzinfo=UTC)
        record = RunRecord(
            id=folder.name,
            config=RunConfig(network=network, epochs=2, seed=seed, holdout=True),
            data_fingerprint="0123456789abcdef",
            synthetic=True,
            train_images=100,
            code_version="test",
            packages={},
            hardware={"cores": 2, "backend": "tensorflow", "device": "cpu:0", "precision": "float32"},
            started=now,
            finished=now,
            train_seconds=2.0,
            kept_epoch=2,
            parameters=10,
        )
        rows = [{"epoch": e, "loss": 1 / e, "accuracy": e / 4, "val_accuracy": e / 5, "seconds": 1.0} for e in (1, 2)]
        write_run(folder, record, rows, splits)
        model_writer(folder / MODEL, seed=seed)
        return folder

    return write


@pytest.fixture
def recorded_run(write_recorded_run: Callable[..., Path], tmp_path: Path) -> Path:
    return write_recorded_run(tmp_path / "recorded" / "run-1")
