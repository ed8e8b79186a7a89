"""What the tabs of the Training page share: the data set that is trained on, and starting a command."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fer_core.datasets.corrections import CORRECTIONS, apply_corrections
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.sampling import oversample
from fer_core.datasets.store import DRAWN, default_source
from fer_core.emotions import EMOTIONS
from fer_core.files import from_here
from fer_core.jobs import Job, default_store
from fer_core.training.config import RunConfig
from fer_core.training.split import split_of
from fer_core.words import N_, _
from pages import commands
from pages.address import choose_one
from pages.dataset_source import SETS, load, stamp

JOBS_TAB = N_("Jobs")
TRAINING, WITH_COPIES, VALIDATION = N_("training"), N_("training with copies"), N_("validation")
SPLIT_FIELDS = ("split_seed", "validation_share", "training_share", "holdout", "split_by", "sampling")


@dataclass(frozen=True)
class Data:
    """What is trained on.

    Attributes:
        path: as `--data` takes it.
        corrections: as `--corrections` takes it; None for none.
    """

    path: str
    corrections: str | None = None


def choose_data(select: Callable[..., Any], *, key: str) -> str:
    """The path of the data set that is trained on.

    Args:
        select: `st.selectbox`, or that of a column.
        key: of the widget and in the address.
    """
    default = default_source()
    paths = ({"FER2013": default} if default else {}) | {"drawn": DRAWN}
    missing = _("FER2013 appears here once it is imported on the Dataset page (Get FER2013).")
    chosen = choose_one(
        select,
        _("Data set"),
        list(paths),
        key=key,
        format_func=lambda name: _(SETS[name.lower()]),
        help=None if default else missing,
    )
    return paths[chosen]


def corrections_file() -> str | None:
    return str(CORRECTIONS) if CORRECTIONS.exists() else None


def shown_command(words: list[str]) -> str:
    """A command line to copy, with files named from here; the public demo tells no more than what they are called."""
    named = [commands.shown_path(from_here(word)) if Path(word).is_absolute() else word for word in words]
    return commands.shown_command(named)


def dataset_of(data: Data) -> FaceDataset:
    """The data set, corrected where that is asked for.

    Raises:
        DatasetError, CorrectionsError, OSError: it can't be read.
    """
    dataset = load(data.path, stamp(data.path))
    return apply_corrections(dataset, Path(data.corrections)) if data.corrections else dataset


def class_counts(data: Data, config: RunConfig) -> dict[str, list[int]]:
    """Images of each class in the training part, with its copies, and in the validation part.

    Raises:
        DatasetError, CorrectionsError, ValueError, OSError: the data set can't be read or divided so.
    """
    changed = stamp(data.path), stamp(data.corrections) if data.corrections else 0
    return _class_counts(data, changed, tuple((name, getattr(config, name)) for name in SPLIT_FIELDS))


@st.cache_data(max_entries=64, show_spinner=False)
def _class_counts(data: Data, changed: tuple[int, int], fields: tuple[tuple[str, Any], ...]) -> dict[str, list[int]]:
    config, dataset = RunConfig(**dict(fields)), dataset_of(data)
    split = split_of(config, dataset)
    positions, _ = oversample(dataset.labels[split.train], config.sampling)
    parts = {TRAINING: dataset.labels[split.train]}
    if config.sampling != "none":
        parts[WITH_COPIES] = parts[TRAINING][positions]
    parts[VALIDATION] = dataset.labels[split.validation]
    return {name: np.bincount(labels, minlength=len(EMOTIONS)).tolist() for name, labels in parts.items()}


def choose_tab_job(job_id: str) -> None:
    """Show a job; only in callbacks."""
    st.session_state["train_tab"] = _(JOBS_TAB)
    st.session_state["train_job"] = job_id


def start(words: list[str], *, kind: str, title: str, result: str | None = None, show: bool = True) -> Job:
    """Put `python -m fer_core WORDS` into the queue and show it; only in callbacks."""
    job = default_store().submit([sys.executable, "-m", "fer_core", *words], kind=kind, title=title, result=result)
    if show:
        choose_tab_job(job.id)
    return job


def fail(sentence: str) -> None:
    """Keep a sentence from a callback for the page to show."""
    st.session_state["train_failure"] = sentence


def failed() -> bool:
    """Whether such a sentence waits, which the page shows above its tabs."""
    return "train_failure" in st.session_state


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 5 min`."""
    if seconds < 90:
        return _("{seconds:.0f} s").format(seconds=seconds)
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min").format(minutes=minutes)
