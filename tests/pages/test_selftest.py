from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.selftest_live import KEY
from tests.pages.conftest import Camera, headings
from tests.prediction.clips import frame_at

REPOSITORY = Path(__file__).parents[2]
SAMPLE = (REPOSITORY / "fer_core" / "prediction" / "samples" / "astronaut.jpg").read_bytes()
BROKEN = SAMPLE[:400]


@pytest.fixture
def app(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("fer_core.prediction.camera.SILENT_SECONDS", 600.0)  # a busy machine's runs take long
    at = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=60)
    at.switch_page("pages/selftest.py").run()
    assert not at.exception
    return at


def click(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception


def show(at: AppTest, content: bytes, name: str = "me.jpg") -> None:
    at.file_uploader[0].upload(name, content)
    at.run()
    assert not at.exception


def test_before_the_start_the_page_says_where_pictures_go(app: AppTest) -> None:
    (told,) = [caption.value for caption in app.caption if "Pictures" in caption.value]
    assert "read on the machine that runs this page" in told
    assert "neither stored nor sent on" in told


def test_seven_photos_make_ones_own_matrix(app: AppTest) -> None:
    click(app, "Start")
    app.segmented_control(key="selftest-from").set_value("Photo").run()
    asked = []
    for _ in range(7):
        asked += headings(app)
        show(app, SAMPLE)
    assert len(set(asked)) == 7
    assert headings(app) == ["## 1 of 7 read as you meant them"]
    assert app.get("download_button")
    click(app, "Again")
    assert "Look" in headings(app)[0]


def test_what_was_chosen_to_answer_answers_here_too_and_is_named(app: AppTest) -> None:
    assert app.segmented_control(key="by").value == "all"
    app.switch_page("pages/predict.py").run()
    app.segmented_control(key="by").set_value("fast").run()
    app.switch_page("pages/selftest.py").run()
    assert app.segmented_control(key="by").value == "fast"
    assert app.query_params["by"] in ("fast", ["fast"])
    click(app, "Start")
    assert "Fast" in next(caption.value for caption in app.caption if "Answered by" in caption.value)
    session = app.session_state[f"{KEY}-session"]
    assert len(session.stream.predictor.ensemble.names) == 1
    app.switch_page("pages/predict.py").run()
    assert app.segmented_control(key="by").value == "fast"


def test_a_test_is_answered_by_what_it_began_with(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    click(app, "Start")
    answering = app.session_state["selftest"]["predictor"]
    app.switch_page("pages/predict.py").run()
    app.segmented_control(key="by").set_value("fast").run()
    app.switch_page("pages/selftest.py").run()
    assert app.session_state[f"{KEY}-session"].stream.predictor is answering
    app.segmented_control(key="selftest-from").set_value("Photo").run()
    show(app, SAMPLE)
    asked = []
    monkeypatch.setattr("pages.model_card.test_confusion", lambda *given: asked.append(given) or np.eye(7, dtype=int))
    click(app, "To the result")
    assert app.caption[0].value == "Answered by: :material/groups: All networks"
    given = answering.ensemble.card.model_dump_json(), answering.ensemble.folder
    assert asked == [given], "of the test set's matrix beside it"
    own = app.get("plotly_chart")[0].proto.alt
    assert own.startswith("You: asked for (true) and read: ")
    assert own.endswith("→ happy")
    click(app, "Again")
    assert "Fast" in app.caption[0].value


def test_a_picture_that_cannot_be_read_is_asked_for_again(app: AppTest) -> None:
    click(app, "Start")
    app.segmented_control(key="selftest-from").set_value("Photo").run()
    before = headings(app)
    show(app, BROKEN, "*me*.jpg")
    assert app.warning[0].value.startswith(r"\*me\*.jpg")
    assert headings(app) == before


def test_expressions_can_be_skipped(app: AppTest) -> None:
    click(app, "Start")
    for _ in range(7):
        click(app, "Skip this one")
    assert app.info


def test_again_has_as_many_rounds_as_before(app: AppTest) -> None:
    app.segmented_control(key="selftest-rounds").set_value(2).run()
    click(app, "Start")
    for _ in range(14):
        click(app, "Skip this one")
    click(app, "Again")
    assert len(app.session_state["selftest"]["order"]) == 14


def test_one_can_start_over_with_other_rounds(app: AppTest) -> None:
    app.segmented_control(key="selftest-rounds").set_value(3).run()
    click(app, "Start")
    click(app, "Start over")
    assert app.segmented_control(key="selftest-rounds").value == 3
    app.segmented_control(key="selftest-rounds").set_value(1).run()
    click(app, "Start")
    for _ in range(7):
        click(app, "Skip this one")
    click(app, "Start over")
    assert app.segmented_control(key="selftest-rounds").value == 1


def test_the_time_that_is_left_stands_above_the_picture(
    app: AppTest, camera: Camera, astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(*key_and_mode: object, **options: object) -> SimpleNamespace:
        st.text("the picture")
        return camera.streamer(*key_and_mode, **options)

    monkeypatch.setattr("pages.live_camera.webrtc_streamer", drawn)
    camera.state = "playing"
    click(app, "Start")
    app.session_state[f"{KEY}-session"].stream.process(frame_at(astronaut, 80), 0.0)
    app.run()
    kinds = [element.type for element in app.columns[1]]
    assert kinds.index("progress") < kinds.index("text")


def test_before_a_running_camera_each_expression_has_its_time(
    app: AppTest, camera: Camera, astronaut: np.ndarray
) -> None:
    click(app, "Start")
    assert "Press Start" in app.info[0].value
    camera.state = "playing"
    asked = []
    for _ in range(7):
        asked += headings(app)
        session = app.session_state[f"{KEY}-session"]
        session.stream.process(frame_at(astronaut, 80), 0.0)
        app.run()
        app.session_state["selftest"]["turn"].began -= 100
        app.run()
        assert headings(app) == asked[-1:], "the same frame once more"
        session.stream.process(frame_at(astronaut, 80), 0.0)
        app.run()
        assert not app.exception
    assert len(set(asked)) == 7
    assert headings(app) == ["## 1 of 7 read as you meant them"]
    assert session.ended
    assert len(app.get("plotly_chart")) == 2
    assert len(app.get("image")) == 7
