"""Training page, imbalance matrix: sampling by loss, filled in live beside the report's own numbers."""

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG
from fer_core.charts.studies import score_heatmap
from fer_core.datasets.store import DRAWN
from fer_core.evaluation.references import REPORT_IMBALANCE
from fer_core.files import runs_root
from fer_core.training.imbalance import COLUMNS, REPORT_COLUMNS, REPORT_ROWS, ROWS, matrix_cells
from fer_core.training.presets import report_preset
from fer_core.training.study import Cell, CellState, CellStatus
from fer_core.words import N_, _
from pages.address import choose_many
from pages.training_data import choose_data, shown_command
from pages.training_study import checked, folder_name, note_of, show_cell, show_live, show_start

KIND = "imbalance"
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
    folder, cells, source = choose()
    if not cells:
        return
    command = words(folder, cells, ["--data", source])
    st.code(shown_command(command), language="sh", wrap_lines=True)
    title = _("Imbalance matrix, runs: {runs}, epochs: {epochs}").format(runs=len(cells), epochs=cells[0].config.epochs)
    label = _("Train {missing} of {all} cells")
    show_start(KIND, folder, cells, command, title=title, label=label, key="train_matrix_start")
    show_live(KIND, folder, cells, partial(show_results, source=source))


def choose() -> tuple[Path, list[Cell], str]:
    """The folder of the study, its runs, and the data set's path."""
    usual = report_preset("simple_cnn").model_dump()
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
        epochs = one.number_input(_("Epochs"), 1, 500, usual["epochs"], key="train_matrix_epochs", bind="query-params")
        seeds = two.number_input(_("Seeds"), 1, 10, 1, key="train_matrix_seeds", bind="query-params")
        batch = three.number_input(
            _("Batch size"), 1, 1024, usual["batch_size"], key="train_matrix_batch", bind="query-params"
        )
        source = choose_data(four.selectbox, key="train_matrix_data")
    name = folder_name(KIND, source, usual, epochs=epochs, batch_size=batch)
    folder = runs_root() / name
    if not (rows and columns):
        st.info(_("Choose at least one row and one column."))
        return folder, [], source
    shape = {"prefix": name, "epochs": epochs, "batch_size": batch}
    make = partial(matrix_cells, rows=rows, columns=columns, seeds=range(seeds), **shape)
    return folder, checked(make, folder, source), source


def words(folder: Path, cells: list[Cell], options: list[str]) -> list[str]:
    """The command that trains these cells."""
    config = cells[0].config
    chosen = {key: list(dict.fromkeys(str(cell.keys[key]) for cell in cells)) for key in ("sampling", "loss", "seed")}
    several = [word for key, values in chosen.items() for value in values for word in (f"--{key}", value)]
    shape = ["--epochs", str(config.epochs), "--batch-size", str(config.batch_size)]
    return ["imbalance", *several, *shape, *options, "--to", str(folder)]


def show_results(statuses: list[CellStatus], source: str) -> None:
    """The matrix as far as it is trained, beside the report's, and one cell from near."""
    if all(status.state is CellState.WAITING for status in statuses):
        st.caption(_("Nothing of this matrix was trained on this machine yet. What the shipped runs of it gave:"))
        st.page_link("pages/reproduced.py", label=_("The report, 3 · Class imbalance"), icon=":material/menu_book:")
    rows = list(dict.fromkeys(status.cell.keys["sampling"] for status in statuses))
    columns = list(dict.fromkeys(status.cell.keys["loss"] for status in statuses))
    scores, notes = summarized(statuses)
    known = [*scores.values(), *REPORT_IMBALANCE.values()]
    scale = {"low": min(known) - 0.02, "high": max(known) + 0.01}
    ours, reports = st.columns(2)
    names = [*map(written, rows)], [*map(written, columns)]
    title = _("Trained here")
    figure = score_heatmap(scores, *names, notes=notes, title=title, **scale)
    ours.plotly_chart(figure, config=CONFIG, key="train_heat", on_select=take_click, selection_mode="points", alt=title)
    names = [*map(written, REPORT_ROWS)], [*map(written, REPORT_COLUMNS)]
    stated = {(written(row), written(column)): score for (row, column), score in REPORT_IMBALANCE.items()}
    title = _("The report's numbers")
    reports.plotly_chart(
        score_heatmap(stated, *names, title=title, **scale), config=CONFIG, key="train_heat_report", alt=title
    )
    if source == DRAWN:
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
