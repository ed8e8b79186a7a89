from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.emotions import EMOTIONS

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=60)


def test_why_shows_votes_and_maps_of_any_class(app: AppTest) -> None:
    app.session_state["why"] = True
    app.run()
    assert not app.exception
    chosen = next(box for box in app.selectbox if box.label == "What speaks for")
    assert chosen.value == EMOTIONS.index("happy")
    chosen.set_value(EMOTIONS.index("sad")).run()
    assert not app.exception
    assert any("class activation map" in caption.value for caption in app.caption)


def test_the_lab_follows_its_sliders_and_starts_again(app: AppTest) -> None:
    app.session_state["lab"] = True
    app.run()
    assert not app.exception
    assert any("Happy" in element.value for element in app.markdown)
    app.select_slider(key="lab-darkness").set_value(1.0).run()
    app.pills(key="lab-along").set_value("rotation").run()
    assert not app.exception
    assert app.select_slider(key="lab-darkness").value == 1.0
    next(button for button in app.button if button.label == "Reset").click().run()
    assert not app.exception
    assert app.select_slider(key="lab-darkness").value == 0.0


def test_the_lab_says_where_the_answer_flips_or_that_it_holds(app: AppTest) -> None:
    app.session_state["lab"] = True
    app.run()
    for kind in ("darkness", "blur", "resolution", "rotation", "margin", "occlusion"):
        app.pills(key="lab-along").set_value(kind).run()
        assert not app.exception
        assert any(c.value.startswith(("The answer holds", "The answer changes")) for c in app.caption)
