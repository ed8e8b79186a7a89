"""Calibration: whether a stated confidence is worth its number, and what "not sure" buys."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from fer_core.charts import CONFIG, reliability_diagram
from fer_core.charts.coverage import coverage_curves
from fer_core.comparison.leaderboard import Row, distinct_titles
from fer_core.comparison.models import Model
from fer_core.evaluation.calibration import coverage_curve, reliability
from fer_core.words import _
from pages.address import choose_one
from pages.compare_data import load_model, models_with
from pages.tables import SPLIT_NAMES


@st.cache_data(max_entries=64, show_spinner=False)
def fitted(_model: Model, digest: str) -> tuple[float, str]:
    """Temperature of a model and the split it was fitted on; `digest` stands for the model."""
    return _model.fitted()


def calibrated(model: Model, split: str, *, new_only: bool) -> np.ndarray:
    """(n, 7) what a model says of a split, its confidences put right."""
    return model.calibrated(split, fitted(model, model.entry.digest)[0], new_only=new_only)


def show_calibration(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """Reliability of one model before and after temperature scaling, and coverage against accuracy of all chosen."""
    chosen = models_with(rows, keys, split, new_only=new_only)
    if not chosen:
        return
    titles = distinct_titles(chosen)
    key = choose_one(
        st.selectbox, _("Model"), list(chosen), key="cmp_cal_model", format_func=titles.__getitem__, width=420
    )
    model = load_model(rows[key])
    labels, before = model.answers(split, new_only=new_only).labels, model.uncalibrated(split, new_only=new_only)
    temperature, fitted_on = fitted(model, model.entry.digest)
    after = calibrated(model, split, new_only=new_only)
    diagrams = {_("before"): reliability(before, labels), _("after"): reliability(after, labels)}
    left, right = st.columns(2, gap="large")
    with left:
        heading = _("Does confidence match accuracy?")
        st.subheader(heading)
        one, two, three = st.columns(3)
        one.metric(
            _("Temperature"),
            f"{temperature:.2f}",
            help=_("Divides the log-probabilities; above 1 makes answers less confident"),
        )
        error = [diagram.expected_calibration_error for diagram in diagrams.values()]
        two.metric(
            _("Calibration error before"), f"{error[0]:.1%}", help=_("Mean gap of confidence and accuracy, 15 bins")
        )
        three.metric(
            _("after"),
            f"{error[1]:.1%}",
            _("{points:+.1f} points").format(points=(error[1] - error[0]) * 100),
            delta_color="inverse",
        )
        st.plotly_chart(reliability_diagram(diagrams), config=CONFIG, key="cmp_reliability", alt=heading)
        st.caption(_("The temperature was fitted on: {split}.").format(split=_(SPLIT_NAMES[fitted_on])))
        if model.label_smoothing:
            st.caption(
                _("Before it, the label smoothing of the training ({smoothing:.2f}) was undone.").format(
                    smoothing=model.label_smoothing
                )
            )
        if fitted_on == split:
            st.caption(_("These are the very images it was fitted on."))
    with right:
        heading = _("What “not sure” buys")
        st.subheader(heading)
        curves = {}
        for name, row in chosen.items():
            other = load_model(row)
            answers = other.answers(split, new_only=new_only)
            curves[titles[name]] = coverage_curve(calibrated(other, split, new_only=new_only), answers.labels)
        threshold = model.threshold
        figure = coverage_curves(curves, marked=titles[key], threshold=threshold or None)
        st.plotly_chart(figure, config=CONFIG, key="cmp_coverage", alt=heading)
        if threshold:
            sure = after.max(axis=1) >= threshold
            right_ones = float(np.mean((after.argmax(axis=1) == labels)[sure])) if sure.any() else 0.0
            st.caption(
                _(
                    "At {threshold:.0%}, the threshold of the Predict page for this model, {answered:.1%} of the "
                    "images are answered and {right:.1%} of these answers are right."
                ).format(threshold=threshold, answered=sure.mean(), right=right_ones)
            )
        else:
            st.caption(_("A run by itself always answers: thresholds belong to ensembles and to the fast model."))
