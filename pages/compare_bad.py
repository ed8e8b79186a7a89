"""Records that the guard refuses, each with the reason."""

from collections.abc import Mapping

import streamlit as st

from fer_core.comparison.annotations import deletable
from fer_core.comparison.leaderboard import Row
from fer_core.words import _
from pages.commands import shown_path
from pages.compare_actions import confirm_deletion
from pages.written import as_written

SHOWN = 20


def show_bad(rows: Mapping[str, Row]) -> None:
    """What can't be trusted and why; none of its numbers is used."""
    if not rows:
        return
    st.subheader(_(":material/gpp_bad: Records that can't be trusted: {number}").format(number=len(rows)))
    st.caption(_("They are left out of every table and figure above."))
    for key, row in list(rows.items())[:SHOWN]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container():
                st.markdown(
                    f"**{as_written(key)}** · `{shown_path(row.entry.path)}`\n"
                    + "".join(f"\n- {as_written(said)}" for said in row.statistics.problems)
                )
            if deletable(row.entry) and st.button(_("Delete …"), key=f"cmp-delete-{key}", icon=":material/delete:"):
                confirm_deletion([row])
    if len(rows) > SHOWN:
        st.caption(_("And {number} more.").format(number=len(rows) - SHOWN))
