"""Folders of runs: where they are, what a run was begun with, how far it is. Read without Keras."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from filelock import FileLock, Timeout
from pydantic import ValidationError

from fer_core.files import change_lock, copy_whole, runs_root
from fer_core.training.config import RunConfig
from fer_core.training.errors import RunFailedError
from fer_core.training.record import HISTORY, RECORD, RUN_FILES, read_record
from fer_core.validation import problems

if TYPE_CHECKING:
    import pandas as pd

CHECKPOINT = "checkpoint"
CONFIG = "config.yaml"
STATE = "state.json"


@dataclass(frozen=True)
class Started:
    """What a run was begun with; written when it starts and checked when it goes on.

    Attributes:
        source: where the data set was opened, for `open_dataset`; the same images may stand elsewhere later.
        corrections: file of decisions about single images that were applied to it, if any.
        corrections_size: bytes of that file that were applied; later decisions stand behind them. What was begun
            before it was noted has none.
        weights_from: as in the record; what was begun before it was noted has none.
        soft_labels_sha256: of the file of soft labels, if any; what was begun before it was noted has none.
    """

    config: RunConfig
    data_fingerprint: str
    source: str | None = field(default=None, compare=False)
    corrections: str | None = field(default=None, compare=False)
    corrections_size: int | None = field(default=None, compare=False)
    weights_from: str | None = field(default=None, compare=False)
    soft_labels_sha256: str | None = field(default=None, compare=False)

    def is_same_run(self, other: "Started") -> bool:
        """Whether the one may go on as the other; a digest that is not known says nothing."""
        digests = {self.soft_labels_sha256, other.soft_labels_sha256} - {None}
        return self == other and len(digests) < 2


def new_folder(config: RunConfig, root: Path | None = None) -> Path:
    """A folder name for a new run that says when and what: `runs/20260102-030405-compact_vgg`."""
    root = root or runs_root()
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = root / f"{stamp}-{config.network}"
    number = 2
    while folder.exists():
        folder = root / f"{stamp}-{config.network}-{number}"
        number += 1
    return folder


def folders_in(root: Path) -> list[Path]:
    """Folders in a folder, sorted, without those whose names begin with a dot; none where it can't be read."""
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def run_folders(root: Path) -> list[Path]:
    """Folders of recorded runs in a folder and in the studies in it, also of those that have lost some of their files.

    One without a record that can go on training is not recorded yet.
    """
    found = [run for each in folders_in(root) for run in ([each] if holds_run(each) else folders_in(each))]
    return [run for run in found if holds_run(run) and ((run / RECORD).exists() or not (run / CHECKPOINT).exists())]


def holds_run(folder: Path) -> bool:
    """Whether any file of a recorded run stands there."""
    return any((folder / name).exists() for name in RUN_FILES)


def read_started(folder: Path) -> Started:
    """What the run in this folder was begun with.

    Raises:
        FileNotFoundError: no run was begun there.
        ValueError: the file is damaged, or its configuration is not one of this version.
    """
    file = folder / CONFIG
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return Started(
            RunConfig.model_validate(content["config"]),
            content["data_fingerprint"],
            content["source"],
            content.get("corrections"),
            content.get("corrections_size"),
            content.get("weights_from"),
            content.get("soft_labels_sha256"),
        )
    except ValidationError as error:
        raise ValueError(f"{file}: {problems(error)}; train in another folder") from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: damaged ({error}); train in another folder") from error


def read_state(folder: Path) -> dict | None:
    """State after the last finished epoch; none before it.

    Returns:
        `history` (a row an epoch), `weights` (file of the whole model after the last epoch), `kept_epoch` (from 1) and
        `best` (file of the network alone after that epoch); newer ones also `trained_on`, see there.

    Raises:
        RunFailedError: the file can't be read, or is damaged.
    """
    path = folder / STATE
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if missing := {"history", "weights", "kept_epoch", "best"} - set(state):
            raise ValueError(f"without {', '.join(sorted(missing))}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise RunFailedError(
            f"{path}: can't be read ({error}); delete {folder} to train this run from its beginning"
        ) from error
    return state


def training_lock(folder: Path) -> FileLock:
    """Held by the process that trains in a run's folder.

    It stands among the checkpoints, which are no part of the record, and goes with the process that holds it.
    """
    return change_lock(folder / CHECKPOINT / STATE)


def trains_now(folder: Path) -> bool:
    """Whether a process trains in a run's folder."""
    lock = training_lock(folder)
    if not Path(lock.lock_file).exists():  # looking writes nothing
        return False
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # nobody trains in a folder that can't be written
        return False


def best_weights(checkpoint: Path) -> Path | None:
    """The network of the kept epoch, without its optimizer; None where there is none, or nothing readable names it."""
    try:
        state = read_state(checkpoint)
        path = checkpoint / state["best"] if state else None
    except RunFailedError:
        return None
    return path if path and path.is_file() else None


def kept_epoch(folder: Path) -> int | None:
    """The epoch, from 1, whose weights are kept so far, of a run as for `history_of`; None where nothing says."""
    try:
        state = read_state(folder / CHECKPOINT)
        return state["kept_epoch"] if state else read_record(folder).kept_epoch
    except (RunFailedError, ValueError):
        return None


def history_of(folder: Path) -> "pd.DataFrame":
    """The epochs that are finished, a row each, of a run that trains, was stopped or is recorded; maybe none."""
    import pandas as pd  # the rest needs none of it

    try:
        state = read_state(folder / CHECKPOINT)
        return pd.DataFrame(state["history"]) if state else pd.read_csv(folder / HISTORY)
    except (RunFailedError, OSError, ValueError):
        return pd.DataFrame()


def copy_run(source: Path, to: Path, names: Iterable[str] = RUN_FILES) -> None:
    """Copy files of a run; `run.yaml` last, so that a folder with one is complete.

    Raises:
        OSError: one can't be read or written; each that stands there is whole.
    """
    to.mkdir(parents=True, exist_ok=True)
    for name in sorted(names, key=lambda name: name == RECORD):
        copy_whole(source / name, to / name)
