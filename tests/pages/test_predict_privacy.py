"""What becomes of a person's pictures, and what the page says of it."""

from pathlib import Path

import pytest
from streamlit.runtime.caching import clear_session_data_cache
from streamlit.testing.v1 import AppTest

import pages.predict_lab
from fer_core.prediction import Predictor
from tests.pages.conftest import Camera

APP = str(Path(__file__).parents[2] / "streamlit_app.py")
SESSION = "test session id"
"""Of every AppTest."""


def test_the_live_page_says_that_nothing_is_stored(camera: Camera) -> None:
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"] = "live"
    at.run()
    assert not at.exception
    assert [caption.value for caption in at.caption if "None is stored" in caption.value]


def test_answers_are_kept_no_longer_than_their_session(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    answer, sweep = Predictor.__call__, pages.predict_lab.sweep
    monkeypatch.setattr(Predictor, "__call__", lambda *a, **more: asked.append("answer") or answer(*a, **more))
    monkeypatch.setattr(pages.predict_lab, "sweep", lambda *a: asked.append("sweep") or sweep(*a))
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["lab"] = True
    at.run()
    asked.clear()
    at.run()
    assert not asked
    clear_session_data_cache(SESSION)  # as Streamlit does when the person has left
    at.run()
    assert not at.exception
    assert asked == ["answer", "sweep"]
