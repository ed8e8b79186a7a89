"""ROC and precision-recall curves of one model, and what a threshold does to each class."""

from collections.abc import Mapping

import streamlit as st

from fer_core.charts import CONFIG, roc_curves
from fer_core.charts.ranking import answered_matrix, precision_recall, with_averages, with_threshold_points
from fer_core.comparison.leaderboard import Row
from fer_core.comparison.places import Entry
from fer_core.emotions import SYMBOLS
from fer_core.words import N_, _
from pages.address import choose_one
from pages.compare_data import load_model, models_with

AVERAGES = {"macro": N_("macro average"), "micro": N_("micro average")}
CURVES = (N_("ROC"), N_("Precision-recall"))


@st.cache_data(max_entries=32, show_spinner="Drawing the curves …")
def curves(_row: Row, entry: Entry, split: str, kind: str, *, new_only: bool) -> dict:
    """Class curves with their areas, and the averages over the classes; `entry` stands for the row."""
    from fer_core.evaluation import metrics, ranking  # a second of imports that the other tabs are spared

    answers = load_model(_row).answers(split, new_only=new_only)
    both = answers.probabilities, answers.labels
    if kind == "ROC":
        found = metrics.roc_curves(*both)
        averages = {"macro": ranking.macro_roc(found), "micro": ranking.micro_roc(*both)}
        return {"curves": found, "areas": metrics.auc(*both), "averages": averages}
    found = ranking.precision_recall_curves(*both)
    averages = {
        "macro": ranking.macro_precision_recall(found),
        "micro": ranking.micro_precision_recall(*both),
    }
    return {"curves": found, "areas": ranking.average_precisions(*both), "averages": averages}


def columns() -> dict[str, object]:
    number = st.column_config.NumberColumn
    return {
        "class": _("Class"),
        "auc": number(_("AUC"), format="%.3f"),
        "auc_low": number(_("95% from"), format="%.3f", help=_("DeLong's interval of the area under the ROC curve")),
        "auc_high": number(_("to"), format="%.3f"),
        "average_precision": number(_("Average precision"), format="%.3f"),
        "found": number(_("Found"), format="percent", help=_("Of the class's images, from this threshold on")),
        "false_alarms": number(_("False alarms"), format="percent", help=_("Of the other classes' images")),
        "precision": number(_("Precision"), format="percent", help=_("Of the images taken for this class")),
    }


def show_roc(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """Curves of each class with their averages, and a threshold that moves a point on each."""
    chosen = models_with(rows, keys, split)
    if not chosen:
        st.info(_("Choose a model above that has answers for these images."), icon=":material/arrow_upward:")
        return
    from fer_core.evaluation.ranking import answered_confusion, at_threshold

    model, which, slide = st.columns([1.2, 1, 1.6], vertical_alignment="bottom", gap="medium")
    key = model.selectbox(_("Model"), list(chosen), key="cmp_roc_model", bind="query-params")
    kind = choose_one(which.segmented_control, _("Curves"), CURVES, key="cmp_roc_kind", required=True)
    threshold = slide.slider(
        _("Threshold"),
        0.0,
        1.0,
        0.5,
        0.01,
        key="cmp_threshold",
        bind="query-params",
        help=_("Moves the points on all curves"),
    )
    answers = load_model(rows[key]).answers(split, new_only=new_only)
    drawn = curves(rows[key], rows[key].entry, split, kind, new_only=new_only)
    averages = {_(AVERAGES[name]): curve for name, curve in drawn["averages"].items()}
    table = at_threshold(answers.probabilities, answers.labels, threshold)
    if kind == "ROC":
        figure, at = roc_curves(drawn["curves"], drawn["areas"]), ("false_alarms", "found")
    else:
        figure, at = precision_recall(drawn["curves"], drawn["areas"]), ("found", "precision")
    with_threshold_points(with_averages(figure, averages), table[at[0]], table[at[1]], threshold)
    left, right = st.columns(2, gap="large")
    left.plotly_chart(figure, config=CONFIG, key="cmp_roc")
    matrix = answered_confusion(answers.probabilities, answers.labels, threshold)
    right.plotly_chart(answered_matrix(matrix), config=CONFIG, key="cmp_answered")
    answered, right_ones = int(matrix[:, :-1].sum()), int(matrix[:, :-1].trace())
    right.caption(
        _("From {threshold:.0%} on, {share:.1%} of {number:,} images are answered.").format(
            threshold=threshold, share=answered / matrix.sum(), number=matrix.sum()
        )
        + (" " + _("{share:.1%} of these answers are right.").format(share=right_ones / answered) if answered else "")
    )
    table["class"] = [f"{SYMBOLS[name]} {_(name)}" for name in table["class"]]
    st.dataframe(table, hide_index=True, column_config=columns(), placeholder="–")
    st.caption(
        _(
            "A curve takes each class against the rest: an image counts as found when the probability of this class "
            "reaches the threshold. In the matrix an image gets its likeliest class, or “not sure” when that does not "
            "reach it."
        )
    )
