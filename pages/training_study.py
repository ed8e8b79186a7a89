"""What the tabs of the matrix and of the grid share: which job fills them, and a closer look at one run."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.charts.studies import recall_bars
from fer_core.evaluation.metrics import class_scores, confusion
from fer_core.jobs import Job
from fer_core.training.folder import history_of
from fer_core.training.record import RECORD, RecordError, read_run
from fer_core.training.study import FINISHED, CellState, CellStatus
from pages.training_data import choose_tab_job, queue

METRICS = ["accuracy", "top2_accuracy", "loss"]


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


def note_of(status: CellStatus) -> str:
    """How far a cell is, in a word or two."""
    if status.state is CellState.BEGUN:
        return f"epoch {status.epochs_done} of {status.cell.config.epochs}"
    return "" if status.state is CellState.RECORDED else str(status.state)


def show_job_line(job: Job | None) -> None:
    """A way to the job that fills the tab."""
    if job:
        st.button(
            f"{job.title}: {job.state}. Watch it, stop it",
            icon=":material/visibility:",
            key=f"train_watch_{job.id}",
            on_click=choose_tab_job,
            args=(job.id,),
        )


def show_cell(status: CellStatus) -> None:
    """Curves, confusion matrix and recall of one run."""
    if status.state is CellState.FAILED:
        st.error(f"This run failed: {status.reason}", icon=":material/error:")
    history: pd.DataFrame = history_of(status.folder) if status.state is not CellState.WAITING else pd.DataFrame()
    if history.empty:
        st.caption("Nothing is known of this run yet.")
        return
    metric = st.segmented_control("Curve", METRICS, default=METRICS[0], required=True, key="train_cell_metric")
    kept = {status.cell.label: int(history["val_accuracy"].idxmax()) + 1}
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
    title = f"Validation, {found.images:,} images"
    left.plotly_chart(confusion_matrix(found.matrix, title=title), config=CONFIG, key="train_cell_matrix")
    right.plotly_chart(recall_bars(found.recall, title="Recall of each class"), config=CONFIG, key="train_cell_recall")
