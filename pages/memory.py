"""What the process keeps in memory: imported libraries for good, nothing of people who have left."""

import gc
import sys
from threading import Timer

import streamlit as st

COLLECT_AFTER = 150.0
"""Seconds after a person has left: for two minutes Streamlit keeps a session, in case the connection comes back."""


def spare_libraries() -> None:
    """Leave what is there for good out of garbage collection, again whenever more modules have been imported.

    Streamlit collects after each run, before it answers in full: 0.1 to 0.3 s of each click went into looking through
    the objects of imported libraries.
    """
    _freeze(len(sys.modules))
    _session()


@st.cache_resource(show_spinner=False)
def _freeze(modules: int) -> None:
    gc.collect()
    gc.freeze()


def _forget(_session: object) -> None:
    later = Timer(COLLECT_AFTER, _collect)
    later.daemon = True
    later.start()


def _collect() -> None:
    """Let what a session held go: frozen with the libraries, cycles with its pictures would stay for good."""
    _freeze.clear()
    gc.unfreeze()
    gc.collect()


@st.cache_resource(scope="session", on_release=_forget, show_spinner=False)
def _session() -> None:
    """Notices when the session ends."""
