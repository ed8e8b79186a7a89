"""The answer about one face, in words."""

import streamlit as st

from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.prediction import FacePrediction, Predictor
from fer_core.words import _


def show_headline(face: FacePrediction, predictor: Predictor) -> None:
    """The likeliest emotion large, the second one below it, and whether that is sure enough."""
    first, second = face.top2
    st.markdown(f"## {SYMBOLS[first]} {_(first).capitalize()} {face.confidence:.0%}")
    share = face.probabilities[EMOTIONS.index(second)]
    st.markdown(_("then {symbol} {second} {share:.0%}").format(symbol=SYMBOLS[second], second=_(second), share=share))
    if not face.certain:
        threshold = predictor.ensemble.card.not_sure_below
        st.badge(
            _("Not sure: under {threshold:.0%}").format(threshold=threshold), icon=":material/help:", color="orange"
        )
