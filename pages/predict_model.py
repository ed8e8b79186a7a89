"""The predictor that all pages and all people share."""

import streamlit as st

from fer_core.prediction import Ensemble, Predictor
from fer_core.prediction.active import active_card
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.words import _


def load_predictor() -> Predictor:
    """The ensemble in use, loaded anew when another one is chosen or its card is changed."""
    card = active_card()
    try:
        content = card.read_bytes()
    except OSError:
        content = b""
    return _loaded(str(card), content)


@st.cache_resource(show_spinner=False, max_entries=1)
def _loaded(card: str, content: bytes) -> Predictor:
    with st.spinner(_("Loading the ensemble …")):
        st.cache_data.clear()  # answers of the ensemble that was in use before
        return Predictor() if card == str(SHIPPED_CARD) else Predictor(Ensemble.load(card))
