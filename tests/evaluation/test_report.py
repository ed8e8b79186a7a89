import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.report import evaluate_probabilities

CONTRACT = {
    "split": str,
    "images": int,
    "accuracy": float,
    "top2_accuracy": float,
    "precision": float,
    "recall": float,
    "f1": float,
    "macro_f1": float,
    "mean_auc": float,
    "auc": dict,
    "confusion": list,
    "ece": float,
    "interval": list,
    "members": list,
}


def test_json_keeps_the_contract(answers):
    probabilities, _ = answers
    seen = np.arange(400) < 50
    found = json.loads(
        evaluate_probabilities(
            *answers,
            split="private",
            also_in_training=seen,
            member_probabilities=probabilities[None],
            member_names=["a"],
        ).to_json()
    )
    for part, images in ((found, 400), (found["without_train_duplicates"], 350)):
        assert {key: type(part[key]) for key in CONTRACT} == CONTRACT
        assert part["images"] == images
        assert np.shape(part["confusion"]) == (7, 7)
        assert np.sum(part["confusion"]) == images
        assert list(part["auc"]) == list(EMOTIONS)
        assert part["interval"][0] < part["accuracy"] < part["interval"][1]
        assert part["members"] == [{"name": "a", "accuracy": part["accuracy"]}]


def test_without_train_duplicates_scores_the_other_images(answers):
    probabilities, labels = answers
    seen = np.random.default_rng(1).random(400) < 0.3
    found = evaluate_probabilities(*answers, also_in_training=seen).without_train_duplicates
    predicted = probabilities.argmax(axis=1)
    assert found.accuracy == accuracy_score(labels[~seen], predicted[~seen])
    np.testing.assert_array_equal(found.confusion, confusion_matrix(labels[~seen], predicted[~seen]))


def test_nothing_is_said_of_other_images_where_there_are_none_or_nothing_is_known(answers):
    assert evaluate_probabilities(*answers).without_train_duplicates is None
    everywhere = np.ones(400, dtype=bool)
    assert evaluate_probabilities(*answers, also_in_training=everywhere).without_train_duplicates is None


def test_members_are_scored_by_themselves(answers):
    probabilities, _ = answers
    members = np.stack([probabilities, np.roll(probabilities, 1, axis=1)])
    found = evaluate_probabilities(*answers, member_probabilities=members, member_names=("good", "shifted"))
    assert [member.name for member in found.members] == ["good", "shifted"]
    assert found.members[0].accuracy == found.accuracy > found.members[1].accuracy


def test_undefined_is_null_and_not_a_number_that_json_does_not_have():
    found = evaluate_probabilities(np.eye(7)[[2, 2]], np.array([2, 2]))
    strict = json.loads(found.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert strict["auc"] == dict.fromkeys(EMOTIONS)
    assert strict["mean_auc"] is None
    assert strict["confusion"][2][2] == 2


def test_provenance_is_carried(answers):
    found = evaluate_probabilities(*answers, split="test", model="three", data_fingerprint="ab", code_version="cd")
    assert (found.split, found.model, found.data_fingerprint, found.code_version) == ("test", "three", "ab", "cd")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"also_in_training": np.zeros(3, bool)}, "also_in_training: expected shape"),
        ({"member_names": ("a",)}, "member_probabilities: expected shape"),
        ({"member_probabilities": np.zeros((1, 400, 7))}, "member_probabilities: expected shape"),
    ],
)
def test_bad_arguments_are_named(answers, arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate_probabilities(*answers, **arguments)


def test_other_than_seven_classes_are_refused():
    with pytest.raises(ValueError, match="probabilities: expected 7 classes, got 2"):
        evaluate_probabilities(np.full((3, 2), 0.5), np.zeros(3, int))
