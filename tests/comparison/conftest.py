from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_core.comparison import statistics
from fer_core.comparison.places import Places
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.training.assemble import assemble
from fer_core.training.config import RunConfig
from fer_core.training.record import MODEL, SplitProbabilities, write_run
from fer_core.training.split import split_of
from tests.comparison.records import write_library
from tests.conftest import write_model
from tests.training.records import made_up_record


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Statistics of a test are kept in its own folder, and nothing is known from the test before."""
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(statistics, "_kept", {})
    return tmp_path / "cache"


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """Places that hold nothing yet."""
    return Places(tmp_path / "models", tmp_path / "runs", tmp_path / "imported")


@pytest.fixture
def recorded(where: Places) -> Places:
    """Places with three shipped runs, the ensemble of them, and a run of one's own."""
    write_library(where.shipped, where.own)
    return where


@pytest.fixture(scope="session")
def drawn() -> FaceDataset:
    return drawn_dataset(400)


@pytest.fixture(scope="session")
def write_held_out() -> Callable[..., Path]:
    """`write(folder, dataset, **config)`: card of two recorded runs that hold out what `config` lets them."""

    def write(folder: Path, dataset: FaceDataset, **config: object) -> Path:
        runs = []
        for seed in range(2):
            runs.append(folder / f"run-{seed}")
            asked = RunConfig(network="compact_vgg", holdout=True, split_seed=seed, **config)
            held = split_of(asked, dataset).holdout
            answers = np.random.default_rng(seed).dirichlet(np.ones(7), len(held))
            split = SplitProbabilities(dataset.names[held], dataset.labels[held], answers, np.zeros(len(held), bool))
            record = made_up_record(runs[-1].name, asked, data_fingerprint=dataset.fingerprint)
            rows = [{"epoch": 1, "val_accuracy": 0.5}]
            write_run(runs[-1], record, rows, {"holdout": split})
            write_model(runs[-1] / MODEL, seed=seed)
        assemble(runs, folder / "models", name="recorded", sure_accuracy=0.01)
        return folder / "models" / "ensemble.json"

    return write


@pytest.fixture(scope="session")
def recorded_card(
    write_held_out: Callable[..., Path], drawn: FaceDataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Card of two runs on the drawn faces."""
    return write_held_out(tmp_path_factory.mktemp("recorded"), drawn)
