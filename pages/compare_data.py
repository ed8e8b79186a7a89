"""What all tabs of the Compare page share: the recorded models, and which of them are looked at."""

import time
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from fer_core.comparison.annotations import AnnotationError, read_annotations
from fer_core.comparison.leaderboard import Row, distinct_titles, rows_of
from fer_core.comparison.models import Model, member_digests, read_model
from fer_core.comparison.places import Entry, Places, find_entries, places, run_digest
from fer_core.comparison.statistics import Statistics, compute, kept
from fer_core.training.record import RecordedRun
from fer_core.words import N_, _
from pages.address import choose_many, choose_one
from pages.written import as_written

SPLIT_NAMES = {
    N_("Test (both)"): "test",
    N_("PrivateTest"): "private",
    N_("PublicTest"): "public",
    N_("Hold-out"): "holdout",
    N_("Validation"): "validation",
}
SPLIT_HELP = N_(
    """
- **Test (both)**, **PublicTest**, **PrivateTest**: FER2013's official test images, only ever reported.
- **Hold-out**: a tenth of the training images that no run was trained on; choose members and thresholds here.
- **Validation**: each run's own part of the training images, which its epoch was chosen on.
"""
)
SECONDS_A_STEP = 0.5
TABLE_SHOWN = "cmp-table-shown"
"""Stands in the session when the leaderboard has been drawn once, and its figure can follow."""
MOST_CHOSEN = 30
"""Lines of more can't be told apart by colour and symbol."""


def some_statistics(entries: tuple[Entry, ...], seconds: float = SECONDS_A_STEP) -> dict[str, Statistics]:
    """Statistics by key: the kept ones, and as many more as this much time allows."""
    deadline, found = time.monotonic() + seconds, {}
    for entry in entries:
        statistics = kept(entry)
        if statistics is None and time.monotonic() < deadline:
            statistics = compute(entry)
        if statistics is not None:
            found[entry.key] = statistics
    return found


def load_rows() -> tuple[dict[str, Row], tuple[Entry, ...], Places]:
    """All rows whose statistics are known by now, all entries, and the places that they stand in."""
    where = places()
    entries = find_entries(where)
    try:
        said = read_annotations(where.annotations)
    except AnnotationError as error:
        st.warning(str(error), icon=":material/edit_off:")
        said = {}
    return rows_of(entries, some_statistics(entries), said, where), entries, where


@st.cache_resource(max_entries=MOST_CHOSEN + 10, show_spinner=False)
def _model(entry: Entry) -> Model:
    with st.spinner(_("Reading the recorded answers …")):
        return read_model(entry)


def load_model(row: Row) -> Model:
    """All recorded answers of a run or an ensemble that the guard has let through."""
    return _model(row.entry)


def usable(rows: Mapping[str, Row]) -> dict[str, Row]:
    """Rows that the guard found nothing wrong with."""
    return {key: row for key, row in rows.items() if not row.statistics.problems}


def default_choice(entries: tuple[Entry, ...]) -> list[str]:
    """The shipped ensemble and its members, else the first few."""
    runs = {entry.digest: entry.key for entry in entries if entry.kind == "run"}
    for entry in entries:
        if entry.kind == "ensemble":
            return [entry.key, *(runs[digest] for digest in member_digests(entry) if digest in runs)][:MOST_CHOSEN]
    return [entry.key for entry in entries][:3]


def row_of(rows: Mapping[str, Row], run: RecordedRun) -> Row | None:
    """The row of a run that stands behind an ensemble, wherever its own folder is."""
    digest = run_digest(run.folder)
    return next((row for row in rows.values() if row.entry.kind == "run" and row.entry.digest == digest), None)


def choose(entries: tuple[Entry, ...], rows: Mapping[str, Row]) -> tuple[list[str], str, bool]:
    """The controls above the tabs: keys of the models, the split, and whether training duplicates are left out.

    Args:
        entries: those that nothing is wrong with as far as is known by now.
        rows: what is known of them.
    """
    titles = distinct_titles(rows)
    models, split, new = st.columns([2, 2.5, 1.05], gap="medium", vertical_alignment="bottom")
    keys = choose_many(
        [entry.key for entry in entries],
        _("Models"),
        key="cmp_models",
        start=default_choice(entries),
        widget=models.multiselect,
        format_func=lambda key: titles.get(key, key),
        max_selections=MOST_CHOSEN,
        wrap=True,
        help=_("What the tabs show, up to {number}; the leaderboard lists all").format(number=MOST_CHOSEN),
    )
    name = choose_one(
        split.segmented_control,
        _("Measured on"),
        list(SPLIT_NAMES),
        key="cmp_split",
        required=True,
        wrap=True,
        help=_(SPLIT_HELP),
    )
    new_only = new.toggle(
        _("New images only"),
        key="cmp_new",
        bind="query-params",
        help=_("Without the test images that also stand, byte for byte, in the training images"),
    )
    return keys, SPLIT_NAMES[name], new_only


def models_with(rows: Mapping[str, Row], keys: list[str], split: str) -> dict[str, Row]:
    """The chosen rows that have answers for a split, with a line about those that have not."""
    chosen = {key: rows[key] for key in keys if key in rows}
    if missing := [row.title for row in chosen.values() if split not in row.statistics.splits]:
        st.caption(
            _(":material/info: No answers for these images: {names}.").format(names=as_written(", ".join(missing)))
        )
    return {key: row for key, row in chosen.items() if split in row.statistics.splits}


def shares_written(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The table with these shares of 0 to 1 in percent, for `share_column`."""
    return frame.assign(**{name: frame[name].astype(float) * 100 for name in columns})


def share_column(label: str, text: str | None = None) -> object:
    """A share in percent, everywhere with one decimal; `text` is its help."""
    return st.column_config.NumberColumn(label, format="%.1f%%", help=text)
