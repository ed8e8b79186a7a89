"""What every section of the report's page is made of: conclusions with a verdict, and how much is recorded."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fer_core.evaluation.references import REPORT_NETWORKS
from fer_core.experiments.catalogue import SHORT
from fer_core.experiments.claims import Claim
from fer_core.experiments.findings import Reproduced, by_precision
from fer_core.experiments.search import SHARE
from fer_core.experiments.status import Standing
from fer_core.words import N_, _
from pages.commands import shown_command

VERDICTS = {True: N_("holds"), False: N_("does not hold"), None: N_("open")}
ICONS = {True: ":material/check_circle:", False: ":material/cancel:", None: ":material/pending:"}
COLOURS = {True: "green", False: "red", None: "gray"}


def show_claims(claims: Sequence[Claim]) -> Sequence[Claim]:
    for claim in claims:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(_(VERDICTS[claim.holds]), icon=ICONS[claim.holds], color=COLOURS[claim.holds])
                st.markdown(f"**{claim.claim}**")
            st.markdown(claim.evidence)
    return claims


def show_tally(claims: Sequence[Claim]) -> None:
    """How many conclusions hold, do not, and are open."""
    with st.container(horizontal=True):
        for verdict, label in VERDICTS.items():
            count = sum(claim.holds is verdict for claim in claims)
            text = f"{count} · {_(label)}"
            st.badge(text, icon=ICONS[verdict], color=COLOURS[verdict])


def precision_told(found: Mapping[str, Reproduced]) -> str:
    """Which precision runs were computed in, of networks by name, of others how many; empty without any."""
    ways = by_precision(found)
    if not set(found) <= set(REPORT_NETWORKS):
        told = [f"{len(names)} × {precision}" for precision, names in ways.items()]
    else:
        listed = {way: ", ".join(REPORT_NETWORKS[name].name for name in names) for way, names in ways.items()}
        told = [f"{precision} ({names})" for precision, names in listed.items()]
    return _("Computed in: {ways}.").format(ways="; ".join(told)) if found else ""


def show_run_it(group: str, standing: Sequence[Standing]) -> None:
    """How many experiments of a group are recorded, and the command that runs the rest."""
    wanted = [each for each in standing if each.experiment.group == group]
    recorded = [each for each in wanted if each.folder]
    text = _("{recorded} of {all} runs are recorded").format(recorded=len(recorded), all=len(wanted))
    if partial := sum(each.state == "partial" for each in recorded):
        text += _(", {partial} of them in another way than the report's").format(partial=partial)
    if searched := sum(bool(each.searched) for each in wanted):
        text += _("; {searched} others were tried in a search").format(searched=searched)
    st.caption(text + ".")
    if len(recorded) < len(wanted):
        with st.expander(_("Run the rest"), icon=":material/terminal:"):
            st.code(shown_command(["reproduce", "--only", group]), language="sh")
            st.caption(
                _(
                    "One after the other, unattended; what is recorded is skipped, what was stopped is resumed. If "
                    "time is short, `--short` trains {epochs} epochs only, and `--search` goes through the grids by "
                    "successive halving on {share:.0%} of the training part."
                ).format(epochs=SHORT, share=SHARE)
            )
