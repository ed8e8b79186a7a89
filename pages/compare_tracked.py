"""Runs that were logged in the MLflow store and stand in no folder here."""

import streamlit as st

from fer_core.access import read_only
from fer_core.comparison.places import places
from fer_core.training.record import RecordError
from fer_core.words import _
from pages.written import as_written


def show_tracked() -> None:
    """A button that brings them in; a store that is away is a sentence, and the rest stays usable."""
    said = st.session_state.pop("cmp-tracked", None)
    if said:
        icon, sentence = said
        st.info(sentence, icon=icon)
    if read_only():
        return
    if st.button(
        _("Import from MLflow"),
        icon=":material/cloud_download:",
        help=_("Brings in finished runs from `MLFLOW_TRACKING_URI`, else `mlflow.db` here"),
    ):
        from fer_core.comparison.imported import import_tracked

        try:
            with st.spinner(_("Asking the store …")):
                names, notes = import_tracked(places())
        except RecordError as error:
            st.warning(_("{error}. All other runs stay as they are.").format(error=error), icon=":material/cloud_off:")
            return
        sentence = _("The store has no finished run that isn't here.")
        if names:
            sentence = _("Brought in: {names}.").format(names=as_written(", ".join(names)))
        st.session_state["cmp-tracked"] = (":material/cloud_done:", " ".join([sentence, *map(as_written, notes)]))
        st.rerun()
