"""The report, reproduced: section by section its claim, its number, ours, and whether its conclusion holds."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix, learning_curves
from fer_core.evaluation.references import REPORT_IMBALANCE
from fer_core.evaluation.report import Evaluation
from fer_core.experiments import findings
from fer_core.experiments.status import Standing, standings
from fer_core.prediction import ModelError
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from fer_core.words import N_, _

VERDICTS = {True: N_("holds"), False: N_("does not hold"), None: N_("open")}
ICONS = {True: ":material/check_circle:", False: ":material/cancel:", None: ":material/pending:"}
COLOURS = {True: "green", False: "red", None: "gray"}


@st.cache_data(ttl=60, show_spinner="Looking through the records …")
def all_standings() -> list[Standing]:
    return standings()


@st.cache_data(max_entries=256, show_spinner="Measuring the records …")
def measured(experiment: str, _standing: Standing, stamp: int) -> findings.Reproduced:
    return findings.reproduced(_standing)


@st.cache_data(show_spinner="Measuring the shipped ensemble …")
def shipped_test(card_json: str) -> Evaluation | None:
    from fer_core.training.assemble import evaluate_recorded

    try:
        return evaluate_recorded(EnsembleCard.model_validate_json(card_json), SHIPPED_CARD.parent)["test"]
    except ValueError:
        return None


def found_in(standing: Sequence[Standing], group: str) -> dict[str, findings.Reproduced]:
    """The recorded experiments of a group by the rest of their id; a damaged record is told and left out."""
    found = {}
    for each in standing:
        if each.experiment.group == group and each.folder:
            try:
                stamp = (each.folder / "run.yaml").stat().st_mtime_ns
                found[each.experiment.id.removeprefix(f"{group}/")] = measured(each.experiment.id, each, stamp)
            except (ValueError, OSError) as error:
                st.warning(str(error), icon=":material/broken_image:")
    return found


def show_claims(claims: Sequence[findings.Claim]) -> None:
    for claim in claims:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(_(VERDICTS[claim.holds]), icon=ICONS[claim.holds], color=COLOURS[claim.holds])
                st.markdown(f"**{claim.claim}**")
            st.markdown(claim.evidence)


def show_run_it(group: str, standing: Sequence[Standing]) -> None:
    """How many experiments of a group are recorded, and the command that runs the rest."""
    states = [each.state for each in standing if each.experiment.group == group]
    recorded = len(states) - states.count("missing")
    text = _("{recorded} of {all} runs are recorded").format(recorded=recorded, all=len(states))
    if partial := states.count("partial"):
        text += _(", {partial} of them in another way than the report's").format(partial=partial)
    st.caption(text + ".")
    if recorded < len(states):
        st.code(f"python -m fer_core reproduce --only {group}", language="sh")


def show_matrix(standing: Sequence[Standing]) -> None:
    st.header(_("3 · Class imbalance"))
    cells = {tuple(name.split("/")): found.evaluation.accuracy for name, found in found_in(standing, "matrix").items()}
    own = findings.matrix_table([(s, loss, value) for (way, s, loss, _seed), value in cells.items() if way == "report"])
    modern = findings.matrix_table(
        [(s, loss, value) for (way, s, loss, _seed), value in cells.items() if way == "modern"]
    )
    rows = [
        {
            _("oversampling"): sampling,
            _("loss"): loss.replace("_", " "),
            _("report"): REPORT_IMBALANCE.get((sampling, loss)),
            _("here"): own["mean"].get((sampling, loss)),
            _("spread over seeds"): own["spread"].get((sampling, loss)),
            _("modern augmentation"): modern["mean"].get((sampling, loss)),
        }
        for sampling in ("none", "mild", "full")
        for loss in ("cross_entropy", "weighted_cross_entropy", "focal")
    ]
    shares = {name: st.column_config.NumberColumn(format="percent") for name in list(rows[0])[2:]}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=shares, key="report_matrix", placeholder="–")
    show_claims(findings.matrix_claims(own))
    show_run_it("matrix", standing)


def show_networks(standing: Sequence[Standing]) -> dict[str, findings.Reproduced]:
    st.header(_("4 · Five networks"))
    found = found_in(standing, "base")
    table = findings.networks_table(found)
    shares = ("report_accuracy", "accuracy", "low", "high", "report_top2", "top2", "gap")
    labels = {
        "network": _("network"),
        "report_accuracy": _("report"),
        "accuracy": _("here"),
        "low": _("from (95%)"),
        "high": _("to"),
        "report_top2": _("report, top-2"),
        "top2": _("here, top-2"),
        "gap": _("training above validation"),
        "epochs": _("epochs"),
        "differs": _("differs from the report in"),
    }
    columns = {
        name: st.column_config.NumberColumn(label, format="percent") if name in shares else label
        for name, label in labels.items()
    }
    st.dataframe(table, hide_index=True, column_config=columns, key="report_networks", placeholder="–")
    if found:
        histories = {name: each.run.history for name, each in found.items()}
        kept = {name: each.run.record.kept_epoch for name, each in found.items()}
        st.plotly_chart(learning_curves(histories, kept_epochs=kept), config=CONFIG, key="report_curves")
        chosen = st.segmented_control(
            _("Confusion matrix of"), list(found), default=next(iter(found)), required=True, key="report_network"
        )
        matrix = confusion_matrix(found[chosen].evaluation.confusion)
        st.plotly_chart(matrix, config=CONFIG, key="report_confusion")
    show_claims(findings.network_claims(found))
    show_run_it("base", standing)
    st.subheader(_("Grid search"))
    show_run_it("grid", standing)
    return found


st.title(_("The report, reproduced"))
st.markdown(
    _(
        "A course report stands behind this dashboard. Here each of its conclusions stands beside what the same "
        "experiment gave here, measured on the validation part unless it says otherwise."
    )
)
known = all_standings()
st.header(_("1 · Data"))
show_claims(findings.data_claims())
show_matrix(known)
show_networks(known)
st.header(_("5 and 6 · Ensemble and test"))
try:
    shipped = shipped_test(EnsembleCard.read().model_dump_json())
except ModelError as error:
    st.warning(str(error))
    shipped = None
show_claims(findings.ensemble_claims(found_in(known, "ensemble"), shipped))
show_run_it("ensemble", known)
