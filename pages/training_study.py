"""What the tabs of the matrix and of the grid share: their runs, the job that fills them, and a run from near."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from pydantic import ValidationError

from fer_core.access import read_only
from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.charts.studies import recall_bars
from fer_core.datasets.store import DRAWN
from fer_core.evaluation.metrics import class_scores, confusion
from fer_core.jobs import Job, default_store
from fer_core.training.folder import history_of, kept_epoch
from fer_core.training.record import RECORD, RecordError, read_run
from fer_core.training.study import FINISHED, Cell, CellState, CellStatus, on_other_data, study_status
from fer_core.validation import problems
from fer_core.words import _
from pages.address import choose_metric
from pages.commands import public_demo
from pages.training_data import Data, choose_tab_job, dataset_of, fail, start

SECONDS = 3


@dataclass(frozen=True)
class Validation:
    """What a recorded run is worth on its validation part."""

    matrix: np.ndarray
    recall: np.ndarray
    images: int


@st.cache_data(max_entries=64, show_spinner=False)
def validation_of(folder: str, changed: int) -> Validation:
    """Of a recorded run.

    Raises:
        RecordError: the record is incomplete or damaged.
    """
    split = read_run(folder).splits["validation"]
    matrix = confusion(split.probabilities, split.labels)
    return Validation(matrix, class_scores(split.probabilities, split.labels).recall, len(split.labels))


def result_of(folder: Path) -> str:
    """File that says that a study is complete."""
    return str(folder / FINISHED)


def job_of(kind: str, folder: Path) -> Job | None:
    """The job that works on a study or will, if any."""
    jobs = [job for job in default_store().all() if job.kind == kind and not job.state.ended]
    return next((job for job in jobs if job.result == result_of(folder)), None)


def folder_name(
    name: str, source: str, usual: Mapping[str, Any], *, epochs: int, batch_size: int, training_share: float = 1.0
) -> str:
    """Of a study: its name, and what is another than all of FER2013 and the usual epochs and batch size."""
    others = {
        "drawn": source == DRAWN,
        f"{epochs}": epochs != usual["epochs"],
        f"batch{batch_size}": batch_size != usual["batch_size"],
        f"share{training_share}": training_share != 1,
    }
    return "-".join([name, *(word for word, is_other in others.items() if is_other)])


def checked(make: Callable[[], list[Cell]], folder: Path, source: str) -> list[Cell]:
    """The runs of a study; none, and why, where they are impossible or were begun on other data than is chosen."""
    try:
        cells = make()
    except ValidationError as error:
        st.error(problems(error), icon=":material/error:")
        return []
    begun = [status for status in study_status(cells, folder) if status.state is not CellState.WAITING]
    if not begun:
        return cells  # and no data set is read
    try:
        others = on_other_data(begun, dataset_of(Data(source)).fingerprint)
    except (ValueError, OSError) as error:
        st.error(str(error), icon=":material/error:")
        return []
    if others:
        told = _("`{folder}` was trained on another data set, or with other corrections. Move it away to train here.")
        st.error(told.format(folder=others[0]), icon=":material/error:")
    return [] if others else cells


def show_start(
    kind: str, folder: Path, cells: Sequence[Cell], words: list[str], *, title: str, label: str, key: str
) -> None:
    """A button that puts `python -m fer_core WORDS` into the queue, where runs of the study are missing.

    Args:
        title: of the job.
        label: of the button, with `{missing}` and `{all}`.
        key: of the button.
    """
    done = (CellState.RECORDED, CellState.PRUNED)
    missing = sum(status.state not in done for status in study_status(cells, folder))
    if read_only():
        st.info(public_demo())
    elif missing:
        st.button(
            label.format(missing=missing, all=len(cells)),
            type="primary",
            icon=":material/play_arrow:",
            key=key,
            disabled=job_of(kind, folder) is not None,
            on_click=begin,
            args=(kind, folder, words, title),
        )


def begin(kind: str, folder: Path, words: list[str], title: str) -> None:
    try:
        start(words, kind=kind, title=title, result=result_of(folder), show=False)
    except OSError as error:
        fail(_("This can't be started: {error}").format(error=error))


def show_live(kind: str, folder: Path, cells: Sequence[Cell], draw: Callable[[list[CellStatus]], None]) -> None:
    """What `draw` shows of the runs of a study, again every few seconds while a job works on it."""
    had_job = job_of(kind, folder) is not None

    @st.fragment(run_every=SECONDS if had_job else None)
    def live() -> None:
        job = job_of(kind, folder)
        if had_job != (job is not None):
            st.rerun()
        show_job_line(job)
        draw(study_status(cells, folder))

    live()


def note_of(status: CellStatus) -> str:
    """How far a cell is, in a word or two."""
    if status.state is CellState.BEGUN:
        return _("epoch {done} of {all}").format(done=status.epochs_done, all=status.cell.config.epochs)
    return "" if status.state is CellState.RECORDED else _(str(status.state))


def show_job_line(job: Job | None) -> None:
    """A way to the job that fills the tab."""
    if job and st.button(
        _("{job}: {state}. Watch it, stop it").format(job=job.title, state=_(str(job.state))),
        icon=":material/visibility:",
        key=f"train_watch_{job.id}",
        on_click=choose_tab_job,
        args=(job.id,),
    ):
        st.rerun()  # the tabs stand outside of what is drawn live


def show_cell(status: CellStatus) -> None:
    """Curves, confusion matrix and recall of one run."""
    if status.state is CellState.FAILED:
        st.error(_("This run failed: {reason}").format(reason=status.reason), icon=":material/error:")
    history: pd.DataFrame = history_of(status.folder) if status.state is not CellState.WAITING else pd.DataFrame()
    if history.empty:
        st.caption(_("Nothing is known of this run yet."))
        return
    metric = choose_metric(st.segmented_control, key="train_cell_metric")
    kept = {status.cell.label: kept_epoch(status.folder)}
    curves = learning_curves({status.cell.label: history}, metric, kept_epochs=kept)
    told = f"{status.cell.label}: {_(metric.replace('_', ' '))}"
    st.plotly_chart(curves, config=CONFIG, key="train_cell_curves", alt=told)
    if status.state is not CellState.RECORDED:
        return
    try:
        found = validation_of(str(status.folder), (status.folder / RECORD).stat().st_mtime_ns)
    except (RecordError, KeyError, OSError) as error:
        st.error(str(error), icon=":material/error:")
        return
    left, right = st.columns(2)
    title = _("Validation, {images:,} images").format(images=found.images)
    left.plotly_chart(confusion_matrix(found.matrix, title=title), config=CONFIG, key="train_cell_matrix", alt=title)
    title = _("Recall of each class")
    right.plotly_chart(recall_bars(found.recall, title=title), config=CONFIG, key="train_cell_recall", alt=title)
