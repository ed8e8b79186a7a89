"""Recorded runs and ensembles of made-up but likely numbers, without a network behind them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from fer_core.emotions import EMOTIONS
from fer_core.training.config import RunConfig
from fer_core.training.record import SplitProbabilities, write_run
from tests.training.records import made_up_record

FINGERPRINT = "0123456789abcdef"
SIZES = {"validation": 210, "holdout": 140, "public": 210, "private": 210}
SHARES = np.array([0.135, 0.02, 0.145, 0.245, 0.17, 0.165, 0.12])
ALIKE = np.array(  # how much of one class another looks like
    [
        [1.0, 0.3, 0.3, 0.1, 0.3, 0.4, 0.1],
        [0.5, 1.0, 0.2, 0.1, 0.1, 0.3, 0.1],
        [0.3, 0.1, 1.0, 0.1, 0.3, 0.4, 0.4],
        [0.1, 0.0, 0.1, 1.0, 0.2, 0.1, 0.1],
        [0.2, 0.1, 0.2, 0.2, 1.0, 0.4, 0.1],
        [0.3, 0.1, 0.4, 0.1, 0.4, 1.0, 0.1],
        [0.1, 0.0, 0.4, 0.1, 0.1, 0.1, 1.0],
    ]
)


def likely_answers(split: str, images: int, *, seed: int, skill: float) -> SplitProbabilities:
    """Answers of one network; the images and how hard they are follow from the split's name alone."""
    shared = np.random.default_rng(sum(map(ord, split)))
    labels = np.concatenate([np.arange(7), shared.choice(7, images - 7, p=SHARES)])
    difficulty = shared.normal(0, 0.9, (images, 7))
    own = np.random.default_rng(seed).normal(0, 0.8, (images, 7))
    logits = skill * 3 * ALIKE[labels] + difficulty + own
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    ids = np.array([f"{split}/{EMOTIONS[label]}/im{number}.png" for number, label in enumerate(labels)])
    known = (np.arange(images) % 12 == 0) & (split in ("public", "private"))
    return SplitProbabilities(ids, labels, probabilities, known)


def write_record(
    folder: Path,
    *,
    seed: int = 0,
    network: str = "compact_vgg",
    skill: float = 0.8,
    sizes: dict[str, int] | None = None,
    epochs: int = 12,
    **changes: object,
) -> Path:
    """A complete recorded run, but for its network; `changes` go to its configuration."""
    config = RunConfig(network=network, epochs=epochs, seed=seed, holdout=True, **changes)
    splits = {name: likely_answers(name, images, seed=seed, skill=skill) for name, images in (sizes or SIZES).items()}
    first = next(iter(splits.values()))
    best = float((first.probabilities.argmax(axis=1) == first.labels).mean())
    progress = 1 - np.exp(-3 * np.arange(1, epochs + 1) / epochs)
    wobble = np.random.default_rng(seed).normal(0, 0.004, epochs)
    validation = best * progress / progress.max() + wobble
    validation[-1] = validation.max() + 0.001
    rows = [
        {
            "epoch": epoch + 1,
            "loss": 1.9 - 1.2 * progress[epoch],
            "accuracy": min(1.0, 1.15 * validation[epoch]),
            "top2_accuracy": min(1.0, 1.15 * validation[epoch] + 0.15),
            "val_loss": 1.9 - progress[epoch],
            "val_accuracy": validation[epoch],
            "val_top2_accuracy": min(1.0, validation[epoch] + 0.17),
            "seconds": 40.0 + seed % 5,
            "learning_rate": 0.1 * (1 - epoch / epochs),
        }
        for epoch in range(epochs)
    ]
    record = made_up_record(
        folder.name,
        config,
        data_fingerprint=FINGERPRINT,
        synthetic=False,
        train_images=20_000,
        code_version="0123456789ab",
        packages={"keras": "3.15.1"},
        hardware={"cores": 2, "backend": "tensorflow", "device": "cpu:0", "precision": "bfloat16"},
        train_seconds=sum(row["seconds"] for row in rows),
        kept_epoch=epochs,
        parameters=1_000_000 * (1 + seed % 7),
    )
    write_run(folder, record, rows, splits)
    return folder


def answer_alike(folder: Path, answer: int) -> Path:
    """The same run as that of a network that collapsed: one answer to everything, and a history that says so."""
    with np.load(folder / "probabilities.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name in [name for name in arrays if name.endswith("_probabilities")]:
        arrays[name] = np.tile(np.eye(7, dtype=np.float16)[answer], (len(arrays[name]), 1))
    np.savez_compressed(folder / "probabilities.npz", **arrays)
    history = pd.read_csv(folder / "history.csv")
    history.assign(val_accuracy=(arrays["validation_labels"] == answer).mean()).to_csv(
        folder / "history.csv", index=False
    )
    return forget_digests(folder)


def forget_digests(folder: Path) -> Path:
    """The same run as a record from before digests were kept: its files can be changed unnoticed."""
    record = yaml.safe_load((folder / "run.yaml").read_text())
    record["files"] = {}
    (folder / "run.yaml").write_text(yaml.safe_dump(record))
    return folder


def know_all(folder: Path, *splits: str) -> Path:
    """The same run as one all of whose images of some splits stand among those it was trained on."""
    path = forget_digests(folder) / "probabilities.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    for name in splits:
        arrays[f"{name}_also_in_training"] = np.ones(len(arrays[f"{name}_labels"]), dtype=bool)
    np.savez_compressed(path, **arrays)
    return folder


def write_ensemble(folder: Path, runs: list[Path], *, name: str = "three", file: str = "ensemble.json") -> Path:
    """A card of equal members that names recorded runs which stand anywhere; its networks are empty files."""
    folder.mkdir(parents=True, exist_ok=True)
    members = []
    for number, run in enumerate(runs):
        network = folder / f"{run.name}.onnx"
        network.write_bytes(b"")
        members.append(
            {
                "name": f"member_{number + 1}",
                "file": network.name,
                "sha256": hashlib.sha256(b"").hexdigest(),
                "run": str(run.resolve()),
            }
        )
    card = {
        "name": name,
        "classes": EMOTIONS,
        "preprocessing": {},
        "flip_averaging": True,
        "temperature": 0.8,
        "not_sure_below": 0.4,
        "data_fingerprint": FINGERPRINT,
        "members": members,
    }
    (folder / file).write_text(json.dumps(card), encoding="utf-8")
    return folder / file


def write_library(shipped: Path, own: Path) -> None:
    """Three shipped runs, the ensemble of them, and a run of one's own, which is called `mine`."""
    names = ("compact_resnet", "compact_vgg", "compact_densenet")
    runs = [
        write_record(shipped / "runs" / name, seed=seed, network=name, skill=0.7 + seed / 10)
        for seed, name in enumerate(names)
    ]
    write_ensemble(shipped, runs)
    write_record(own / "mine", seed=7, network="cnn", skill=0.6, optimizer="adam", learning_rate=1e-3)
