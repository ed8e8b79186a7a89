"""What the pages about the report read: the experiments that are recorded, measured once."""

from collections.abc import Sequence

import streamlit as st

from fer_core.evaluation.report import Evaluation
from fer_core.experiments.findings import Reproduced, reproduced
from fer_core.experiments.search import Search
from fer_core.experiments.status import Standing, recorded_search, standings
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard
from fer_core.training.record import RECORD, RecordError
from fer_core.words import _


@st.cache_data(ttl=60, show_spinner=False)
def all_standings() -> list[Standing]:
    with st.spinner(_("Looking through the records …")):
        return standings()


@st.cache_data(max_entries=256, show_spinner=False)
def measured(experiment: str, _standing: Standing, stamp: int) -> Reproduced:
    with st.spinner(_("Measuring the records …")):
        return reproduced(_standing)


@st.cache_data(show_spinner=False)
def shipped_test(card_json: str) -> Evaluation:
    """The shipped ensemble on the test images.

    Raises:
        ValueError: its records are not there.
    """
    with st.spinner(_("Measuring the shipped ensemble …")):
        from fer_core.training.assemble import evaluate_recorded

        return evaluate_recorded(EnsembleCard.model_validate_json(card_json), SHIPPED_CARD.parent)["test"]


def found_in(standing: Sequence[Standing], group: str) -> dict[str, Reproduced]:
    """The recorded experiments of a group by the rest of their id; a damaged record is told and left out."""
    found = {}
    for each in standing:
        if each.experiment.group == group and each.folder:
            try:
                stamp = (each.folder / RECORD).stat().st_mtime_ns
                found[each.experiment.id.removeprefix(f"{group}/")] = measured(each.experiment.id, each, stamp)
            except (ValueError, OSError) as error:
                st.warning(str(error), icon=":material/broken_image:")
    return found


def found_search(network: str) -> Search | None:
    """The recorded search of a network's grid; one that is damaged is told and left out."""
    try:
        return recorded_search(network)
    except RecordError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return None
