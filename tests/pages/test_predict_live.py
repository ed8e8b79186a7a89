"""The live page with WebRTC's own part mocked."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core.charts.timeline import last_minute_lines
from fer_core.prediction.camera import Trouble
from fer_core.prediction.stream import LiveStream, StreamStatistics
from pages.written import as_written
from tests.pages.conftest import Camera
from tests.prediction.clips import frame_at

REPOSITORY = Path(__file__).parents[2]
APP = str(REPOSITORY / "streamlit_app.py")


@pytest.fixture
def app(camera: Camera) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"] = "live"
    return at


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def frames(at: AppTest, count: int) -> None:
    stream = at.session_state["live-session"].stream
    for number in range(count):
        stream.process(np.full((48, 64, 3), 90, np.uint8), number / 10)


def test_the_live_page_asks_for_the_camera_and_for_no_outside_server(app: AppTest, camera: Camera) -> None:
    run(app)
    assert camera.asked["rtc_configuration"] == {"iceServers": []}
    assert camera.asked["media_stream_constraints"]["audio"] is False
    assert "Press Start" in app.info[0].value
    assert not app.warning


def test_ice_servers_are_a_setting(app: AppTest, camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_ICE_SERVERS", '[{"urls": "stun:stun.example.org:3478"}]')
    run(app)
    assert camera.asked["rtc_configuration"] == {"iceServers": [{"urls": "stun:stun.example.org:3478"}]}


def test_a_wrong_ice_setting_is_a_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_ICE_SERVERS", "turn:turn.example.org")
    run(app)
    assert as_written("ICE servers: expected a list") in app.error[0].value


def test_speed_and_downloads_are_shown_while_the_stream_runs(app: AppTest, camera: Camera) -> None:
    run(app)
    camera.state = "playing"
    frames(app, 3)
    run(app)
    assert [metric.label for metric in app.metric] == ["Frames a second", "Delay", "Delay, 99%", "Skipped"]
    assert len(app.get("download_button")) == 2
    assert not app.warning


def test_where_all_networks_are_too_slow_the_fast_one_is_offered(
    app: AppTest, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app)
    camera.state = "playing"
    frames(app, 3)
    run(app)
    assert any(caption.value.endswith("All networks") for caption in app.caption)
    assert not app.warning
    monkeypatch.setattr(LiveStream, "statistics", lambda stream: StreamStatistics(99, 50, 9.0, 0.1, 0.2, 0.0, True))
    run(app)
    assert "too slow here" in app.warning[0].value
    next(button for button in app.button if button.label == "Use Fast").click()
    run(app)
    assert not app.warning
    frames(app, 1)
    run(app)
    assert any(caption.value.endswith("Fast") for caption in app.caption)
    assert app.segmented_control(key="by").value == "fast"
    assert len(app.session_state["live-session"].stream.predictor.ensemble.names) == 1


def test_a_face_is_answered_with_the_second_likeliest_too_and_its_evidence_where_asked_for(
    app: AppTest, camera: Camera, astronaut: np.ndarray
) -> None:
    run(app)
    camera.state = "playing"
    app.toggle(key="live-evidence").set_value(True)
    run(app)
    app.session_state["live-session"].stream.process(frame_at(astronaut, 80), 0.0)
    run(app)
    members = len(app.session_state["live-session"].stream.predictor.ensemble.names)
    said = [element.value for element in app.markdown]
    assert any(text.startswith("## ") for text in said)
    assert any(text.startswith("then ") for text in said)
    assert [chart.key for chart in app.get("plotly_chart")] == ["live-minute", "live-votes"]
    assert len(app.get("image")) == 2 + members, "the crop, the mean and each member's map"
    assert all(image.proto.imgs[0].alt for image in app.get("image"))
    minute, votes = (chart.proto.alt for chart in app.get("plotly_chart"))
    assert minute in [caption.value for caption in app.caption]
    assert votes.count("%") == members


def test_the_last_minute_ends_now_and_while_paused_with_the_last_answer(
    app: AppTest, camera: Camera, astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(
        "pages.predict_live.last_minute_lines", lambda *given: drawn.append(given) or last_minute_lines(*given)
    )
    run(app)
    camera.state = "playing"
    stream = app.session_state["live-session"].stream
    stream.process(frame_at(astronaut, 80), 5.0)
    monkeypatch.setattr(LiveStream, "seconds", 25.0)
    run(app)
    assert drawn[-1][0].tolist() == [-20.0]
    app.toggle(key="live-pause").set_value(True)
    run(app)
    assert drawn[-1][0].tolist() == [0.0]


def test_after_the_stop_the_session_can_still_be_taken_away(
    app: AppTest, camera: Camera, downloads: dict, astronaut: np.ndarray
) -> None:
    run(app)
    app.session_state["live-session"].stream.process(frame_at(astronaut, 80), 0.0)
    app.session_state["live-session"].end()
    run(app)
    app.session_state["live-session"].end()  # a second start that answers nothing
    run(app)
    assert len(downloads["Session (CSV)"]().splitlines()) == 2, "the heading and one face"
    assert downloads["Snapshot (PNG)"]().startswith(b"\x89PNG")


def test_an_answer_keeps_the_name_of_what_gave_it(app: AppTest, camera: Camera) -> None:
    run(app)
    frames(app, 1)
    app.session_state["live-session"].end()
    app.segmented_control(key="by").set_value("fast")
    run(app)
    assert [caption.value for caption in app.caption if "Answered by" in caption.value] == [
        "Answered by: :material/groups: All networks"
    ]


def test_a_pause_is_not_taken_for_a_camera_without_pictures(app: AppTest, camera: Camera) -> None:
    run(app)
    camera.state = "playing"
    app.toggle(key="live-pause").set_value(True)
    run(app)
    app.session_state["live-session"].stream.submit(np.full((48, 64, 3), 90, np.uint8))
    name, since, failed = app.session_state["live-since"]
    app.session_state["live-since"] = (name, since - 100, failed)
    run(app)
    assert not app.warning


def test_the_switches_reach_the_stream(app: AppTest) -> None:
    run(app)
    app.toggle(key="live-mirror").set_value(False)
    app.toggle(key="live-evidence").set_value(True)
    app.toggle(key="live-pause").set_value(True)
    run(app)
    settings = app.session_state["live-session"].stream.settings
    assert (settings.mirror, settings.evidence, settings.paused) == (False, True, True)


def test_mirror_and_evidence_stay_as_they_were_when_one_comes_back(app: AppTest) -> None:
    run(app)
    app.toggle(key="live-mirror").set_value(False)
    app.toggle(key="live-evidence").set_value(True)
    run(app)
    for source in ("sample", "live"):
        app.segmented_control(key="source").set_value(source)
        run(app)
    settings = app.session_state["live-session"].stream.settings
    assert (settings.mirror, settings.evidence) == (False, True)


@pytest.mark.parametrize(
    ("facts", "state", "trouble", "falls_back_to"),
    [
        ({"secure": False, "supported": False}, "idle", Trouble.INSECURE, "file_uploader"),
        ({"permission": "denied"}, "idle", Trouble.DENIED, "file_uploader"),
        ({"cameras": 0}, "idle", Trouble.NO_CAMERA, "file_uploader"),
        ({"error": "NotReadableError"}, "idle", Trouble.BUSY, "file_uploader"),
        ({}, "connecting", Trouble.NOT_CONNECTED, "camera_input"),
        ({}, "playing", Trouble.NO_FRAMES, "camera_input"),
    ],
)
def test_each_trouble_has_its_words_and_a_way_on(
    app: AppTest, camera: Camera, facts: dict, state: str, trouble: Trouble, falls_back_to: str
) -> None:
    camera.facts |= facts
    camera.state = state
    run(app)
    if state != "idle":
        assert not app.warning, "a connection takes its time"
        name, since, failed = app.session_state["live-since"]
        app.session_state["live-since"] = (name, since - 100, failed)
        run(app)
    assert trouble.value in app.warning[0].value
    assert len(app.get(falls_back_to)) == 1


def test_the_trouble_goes_when_the_camera_comes(app: AppTest, camera: Camera) -> None:
    camera.facts["cameras"] = 0
    run(app)
    assert app.warning
    camera.facts["cameras"] = 1
    run(app)
    assert not app.warning
    assert not app.get("file_uploader")
