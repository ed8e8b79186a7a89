"""Learning curves: how runs learned, over each other, and the report's five networks side by side."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.comparison.guard import counts_of
from fer_core.comparison.histories import configuration_differences, learning_gap
from fer_core.comparison.leaderboard import Row
from fer_core.evaluation.references import REPORT_NETWORKS
from fer_core.training.record import RecordedRun
from fer_core.words import N_, _
from pages.address import choose_one
from pages.compare_data import load_model

METRICS = {N_("Accuracy"): "accuracy", N_("Top-2 accuracy"): "top2_accuracy", N_("Loss"): "loss"}
AXES = (N_("Epochs"), N_("Minutes"))


def chosen_runs(rows: Mapping[str, Row], keys: list[str]) -> dict[str, RecordedRun]:
    """The chosen runs and the members of the chosen ensembles, each once, by what they are called."""
    runs = {}
    for key in keys:
        if key not in rows:
            continue
        for run in load_model(rows[key]).members.values():
            row = rows.get(run.record.id)
            runs[row.title if row and row.entry.kind == "run" else run.record.id] = run
    return runs


def show_curves(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """Curves of the chosen runs, their gaps in words, what differs in their settings, and the report's networks."""
    runs = chosen_runs(rows, keys)
    if runs:
        name, axis, smooth, scale = st.columns([1.5, 1.1, 1.4, 0.8], vertical_alignment="bottom", gap="medium")
        metric = METRICS[choose_one(name.segmented_control, _("Curve"), list(METRICS), key="cmp_metric", required=True)]
        over = choose_one(axis.segmented_control, _("Over"), AXES, key="cmp_over", required=True)
        smoothing = smooth.slider(
            _("Smoothing"),
            0.0,
            0.95,
            0.0,
            0.05,
            key="cmp_smoothing",
            bind="query-params",
            help=_("0 shows the values only"),
        )
        log = scale.toggle(_("Log scale"), key="cmp_log", bind="query-params")
        drawn = {title: run for title, run in runs.items() if f"val_{metric}" in run.history and metric in run.history}
        figure = learning_curves(
            {title: run.history for title, run in drawn.items()},
            metric,
            kept_epochs={title: run.record.kept_epoch for title, run in drawn.items()},
            smoothing=smoothing,
            by_time=over == AXES[1],
            log=log,
        )
        st.plotly_chart(figure, config=CONFIG, key="cmp_curves")
        st.caption(_("Training is dotted, validation solid; the star is the epoch whose weights were kept."))
        for title, run in runs.items():
            if gap := learning_gap(run.history, run.record.kept_epoch):
                st.markdown(f"- **{title}** {gap.sentence}")
        show_differences(runs)
    else:
        st.info(_("Choose runs above to see how they learned."), icon=":material/arrow_upward:")
    show_report_networks(rows)


def show_differences(runs: Mapping[str, RecordedRun]) -> None:
    """The settings that are not the same in all of the runs."""
    if len(runs) < 2:
        return
    st.subheader(_("What differs between these runs"))
    table = configuration_differences({title: run.record.config for title, run in runs.items()})
    if table.empty:
        st.caption(_("Nothing: the configurations are the same."))
    else:
        st.dataframe(table)


def show_report_networks(rows: Mapping[str, Row]) -> None:
    """The report's five networks side by side, as far as they were recorded."""
    st.subheader(_("The report's five networks"))
    found: dict[str, Row] = {}
    for row in rows.values():
        network, scored = row.statistics.network, row.statistics.splits.get("validation")
        if row.entry.kind == "run" and network in REPORT_NETWORKS and scored:
            best = found.get(network)
            score = scored.all.scores["accuracy"]
            if best is None or score > best.statistics.splits["validation"].all.scores["accuracy"]:
                found[network] = row
    lines = []
    for network, reference in REPORT_NETWORKS.items():
        row, stated = found.get(network), reference.scores["validation"]
        own = row.statistics.splits["validation"].all.scores if row else {}
        lines.append(
            {
                _("Network"): reference.name,
                _("Recorded run"): row.title if row else _("not recorded yet"),
                _("Accuracy"): own.get("accuracy"),
                _("Top-2"): own.get("top2_accuracy"),
                _("Report: accuracy"): stated["accuracy"],
                _("Report: top-2"): stated["top2_accuracy"],
            }
        )
    share = st.column_config.NumberColumn(format="percent")
    shares = dict.fromkeys(list(lines[0])[2:], share)
    st.dataframe(pd.DataFrame(lines), hide_index=True, column_config=shares, placeholder="–")
    st.caption(_("On validation, each on its own part of the training images; of several runs the best on validation."))
    if not found:
        return
    what = choose_one(st.segmented_control, _("Show of each"), [*METRICS, "Confusion"], key="cmp_each", required=True)
    with st.container(horizontal=True):
        for network, row in found.items():
            run = next(iter(load_model(row).members.values()))
            title = REPORT_NETWORKS[network].name
            if what == "Confusion":
                figure = confusion_matrix(counts_of(run.splits["validation"]), title=title)
            elif f"val_{METRICS[what]}" in run.history:
                kept = {title: run.record.kept_epoch}
                figure = learning_curves({title: run.history}, METRICS[what], kept_epochs=kept, title=title)
            else:
                continue
            with st.container(width=400):
                st.plotly_chart(figure.update_layout(height=340), config=CONFIG, key=f"cmp_each_{network}")
