"""Ensemble X-ray: what each member adds, and which images voting saves or spoils."""

import re
from collections.abc import Mapping
from os.path import commonprefix

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG
from fer_core.charts.agreement import agreement_matrix
from fer_core.charts.tradeoff import accuracy_against_cost, front_names
from fer_core.comparison.leaderboard import Row, distinct_titles, pareto_front
from fer_core.comparison.models import Model
from fer_core.comparison.xray import MOST_MEMBERS, agreement, agreement_counts, leave_one_out, subsets
from fer_core.evaluation.paired import holm, written_p
from fer_core.words import _
from pages.address import choose_one
from pages.compare_data import answering, load_model, row_of
from pages.compare_saved import show_saved, voters_of
from pages.tables import SPLIT_NAMES, share_column, shares_written
from pages.written import as_written

TEST_SPLITS = ("public", "private", "test")


@st.cache_data(max_entries=32, show_spinner=False)
def tables(_model: Model, digest: str, split: str, speeds: dict[str, float], *, new_only: bool) -> tuple:
    """Subsets, leave-one-out and agreement of an ensemble; `digest` stands for the model."""
    with st.spinner(_("Trying every subset …")):
        voters = voters_of(_model, split, new_only=new_only)
        every = subsets(voters, speeds) if len(voters.names) <= MOST_MEMBERS else None
        return every, leave_one_out(voters), agreement(voters), agreement_counts(voters)


def show_xray(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """One ensemble from inside."""
    ensembles = {key: row for key, row in rows.items() if row.entry.kind == "ensemble"}
    able = answering(ensembles, split, new_only=new_only)
    if not able:
        st.info(
            _(
                "No ensemble has answers for these images. Validation is each run's own; an ensemble is judged on the "
                "hold-out. `python -m fer_core ensemble RUN RUN … --name NAME` makes one."
            ),
            icon=":material/hub:",
        )
        return
    titles = distinct_titles(able)
    key = choose_one(
        st.selectbox, _("Ensemble"), list(able), key="cmp_ensemble", format_func=titles.__getitem__, width=420
    )
    model = load_model(rows[key])
    timed = {name: row_of(rows, run) for name, run in model.members.items()}
    speeds = {name: row.timing.milliseconds for name, row in timed.items() if row and row.timing}
    every, without, alike, counts = tables(model, model.entry.digest, split, speeds, new_only=new_only)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("What each member adds"))
        show_members(without)
        st.subheader(_("Every subset"))
        show_subsets(every, split)
    with right:
        heading = _("How often two give the same answer")
        st.subheader(heading)
        figure = agreement_matrix(alike, tuple(model.members))
        st.plotly_chart(figure, config=CONFIG, key="cmp_agreement", alt=heading)
        st.dataframe(
            shares_written(counts, ["accuracy"]),
            hide_index=True,
            column_config={
                "members": _("Members behind the answer"),
                "images": st.column_config.NumberColumn(_("Images"), format="localized"),
                "accuracy": share_column(_("Right")),
            },
        )
    show_saved(model, split, new_only=new_only)


def show_members(without: pd.DataFrame) -> None:
    """Each member alone, and what the ensemble loses without it."""
    points = shares_written(without, ["alone", "without", "cost", "low", "high"])
    points["p_value"] = pd.Series(holm(without["p_value"])).map(written_p)
    number = st.column_config.NumberColumn
    st.dataframe(
        points,
        hide_index=True,
        column_config={
            "member": _("Member"),
            "alone": share_column(_("Alone")),
            "without": share_column(_("Ensemble without it")),
            "cost": number(
                _("Lost without it"), format="%+.1f", help=_("Percentage points of accuracy lost when it is left out")
            ),
            "low": number(_("95% from"), format="%+.1f", help=_("Paired bootstrap over images")),
            "high": number(_("to"), format="%+.1f"),
            "p_value": st.column_config.TextColumn(
                "p",
                help=_(
                    "McNemar's exact test: how often equally good models differ this much; adjusted by Holm's "
                    "procedure for the {number} comparisons in the table"
                ).format(number=len(without)),
            ),
        },
    )


def shortened(texts: pd.Series, names: pd.Series) -> pd.Series:
    """The texts without the beginning that all of the names in them share, up to a `_` or `-`: room in a figure."""
    shared = re.match(r"(.*[_-])?", commonprefix(list(names)))[0] if len(names) > 1 else ""  # noqa: RUF071 - letters, no paths
    return texts.str.replace(shared, "", regex=False)


def show_subsets(every: pd.DataFrame | None, split: str) -> None:
    """Accuracy of each subset, against its speed where that was measured."""
    if every is None:
        st.caption(_("More than {number} members: the subsets are too many to try.").format(number=MOST_MEMBERS))
        return
    if split in TEST_SPLITS:
        st.caption(
            _(
                "Measured on: {split}. Choose members on the hold-out; the test images only tell how good the choice "
                "was."
            ).format(split=_(SPLIT_NAMES[split]))
        )
    st.dataframe(
        shares_written(every, ["accuracy"]),
        hide_index=True,
        column_order=["members", "accuracy", *(["milliseconds"] if every["milliseconds"].notna().any() else [])],
        column_config={
            "members": _("Members"),
            "accuracy": share_column(_("Accuracy")),
            "milliseconds": st.column_config.NumberColumn(
                _("ms a face, added up"),
                format="%.1f",
                help=_(
                    "The members' own times, added up; the leaderboard's is measured of the whole ensemble and can "
                    "differ"
                ),
            ),
        },
    )
    timed = every[every["milliseconds"].notna()]
    if timed.empty:
        st.caption(_("Speeds are not measured yet: `python -m fer_core runs time`."))
        return
    frame = timed.assign(
        key=timed["members"],
        title=shortened(timed["members"], timed["members"][timed["size"] == 1]),
        kind=["run" if size == 1 else "ensemble" for size in timed["size"]],
    )
    front = pareto_front(frame["milliseconds"].to_numpy(), frame["accuracy"].to_numpy())
    figure = accuracy_against_cost(frame, "milliseconds", front, label=_("Milliseconds a face, added up"))
    names = ", ".join(front_names(frame, "milliseconds", front))
    told = _("No other model here is both cheaper and better than: {names}.")
    st.plotly_chart(figure, config=CONFIG, key="cmp_subsets", alt=told.format(names=names))
    st.caption(told.format(names=as_written(names)))
