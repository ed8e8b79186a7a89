"""Learning curves: how runs learned, over each other, and the report's five networks side by side."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.comparison.histories import configuration_differences, learning_gap
from fer_core.comparison.leaderboard import Row, distinct_titles, named_runs
from fer_core.datasets.audit import recorded_audit
from fer_core.evaluation.metrics import confusion
from fer_core.evaluation.references import REPORT_NETWORKS
from fer_core.training.record import RecordedRun
from fer_core.words import N_, _
from pages.address import METRICS, choose_metric, choose_one
from pages.compare_data import load_model
from pages.tables import share_column, shares_written
from pages.written import as_written

AXES = (N_("Epochs"), N_("Minutes"))


def chosen_runs(rows: Mapping[str, Row], keys: list[str]) -> dict[str, RecordedRun]:
    """The chosen runs and the members of the chosen ensembles, each once, by what they are called."""
    return named_runs({key: load_model(rows[key]) for key in keys if key in rows}, rows)


def show_curves(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """Curves of the chosen runs, their gaps in words, what differs in their settings, and the report's networks."""
    runs = chosen_runs(rows, keys)
    if runs:
        name, axis, smooth, scale = st.columns([1.5, 1.1, 1.4, 0.8], vertical_alignment="bottom", gap="medium")
        metric = choose_metric(name.segmented_control, key="cmp_metric")
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
        needed = {metric, f"val_{metric}", *(["seconds"] if over == AXES[1] else [])}
        drawn = {title: run for title, run in runs.items() if needed <= set(run.history)}
        if left_out := [title for title in runs if title not in drawn]:
            st.caption(
                _(":material/info: Their histories don't tell this: {names}.").format(
                    names=as_written(", ".join(left_out))
                )
            )
        figure = learning_curves(
            {title: run.history for title, run in drawn.items()},
            metric,
            kept_epochs={title: run.record.kept_epoch for title, run in drawn.items()},
            smoothing=smoothing,
            by_time=over == AXES[1],
            log=log,
        )
        told = _("Training is dotted, validation solid; the star is the epoch whose weights were kept.")
        named = f"{_(metric.replace('_', ' '))}: {', '.join(drawn)}"
        st.plotly_chart(figure, config=CONFIG, key="cmp_curves", alt=f"{named}. {told}")
        st.caption(told)
        for title, run in runs.items():
            if gap := learning_gap(run.history, run.record.kept_epoch, run.record.config):
                st.markdown(f"- **{as_written(title)}** {gap.sentence}")
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
        st.dataframe(table.rename_axis(_("setting")))


def best_of_report(rows: Mapping[str, Row]) -> dict[str, Row]:
    """The best run on validation of each of the report's networks, in the report's order; on FER2013 alone."""
    fer2013 = recorded_audit()["fingerprint"]
    found: dict[str, Row] = {}
    for network in REPORT_NETWORKS:
        able = [
            row
            for row in rows.values()
            if row.entry.kind == "run"
            and row.statistics.network == network
            and row.statistics.data_fingerprint == fer2013
            and "validation" in row.statistics.splits
        ]
        if able:
            found[network] = max(able, key=lambda row: row.statistics.splits["validation"].all.scores["accuracy"])
    return found


def show_report_networks(rows: Mapping[str, Row]) -> None:
    """The report's five networks side by side, as far as they were recorded."""
    st.subheader(_("The report's five networks"))
    found, titles = best_of_report(rows), distinct_titles(rows)
    lines = []
    for network, reference in REPORT_NETWORKS.items():
        row, stated = found.get(network), reference.scores["validation"]
        own = row.statistics.splits["validation"].all.scores if row else {}
        lines.append(
            {
                _("Network"): reference.name,
                _("Recorded run"): titles[row.entry.key] if row else _("not recorded yet"),
                _("Accuracy"): own.get("accuracy"),
                _("Top-2"): own.get("top2_accuracy"),
                _("Report: accuracy"): stated["accuracy"],
                _("Report: top-2"): stated["top2_accuracy"],
            }
        )
    table, shares = pd.DataFrame(lines), list(lines[0])[2:]
    st.dataframe(
        shares_written(table, shares),
        hide_index=True,
        column_config={name: share_column(name) for name in shares},
        placeholder="–",
    )
    st.caption(
        _(
            "On validation of FER2013, each on its own part of the training images; of several runs the best on "
            "validation."
        )
    )
    if not found:
        return
    what = choose_one(st.segmented_control, _("Show of each"), [*METRICS, "Confusion"], key="cmp_each", required=True)
    with st.container(horizontal=True):
        for network, row in found.items():
            run = next(iter(load_model(row).members.values()))
            title = REPORT_NETWORKS[network].name
            if what == "Confusion":
                answers = run.splits["validation"]
                figure = confusion_matrix(confusion(answers.probabilities, answers.labels), title=title)
            elif f"val_{METRICS[what]}" in run.history:
                kept = {title: run.record.kept_epoch}
                figure = learning_curves({title: run.history}, METRICS[what], kept_epochs=kept, title=title)
            else:
                continue
            with st.container(width=400):
                figure.update_layout(height=340)
                st.plotly_chart(figure, config=CONFIG, key=f"cmp_each_{network}", alt=f"{title}: {_(what)}")
