"""What the tabs of the matrix and of the grid share: which job fills them, and a closer look at one run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.charts.studies import recall_bars
from fer_core.evaluation.metrics import class_scores, confusion
from fer_core.jobs import Job
from fer_core.training.folder import history_of, kept_epoch
from fer_core.training.record import RECORD, RecordError, read_run
from fer_core.training.study import FINISHED, Cell, CellState, CellStatus, on_other_data, study_status
from fer_core.words import N_, _
from pages.training_data import Data, choose_tab_job, dataset_of, queue

METRICS = {"accuracy": N_("accuracy"), "top2_accuracy": N_("top2 accuracy"), "loss": N_("loss")}


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
    jobs = [job for job in queue().all() if job.kind == kind and not job.state.ended]
    return next((job for job in jobs if job.result == result_of(folder)), None)


def told_of_other_data(cells: Sequence[Cell], folder: Path, source: str) -> bool:
    """Whether runs of a study were begun on other data than is chosen, which is then told in their place."""
    begun = [status for status in study_status(cells, folder) if status.state is not CellState.WAITING]
    if not begun:
        return False  # and no data set is read
    try:
        others = on_other_data(begun, dataset_of(Data(source)).fingerprint)
    except (ValueError, OSError) as error:
        st.error(str(error), icon=":material/error:")
        return True
    if others:
        told = _("`{folder}` was trained on another data set, or with other corrections. Move it away to train here.")
        st.error(told.format(folder=others[0]), icon=":material/error:")
    return bool(others)


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


def choose_metric(key: str) -> str:
    """Which of the columns of the history is drawn."""
    return st.segmented_control(
        _("Curve"), list(METRICS), format_func=lambda name: _(METRICS[name]), default="accuracy", required=True, key=key
    )


def show_cell(status: CellStatus) -> None:
    """Curves, confusion matrix and recall of one run."""
    if status.state is CellState.FAILED:
        st.error(_("This run failed: {reason}").format(reason=status.reason), icon=":material/error:")
    history: pd.DataFrame = history_of(status.folder) if status.state is not CellState.WAITING else pd.DataFrame()
    if history.empty:
        st.caption(_("Nothing is known of this run yet."))
        return
    metric = choose_metric("train_cell_metric")
    kept = {status.cell.label: kept_epoch(status.folder)}
    curves = learning_curves({status.cell.label: history}, metric, kept_epochs=kept)
    st.plotly_chart(curves, config=CONFIG, key="train_cell_curves")
    if status.state is not CellState.RECORDED:
        return
    try:
        found = validation_of(str(status.folder), (status.folder / RECORD).stat().st_mtime_ns)
    except (RecordError, KeyError, OSError) as error:
        st.error(str(error), icon=":material/error:")
        return
    left, right = st.columns(2)
    title = _("Validation, {images:,} images").format(images=found.images)
    left.plotly_chart(confusion_matrix(found.matrix, title=title), config=CONFIG, key="train_cell_matrix")
    right.plotly_chart(
        recall_bars(found.recall, title=_("Recall of each class")), config=CONFIG, key="train_cell_recall"
    )
