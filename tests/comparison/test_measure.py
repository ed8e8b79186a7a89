import dataclasses

import numpy as np
import pytest
import yaml

from fer_core.comparison.measure import evaluate_ensemble, held_out, images_of_split, trained_on
from fer_core.datasets.splits import split_training
from fer_core.prediction.ensemble import Ensemble


def test_validation_is_the_part_that_no_member_trains_on(drawn):
    indices, seen = images_of_split(drawn, "validation")
    for seed in (0, 1):
        np.testing.assert_array_equal(indices, split_training(drawn, seed=seed, holdout=True).holdout)
    assert not seen.any()


@pytest.mark.parametrize("split_by", ["images", "duplicates"])
def test_validation_of_an_ensemble_is_what_its_members_held_out(drawn, write_held_out, tmp_path, split_by):
    training = drawn.where("Training")
    twice = dataclasses.replace(drawn, images=drawn.images.copy())
    twice.images[training[::3]] = twice.images[training[0]]
    ensemble = Ensemble.load(write_held_out(tmp_path, twice, split_by=split_by))
    expected = split_training(twice, seed=5, holdout=True, by_duplicates=split_by == "duplicates").holdout
    indices, seen = images_of_split(twice, "validation", ensemble)
    np.testing.assert_array_equal(indices, expected)
    assert seen.any() == (split_by == "images")
    member = Ensemble.of_model(tmp_path / "models" / "run-1.onnx")
    alone = Ensemble.of_model(tmp_path / "run-1" / "model.onnx")
    for network in (member, alone):
        network.card = network.card.model_copy(update={"data_fingerprint": twice.fingerprint})
        np.testing.assert_array_equal(held_out(network, twice), expected)


def test_an_ensemble_trained_with_corrections_is_judged_on_what_its_members_held_out(drawn, write_held_out, tmp_path):
    labels = drawn.labels.copy()
    labels[drawn.where("Training")[:5]] = 1
    corrected = dataclasses.replace(drawn, labels=labels)
    card = write_held_out(tmp_path, corrected, split_by="images")
    ensemble = Ensemble.load(card)
    by_default = split_training(drawn, seed=0, holdout=True).holdout
    np.testing.assert_array_equal(held_out(ensemble, drawn), by_default)
    for record in card.parent.rglob("run.yaml"):
        record.write_text(yaml.safe_dump(yaml.safe_load(record.read_text()) | {"corrections": "corrections.csv"}))
    expected = split_training(corrected, seed=0, holdout=True, by_duplicates=False).holdout
    assert set(expected) != set(by_default)
    np.testing.assert_array_equal(held_out(ensemble, drawn), expected)
    renamed = dataclasses.replace(drawn, names=np.char.add("other/", drawn.names))
    assert not trained_on(ensemble, renamed)


def test_where_the_hold_out_is_not_known_nothing_is_called_held_out(drawn, recorded_card, tiny_card):
    unrecorded = Ensemble.load(tiny_card)
    unrecorded.card = unrecorded.card.model_copy(update={"data_fingerprint": drawn.fingerprint})
    with pytest.raises(ValueError, match=r"tiny0\.onnx: no run is recorded for it"):
        evaluate_ensemble(unrecorded, drawn, "validation")
    renamed = dataclasses.replace(drawn, names=np.char.add("other/", drawn.names))
    with pytest.raises(ValueError, match="which no image of this data set is called"):
        evaluate_ensemble(Ensemble.load(recorded_card), renamed, "validation")


def test_test_is_public_and_private(drawn):
    public, private, both = (images_of_split(drawn, split)[0] for split in ("public", "private", "test"))
    assert sorted([*public, *private]) == both.tolist()
    assert set(drawn.usage[private]) == {"PrivateTest"}


def test_training_images_are_no_split_to_be_measured_on(drawn):
    with pytest.raises(ValueError, match="split: expected validation, public, private or test, got 'train'"):
        images_of_split(drawn, "train")


def test_a_split_without_images_is_said(drawn):
    with pytest.raises(ValueError, match="no images of PublicTest; choose another split"):
        images_of_split(drawn.take(drawn.where("Training")), "public")


def test_an_ensemble_is_scored_as_its_card_says(drawn, tiny_card):
    ensemble = Ensemble.load(tiny_card)
    part = drawn.split("test")
    done = []
    found = evaluate_ensemble(ensemble, drawn, "test", progress=lambda *counts: done.append(counts))
    answers = ensemble.probabilities(part.images)
    assert found.accuracy == np.mean(answers.argmax(axis=1) == part.labels)
    own = ensemble.member_probabilities(part.images).argmax(axis=2) == part.labels
    assert [member.accuracy for member in found.members] == own.mean(axis=1).tolist()
    assert done[-1] == (len(part), len(part))
    assert (found.model, found.data_fingerprint) == ("tiny ensemble", drawn.fingerprint)


@pytest.mark.parametrize("shape", [(500, 10), (10, 10), (400, 7)])
def test_votes_of_another_data_set_are_refused(drawn, tiny_card, shape):
    with pytest.raises(ValueError, match=r"votes: expected shape \(400, 10\)"):
        evaluate_ensemble(Ensemble.load(tiny_card), drawn, "test", votes=np.ones(shape, np.uint8))


@pytest.mark.slow
def test_fer2013_has_568_test_images_that_also_stand_in_training(real):
    assert images_of_split(real, "test")[1].sum() == 568
    assert images_of_split(real, "private")[1].sum() == 288
    assert not images_of_split(real, "validation")[1].any()
    indices, seen = images_of_split(real, "validation", Ensemble.load())
    assert len(indices) == 2878
    assert not seen.any()
