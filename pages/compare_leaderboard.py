"""Leaderboard: every recorded run and ensemble with its intervals, beside the report and a peer."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.comparison.leaderboard import COSTS, Row, distinct_titles, leaderboard
from fer_core.evaluation.paired import holm, written_p
from fer_core.words import _
from pages.address import choose_many, choose_one
from pages.compare_actions import show_actions
from pages.compare_columns import GROUPS, IN_PERCENT, ORDERS, column_config
from pages.compare_cost import show_cost
from pages.compare_data import TABLE_SHOWN
from pages.compare_tracked import show_tracked
from pages.tables import SPLIT_NAMES, shares_written
from pages.written import as_written


@st.cache_data(max_entries=64, show_spinner=False)
def board(_rows: Mapping[str, Row], content: str, split: str, *, new_only: bool, baseline: str) -> pd.DataFrame:
    """The table; `content` stands for the rows, which take longer to compare than to make."""
    return leaderboard(_rows, split, new_only=new_only, baseline=baseline)


def controls(able: Mapping[str, Row]) -> tuple[str, str, str, list[str], DeltaGenerator]:
    """Search words, baseline, column to order by, groups of columns, and the place of the filters."""
    titles = distinct_titles(able) or {"": "–"}
    search, base, sort, more = st.columns([1.5, 1.5, 1.3, 0.8], vertical_alignment="bottom")
    words = search.text_input(
        _("Search"), key="cmp_search", bind="query-params", placeholder=_("name, network or note")
    )
    baseline = choose_one(
        base.selectbox,
        _("Baseline"),
        list(titles),
        key="cmp_baseline",
        format_func=titles.__getitem__,
        help=_("Differences are taken from this model, on the same images"),
    )
    order = choose_one(sort.selectbox, _("Order by"), list(ORDERS), key="cmp_sort")
    groups = choose_many(list(GROUPS), _("Columns"), key="cmp_columns", start=("Difference", "Scores", "Cost"))
    return words or "", baseline, ORDERS[order], groups, more


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
    if words and len(frame):
        text = frame[["title", "key", "network", "note"]].fillna("").agg(" ".join, axis=1).str.lower()
        frame = frame[[all(word in line for word in words.lower().split()) for line in text]]
    rising = order == "ece" or order in COSTS
    return frame.sort_values(["pinned", order], ascending=[False, rising], kind="stable", ignore_index=True)


def show_leaderboard(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """The table, what can be done with its rows, and accuracy against cost."""
    able = {key: row for key, row in rows.items() if split in row.statistics.splits}
    words, baseline, order, groups, more = controls(able)
    content = repr([(key, row.entry.digest, row.annotation, row.megabytes, row.timing) for key, row in rows.items()])
    frame = narrowed(board(rows, content, split, new_only=new_only, baseline=baseline), words, order, more)
    frame = frame.assign(p_holm=holm(frame["p_value"]))
    shown = shares_written(frame, IN_PERCENT).assign(
        title=frame["title"].where(~frame["pinned"].astype(bool), "📌 " + frame["title"]),
        p_holm=frame["p_holm"].map(written_p),
        kind=frame["kind"].map({kind: _(kind) for kind in frame["kind"].unique()}),
        origin=frame["origin"].map({origin: _(origin) for origin in frame["origin"].unique()}),
    )
    chosen = [column for group, columns in GROUPS.items() if group in groups for column in columns]
    picked = st.dataframe(
        shown,
        hide_index=True,
        column_order=["title", "accuracy", "accuracy_low", "accuracy_high", *chosen],
        column_config=column_config(int(frame["p_value"].notna().sum())),
        on_select="rerun",
        selection_mode="multi-row",
        key=f"cmp_table_{hash(tuple(map(str, frame['key'])))}",  # what is selected are places in this very table
        placeholder="–",
    )
    st.caption(
        _(
            "Measured on: {split}. Choose a model on validation or the hold-out; the test images only tell how good "
            "the choice was. Select rows to compare, pin, name or delete them."
        ).format(split=_(SPLIT_NAMES[split]) + (f", {_('New images only')}" if new_only else ""))
    )
    parts = frame["images_digest"].nunique()
    if parts > 1 and frame["data"].nunique() > 1:
        st.caption(
            _(
                ":material/warning: Not all of these were measured on the same images: they come from different data "
                "sets (column Data under Origin). Compare within one; the filter helps."
            )
        )
    elif parts > 1:
        st.caption(
            _(
                ":material/warning: Not all of these were measured on the same images: there are {number} different "
                "parts. Small differences between them mean nothing; those from the baseline are given where the "
                "images are the same."
            ).format(number=parts)
        )
    called = zip(frame["key"], frame["title"], strict=True)
    weak = [title for key, title in called if key in able and able[key].statistics.splits[split].weak]
    if weak:
        st.caption(
            _(":material/info: No better than always saying the commonest class: {names}.").format(
                names=as_written(", ".join(weak))
            )
        )
    fitted_here = sum(rows[key].statistics.calibrated_on == split for key in frame["key"] if key in rows)
    if fitted_here and "ece" in chosen:
        st.caption(
            _(
                ":material/info: Of {number} of these the temperature behind the calibration error was fitted on these "
                "very images, which flatters it."
            ).format(number=fitted_here)
        )
    show_actions(rows, [key for key in frame["key"].iloc[picked.selection.rows] if key in rows], frame)
    if TABLE_SHOWN in st.session_state:
        show_cost(frame)
    show_tracked()
