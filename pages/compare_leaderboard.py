"""Leaderboard: every recorded run and ensemble with its intervals, beside the report and a peer."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.charts import CONFIG
from fer_core.charts.tradeoff import accuracy_against_cost
from fer_core.comparison.leaderboard import COSTS, Row, leaderboard, pareto_front
from fer_core.comparison.statistics import SCORES
from fer_core.words import N_, _
from pages.address import choose_many, choose_one
from pages.compare_actions import show_actions
from pages.compare_data import SPLIT_NAMES, written_p
from pages.compare_tracked import show_tracked

SCORE_NAMES = {
    "accuracy": (N_("Accuracy"), N_("Share of right answers")),
    "top2_accuracy": (N_("Top-2"), N_("How often the true class is among the first two")),
    "macro_f1": (N_("Macro F1"), N_("Each class counts the same, however few its images")),
    "precision": (N_("Precision"), N_("Weighted by the classes' images")),
    "recall": (N_("Recall"), N_("Weighted by the classes' images: the same as the accuracy")),
    "f1": (N_("F1"), N_("Weighted by the classes' images")),
    "mean_auc": (N_("Mean AUC"), N_("Area under the ROC curve, one class against the rest, plain mean")),
    "ece": (N_("Calibration error"), N_("Mean gap between confidence and accuracy, 15 bins; lower is better")),
}
GROUPS = {
    N_("Difference"): ["difference", "difference_low", "difference_high", "p_value"],
    N_("Scores"): [name for name in SCORES if name != "accuracy"],
    N_("Intervals"): [f"{name}_{end}" for name in SCORES if name != "accuracy" for end in ("low", "high")],
    N_("Cost"): list(COSTS),
    N_("Origin"): ["kind", "origin", "network", "data", "images", "note"],
}
ORIGINS = (N_("shipped"), N_("own"), N_("imported"), N_("reference"))
"""Words of the table's cells, marked here to be translated."""
IN_PERCENT = [
    *GROUPS["Difference"][:3],
    *(f"{name}{end}" for name in SCORES if name != "mean_auc" for end in ("", "_low", "_high")),
]
ORDERS = {labels[0]: name for name, labels in SCORE_NAMES.items()} | {label: name for name, label in COSTS.items()}


def column_config() -> dict[str, object]:
    number = st.column_config.NumberColumn
    config: dict[str, object] = {
        "title": st.column_config.TextColumn(_("Model"), pinned=True, width="medium"),
        "kind": _("Kind"),
        "origin": _("From"),
        "network": _("Network"),
        "data": st.column_config.TextColumn(_("Data"), help=_("Fingerprint of the data set it was measured on")),
        "note": _("Note"),
        "images": number(_("Images"), format="localized"),
        "parameters": number(_("Parameters"), format="compact"),
        "megabytes": number(_("File (MB)"), format="%.1f"),
        "milliseconds": number(_("ms a face"), format="%.1f", help=_("Measured by `python -m fer_core runs time`")),
        "difference": number(_("Against baseline"), format="%+.1f", help=_("Accuracy, in percentage points")),
        "difference_low": number(_("… 95% from"), format="%+.1f", help=_("Bootstrap over images in pairs")),
        "difference_high": number(_("… to"), format="%+.1f"),
        "p_value": st.column_config.TextColumn(
            "p", help=_("McNemar's exact test: how often equally good models differ this much")
        ),
    }
    for name, (label, text) in SCORE_NAMES.items():
        form = "%.4f" if name == "mean_auc" else "%.1f%%"
        config[name] = number(_(label), format=form, help=_(text))
        config[f"{name}_low"] = number(
            _("{score}: 95% from").format(score=_(label)), format=form, help=_("Bootstrap interval, 2,000 resamples")
        )
        config[f"{name}_high"] = number(_("{score}: to").format(score=_(label)), format=form)
    config["accuracy_low"] = number(_("95% from"), format="%.1f%%", help=_("Bootstrap interval of the accuracy"))
    config["accuracy_high"] = number(_("to"), format="%.1f%%")
    return config


@st.cache_data(max_entries=64, show_spinner=False)
def board(_rows: Mapping[str, Row], content: str, split: str, *, new_only: bool, baseline: str) -> pd.DataFrame:
    """The table; `content` stands for the rows, which take longer to compare than to make."""
    return leaderboard(_rows, split, new_only=new_only, baseline=baseline)


def controls(able: list[str]) -> tuple[str, str, str, list[str], DeltaGenerator]:
    """Search words, baseline, column to order by, groups of columns, and the place of the filters."""
    search, base, sort, more = st.columns([1.5, 1.5, 1.3, 0.8], vertical_alignment="bottom")
    words = search.text_input(
        _("Search"), key="cmp_search", bind="query-params", placeholder=_("name, network or note")
    )
    baseline = base.selectbox(
        _("Baseline"),
        able,
        key="cmp_baseline",
        bind="query-params",
        help=_("Differences are taken from this model, on the same images"),
    )
    order = choose_one(sort.selectbox, _("Order by"), list(ORDERS), key="cmp_sort")
    groups = choose_many(list(GROUPS), _("Columns"), key="cmp_columns", start=("Difference", "Scores", "Cost"))
    return words or "", baseline or "", ORDERS[order], groups, more


def narrowed(frame: pd.DataFrame, words: str, order: str, more: DeltaGenerator) -> pd.DataFrame:
    """What is left after searching and filtering, in the order asked for, pins first."""
    with more.popover(_("Filter"), icon=":material/filter_alt:", width="stretch"):
        for column, label in (
            ("kind", _("Kind")),
            ("origin", _("From")),
            ("network", _("Network")),
            ("data", _("Data")),
        ):
            options = [str(value) for value in frame[column].dropna().unique() if value]
            chosen = choose_many(options, label, key=f"cmp_{column}")
            if chosen:
                frame = frame[frame[column].isin(chosen)]
    if words:
        text = frame[["title", "key", "network", "note"]].fillna("").agg(" ".join, axis=1).str.lower()
        frame = frame[[all(word in line for word in words.lower().split()) for line in text]]
    rising = order == "ece" or order in COSTS
    return frame.sort_values(["pinned", order], ascending=[False, rising], kind="stable", ignore_index=True)


def show_leaderboard(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """The table, what can be done with its rows, and accuracy against cost."""
    able = [key for key, row in rows.items() if split in row.statistics.splits]
    words, baseline, order, groups, more = controls(able)
    content = repr([(key, row.entry.digest, row.annotation, row.megabytes, row.timing) for key, row in rows.items()])
    frame = narrowed(board(rows, content, split, new_only=new_only, baseline=baseline), words, order, more)
    shown = frame.assign(
        title=frame["title"].where(~frame["pinned"].astype(bool), "📌 " + frame["title"]),
        p_value=frame["p_value"].map(written_p),
        kind=frame["kind"].map(_),
        origin=frame["origin"].map(_),
        **{name: frame[name] * 100 for name in IN_PERCENT},
    )
    chosen = [column for group, columns in GROUPS.items() if group in groups for column in columns]
    picked = st.dataframe(
        shown,
        hide_index=True,
        column_order=["title", "accuracy", "accuracy_low", "accuracy_high", *chosen],
        column_config=column_config(),
        on_select="rerun",
        selection_mode="multi-row",
        key="cmp_table",
        placeholder="–",
    )
    split_name = next(name for name, value in SPLIT_NAMES.items() if value == split)
    st.caption(
        _(
            "Measured on: {split}. Choose a model on validation or the hold-out; the test images only tell how good "
            "the choice was. Select rows to compare, pin, name or delete them."
        ).format(split=_(split_name) + (f", {_('New images only')}" if new_only else ""))
    )
    if frame["data"].nunique() > 1:
        st.caption(
            _(
                ":material/warning: Not all of these were measured on the same images: they come from different data "
                "sets (column Data under Origin). Compare within one; the filter helps."
            )
        )
    show_actions(rows, [key for key in frame["key"].iloc[picked.selection.rows] if key in rows], frame)
    show_cost(frame)
    show_tracked()


def show_cost(frame: pd.DataFrame) -> None:
    """Accuracy against what it costs, with the front that nothing beats."""
    st.subheader(_("Accuracy against cost"))
    own = frame[frame["kind"] != "reference"]
    known = {label: name for name, label in COSTS.items() if own[name].notna().any()}
    if not known:
        st.caption(_("No cost is known of these models."))
        return
    label = choose_one(st.segmented_control, _("Cost"), list(known), key="cmp_cost", required=True)
    cost = known[label]
    own = own[own[cost].notna() & (own[cost] > 0)]
    front = pareto_front(own[cost].to_numpy(), own["accuracy"].to_numpy())
    st.plotly_chart(accuracy_against_cost(own, cost, front, label=_(label)), config=CONFIG, key="cmp_cost_chart")
    st.caption(
        _("No other model here is both cheaper and better than: {names}.").format(names=", ".join(own["title"][front]))
    )
