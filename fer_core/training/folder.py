"""The folder of a run while it trains: where it is, what it was begun with, how far it is. Read without Keras."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import yaml

from fer_core.training.config import RunConfig
from fer_core.training.record import HISTORY

CHECKPOINT = "checkpoint"
CONFIG = "config.yaml"
STATE = "state.json"
BEST = "best.weights.h5"
"""In `CHECKPOINT`: the network of the best epoch, without its optimizer."""


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


def new_folder(config: RunConfig, root: Path = Path("runs")) -> Path:
    """A folder name for a new run that says when and what: `runs/20260102-030405-compact_vgg`."""
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
        ValueError: its configuration is not one of this version.
    """
    content = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    return Started(
        RunConfig.model_validate(content["config"]),
        content["data_fingerprint"],
        content["source"],
        content.get("corrections"),
    )


def read_state(folder: Path) -> dict | None:
    """State after the last finished epoch: `history` (a row an epoch) and `weights` (a file name); none before it."""
    path = folder / STATE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def history_of(folder: Path) -> pd.DataFrame:
    """The epochs that are finished, a row each, of a run that trains, was stopped or is recorded; maybe none."""
    try:
        state = read_state(folder / CHECKPOINT)
        return pd.DataFrame(state["history"]) if state else pd.read_csv(folder / HISTORY)
    except (OSError, ValueError, KeyError):
        return pd.DataFrame()
