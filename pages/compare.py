"""Compare: which model is better, by how much, where, and what the number is worth."""

from importlib import import_module
from threading import Thread

import streamlit as st

from fer_core.comparison.leaderboard import Row
from fer_core.words import N_, _, in_language, language
from pages.address import open_tab
from pages.commands import shown_path
from pages.compare_bad import show_bad
from pages.compare_data import READ_ERRORS, TABLE_SHOWN, choose, load_model, load_rows, some_statistics, usable
from pages.written import as_written

TABS = {
    N_("Leaderboard"): "leaderboard",
    N_("Curves"): "curves",
    N_("Confusion"): "confusion",
    N_("ROC"): "roc",
    N_("Calibration"): "calibration",
    N_("X-ray"): "xray",
}
"""Name -> what `pages.compare_…` and its function `show_…` are called; imported when the tab is opened."""


def html_report(rows: dict[str, Row], code: str) -> str:
    from fer_core.comparison import html_report as written  # a second of imports that only the button needs

    with in_language(code):  # the button's work is done outside of the session, which knows it
        return written.html_report(rows, load_model)


@st.fragment(run_every=1)
def go_on_measuring(known: int, total: int) -> None:
    """Compute what is not known yet in small steps, so that the page can be used meanwhile."""
    measured = len(some_statistics(entries))
    text = _("Measuring the records, {measured} of {total}; each is measured only once …").format(
        measured=measured, total=total
    )
    st.progress(measured / total, text=text)
    if measured == total:
        st.rerun()


@st.fragment
def show_tabs(rows: dict[str, Row], keys: list[str], split: str, *, new_only: bool) -> None:
    """The tabs; another one, or a choice in one, leaves what stands above them alone."""
    name, tab = open_tab(list(TABS), key="cmp_tab")
    with tab:
        show = getattr(import_module(f"pages.compare_{TABS[name]}"), f"show_{TABS[name]}")
        try:
            show(rows, keys, split, new_only=new_only)
        except READ_ERRORS as error:
            st.error(
                _("Not all of this can be shown. {error}").format(error=as_written(str(error))), icon=":material/error:"
            )
            if st.button(_("Look for the records again"), icon=":material/refresh:"):
                st.rerun()


@st.cache_resource(show_spinner=False)
def prepare_roc() -> None:
    """Begin what the ROC tab imports while the table is read: two seconds, once for each start of the server."""
    Thread(target=import_module, args=("fer_core.evaluation.ranking",), daemon=True).start()


@st.fragment(run_every=1.5)
def draw_cost_next() -> None:
    """The figure comes a moment after the table: its code takes the browser longer than all else on the page."""
    if TABLE_SHOWN in st.session_state:
        prepare_roc()
        st.rerun()
    st.session_state[TABLE_SHOWN] = True


st.title(_("Which model is better, and by how much?"))
if error := st.session_state.pop("cmp-error", None):
    st.error(error, icon=":material/error:")
rows, entries, where = load_rows()
good = usable(rows)
if len(rows) < len(entries):
    go_on_measuring(len(rows), len(entries))
if good:
    shipped = sum(row.entry.origin == "shipped" for row in rows.values())
    top = st.container(horizontal=True, vertical_alignment="center")
    top.caption(
        _(
            "{shipped} shipped with the product · {own} of your own, in `{folder}`. Every number is computed from the "
            "recorded answers."
        ).format(shipped=shipped, own=len(rows) - shipped, folder=shown_path(where.own))
    )
    able = tuple(entry for entry in entries if entry.key in good or entry.key not in rows)
    keys, split, new_only = choose(able, good)
    chosen, code = {key: good[key] for key in keys if key in good}, language()
    top.download_button(
        _("Report (HTML)"),
        lambda: html_report(chosen, code),
        "report.html",
        "text/html",
        icon=":material/description:",
        help=_("The chosen models as one file: tables, curves, matrices, ROC and where the numbers come from"),
        disabled=not chosen,
        on_click="ignore",
    )
    show_tabs(good, keys, split, new_only=new_only)
    if TABLE_SHOWN not in st.session_state:
        draw_cost_next()
elif rows and len(rows) == len(entries):
    said = _("None of the {number} records here can be trusted; the reasons stand below.")
    st.warning(said.format(number=len(rows)), icon=":material/gpp_bad:")
elif not entries:
    st.info(
        _(
            "No run is recorded yet. Train one on the Training page or with `python -m fer_core train`; it is found in "
            "`{folder}`."
        ).format(folder=shown_path(where.own)),
        icon=":material/model_training:",
    )
show_bad({key: row for key, row in rows.items() if key not in good})
