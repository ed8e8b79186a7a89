"""Accuracy against what it costs."""

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG
from fer_core.charts.tradeoff import accuracy_against_cost, front_names
from fer_core.comparison.leaderboard import COSTS, pareto_front
from fer_core.words import _
from pages.address import choose_one
from pages.written import as_written


def show_cost(frame: pd.DataFrame) -> None:
    """Accuracy against what it costs, with the front that nothing beats."""
    if frame.empty:
        st.caption(_("No model fits the search and filters."))
        return
    heading = _("Accuracy against cost")
    st.subheader(heading)
    own = frame[frame["kind"] != "reference"]
    known = {label: name for name, label in COSTS.items() if own[name].notna().any()}
    if not known:
        st.caption(_("No cost is known of these models."))
        return
    label = choose_one(st.segmented_control, _("Cost"), list(known), key="cmp_cost", required=True)
    cost = known[label]
    own = own[own[cost].notna() & (own[cost] > 0)]
    front = pareto_front(own[cost].to_numpy(), own["accuracy"].to_numpy())
    figure = accuracy_against_cost(own, cost, front, label=_(label))
    st.plotly_chart(figure, config=CONFIG, key="cmp_cost_chart", alt=f"{heading}: {_(label)}")
    said = _("No other model here is both cheaper and better than: {names}.")
    if own["images_digest"].nunique() > 1:
        said += " " + _("But they were not all measured on the same images.")
    if cost == "milliseconds" and own["timed_on"].nunique() > 1:
        said += " " + _("But they were not all timed on one processor with as many threads.")
    st.caption(said.format(names=as_written(", ".join(front_names(own, cost, front)))))
