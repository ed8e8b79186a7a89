"""What is left in memory of a person who has gone."""

import gc
import weakref
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from pages import memory
from tests.pages.test_predict_privacy import SESSION

seen: weakref.WeakSet = weakref.WeakSet()


class Picture:
    """In a cycle, as much of a session is."""

    def __init__(self) -> None:
        self.shown_by = [self]
        seen.add(self)


def app() -> None:
    import streamlit as st

    from pages import memory
    from tests.pages.test_memory import Picture

    if "picture" not in st.session_state:
        st.session_state["picture"] = Picture()
    memory._freeze.clear()  # as where more modules have been imported since the last run
    memory.spare_libraries()


def test_nothing_of_a_session_that_has_ended_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    later: list[Callable[[], None]] = []

    def timer(_seconds: float, function: Callable[[], None]) -> SimpleNamespace:
        return SimpleNamespace(start=lambda: later.append(function))

    monkeypatch.setattr(memory, "Timer", timer)
    at = AppTest.from_function(app).run()
    assert not at.exception
    clear_session_resource_cache(SESSION)  # as Streamlit does when the person has left
    AppTest.from_function(app).run()  # somebody else's, while the session is still kept
    kept = list(seen)
    assert len(kept) == 2

    del at, kept
    gc.collect()
    assert list(seen)  # among what is spared
    later[0]()

    assert not list(seen)
