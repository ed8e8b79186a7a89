"""Recorded runs that may become members of an ensemble."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from fer_core.datasets.soft_labels import SoftLabels
from fer_core.evaluation.metrics import accuracy
from fer_core.files import from_here, sha256_of
from fer_core.training.config import RunConfig
from fer_core.training.folder import run_folders
from fer_core.training.record import RecordedRun, RunRecord, model_of, read_run
from fer_core.training.study import Cell
from fer_core.words import N_

TOP = 3
COLUMNS = ("run", "network", "val_accuracy", "split_seed", "holdout", "data", "problem", "folder")


def candidates(roots: Iterable[Path]) -> pd.DataFrame:
    """Recorded runs in these folders and in the studies below them, best validation accuracy first.

    Returns:
        A row a run: `run`, `network`, `val_accuracy` of its recorded answers (of the kept epoch where there are none),
        `split_seed`, `holdout`, `data` (fingerprint), `folder`, and `problem`: why it can't be joined as it is (""
        where it can; it may still be trained again).
        Damaged records are left out.
    """
    rows = []
    for root in roots:
        for folder in run_folders(root):
            try:
                run = read_run(folder)
                val_accuracy = _val_accuracy(run)
            except (ValueError, KeyError, IndexError):
                continue
            record = run.record
            missing = "" if model_of(folder) else N_("its network was not kept")
            rows.append(
                {
                    "run": record.id,
                    "network": record.config.network,
                    "val_accuracy": val_accuracy,
                    "split_seed": record.config.split_seed,
                    "holdout": record.config.holdout,
                    "data": record.data_fingerprint,
                    "problem": missing if record.config.holdout else N_("trained without a hold-out"),
                    "folder": str(folder),
                }
            )
    table = pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates("folder")
    return table.sort_values("val_accuracy", ascending=False, kind="stable", ignore_index=True)


def _val_accuracy(run: RecordedRun) -> float:
    """Of its answers, as an ensemble joins them: a history has no flip averaging, and in int8 is another network's."""
    if answers := run.splits.get("validation"):
        return accuracy(answers.probabilities, answers.labels)
    return float(run.history["val_accuracy"].iloc[run.record.kept_epoch - 1])


def top_networks(table: pd.DataFrame) -> list[str]:
    """Folders of the best run of each of the best networks, as the report chose its members: by validation."""
    if table.empty:
        return []
    data = table["data"].iloc[0]
    return table[table["data"] == data].drop_duplicates("network")["folder"].head(TOP).tolist()


def shared_corrections(records: Iterable[RunRecord]) -> str | None:
    """The file of decisions about single images that all of these runs were trained with; None for none.

    Raises:
        ValueError: they were trained with different ones, or the file is not there.
    """
    files = {from_here(Path(record.corrections).resolve()) if record.corrections else None for record in records}
    if len(files) > 1:
        told = ", ".join(sorted(file or "none" for file in files))
        raise ValueError(
            f"the runs were trained with different review decisions ({told}); choose runs that agree, or name one file "
            "for all with --corrections"
        )
    (file,) = files
    if file and not Path(file).is_file():
        raise ValueError(
            f"{file}: the runs were trained with these review decisions, which are not there any more; bring them "
            "back, or name another file with --corrections"
        )
    return file


def retraining_cells(configs: Iterable[RunConfig], prefix: str, data_fingerprint: str) -> list[Cell]:
    """The same configurations with a hold-out, each with another split seed, for diversity.

    All answer with flip averaging, since members must answer alike, and hold out the same images, of which none stands
    byte for byte among those trained on. None begins with another run's weights: these were trained on images that are
    held out here. None smooths the labels of the focal loss, as older records may. Their names tell them from any that
    were trained otherwise or on other data, so that they can stand beside those.

    Args:
        data_fingerprint: of the data set they are to be trained on, corrections applied.

    Raises:
        DatasetError: soft labels that one of them learned from can't be read.
    """
    same = {"holdout": True, "split_by": "duplicates", "flip_averaging": True, "weights_from": None}
    cells = []
    for number, config in enumerate(configs, start=1):
        softened_by = None
        if config.soft_labels:
            SoftLabels.read(config.soft_labels)
            softened_by = sha256_of(Path(config.soft_labels))
        changed = config.changed(**same, label_smoothing=config.smoothing_to_undo, split_seed=number, seed=number)
        trained = json.dumps([changed.model_dump(mode="json"), data_fingerprint, softened_by])
        digest = hashlib.sha256(trained.encode()).hexdigest()[:8]
        name = f"{prefix}-{number}-{config.network}-{digest}"
        cells.append(Cell(name, changed, {"network": config.network, "split_seed": number}))
    return cells
