import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from fer_core.prediction import Ensemble, Predictor, annotate
from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD
from fer_core.prediction.samples import SAMPLES
from pages.written import as_written
from tests.pages.conftest import headings

REPOSITORY = Path(__file__).parents[2]
APP = str(REPOSITORY / "streamlit_app.py")
SAMPLE = (REPOSITORY / "fer_core" / "prediction" / "samples" / "astronaut.jpg").read_bytes()


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def app() -> AppTest:
    at = AppTest.from_file(APP, default_timeout=60).run()
    assert not at.exception
    return at


def upload(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    at.segmented_control(key="source").set_value("photo").run()
    for name, content in files:
        at.file_uploader[0].upload(name, content)
    at.run()
    assert not at.exception
    return at


def test_the_page_opens_on_an_answered_sample(app: AppTest) -> None:
    assert len(headings(app)) == 1
    assert "Happy" in headings(app)[0]
    assert app.get("plotly_chart")
    assert len(app.get("download_button")) == 2


def test_the_address_keeps_where_the_pictures_come_from() -> None:
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params["source"] = "photo"
    at.run()
    assert not at.exception
    assert at.file_uploader
    at.segmented_control(key="source").set_value("sample").run()
    assert "source" not in at.query_params
    assert headings(at)


def test_each_face_of_a_picture_can_be_asked_about(app: AppTest) -> None:
    app.radio(key="sample").set_value(SAMPLES[1].title).run()
    first, boxes = headings(app), app.get("image")[0].proto.imgs[0].url
    app.pills[0].set_value(1).run()
    assert app.get("image")[0].proto.imgs[0].url != boxes, "the other box is marked"
    assert not app.exception
    assert len(headings(app)) == 1
    assert headings(app) != first


def test_a_photo_without_a_face_can_be_read_as_one_face(app: AppTest) -> None:
    upload(app, ("gray.png", png(np.full((200, 300, 3), 128, dtype=np.uint8))))
    assert not headings(app)
    assert "No face was found" in app.warning[0].value
    app.button[0].click().run()
    assert not app.exception
    assert len(headings(app)) == 1


def test_among_many_photos_the_one_read_as_a_face_stays_chosen(app: AppTest) -> None:
    upload(app, ("good.jpg", SAMPLE), ("gray.png", png(np.full((200, 300, 3), 128, dtype=np.uint8))))
    app.selectbox[0].select_index(1).run()
    app.button[0].click().run()
    assert not app.exception
    assert app.selectbox[0].index == 1
    assert len(headings(app)) == 1
    assert "Happy" not in headings(app)[0]


def test_a_very_narrow_photo_is_shown(app: AppTest) -> None:
    upload(app, ("line.png", png(np.full((5000, 1, 3), 90, dtype=np.uint8))))
    assert app.warning or headings(app)


def other_faces() -> list[tuple[str, bytes]]:
    """Two photos that telephones call by the same name, and one without a face."""
    face = np.array(Image.open(io.BytesIO(SAMPLE)).convert("RGB"))
    gray = np.full((200, 300, 3), 128, dtype=np.uint8)
    return [("image.jpg", SAMPLE), ("image.jpg", png(np.ascontiguousarray(face[:, ::-1]))), ("gray.png", png(gray))]


def test_the_same_photo_stays_chosen_when_another_model_answers(app: AppTest) -> None:
    upload(app, *other_faces())
    app.selectbox[0].select_index(1).run()
    before = headings(app)
    app.segmented_control(key="by").set_value("fast").run()
    assert not app.exception
    assert headings(app) != before, "the option has another label now"
    app.run()
    assert app.selectbox[0].index == 1


def test_the_same_photo_stays_chosen_when_the_one_before_it_is_taken_away(app: AppTest) -> None:
    upload(app, *other_faces())
    app.selectbox[0].select_index(2).run()
    app.file_uploader[0].set_value([(*photo, "image/jpeg") for photo in other_faces()[1:]]).run()
    assert not app.exception
    assert "gray.png" in app.selectbox[0].options[app.selectbox[0].index]


def test_photos_of_one_name_and_answer_can_be_told_apart(app: AppTest) -> None:
    upload(app, *other_faces())
    assert len(set(app.selectbox[0].options)) == 3


def test_photos_outlive_another_language_and_another_source_until_they_are_removed(app: AppTest) -> None:
    upload(app, ("*gray*.png", png(np.full((200, 300, 3), 128, dtype=np.uint8))))
    app.session_state["lang"] = "ko"
    app.run()
    assert app.file_uploader[0].value
    app.session_state["lang"] = "en"
    app.run()
    app.segmented_control(key="source").set_value("sample").run()
    app.segmented_control(key="source").set_value("photo").run()
    assert not app.exception
    assert "No face was found" in app.warning[0].value
    assert r"Uploaded before: \*gray\*.png" in [caption.value for caption in app.caption]
    next(button for button in app.button if button.label == "Remove").click().run()
    assert not app.exception
    assert not app.warning
    assert "Upload one or more photos" in app.info[0].value


def test_photos_are_kept_up_to_a_bound(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.predict_sources.KEPT_MEGABYTES", len(SAMPLE) * 1.5 / 2**20)
    upload(app, ("one.jpg", SAMPLE), ("two.jpg", SAMPLE))
    app.segmented_control(key="source").set_value("sample").run()
    app.segmented_control(key="source").set_value("photo").run()
    captions = [caption.value for caption in app.caption]
    assert "Uploaded before: one.jpg" in captions
    assert [text for text in captions if text.startswith("1 more were too large to keep")]
    next(button for button in app.button if button.label == "Remove").click().run()
    upload(app, ("two.jpg", SAMPLE))
    app.segmented_control(key="source").set_value("sample").run()
    app.segmented_control(key="source").set_value("photo").run()
    captions = [caption.value for caption in app.caption]
    assert "Uploaded before: two.jpg" in captions
    assert not [text for text in captions if "too large to keep" in text]


def test_how_many_of_several_photos_are_answered_is_shown_until_all_are(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    show = DeltaGenerator.progress
    monkeypatch.setattr(
        DeltaGenerator, "progress", lambda place, *a, **more: (told.append(more["text"]), show(place, *a, **more))[1]
    )
    upload(app, *other_faces())
    assert told == [f"{done} of 3 pictures answered" for done in range(3)]
    assert not app.get("progress")
    app.run()
    assert len(told) == 3, "known answers need no bar"


def test_a_broken_photo_is_told_in_a_sentence_and_the_others_are_answered(app: AppTest) -> None:
    upload(app, ("good.jpg", SAMPLE), ("*broken*.jpg", SAMPLE[:500]))
    assert headings(app)
    app.selectbox[0].select_index(1).run()
    assert not app.exception
    assert app.error[0].value.startswith(r"\*broken\*.jpg"), "a name's marks are no Markdown"
    assert not headings(app)
    assert [button.label for button in app.get("download_button")] == ["Table (CSV)"]


def test_copies_of_a_photo_all_stay_in_the_list(app: AppTest) -> None:
    gray = png(np.full((200, 300, 3), 128, dtype=np.uint8))
    upload(app, ("one.jpg", SAMPLE), ("gray.png", gray), ("two.jpg", SAMPLE))
    assert [option.split(":")[0] for option in app.selectbox[0].options] == [
        "1 · one.jpg",
        "2 · gray.png",
        "3 · two.jpg",
    ]
    app.selectbox[0].select_index(2).run()
    assert app.selectbox[0].index == 2


def test_the_choice_of_a_model_outlives_other_pages(app: AppTest) -> None:
    app.segmented_control(key="by").set_value("fast").run()
    app.switch_page("pages/dataset.py").run()
    del app.query_params["by"]  # as a browser does, whose address changes with the page
    app.switch_page("pages/predict.py").run()
    assert app.segmented_control(key="by").value == "fast"
    app.segmented_control(key="by").set_value("all").run()
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/predict.py").run()
    assert app.segmented_control(key="by").value == "all"
    assert not app.exception


def test_the_picture_to_take_away_is_that_on_the_page(downloads: dict) -> None:
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["lang"] = "ko"
    at.session_state["by"] = "fast"
    at.session_state["source"] = "photo"
    face = png(np.array(Image.open(io.BytesIO(SAMPLE)).convert("RGB"))[60:200, 190:290])
    at.run().file_uploader[0].upload("face.png", face)
    at.session_state["wholes"] = {hashlib.sha256(face).hexdigest()[:16]}
    at.run()
    found = Predictor(Ensemble.load(SHIPPED_CARD.with_name(FAST_CARD)))(face, whole=True)
    words = ["분노", "혐오", "두려움", "행복", "무표정", "슬픔", "놀람"]
    drawn = annotate(np.array(Image.open(io.BytesIO(face))), found, words)
    label = next(name for name in downloads if "PNG" in name)
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(downloads[label]()))), drawn)


def test_a_detector_that_cannot_be_loaded_is_a_sentence_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_YUNET", "/nowhere/face.onnx")
    st.cache_resource.clear()
    at = AppTest.from_file(APP, default_timeout=60).run()
    st.cache_resource.clear()
    assert not at.exception
    assert as_written("/nowhere/face.onnx: no such file") in at.error[0].value


def test_without_a_fast_card_there_is_nothing_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.predict_model.FAST_CARD", "none.json")
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params["by"] = "fast"
    at.run()
    assert not at.exception
    assert headings(at)
    assert "by" not in [control.key for control in at.segmented_control]


def test_a_model_of_another_class_order_is_a_sentence_and_no_traceback(
    tiny_card: Path, card_writer: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = ["happy", "angry", "disgusted", "fearful", "neutral", "sad", "surprised"]
    models = sorted(tiny_card.parent.glob("*.onnx"))
    wrong = card_writer(tiny_card.with_name("wrong.json"), models, classes=classes)
    monkeypatch.setattr("pages.predict_model.active_card", lambda: wrong)
    st.cache_resource.clear()
    at = AppTest.from_file(APP, default_timeout=60).run()
    assert not at.exception
    assert "The models can't be loaded" in at.error[0].value


def test_the_first_page_imports_no_tensorflow_and_nothing_that_it_does_not_show() -> None:
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({APP!r}, default_timeout=60).run()
assert not at.exception, at.exception
assert at.markdown
unwanted = {{"tensorflow", "keras", "torch", "jax", "mlflow", "sklearn", "pandas", "aiortc"}}
heavy = unwanted & {{name.partition(".")[0] for name in sys.modules}}
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY, timeout=120)


def test_a_missing_libgl_is_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    )
    code = f"""
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({APP!r}, default_timeout=60).run()
assert not at.exception, at.exception
assert "apt-get install libgl1" in at.error[0].value
"""
    paths = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
    environment = os.environ | {"PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY, env=environment, timeout=120)
