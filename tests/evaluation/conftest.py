from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.training.assemble import assemble
from fer_core.training.config import RunConfig
from fer_core.training.record import MODEL, SplitProbabilities, write_run
from fer_core.training.split import split_of
from tests.conftest import write_model
from tests.training.records import made_up_record


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """(probabilities, labels) of 400 images in the seven classes, right more often than by chance."""
    random = np.random.default_rng(11)
    labels = random.choice(7, 400, p=[0.15, 0.03, 0.15, 0.25, 0.17, 0.15, 0.1])
    logits = random.normal(size=(400, 7))
    logits[np.arange(400), labels] += 1.2
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels


@pytest.fixture(scope="session")
def drawn() -> FaceDataset:
    return drawn_dataset(400)


@pytest.fixture(scope="session")
def write_ensemble() -> Callable[..., Path]:
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
    write_ensemble: Callable[..., Path], drawn: FaceDataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Card of two runs on the drawn faces."""
    return write_ensemble(tmp_path_factory.mktemp("recorded"), drawn)
