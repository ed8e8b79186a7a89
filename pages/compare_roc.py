"""ROC and precision-recall curves of one model, and what a threshold does to each class."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, roc_curves
from fer_core.charts.ranking import answered_matrix, precision_recall, with_averages, with_threshold_points
from fer_core.comparison.leaderboard import Row, distinct_titles
from fer_core.comparison.places import Entry
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.words import N_, _
from pages.address import choose_one
from pages.compare_data import load_model, models_with
from pages.tables import share_column, shares_written

AVERAGES = {"macro": N_("macro average"), "micro": N_("micro average")}
CURVES = (N_("ROC"), N_("Precision-recall"))


@st.cache_data(max_entries=32, show_spinner=False)
def curves(_row: Row, entry: Entry, split: str, kind: str, *, new_only: bool) -> tuple[tuple, dict, pd.DataFrame]:
    """Curves of the classes, of the averages by name, and the areas under them; `entry` stands for the row."""
    with st.spinner(_("Drawing the curves …")):
        from fer_core.evaluation import metrics, ranking  # a second of imports that the other tabs are spared

        answers = load_model(_row).answers(split, new_only=new_only)
        both = answers.probabilities, answers.labels
        if kind == "ROC":
            found = metrics.roc_curves(*both)
            averages = {"macro": ranking.macro_roc(found), "micro": ranking.micro_roc(*both)}
        else:
            found = ranking.precision_recall_curves(*both)
            averages = {
                "macro": ranking.macro_precision_recall(found),
                "micro": ranking.micro_precision_recall(*both),
            }
        return found, averages, ranking.areas(*both)


def columns() -> dict[str, object]:
    number = st.column_config.NumberColumn
    return {
        "class": _("Class"),
        "auc": number(_("AUC"), format="%.3f"),
        "auc_low": number(_("95% from"), format="%.3f", help=_("DeLong's interval of the area under the ROC curve")),
        "auc_high": number(_("to"), format="%.3f"),
        "average_precision": number(_("Average precision"), format="%.3f"),
        "found": share_column(_("Found"), _("Of the class's images, from this threshold on")),
        "false_alarms": share_column(_("False alarms"), _("Of the other classes' images")),
        "precision": share_column(_("Precision"), _("Of the images taken for this class")),
    }


def show_roc(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """Curves of each class with their averages, and a threshold that moves a point on each."""
    chosen = models_with(rows, keys, split, new_only=new_only)
    if not chosen:
        return
    from fer_core.evaluation.ranking import answered_confusion, rates_at

    model, which, slide = st.columns([1.2, 1, 1.6], vertical_alignment="bottom", gap="medium")
    titles = distinct_titles(chosen)
    key = choose_one(model.selectbox, _("Model"), list(chosen), key="cmp_roc_model", format_func=titles.__getitem__)
    kind = choose_one(which.segmented_control, _("Curves"), CURVES, key="cmp_roc_kind", required=True)
    threshold = slide.slider(
        _("Threshold"),
        0.0,
        1.0,
        0.5,
        0.01,
        key="cmp_threshold",
        bind="query-params",
        help=_("Moves the points on the classes' curves and on the micro average"),
    )
    answers = load_model(rows[key]).answers(split, new_only=new_only)
    drawn, averages, areas = curves(rows[key], rows[key].entry, split, kind, new_only=new_only)
    rates = rates_at(answers.probabilities, answers.labels, threshold)
    area = areas["auc" if kind == "ROC" else "average_precision"]
    if kind == "ROC":
        figure, at = roc_curves(drawn, area[: len(EMOTIONS)]), ("false_alarms", "found")
    else:
        figure, at = precision_recall(drawn, area[: len(EMOTIONS)]), ("found", "precision")
    named = {f"{_(AVERAGES[name])} {area[name]:.3f}": curve for name, curve in averages.items()}
    # The macro average is a mean at equal false alarms (or recall), where each class has another threshold.
    points = rates.drop(index="macro")
    with_threshold_points(with_averages(figure, named), points[at[0]], points[at[1]], threshold)
    left, right = st.columns(2, gap="large")
    left.plotly_chart(figure, config=CONFIG, key="cmp_roc", alt=f"{titles[key]}: {_(kind)}")
    matrix = answered_confusion(answers.probabilities, answers.labels, threshold)
    answered, right_ones = int(matrix[:, :-1].sum()), int(matrix[:, :-1].trace())
    told = _("From {threshold:.0%} on, {share:.1%} of {number:,} images are answered.").format(
        threshold=threshold, share=answered / matrix.sum(), number=matrix.sum()
    )
    if answered:
        told += " " + _("{share:.1%} of these answers are right.").format(share=right_ones / answered)
    right.plotly_chart(answered_matrix(matrix), config=CONFIG, key="cmp_answered", alt=told)
    right.caption(told)
    table = shares_written(areas.join(rates), list(rates))
    names = [*(f"{SYMBOLS[name]} {_(name)}" for name in EMOTIONS), *(_(AVERAGES[name]) for name in averages)]
    table.insert(0, "class", names)
    st.dataframe(table, hide_index=True, column_config=columns(), placeholder="–")
    st.caption(
        _(
            "A curve takes each class against the rest: an image counts as found when the probability of this class "
            "reaches the threshold. The macro average is the mean of the classes' curves at equal false alarms or "
            "recall, so that no single threshold belongs to a point of it; the micro average takes all pairs of image "
            "and class together. In the matrix an image gets its likeliest class, or “not sure” when that does not "
            "reach it."
        )
    )
