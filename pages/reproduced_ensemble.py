"""The report's sections 5 and 6: the three best networks vote, and the test images."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, roc_curves
from fer_core.evaluation.references import REPORT
from fer_core.evaluation.report import Evaluation, Scores
from fer_core.experiments.claims import Claim
from fer_core.experiments.ensemble_claims import ensemble_claims, result_claims
from fer_core.experiments.findings import Together, result_table, voted
from fer_core.experiments.status import Standing
from fer_core.prediction import ModelError
from fer_core.prediction.card import EnsembleCard
from fer_core.words import N_, _
from pages.reproduced_data import found_in, shipped_test
from pages.reproduced_parts import precision_told, show_claims, show_run_it

SAME, SHIPPED = N_("the same three networks"), N_("the shipped ensemble, of other networks")
SHORT = {SAME: N_("here, same networks"), SHIPPED: N_("here, shipped")}
"""Headings that leave room for the numbers on a narrow page."""


def show_ensemble(standing: Sequence[Standing]) -> list[Claim]:
    st.header(_("5 · Ensemble"), anchor="ensemble")
    members = found_in(standing, "ensemble")
    try:
        together = voted(members)
    except ValueError as error:
        st.warning(str(error), icon=":material/broken_image:")
        together = None
    if together:
        show_validation(together)
        st.caption(precision_told(members))
    claims = [*show_claims(ensemble_claims(together, members))]
    show_run_it("ensemble", standing)

    st.header(_("6 · Test images"), anchor="test")
    ours: dict[str, Evaluation] = {_(SAME): together.evaluations["test"]} if together else {}
    try:
        ours[_(SHIPPED)] = shipped_test(EnsembleCard.read().model_dump_json())
    except (ModelError, ValueError) as error:
        st.warning(str(error), icon=":material/broken_image:")
    if ours:
        show_result(ours)
    if together:
        show_curves(together)
    st.page_link(
        "pages/compare.py",
        label=_("Compare: curves, calibration, pictures"),
        icon=":material/leaderboard:",
    )
    return [*claims, *show_claims(result_claims(list(ours.items()), together, members))]


def show_validation(together: Together) -> None:
    found = together.evaluations["validation"]
    with st.container(horizontal=True):
        st.metric(_("Report, validation"), f"{REPORT.scores['validation']['accuracy']:.2%}")
        st.metric(
            _("Here, on the common hold-out"),
            f"{found.accuracy:.2%}",
            help=told_interval(found),
        )
        if new := found.without_train_duplicates:
            st.metric(_("Here, without copies"), f"{new.accuracy:.2%}", help=told_interval(new))
    st.caption(
        _(
            "The report's members were trained on different splits, so that each may know images that another one was "
            "validated on, and their joint accuracy may be too good. Here a tenth of the training images is held out "
            "from all three, by image as in the report: “without copies” leaves out those held-out images that also "
            "stand, byte for byte, among the other training images."
        )
    )
    where = _("Here, on the common hold-out")
    st.plotly_chart(confusion_matrix(found.confusion), config=CONFIG, key="report_ensemble_confusion", alt=where)


def told_interval(scores: Scores) -> str:
    return _("{low:.2%} to {high:.2%} (95%), {images:,} images").format(
        low=scores.interval[0], high=scores.interval[1], images=scores.images
    )


def show_result(ours: Mapping[str, Evaluation]) -> None:
    table = result_table(ours)
    table["score"] = [_(score.replace("_", " ")) for score in table["score"]]
    number = st.column_config.NumberColumn
    columns = {"score": _("score"), "report": number(_("report"), format="%.4f")}
    columns |= {_(name): number(_(short), format="%.4f", help=_(name)) for name, short in SHORT.items()}
    st.dataframe(table, hide_index=True, column_config=columns, key="report_result", placeholder="–")
    st.caption(
        _(
            "Test images, precision, recall and F1 weighted by class; only ever reported, never chosen by. “Without "
            "copies” leaves out those that also stand, byte for byte, among the training images."
        )
    )


def show_curves(together: Together) -> None:
    from fer_core.evaluation import metrics

    both = together.test.probabilities, together.test.labels
    left, right = st.columns(2, gap="medium")
    curves = roc_curves(metrics.roc_curves(*both), metrics.auc(*both))
    left.plotly_chart(curves, config=CONFIG, key="report_roc", alt=f"{_('Test images')}: {_('ROC')}")
    matrix = confusion_matrix(together.evaluations["test"].confusion)
    right.plotly_chart(matrix, config=CONFIG, key="report_test_confusion", alt=f"{_('Test images')}: {_('Confusion')}")
