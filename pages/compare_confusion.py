"""Confusion matrices: which class is taken for which, by one model or two, and the pictures behind a cell."""

from collections.abc import Mapping

import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix
from fer_core.charts.matrices import confusion_difference, with_outlined_cell
from fer_core.charts.theme import as_text
from fer_core.comparison.confusions import cell_images, similarity_order
from fer_core.comparison.leaderboard import Row, distinct_titles
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.evaluation.metrics import confusion, shares
from fer_core.words import N_, _
from pages.address import choose_one
from pages.compare_data import load_model, models_with
from pages.compare_pictures import show_images
from pages.written import as_written

VALUES = {N_("Shares of the true class"): "true", N_("Shares of the answer"): "predicted", N_("Counts"): None}
ORDERS = (N_("By name"), N_("By similarity"))
NOBODY = "–"
CHARTS = ("cmp_matrix_1", "cmp_matrix_2", "cmp_matrix_3")


def _take_click(chart: str) -> None:
    """A clicked cell becomes the one that the two select boxes say."""
    points = st.session_state[chart].selection.points
    if points:
        true, predicted = points[0]["customdata"]
        st.session_state["cmp_true"], st.session_state["cmp_predicted"] = EMOTIONS[true], EMOTIONS[predicted]


def _choose_cell() -> tuple[int, int]:
    true, predicted = st.columns(2)
    return EMOTIONS.index(choose_one(true.selectbox, _("True class"), EMOTIONS, key="cmp_true", start="fearful")), (
        EMOTIONS.index(choose_one(predicted.selectbox, _("Answer"), EMOTIONS, key="cmp_predicted", start="sad"))
    )


def named(place: int) -> str:
    """A class with its symbol."""
    return f"{SYMBOLS[EMOTIONS[place]]} {_(EMOTIONS[place])}"


def show_confusion(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """One matrix or two with their difference; a cell opens the pictures behind it."""
    chosen = models_with(rows, keys, split, new_only=new_only)
    if not chosen:
        return
    titles = distinct_titles(chosen)
    one, two, values, order = st.columns([1.1, 1.1, 2, 1.15], vertical_alignment="bottom")
    shown = {NOBODY: NOBODY, **titles}.__getitem__
    first = choose_one(one.selectbox, _("Model"), list(chosen), key="cmp_first", format_func=shown)
    others = [NOBODY, *(key for key in chosen if key != first)]
    second = choose_one(two.selectbox, _("Against"), others, key="cmp_second", format_func=shown)
    label = choose_one(values.segmented_control, _("Cells"), list(VALUES), key="cmp_cells", required=True, wrap=True)
    arranged = choose_one(order.segmented_control, _("Classes"), ORDERS, key="cmp_order", required=True)
    models = {key: load_model(rows[key]) for key in (first, second) if key != NOBODY}
    answers = {key: model.answers(split, new_only=new_only) for key, model in models.items()}
    matrices = {key: confusion(found.probabilities, found.labels) for key, found in answers.items()}
    classes = similarity_order(matrices[first]) if arranged == ORDERS[1] else tuple(range(len(EMOTIONS)))
    true, predicted = _choose_cell()
    names = [titles[key] for key in matrices]
    figures = [
        confusion_matrix(matrix, normalize=VALUES[label], order=classes, title=as_text(name))
        for name, matrix in zip(names, matrices.values(), strict=True)
    ]
    if len(models) == 2:
        parts = [shares(matrix, VALUES[label]) for matrix in matrices.values()]
        unit = "points" if VALUES[label] else "images"
        names.append(_("{first} minus {second}").format(first=names[0], second=names[1]))
        figures.append(confusion_difference(*parts, unit=unit, order=classes, title=as_text(names[-1])))
    columns = st.columns(max(2, len(figures)), gap="medium")
    for column, figure, name, chart in zip(columns, figures, names, CHARTS, strict=False):
        column.plotly_chart(
            with_outlined_cell(figure, true, predicted, classes),
            config=CONFIG,
            key=chart,
            on_select=lambda chart=chart: _take_click(chart),
            selection_mode="points",
            alt=f"{name}: {_(label)}",
        )
    if len({tuple(found.ids.tolist()) for found in answers.values()}) > 1:
        st.caption(
            _(":material/warning: The two were measured on different images: compare shares, not single images.")
        )
    with columns[1] if len(models) == 1 else st.container():
        for key, model in models.items():
            found = cell_images(model, split, true, predicted, new_only=new_only)
            of = int(matrices[key][true].sum())
            st.markdown(
                _("**{model}**: {number:,} of {of:,} {true} images answered {predicted}").format(
                    model=as_written(titles[key]),
                    number=len(found.ids),
                    of=of,
                    true=named(true),
                    predicted=named(predicted),
                )
            )
            if len(found.ids):
                show_images(found, model)
