"""Training: start runs, the imbalance matrix and grid searches, watch them, and join runs into an ensemble."""

import streamlit as st

from fer_core.words import N_, _
from pages.address import forget_infinite, open_tab
from pages.training_data import JOBS_TAB
from pages.training_ensemble import show_ensemble
from pages.training_grid import show_grid
from pages.training_jobs import show_jobs
from pages.training_matrix import show_matrix
from pages.training_run import show_run

TABS = {
    N_("One run"): show_run,
    JOBS_TAB: show_jobs,
    N_("Imbalance matrix"): show_matrix,
    N_("Grid search"): show_grid,
    N_("Ensemble"): show_ensemble,
}

forget_infinite()
st.title(_("Train a network"))
if failure := st.session_state.pop("train_failure", None):
    st.error(failure, icon=":material/error:")
name, tab = open_tab(list(TABS), key="train_tab")
with tab:
    TABS[name]()
