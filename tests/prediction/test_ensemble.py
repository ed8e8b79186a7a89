import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pytest
from scipy.special import softmax

from fer_core.emotions import EMOTIONS
from fer_core.prediction.card import EnsembleCard
from fer_core.prediction.ensemble import BATCH, Ensemble
from fer_core.prediction.errors import ModelError


def _softmax_of(model, images):
    session = onnxruntime.InferenceSession(str(model))
    return softmax(session.run(["logits"], {"images": images[..., None].astype(np.float32)})[0], axis=1)


def test_members_answer_with_the_mean_of_a_face_and_its_mirror_image(tiny_card, tiny_models, faces):
    answers = Ensemble.load(tiny_card).member_probabilities(faces)

    expected = [(_softmax_of(m, faces) + _softmax_of(m, faces[:, :, ::-1])) / 2 for m in tiny_models]
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_without_flip_averaging_only_the_face_is_asked(card_writer, tiny_models, faces):
    card = card_writer(tiny_models[0].with_name("unflipped.json"), tiny_models[:1], flip_averaging=False)

    answers = Ensemble.load(card).member_probabilities(faces)

    np.testing.assert_allclose(answers[0], _softmax_of(tiny_models[0], faces), atol=1e-5)


def test_the_ensemble_is_the_weighted_mean_under_the_temperature(tiny_card, faces):
    ensemble = Ensemble.load(tiny_card)
    members = ensemble.member_probabilities(faces).astype(np.float64)

    mean = (1 * members[0] + 2 * members[1] + 3 * members[2]) / 6
    np.testing.assert_allclose(ensemble.probabilities(faces), softmax(np.log(mean) / 0.8, axis=1), atol=1e-5)


def test_class_maps_come_from_the_same_pass_and_belong_to_the_face_as_it_stands(tiny_card, tiny_models, faces):
    outputs = Ensemble.load(tiny_card).member_outputs(faces)

    session = onnxruntime.InferenceSession(str(tiny_models[0]))
    straight, turned = (
        session.run(["class_maps"], {"images": np.ascontiguousarray(images)[..., None].astype(np.float32)})[0]
        for images in (faces, faces[:, :, ::-1])
    )
    np.testing.assert_allclose(outputs.class_maps[0], (straight + turned[:, :, ::-1]) / 2, atol=1e-4)
    np.testing.assert_allclose(outputs.probabilities, Ensemble.load(tiny_card).member_probabilities(faces), atol=1e-6)
    assert outputs.class_maps[2] is None, "the third network has no maps"


def test_more_faces_than_a_batch_are_answered_like_few(tiny_card, faces):
    many = np.tile(faces, (BATCH // len(faces) + 2, 1, 1))
    ensemble = Ensemble.load(tiny_card)

    np.testing.assert_allclose(
        ensemble.probabilities(many), np.tile(ensemble.probabilities(faces), (len(many) // len(faces), 1)), atol=1e-5
    )


def test_no_faces_get_no_answers(tiny_card):
    assert Ensemble.load(tiny_card).probabilities(np.empty((0, 48, 48), np.uint8)).shape == (0, 7)


def test_many_threads_get_the_answers_of_one(tiny_card, faces):
    ensemble = Ensemble.load(tiny_card)
    expected = ensemble.probabilities(faces)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ensemble.probabilities, [faces] * 64))

    for answer in answers:
        np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_one_model_alone_is_an_ensemble_without_temperature_and_threshold(tiny_models, faces):
    ensemble = Ensemble.of_model(tiny_models[0])

    assert ensemble.names == ("tiny0",)
    card = ensemble.card
    assert (card.temperature, card.label_smoothing, card.not_sure_below) == (1.0, 0.0, 0.0)
    np.testing.assert_allclose(ensemble.probabilities(faces), ensemble.member_probabilities(faces)[0], atol=1e-6)


def test_a_card_from_before_smoothing_was_undone_keeps_its_digest(tiny_card):
    card = EnsembleCard.read(tiny_card)
    content = json.loads(tiny_card.read_text())
    assert "label_smoothing" not in content
    old = hashlib.sha256(card.model_dump_json(exclude={"label_smoothing"}).encode()).hexdigest()
    assert card.digest() == old
    smoothed = card.model_copy(update={"label_smoothing": 0.1})
    assert smoothed.digest() != old
    assert smoothed.choice_digest() == card.choice_digest()


def test_images_of_another_shape_are_refused(tiny_card):
    with pytest.raises(ValueError, match=r"expected uint8 \(n, 48, 48\), got float32 \(2, 32, 32\)"):
        Ensemble.load(tiny_card).probabilities(np.zeros((2, 32, 32), np.float32))


@pytest.mark.parametrize(
    "classes",
    [json.dumps(EMOTIONS[::-1]), json.dumps(EMOTIONS[:6]), "", "7", "not json"],
    ids=["another order", "six", "missing", "a number", "no JSON"],
)
def test_a_model_of_other_classes_is_refused(tmp_path, model_writer, classes):
    model = model_writer(tmp_path / "other.onnx", metadata={"classes": classes})

    with pytest.raises(ModelError, match=r"other\.onnx: metadata classes"):
        Ensemble.of_model(model)


def test_the_refusal_of_another_class_order_tells_both(tmp_path, model_writer):
    model = model_writer(tmp_path / "other.onnx", metadata={"classes": json.dumps(EMOTIONS[::-1])})

    with pytest.raises(ModelError, match=r"expected the class order angry, .* found surprised, sad"):
        Ensemble.of_model(model)


@pytest.mark.parametrize("preprocessing", ['{"size": 64, "channels": 1, "range": [0, 255]}', ""])
def test_a_model_of_other_preprocessing_is_refused(tmp_path, model_writer, preprocessing):
    model = model_writer(tmp_path / "other.onnx", metadata={"preprocessing": preprocessing})

    with pytest.raises(ModelError, match=r"other\.onnx: metadata preprocessing"):
        Ensemble.of_model(model)


def test_a_model_of_another_input_is_refused(tmp_path, model_writer):
    model = model_writer(tmp_path / "large.onnx", inputs=("n", 64, 64, 1))

    with pytest.raises(ModelError, match=r"expected the input images \[n, 48, 48, 1\].*64"):
        Ensemble.of_model(model)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    file = tmp_path / "text.onnx"
    file.write_text("not a model")

    with pytest.raises(ModelError, match=r"text\.onnx: not an ONNX model"):
        Ensemble.of_model(file)


def test_a_changed_member_file_is_refused(tmp_path, model_writer, card_writer):
    model = model_writer(tmp_path / "a.onnx")
    card = card_writer(tmp_path / "card.json", [model])
    changed = onnx.load(model)
    changed.doc_string = "changed"
    onnx.save(changed, model)

    with pytest.raises(ModelError, match=r"a\.onnx: SHA-256 is [0-9a-f]{12}\.\.\., expected"):
        Ensemble.load(card)


def test_a_missing_member_file_is_named(tmp_path, model_writer, card_writer):
    model = model_writer(tmp_path / "a.onnx")
    card = card_writer(tmp_path / "card.json", [model])
    model.unlink()

    with pytest.raises(ModelError, match=r"a\.onnx: the model can't be read"):
        Ensemble.load(card)


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.json: the ensemble card can't be read"):
        EnsembleCard.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"classes": EMOTIONS[::-1]}, "classes: expected the class order angry"),
        ({"temperature": 0}, "temperature: .* greater than 0"),
        ({"not_sure_below": 2}, "not_sure_below"),
        ({"members": []}, "members"),
        ({"format": 2}, "format"),
        ({"preprocessing": {"size": 64, "channels": 1, "range": [0, 255]}}, "preprocessing.size"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_card_with_a_wrong_field_is_refused_by_its_name(tmp_path, tiny_models, card_writer, changes, sentence):
    with pytest.raises(ModelError, match=rf"wrong\.json: {sentence}"):
        EnsembleCard.read(card_writer(tmp_path / "wrong.json", tiny_models, **changes))


def test_a_card_with_two_members_of_one_name_is_refused(tmp_path, tiny_models, card_writer):
    card = card_writer(tmp_path / "twins.json", [tiny_models[0], tiny_models[0]])

    with pytest.raises(ModelError, match="different name for each member"):
        EnsembleCard.read(card)


def test_a_file_or_folder_of_either_kind_is_taken(tmp_path, tiny_card, tiny_models):
    (tmp_path / "run").mkdir()
    network = tmp_path / "run" / "model.onnx"
    network.write_bytes(tiny_models[1].read_bytes())

    ensembles = [Ensemble.of_file(path) for path in (tiny_card, str(tiny_card.parent), network, network.parent)]

    assert [len(ensemble.names) for ensemble in ensembles] == [3, 3, 1, 1]
    with pytest.raises(ModelError, match=r"in this folder is neither ensemble\.json nor a run's network"):
        Ensemble.of_file(tmp_path)
    with pytest.raises(ModelError, match=r"the model can't be read \(File name too long\)"):
        Ensemble.of_file("a" * 300)
