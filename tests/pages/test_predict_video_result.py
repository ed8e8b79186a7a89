import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import pages.predict_video_result
from pages.predict_video import STATE
from tests.pages.videos import AnsweredVideo

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture
def answered(tmp_path: Path, astronaut: np.ndarray) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["source"], at.session_state[STATE] = "video", AnsweredVideo(tmp_path, astronaut)
    at.run()
    assert not at.exception
    return at


def moment(at: AppTest) -> str:
    assert not at.exception
    return next(image.proto.imgs[0].caption for image in at.get("image"))


def test_face_and_moment_can_be_chosen_without_a_mouse(answered: AppTest) -> None:
    assert moment(answered).startswith("0.4 s, face 1: happy 90%"), "the surest answer at first"
    answered.slider[0].set_value(0.17).run()
    assert moment(answered).startswith("0.2 s, face 1: happy 80%")
    next(pills for pills in answered.pills if pills.label == "Face").set_value(2).run()
    assert moment(answered).startswith("0.2 s, face 2: sad 50%"), "the same moment, where that face is in it"


def test_a_moment_that_the_other_face_is_not_in_gives_way_to_its_surest_answer(answered: AppTest) -> None:
    answered.slider[0].set_value(0.4).run()
    next(pills for pills in answered.pills if pills.label == "Face").set_value(2).run()
    assert moment(answered).startswith("0.0 s, face 2: sad 60%")
    assert (answered.slider[0].min, answered.slider[0].max, answered.slider[0].step) == (0.0, 0.2, 0.2)


def test_charts_and_the_frame_have_names_for_those_who_cannot_see_them(answered: AppTest) -> None:
    names = {chart.key: chart.proto.alt for chart in answered.get("plotly_chart")}
    bars, ribbons, lines = names["video-totals"], names["video-ribbons"], names["video-lines"]
    assert bars.startswith("happy 60%, sad 40%, ")
    assert "each face" in ribbons
    assert lines.startswith("face 1: ")
    image = answered.get("image")[0].proto.imgs[0]
    assert image.alt == image.caption


def test_what_was_not_sure_is_said_to_be_hatched(answered: AppTest) -> None:
    assert not any("Hatched" in caption.value for caption in answered.caption)
    answered.session_state[STATE].table.loc[1, "certain"] = False
    answered.run()
    assert any("Hatched: not sure." in caption.value for caption in answered.caption)


def test_the_table_has_the_videos_own_name(answered: AppTest, downloads: dict) -> None:
    answered.run()
    table = pd.read_csv(io.StringIO(downloads["Table (CSV)"]()))
    assert set(table["file"]) == {"walk.mp4"}
    assert list(table["emotion"]) == ["happy"] * 3 + ["sad"] * 2


def test_a_click_on_a_bar_sets_face_and_moment(answered: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    job = answered.session_state[STATE]
    points = [{"customdata": [3, 2]}]
    state = {"video-ribbons": SimpleNamespace(selection=SimpleNamespace(points=points))}
    monkeypatch.setattr(pages.predict_video_result.st, "session_state", state)
    pages.predict_video_result._click(job.table, "face", "moment")
    assert (state["face"], state["moment"]) == (2, 0.0)
