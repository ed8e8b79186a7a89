"""The answer about one face, in words."""

import numpy as np
import streamlit as st

from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.percent import percent
from fer_core.prediction import FacePrediction, Predictor
from fer_core.words import _


def show_headline(face: FacePrediction, predictor: Predictor) -> None:
    """The likeliest emotion large, the second one below it, and whether that is sure enough."""
    first, second = face.top2
    st.markdown(f"## {SYMBOLS[first]} {_(first).capitalize()} {percent(face.confidence)}")
    share = percent(face.probabilities[EMOTIONS.index(second)])
    st.markdown(_("then {symbol} {second} {share}").format(symbol=SYMBOLS[second], second=_(second), share=share))
    if not face.certain:
        threshold = predictor.ensemble.card.not_sure_below
        st.badge(
            _("Not sure: under {threshold:.0%}").format(threshold=threshold), icon=":material/help:", color="orange"
        )


def in_words(probabilities: np.ndarray) -> str:
    """`happy 93%, neutral 4%, …`, the likeliest first: what a chart of them tells to those who can't see it.

    Args:
        probabilities: (7,) in class order.
    """
    order = np.argsort(-probabilities, kind="stable")
    return ", ".join(f"{_(EMOTIONS[place])} {percent(probabilities[place])}" for place in order)
