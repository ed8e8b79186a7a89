"""What can be done with the selected rows of the leaderboard: compare, pin, name, note, delete, take away."""

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from fer_core.access import read_only
from fer_core.comparison.annotations import AnnotationError, annotate, deletable, delete, deleted_with
from fer_core.comparison.leaderboard import Row
from fer_core.comparison.places import places
from fer_core.words import _
from pages.compare_data import MOST_CHOSEN
from pages.written import as_written


def _attempt(action: Callable[[], None]) -> None:
    try:
        action()
    except AnnotationError as error:
        st.session_state["cmp-error"] = str(error)


def _pin(keys: list[str], pinned: bool) -> None:
    for key in keys:
        _attempt(lambda key=key: annotate(places().annotations, key, pinned=pinned))


def _compare(keys: list[str]) -> None:
    st.session_state["cmp_models"] = keys[:MOST_CHOSEN]
    if len(keys) > MOST_CHOSEN:
        said = _("The first {number} of {all} are compared.").format(number=MOST_CHOSEN, all=len(keys))
        st.session_state["cmp-cut"] = said


def confirm_deletion(rows: list[Row]) -> None:
    """Ask before the folders of these rows are deleted."""
    st.dialog(_("Delete for good?"), icon=":material/delete_forever:")(_ask_and_delete)(rows)


def _ask_and_delete(rows: list[Row]) -> None:
    for row in rows:
        st.markdown(f"- **{as_written(row.title)}**: `{row.entry.path}`")
    st.markdown(_("The folders go with all that is in them: record, network and checkpoints."))
    also = {key for row in rows for key in deleted_with(row.entry, places())} - {row.entry.key for row in rows}
    if also:
        named = as_written(", ".join(sorted(also)))
        st.markdown(_("Also in these folders, and deleted with them: {names}.").format(names=named))
    yes, no = st.columns(2)
    if yes.button(_("Delete"), type="primary", icon=":material/delete:", width="stretch"):
        for row in sorted(rows, key=lambda row: row.entry.kind == "ensemble"):  # whose folders may hold the others
            _attempt(lambda row=row: delete(row.entry, places()))
        st.rerun()
    if no.button(_("Keep"), width="stretch"):
        st.rerun()


def _show_name(row: Row) -> None:
    with (
        st.popover(_("Name and note"), icon=":material/edit_note:"),
        st.form("cmp-said", border=False),
    ):
        key, said = row.entry.key, row.annotation
        fields = f"{key}-{said.model_dump_json()}"  # with what is said by now, which may be another person's
        name = st.text_input(_("Name"), said.name, max_chars=60, placeholder=key, key=f"cmp-name-{fields}")
        note = st.text_area(_("Note"), said.note, max_chars=500, key=f"cmp-note-{fields}")
        if st.form_submit_button(_("Save"), type="primary"):
            _attempt(lambda: annotate(places().annotations, key, name=name.strip(), note=note.strip()))
            st.rerun()


def show_actions(rows: Mapping[str, Row], keys: list[str], frame: pd.DataFrame) -> None:
    """Buttons for the selected rows; the table as a file is always there."""
    with st.container(horizontal=True):
        if keys and st.button(
            _("Compare these"), type="primary", icon=":material/compare:", on_click=_compare, args=(keys,)
        ):
            st.rerun()  # what is chosen stands above the tabs
        if keys and not read_only():
            pinned = all(rows[key].annotation.pinned for key in keys)
            if st.button(
                _("Unpin") if pinned else _("Pin"),
                icon=":material/keep_off:" if pinned else ":material/keep:",
                on_click=_pin,
                args=(keys, not pinned),
            ):
                st.rerun()
            if len(keys) == 1:
                _show_name(rows[keys[0]])
            own = [rows[key] for key in keys if deletable(rows[key].entry)]
            if st.button(
                _("Delete …"),
                icon=":material/delete:",
                disabled=len(own) < len(keys),
                help=_("Asks first") if len(own) == len(keys) else _("What ships with the product can't be deleted"),
            ):
                confirm_deletion(own)
        st.download_button(
            _("Table (CSV)"),
            lambda: frame.to_csv(index=False),
            "leaderboard.csv",
            "text/csv",
            icon=":material/table:",
            help=_("These rows with all columns, shares from 0 to 1"),
            on_click="ignore",
        )
    if keys and read_only():
        st.caption(_("This is a public demo: runs can't be pinned, named or deleted here."))
    # Told last: a button above runs the page once more.
    if said := st.session_state.pop("cmp-cut", None):
        st.info(said, icon=":material/content_cut:")
