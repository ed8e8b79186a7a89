"""The predictor that all pages and all people share."""

import streamlit as st

from fer_core.prediction import Predictor


@st.cache_resource(show_spinner="Loading the ensemble …")
def load_predictor() -> Predictor:
    return Predictor()
