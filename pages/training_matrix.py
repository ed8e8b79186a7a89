"""Training page, imbalance matrix: sampling by loss, filled in live beside the report's own numbers."""

from pathlib import Path

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from fer_core.access import read_only
from fer_core.charts import CONFIG
from fer_core.charts.studies import score_heatmap
from fer_core.evaluation.references import REPORT_IMBALANCE
from fer_core.prediction.card import problems
from fer_core.training.imbalance import COLUMNS, REPORT_COLUMNS, REPORT_ROWS, ROWS, matrix_cells
from fer_core.training.study import Cell, CellState, CellStatus, study_status
from fer_core.words import N_, _
from pages import training_data as shared
from pages.address import choose_many
from pages.training_study import job_of, note_of, result_of, show_cell, show_job_line, told_of_other_data

KIND = "imbalance"
EPOCHS = 15
SECONDS = 3
ROW_NAMES = (N_("none"), N_("mild"), N_("full"))
LOSS_NAMES = (N_("cross entropy"), N_("weighted cross entropy"), N_("focal"), N_("label smoothing"))
"""Marked here to be translated."""


def written(name: str) -> str:
    """What a row or a column is called on the page."""
    return _(name.replace("_", " "))


def show_matrix() -> None:
    st.markdown(
        _(
            "How copies of rare classes (rows) and the loss (columns) change a small CNN: validation accuracy of its "
            "best epoch, as the report trained it."
        )
    )
    folder, cells = choose()
    if not cells:
        return
    show_start(folder, cells)
    job = job_of(KIND, folder)
    st.fragment(live, run_every=SECONDS if job else None)(folder, cells, had_job=job is not None)


def choose() -> tuple[Path, list[Cell]]:
    """The folder of the study and its runs."""
    with st.expander(_("Rows, columns, epochs and data"), icon=":material/tune:"):
        first, second = st.columns(2)
        rows = choose_many(
            ROWS,
            _("Rows: sampling"),
            key="train_rows",
            start=REPORT_ROWS,
            widget=first.multiselect,
            format_func=written,
        )
        columns = choose_many(
            COLUMNS,
            _("Columns: loss"),
            key="train_columns",
            start=REPORT_COLUMNS,
            widget=second.multiselect,
            format_func=written,
        )
        one, two, three, four = st.columns(4)
        epochs = one.number_input(_("Epochs"), 1, 500, EPOCHS, key="train_matrix_epochs", bind="query-params")
        seeds = two.number_input(_("Seeds"), 1, 10, 1, key="train_matrix_seeds", bind="query-params")
        batch = three.number_input(_("Batch size"), 1, 1024, 32, key="train_matrix_batch", bind="query-params")
        sources = shared.data_sources()
        data = four.selectbox(_("Data set"), list(sources), key="train_matrix_data", bind="query-params")
    changed = [*(["drawn"] if data == "drawn" else []), *([f"{epochs}"] if epochs != EPOCHS else [])]
    name = "-".join(["imbalance", *changed, *([f"batch{batch}"] if batch != 32 else [])])
    folder = shared.runs_root() / name
    st.session_state["train_matrix_source"] = sources[data]
    if not (rows and columns):
        st.info(_("Choose at least one row and one column."))
        return folder, []
    try:
        cells = matrix_cells(
            rows=rows, columns=columns, seeds=range(seeds), prefix=name, epochs=epochs, batch_size=batch
        )
    except ValidationError as error:
        st.error(problems(error), icon=":material/error:")
        cells = []
    return folder, [] if told_of_other_data(cells, folder, sources[data]) else cells


def words(folder: Path, cells: list[Cell]) -> list[str]:
    """The command that trains these cells."""
    config = cells[0].config
    chosen = {key: list(dict.fromkeys(str(cell.keys[key]) for cell in cells)) for key in ("sampling", "loss", "seed")}
    several = [word for key, values in chosen.items() for value in values for word in (f"--{key}", value)]
    options = ["--epochs", str(config.epochs), "--batch-size", str(config.batch_size)]
    return ["imbalance", *several, *options, "--data", st.session_state["train_matrix_source"], "--to", str(folder)]


def show_start(folder: Path, cells: list[Cell]) -> None:
    st.code(shared.shown_command(words(folder, cells)), language="sh", wrap_lines=True)
    missing = sum(status.state is not CellState.RECORDED for status in study_status(cells, folder))
    if read_only():
        st.info(shared.public_demo())
    elif missing:
        st.button(
            _("Train {missing} of {all} cells").format(missing=missing, all=len(cells)),
            type="primary",
            icon=":material/play_arrow:",
            key="train_matrix_start",
            disabled=job_of(KIND, folder) is not None,
            on_click=begin,
            args=(folder, cells),
        )


def begin(folder: Path, cells: list[Cell]) -> None:
    title = _("Imbalance matrix, {runs} runs of {epochs} epochs").format(runs=len(cells), epochs=cells[0].config.epochs)
    try:
        shared.start(words(folder, cells), kind=KIND, title=title, result=result_of(folder), show=False)
    except OSError as error:
        shared.fail(_("The matrix can't be started: {error}").format(error=error))


def live(folder: Path, cells: list[Cell], *, had_job: bool) -> None:
    job = job_of(KIND, folder)
    if had_job != (job is not None):
        st.rerun()
    show_job_line(job)
    statuses = study_status(cells, folder)
    if all(status.state is CellState.WAITING for status in statuses):
        st.caption(_("Nothing of this matrix was trained on this machine yet. What the shipped runs of it gave:"))
        st.page_link("pages/reproduced.py", label=_("The report, 3 · Class imbalance"), icon=":material/menu_book:")
    rows = list(dict.fromkeys(cell.keys["sampling"] for cell in cells))
    columns = list(dict.fromkeys(cell.keys["loss"] for cell in cells))
    scores, notes = summarized(statuses)
    known = [*scores.values(), *REPORT_IMBALANCE.values()]
    scale = {"low": min(known) - 0.02, "high": max(known) + 0.01}
    ours, reports = st.columns(2)
    names = [*map(written, rows)], [*map(written, columns)]
    figure = score_heatmap(scores, *names, notes=notes, title=_("Trained here"), **scale)
    ours.plotly_chart(figure, config=CONFIG, key="train_heat", on_select=take_click, selection_mode="points")
    names = [*map(written, REPORT_ROWS)], [*map(written, REPORT_COLUMNS)]
    stated = {(written(row), written(column)): score for (row, column), score in REPORT_IMBALANCE.items()}
    report = score_heatmap(stated, *names, title=_("The report's numbers"), **scale)
    reports.plotly_chart(report, config=CONFIG, key="train_heat_report")
    synthetic = st.session_state["train_matrix_source"] == "drawn"
    if synthetic:
        st.caption(_("Trained here on drawn faces: not to be compared with the report's photographs."))
    show_chosen(statuses, rows, columns)


def summarized(statuses: list[CellStatus]) -> tuple[dict, dict]:
    """Mean over the seeds of what is recorded, and how far the rest is, by row and column as they are written."""
    table = pd.DataFrame(
        {
            "cell": [(written(status.cell.keys["sampling"]), written(status.cell.keys["loss"])) for status in statuses],
            "score": [status.val_accuracy for status in statuses],
            "recorded": [status.state is CellState.RECORDED for status in statuses],
            "begun": [status.state is CellState.BEGUN for status in statuses],
            "note": [note_of(status) for status in statuses],
        }
    )
    scores, notes = {}, {}
    for cell, group in table.groupby("cell"):
        done = group[group["recorded"]]["score"]
        if len(done):
            scores[cell] = float(done.mean())
            spread = _("± {deviation:.4f}, {seeds} seeds").format(deviation=done.std(), seeds=len(done))
            notes[cell] = spread if len(done) > 1 else ""
        if len(done) < len(group):
            begun = group[group["begun"]]["note"]
            notes[cell] = begun.iloc[0] if len(begun) else group["note"].iloc[-1]
    return scores, notes


def take_click() -> None:
    if points := st.session_state["train_heat"].selection.points:
        row, column = points[0]["customdata"]
        st.session_state["train_row"] = next(name for name in ROWS if written(name) == row)
        st.session_state["train_column"] = next(name for name in COLUMNS if written(name) == column)


def show_chosen(statuses: list[CellStatus], rows: list[str], columns: list[str]) -> None:
    for key, options in (("train_row", rows), ("train_column", columns)):
        if st.session_state.get(key) not in options:
            st.session_state[key] = options[0]
    first, second, third = st.columns(3)
    row = first.selectbox(_("Sampling"), rows, key="train_row", format_func=written)
    column = second.selectbox(_("Loss"), columns, key="train_column", format_func=written)
    found = {
        status.cell.keys["seed"]: status
        for status in statuses
        if (status.cell.keys["sampling"], status.cell.keys["loss"]) == (row, column)
    }
    show_cell(found[third.selectbox(_("Seed"), list(found), key="train_seed_shown")])
