"""The folder of a run while it trains: where it is, what it was begun with, how far it is. Read without Keras."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml
from pydantic import ValidationError

from fer_core.files import runs_root
from fer_core.prediction.card import problems
from fer_core.training.config import RunConfig
from fer_core.training.record import HISTORY, read_record

if TYPE_CHECKING:
    import pandas as pd

CHECKPOINT = "checkpoint"
CONFIG = "config.yaml"
STATE = "state.json"
BEST = "best.weights.h5"
"""In `CHECKPOINT`, of runs that were begun before the state named the file: the network of the kept epoch."""


@dataclass(frozen=True)
class Started:
    """What a run was begun with; written when it starts and checked when it goes on.

    Attributes:
        source: where the data set was opened, for `open_dataset`; the same images may stand elsewhere later.
        corrections: file of decisions about single images that were applied to it, if any.
    """

    config: RunConfig
    data_fingerprint: str
    source: str | None = field(default=None, compare=False)
    corrections: str | None = field(default=None, compare=False)


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
        )
    except ValidationError as error:
        raise ValueError(f"{file}: {problems(error)}; train in another folder") from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: damaged ({error}); train in another folder") from error


def read_state(folder: Path) -> dict | None:
    """State after the last finished epoch; none before it.

    Returns:
        `history` (a row an epoch), `weights` (file of the whole model after the last epoch), `kept_epoch` (from 1) and
        `best` (file of the network alone after that epoch).
    """
    path = folder / STATE
    if not path.exists():
        return None
    state = json.loads(path.read_text(encoding="utf-8"))
    if "best" not in state:
        kept = int(np.argmax([row["val_accuracy"] for row in state["history"]])) + 1
        state |= {"best": BEST, "kept_epoch": kept}
    return state


def best_weights(checkpoint: Path) -> Path | None:
    """The network of the kept epoch, without its optimizer; None where there is none, or nothing readable names it."""
    try:
        state = read_state(checkpoint)
    except ValueError:
        return None
    path = checkpoint / state["best"] if state else None
    return path if path and path.is_file() else None


def kept_epoch(folder: Path) -> int | None:
    """The epoch, from 1, whose weights are kept so far, of a run as for `history_of`; None where nothing says."""
    try:
        state = read_state(folder / CHECKPOINT)
        return state["kept_epoch"] if state else read_record(folder).kept_epoch
    except (OSError, ValueError, KeyError):
        return None


def history_of(folder: Path) -> "pd.DataFrame":
    """The epochs that are finished, a row each, of a run that trains, was stopped or is recorded; maybe none."""
    import pandas as pd  # the rest needs none of it

    try:
        state = read_state(folder / CHECKPOINT)
        return pd.DataFrame(state["history"]) if state else pd.read_csv(folder / HISTORY)
    except (OSError, ValueError, KeyError):
        return pd.DataFrame()
