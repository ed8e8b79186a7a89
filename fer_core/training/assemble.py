"""From recorded runs to the ensemble that predictions are made with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.calibration import calibrate, fit_temperature, threshold_for_accuracy, undo_label_smoothing
from fer_core.files import copy_whole, runs_root, sha256_of, write_atomically
from fer_core.networks import NETWORKS
from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD, EnsembleCard
from fer_core.training.folder import copy_run
from fer_core.training.record import (
    RECORD,
    RecordedRun,
    SplitProbabilities,
    is_run_name,
    kept_model,
    read_run,
)

if TYPE_CHECKING:
    from fer_core.evaluation.report import Evaluation

RUNS = "runs"
TEST_PARTS = {"public": ("public",), "private": ("private",), "test": ("public", "private"), "validation": ("holdout",)}
"""Names of splits of an ensemble -> names in its members' records. An ensemble's validation part is the hold-out, the
one part of the training images that none of its members has seen."""


class AssemblyError(ValueError):
    """These runs make no ensemble; the message says why."""


def member_runs(card: EnsembleCard, folder: str | Path) -> list[RecordedRun]:
    """The runs behind a card, in the order of its members.

    Args:
        folder: where the card stands.

    Raises:
        AssemblyError: the card names no run for a member.
        RecordError: a record is missing or damaged.
    """
    if unrecorded := [member.name for member in card.members if member.run is None]:
        raise AssemblyError(f"{card.name}: no run is recorded for {', '.join(unrecorded)}")
    return [read_run(Path(folder) / member.run) for member in card.members]


def joined(runs: Sequence[RecordedRun], parts: Sequence[str]) -> tuple[SplitProbabilities, np.ndarray]:
    """The runs' own splits joined, with (members, n, 7) probabilities.

    Raises:
        AssemblyError: a run lacks a part, or speaks of other images than the first.
    """
    found = []
    for run in runs:
        if missing := [part for part in parts if part not in run.splits]:
            advice = "; train with --holdout" if "holdout" in missing else ""
            raise AssemblyError(f"{run.folder}: has no probabilities of {', '.join(missing)}{advice}")
        found.append(run.joined(parts))
    for run, split in zip(runs, found, strict=True):
        if not np.array_equal(split.ids, found[0].ids) or not np.array_equal(split.labels, found[0].labels):
            raise AssemblyError(f"{run.folder}: {', '.join(parts)} holds other images than in {runs[0].folder}")
    return found[0], np.stack([split.probabilities for split in found])


def own_folder(name: str) -> Path:
    """Folder of an ensemble of that name among one's own runs.

    Raises:
        AssemblyError: no folder can be called so, or a run or a study is.
    """
    folder = runs_root() / name
    if not is_run_name(name):
        raise AssemblyError(f"name: no folder can be called {name!r}; choose another, or name the folder")
    if folder.exists() and not _holds_ensemble(folder):
        raise AssemblyError(f"{folder}: holds a run or a study; choose another name")
    return folder


def _holds_ensemble(folder: Path) -> bool:
    """Whether an ensemble stands there, or its networks and records, whose card was not written any more."""
    if any((folder / card).exists() for card in (SHIPPED_CARD.name, FAST_CARD)):
        return True
    return (folder / RUNS).is_dir() and all(
        path.name == RUNS or path.suffix in (".onnx", ".part") for path in folder.iterdir()
    )


def check_count(runs: int, *, fast: bool) -> None:
    """See to it that so many runs make an ensemble, or the fast card.

    Raises:
        AssemblyError: they don't.
    """
    if runs < 2 and not fast:
        raise AssemblyError(f"an ensemble needs at least 2 runs, got {runs}")
    if runs != 1 and fast:
        raise AssemblyError(f"the fast card is of 1 run, got {runs}")


def assemble(
    folders: Sequence[str | Path], to: str | Path, *, name: str, sure_accuracy: float = 0.75, fast: bool = False
) -> EnsembleCard:
    """Write an ensemble of equal members: their networks, their records and the card.

    Temperature and threshold are fitted on the hold-out, which no member was trained on and no epoch chosen by.

    Args:
        folders: recorded runs of one data set, trained with `holdout`, that kept their networks.
        to: folder of the card `ensemble.json`; its networks and records are written first, the card last and at once.
        sure_accuracy: the answers that are not "not sure" are right in this share of the hold-out.
        fast: write `fast.json` instead, of a single run: the network that stands in for the ensemble beside it.

    Raises:
        RecordError, AssemblyError: a run is incomplete, the runs don't go together, or no threshold reaches
            `sure_accuracy`.
    """
    to = Path(to)
    runs = [read_run(folder) for folder in folders]
    check_count(len(runs), fast=fast)
    if len({run.record.id for run in runs}) < len(runs):
        raise AssemblyError(f"two of the runs have one name: {', '.join(str(run.folder) for run in runs)}")
    if len({run.record.data_fingerprint for run in runs}) > 1:
        raise AssemblyError("the runs were trained on different data sets")
    plain = [str(run.folder) for run in runs if not run.record.config.flip_averaging]
    if 0 < len(plain) < len(runs):
        raise AssemblyError(
            f"{', '.join(plain)}: answers without flip averaging, the other runs with it; choose runs that agree, or "
            "train them again (--retrain)"
        )
    split, members = joined(runs, TEST_PARTS["validation"])
    copied = [str(run.folder) for run in runs if run.joined(TEST_PARTS["validation"]).also_in_training.any()]
    if copied:
        raise AssemblyError(
            f"{', '.join(copied)}: held-out images also stand, byte for byte, among those trained on; choose runs that "
            "were split by duplicates, or train them again (--retrain)"
        )
    # In float64, as from a card and its records: the threshold is the confidence of one answer, to the last digit.
    mean = np.average(members, axis=0, weights=np.ones(len(runs)))
    smoothing = round(float(np.mean([run.record.config.smoothing_to_undo for run in runs])), 4)
    temperature = round(fit_temperature(undo_label_smoothing(mean, smoothing), split.labels), 4)
    sure = calibrate(mean, temperature=temperature, label_smoothing=smoothing)
    try:
        threshold = threshold_for_accuracy(sure, split.labels, sure_accuracy)
    except ValueError as error:
        raise AssemblyError(f"sure_accuracy: {str(error).removeprefix('accuracy: ')} (--sure-accuracy)") from error
    to.mkdir(parents=True, exist_ok=True)
    listed = [_take_over(run, to) for run in runs]
    for number, member in enumerate(listed):
        same = sum(other["name"].partition(" ")[0] == member["name"] for other in listed[:number])
        member["name"] += f" {same + 1}" if same else ""
    card = EnsembleCard(
        format=1,
        name=name,
        classes=EMOTIONS,
        preprocessing={"size": 48, "channels": 1, "range": (0, 255)},
        flip_averaging=not plain,
        label_smoothing=smoothing,
        temperature=temperature,
        not_sure_below=threshold,
        data_fingerprint=runs[0].record.data_fingerprint,
        members=listed,
    )
    write_atomically(
        to / (FAST_CARD if fast else SHIPPED_CARD.name), json.dumps(card.model_dump(mode="json"), indent=2) + "\n"
    )
    return card


def _take_over(run: RecordedRun, to: Path) -> dict[str, str | float]:
    """Copy a run's record and network, unless they stand there already; the entry of the card that names them.

    Raises:
        AssemblyError: another run of that name stands there, which another card may need.
    """
    record, file = to / RUNS / run.record.id, f"{run.record.id}.onnx"
    if run.folder.resolve() != record.resolve():
        model = kept_model(run.folder)
        if (record / RECORD).exists() and (record / RECORD).read_bytes() != (run.folder / RECORD).read_bytes():
            raise AssemblyError(f"{record}: another run of this name stands there; choose another folder with --to")
        copy_run(run.folder, record)
        copy_whole(model, to / file)
    digest = sha256_of(to / file)
    network = run.record.config.network
    return {
        "name": run.record.id if run.record.id.startswith(network) else network,
        "file": file,
        "sha256": digest,
        "weight": 1.0,
        "run": f"{RUNS}/{run.record.id}",
    }


def evaluate_recorded(card: EnsembleCard, folder: str | Path) -> "Mapping[str, Evaluation]":
    """Evaluate an ensemble from its members' recorded probabilities, without the images.

    Args:
        folder: where the card stands.

    Returns:
        By split: `validation` (the hold-out), `public`, `private` and `test`, of those that all members have answers
        to.

    Raises:
        RecordError, AssemblyError: a record is missing, damaged, or of other images than the others.
    """
    from fer_core.evaluation.report import evaluate_probabilities  # a second of imports that joining alone is spared

    runs = member_runs(card, folder)
    weights = [member.weight for member in card.members]
    evaluations = {}
    for name, parts in TEST_PARTS.items():
        if not all(part in run.splits for run in runs for part in parts):
            continue
        split, members = joined(runs, parts)
        mean = np.average(members, axis=0, weights=weights)
        evaluations[name] = evaluate_probabilities(
            card.calibrated(mean),
            split.labels,
            split=name,
            also_in_training=split.also_in_training,
            member_probabilities=members,
            member_names=card.titles,
            model=card.name,
            data_fingerprint=card.data_fingerprint,
        )
    return evaluations


def members_table(card: EnsembleCard, folder: str | Path) -> pd.DataFrame:
    """What was trained and how: a row a member, out of the records; arguments and errors as for `member_runs`."""
    rows = []
    for member, run in zip(card.members, member_runs(card, folder), strict=True):
        record, config = run.record, run.record.config
        rows.append(
            {
                "network": member.name,
                "parameters": record.parameters,
                "starting weights": record.starting_weights,
                "learned from": record.learned_from,
                "input": f"{config.size} px" if config.input_size or config.network in NETWORKS else "",
                "training images": record.train_images,
                "epochs": len(run.history),
                "kept epoch": record.kept_epoch,
                "split seed": config.split_seed,
                "hours": round(record.train_seconds / 3600, 2),
                "hardware": f"{record.hardware['cores']} cores, {record.hardware['device']}",
                "run": record.id,
            }
        )
    return pd.DataFrame(rows)
