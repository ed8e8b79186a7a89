"""Made-up records, of single runs and of the cells of a study."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import yaml

from fer_core.files import write_atomically
from fer_core.training.config import RunConfig
from fer_core.training.folder import CHECKPOINT, CONFIG, STATE, Started
from fer_core.training.record import MODEL, RECORD, RunRecord, SplitProbabilities, write_run
from fer_core.training.study import Cell
from tests.conftest import write_model


def made_up_record(id: str, config: RunConfig, **fields: object) -> RunRecord:
    """A record; what is not given is made up."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    made_up = {
        "data_fingerprint": "0123456789abcdef",
        "synthetic": True,
        "train_images": 100,
        "code_version": "test",
        "packages": {},
        "hardware": {"cores": 2, "backend": "tensorflow", "device": "cpu:0", "precision": "float32"},
        "started": now,
        "finished": now,
        "train_seconds": 2.0,
        "kept_epoch": 1,
        "parameters": 10,
    }
    return RunRecord(id=id, config=config, **made_up | fields)


def write_recorded_run(
    folder: Path,
    *,
    seed: int = 0,
    network: str = "compact_vgg",
    images: int = 210,
    soft_labels: str | None = None,
    **changes: object,
) -> Path:
    """A complete recorded run of made-up numbers, with a tiny network; `changes` go to its configuration."""
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % 7
    splits = {}
    for name in ("validation", "holdout", "public", "private"):
        scores = rng.normal(0, 1, (images, 7)) + 2 * np.eye(7)[labels]
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        ids = np.array([f"{name}/{number}" for number in range(images)])
        also_in_training = (np.arange(images) % 10 == 0) & (name in ("public", "private"))
        splits[name] = SplitProbabilities(ids, labels, probabilities, also_in_training)
    config = RunConfig(network=network, epochs=2, seed=seed, holdout=True, **changes)
    record = made_up_record(folder.name, config, soft_labels=soft_labels, kept_epoch=2)
    rows = [{"epoch": e, "loss": 1 / e, "accuracy": e / 4, "val_accuracy": e / 5, "seconds": 1.0} for e in (1, 2)]
    write_run(folder, record, rows, splits)
    write_model(folder / MODEL, seed=seed)
    return folder


def keep_weights(folder: Path) -> Path:
    """What a recorded run's checkpoint keeps: the file of its weights, in place of which something else stands."""
    checkpoint = folder / CHECKPOINT
    checkpoint.mkdir()
    state = {"weights": "epoch2.weights.h5", "best": "best2.weights.h5", "kept_epoch": 2, "history": []}
    write_atomically(checkpoint / STATE, json.dumps(state))
    (checkpoint / "best2.weights.h5").write_bytes(b"weights")
    return checkpoint / "best2.weights.h5"


def write_recorded_cells(cells: Sequence[Cell], root: Path, data_fingerprint: str = "0123456789abcdef") -> None:
    """Records that are taken for those of these cells, trained on the data set of this fingerprint."""
    for number, cell in enumerate(cells):
        folder = write_recorded_run(root / cell.name, seed=number)
        config = cell.config.model_dump(mode="json")
        record = yaml.safe_load((folder / RECORD).read_text())
        record |= {"config": config, "data_fingerprint": data_fingerprint}
        write_atomically(folder / RECORD, yaml.safe_dump(record))
        begun = dataclasses.asdict(Started(cell.config, data_fingerprint)) | {"config": config}
        write_atomically(folder / CONFIG, yaml.safe_dump(begun))
