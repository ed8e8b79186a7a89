from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.predict_lab
import pages.predict_why
from fer_core.emotions import EMOTIONS
from fer_core.prediction import disturb
from fer_core.prediction.card import EnsembleCard
from fer_core.prediction.decode import decode
from fer_core.prediction.samples import SAMPLES
from pages.written import about_votes

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
    assert any("The ensemble's answer is calibrated" in caption.value for caption in app.caption)
    assert all(image.proto.imgs[0].alt for image in app.get("image"))
    names = {chart.key: chart.proto.alt for chart in app.get("plotly_chart")}
    assert names["bars"].startswith("happy ")
    assert names["votes"].count("happy") >= 1


def test_what_is_not_calibrated_is_not_called_so() -> None:
    card = EnsembleCard.read()
    assert about_votes(card.model_copy(update={"label_smoothing": 0.0, "temperature": 1.0})) == ""
    assert about_votes(card.model_copy(update={"label_smoothing": 0.0, "temperature": 2.0}))


def test_a_map_of_few_places_says_so() -> None:
    assert pages.predict_why._map_name("face_resnet", (2, 2)) == "face resnet, sees 2 × 2 places"
    assert pages.predict_why._map_name("compact_vgg", (6, 6)) == "compact vgg"
    assert pages.predict_why._map_name("cnn", None) == "cnn"


def test_the_lab_follows_its_sliders_and_starts_again(app: AppTest) -> None:
    app.session_state["lab"] = True
    app.run()
    assert not app.exception
    assert any("Happy" in element.value for element in app.markdown)
    names = {chart.key: chart.proto.alt for chart in app.get("plotly_chart")}
    assert names["lab-bars"].startswith("happy ")
    assert "The answer" in names["lab-course"]
    app.select_slider(key="lab-darkness").set_value(1.0).run()
    app.pills(key="lab-along").set_value("rotation").run()
    assert not app.exception
    assert app.select_slider(key="lab-darkness").value == 1.0
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/predict.py").run()
    app.session_state["lab"] = True
    app.run()
    assert app.select_slider(key="lab-darkness").value == 1.0
    assert app.pills(key="lab-along").value == "rotation"
    next(button for button in app.button if button.label == "Reset").click().run()
    assert not app.exception
    assert app.select_slider(key="lab-darkness").value == 0.0


def test_the_lab_computes_only_what_a_slider_changes(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
    swept, decoded = [], []
    monkeypatch.setattr(pages.predict_lab, "sweep", lambda *given: (swept.append(given[-2:]), disturb.sweep(*given))[1])
    monkeypatch.setattr(pages.predict_lab, "decode", lambda *given: (decoded.append(given[-1]), decode(*given))[1])
    app.session_state["lab"] = True
    app.run()
    assert (len(swept), len(decoded)) == (1, 1)
    app.select_slider(key="lab-darkness").set_value(0.5).run()
    assert not app.exception
    assert (len(swept), len(decoded)) == (1, 1), "the axis is darkness itself"
    app.select_slider(key="lab-occlusion").set_value(0.5).run()
    assert not app.exception
    assert (len(swept), len(decoded)) == (2, 1)
    assert swept[-1] == ("darkness", disturb.Disturbance(occlusion=0.5))
    app.radio(key="sample").set_value(SAMPLES[1].title).run()
    assert not app.exception
    assert (len(swept), len(decoded)) == (3, 2)


def test_the_lab_says_where_the_answer_flips_or_that_it_holds(app: AppTest) -> None:
    app.session_state["lab"] = True
    app.run()
    app.pills(key="lab-along").set_value("margin").run()
    assert not app.exception
    assert any(caption.value.startswith("The answer ") for caption in app.caption)
    assert pages.predict_lab._told("darkness", []) == "The answer holds over the whole range."
    assert pages.predict_lab._told("darkness", [0.5]) == "The answer changes first at 50%."
