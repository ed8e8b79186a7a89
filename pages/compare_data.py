"""What all tabs of the Compare page share: the recorded models, and which of them are looked at."""

import time
from collections.abc import Mapping

import streamlit as st

from fer_core.comparison.annotations import AnnotationError, read_annotations
from fer_core.comparison.leaderboard import Row, distinct_titles, rows_of
from fer_core.comparison.models import Model, member_digests, read_model
from fer_core.comparison.places import Entry, Places, find_entries, places, run_digest
from fer_core.comparison.statistics import Statistics, compute, kept
from fer_core.prediction.errors import ModelError
from fer_core.training.assemble import AssemblyError
from fer_core.training.record import RecordedRun, RecordError
from fer_core.words import N_, _
from pages.address import choose_many, choose_one
from pages.tables import SPLIT_NAMES
from pages.written import as_written

SPLIT_HELP = N_(
    """
- **Test (both)**, **PublicTest**, **PrivateTest**: FER2013's official test images, only ever reported.
- **Hold-out**: a tenth of the training images that a run was not trained on, the same for all runs that were split
  in one way; choose members and thresholds here.
- **Validation**: each run's own part of the training images, which its epoch was chosen on.
"""
)
SECONDS_A_STEP = 0.5
TABLE_SHOWN = "cmp-table-shown"
"""Stands in the session when the leaderboard has been drawn once, and its figure can follow."""
MOST_CHOSEN = 30
"""Lines of more can't be told apart by colour and symbol."""
READ_ERRORS = (RecordError, ModelError, AssemblyError, OSError)
"""Of `load_model`, e.g. where a record was deleted since the rows were read."""


def some_statistics(entries: tuple[Entry, ...]) -> dict[str, Statistics]:
    """Statistics by key: the kept ones, and as many more as `SECONDS_A_STEP` allows."""
    deadline, found = time.monotonic() + SECONDS_A_STEP, {}
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
    splits = {name: part for part, name in SPLIT_NAMES.items()}
    name = choose_one(
        split.segmented_control,
        _("Measured on"),
        list(splits),
        key="cmp_split",
        required=True,
        wrap=True,
        help=_(SPLIT_HELP),
    )
    new_only = new.toggle(
        _("New images only"),
        key="cmp_new",
        bind="query-params",
        help=_("Without the images that also stand, byte for byte, among those trained on"),
    )
    return keys, splits[name], new_only


def answering(rows: Mapping[str, Row], split: str, *, new_only: bool) -> dict[str, Row]:
    """The rows that have answers for a split's images; says which have not."""
    splits = {key: row.statistics.splits.get(split) for key, row in rows.items()}
    able = {key: rows[key] for key, found in splits.items() if found and found.measured(new_only=new_only)}
    if missing := [title for key, title in distinct_titles(rows).items() if key not in able]:
        st.caption(
            _(":material/info: No answers for these images: {names}.").format(names=as_written(", ".join(missing)))
        )
    return able


def models_with(rows: Mapping[str, Row], keys: list[str], split: str, *, new_only: bool) -> dict[str, Row]:
    """The chosen rows that have answers for a split's images; says which have not, and where none has."""
    able = answering({key: rows[key] for key in keys if key in rows}, split, new_only=new_only)
    if not able:
        st.info(_("Choose a model above that has answers for these images."), icon=":material/arrow_upward:")
    return able
