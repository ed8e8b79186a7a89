"""Training: start runs, the imbalance matrix and grid searches, watch them, and join runs into an ensemble."""

import streamlit as st

from pages.training_data import JOBS_TAB
from pages.training_ensemble import show_ensemble
from pages.training_grid import show_grid
from pages.training_jobs import show_jobs
from pages.training_matrix import show_matrix
from pages.training_run import show_run

TABS = {
    "One run": show_run,
    JOBS_TAB: show_jobs,
    "Imbalance matrix": show_matrix,
    "Grid search": show_grid,
    "Ensemble": show_ensemble,
}

st.title("Train a network")
if failure := st.session_state.pop("train_failure", None):
    st.error(failure, icon=":material/error:")
tabs = st.tabs(list(TABS), key="train_tab", bind="query-params", on_change="rerun")
for tab, show in zip(tabs, TABS.values(), strict=True):
    if tab.open:
        with tab:
            show()
