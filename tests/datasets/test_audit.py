import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from fer_core.datasets import content
from fer_core.datasets.audit import audit, recorded_audit, suspected_labels, unseen_probabilities
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.ferplus import VOTES, read_votes
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.training.record import read_run
from tests.datasets.wrappings import REAL

SHIPPED = SHIPPED_CARD.parent


class BrightSquares:
    """Takes every bright patch for a face; no network needed to see whether sheets are read back rightly."""

    name = "bright squares"

    def detect(self, image):
        patches = cv2.connectedComponentsWithStats((image[..., 0] > 128).astype(np.uint8))[2][1:]
        return [SimpleNamespace(box=tuple(patch[:4]), score=1.0) for patch in patches]


@pytest.fixture(scope="module")
def faces(drawn):
    """The drawn set with one training image put into the test part under another label."""
    images, labels = drawn.images.copy(), drawn.labels.copy()
    test, training = drawn.where("PrivateTest")[0], drawn.where("Training")[-1]
    images[test] = images[training]
    return FaceDataset(images, labels, drawn.usage, drawn.names, True), test, training


def test_a_training_image_in_the_test_part_is_found_with_its_other_label(faces):
    dataset, test, training = faces
    findings = audit(dataset)
    assert test in findings.in_training
    assert any({test, training} <= set(group) for group in findings.conflicting)


def test_a_test_image_is_near_training_only_where_it_looks_itself_like_a_training_image(drawn, monkeypatch):
    alone = np.flatnonzero(np.bincount(drawn.groups)[drawn.groups] == 1)
    training, first, second = *alone[drawn.usage[alone] == "Training"][:1], *alone[drawn.usage[alone] != "Training"][:2]
    chain = np.array([[training, first], [first, second]])
    monkeypatch.setattr("fer_core.datasets.audit.alike", lambda dataset, blank: chain)
    found = audit(drawn)
    assert [set(group) for group in found.near_duplicates] == [{training, first, second}]
    assert found.near_training.tolist() == [first]


def test_json_has_the_counts_and_the_names_behind_them(faces):
    dataset, test, _ = faces
    told = json.loads(json.dumps(audit(dataset).to_json()))
    assert told["duplicate_groups"] == len(told["found"]["duplicates"])
    assert told["duplicate_images"] == sum(map(len, told["found"]["duplicates"]))
    assert told["test_images_in_train"] == len(told["found"]["test_images_in_train"])
    assert told["conflicting_groups"] == len(told["found"]["conflicting"]) >= 1
    assert dataset.names[test] in told["found"]["test_images_in_train"]
    assert told["images_without_face"] is told["suspected_labels"] is told["ferplus_agreement"] is None


def test_labels_with_fewer_votes_than_another_emotion_are_counted_and_named(drawn):
    votes = np.zeros((len(drawn), len(VOTES)), dtype=np.uint8)
    votes[3:50, VOTES.index("contempt")] = 10
    votes[50:, VOTES.index("nf")] = 10
    told = audit(drawn, ferplus_votes=votes).to_json()
    assert told["ferplus_disagreeing"] == len(told["found"]["ferplus_disagreeing"]) == 47


def test_blank_and_mostly_flat_images_are_told_apart(drawn):
    images = drawn.images[:4].copy()
    images[1] = 200
    images[2] = 255
    images[2, 10:20, 10:40] = np.random.default_rng(0).integers(0, 200, (10, 30))
    assert content.blank(images).tolist() == [1]
    assert content.near_blank(images).tolist() == [2]


def test_images_without_a_face_are_those_in_which_the_detector_finds_none():
    images = np.full((300, 48, 48), 20, np.uint8)
    images[:, 8:40, 8:40] = 250
    empty = [0, 17, 255, 256, 299]
    images[empty] = 20
    done = []
    found = content.without_face(images, BrightSquares(), lambda *step: done.append(step))
    assert found.tolist() == empty
    assert done[-1] == (300, 300)


def test_a_turned_label_is_suspected_and_the_right_one_suggested():
    labels = np.tile(np.arange(7), 40)
    probabilities = np.full((280, 7), 0.02)
    probabilities[np.arange(280), labels] = 0.88
    given = labels.copy()
    given[3] = 0
    suspects, suggested = suspected_labels(given, probabilities)
    assert suspects.tolist() == [3]
    assert suggested[3] == 3


def test_labels_that_no_network_judged_are_not_suspected():
    labels = np.tile(np.arange(7), 40)
    probabilities = np.full((280, 7), np.nan)
    probabilities[:140] = np.eye(7)[labels[:140]] * 0.86 + 0.02
    suspects, suggested = suspected_labels(labels, probabilities)
    assert len(suspects) == 0
    assert set(suggested[140:]) == {-1}


def test_probabilities_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"probabilities: expected \(7, 7\), got \(7, 6\)"):
        suspected_labels(np.arange(7), np.ones((7, 6)))
    with pytest.raises(ValueError, match="none for images of angry"):
        suspected_labels(np.arange(7), np.where(np.eye(7) + 1 > 1, np.nan, 1) * np.r_[np.nan, np.ones(6)])


def test_what_runs_say_is_averaged_where_they_did_not_train(drawn):
    one, other = np.eye(7)[[0, 1]], np.eye(7)[[2]]
    mean = unseen_probabilities(drawn, [(drawn.names[[4, 5]], one), (drawn.names[[5]], other), (np.array(["x"]), one)])
    assert mean[4].tolist() == np.eye(7)[0].tolist()
    assert mean[5].tolist() == (0.5 * np.eye(7)[1] + 0.5 * np.eye(7)[2]).tolist()
    assert np.isnan(mean[6]).all()


def test_the_recorded_audit_has_the_measured_facts():
    told = recorded_audit()
    keys = ("images", "duplicate_groups", "duplicate_images", "test_images_in_train", "conflicting_groups")
    assert [told[key] for key in keys] == [35_887, 1_516, 3_369, 568, 57]
    assert told["private_test_images_in_train"] == 288


@pytest.mark.slow
def test_the_real_sets_audit_is_the_recorded_one(real, real_index):
    recorded = recorded_audit()
    judges = recorded["settings"]["labels_judged_by"]
    folders = [file.parent for name in judges for file in SHIPPED.glob(f"*/{name}/run.yaml")]
    splits = [(split, ~split.also_in_training) for folder in folders for split in read_run(folder).splits.values()]
    told = audit(
        real,
        probabilities=unseen_probabilities(real, [(split.ids[new], split.probabilities[new]) for split, new in splits]),
        judges=judges,
        ferplus_votes=read_votes(REAL / "index.csv", real),
    ).numbers()
    assert told["ferplus_agreement"] == pytest.approx(0.64, abs=0.01)
    assert told["ferplus_strict_agreement"] == pytest.approx(0.62, abs=0.01)
    needs_detector = {"images_without_face", "settings"}
    assert {k: v for k, v in told.items() if k not in needs_detector} == {
        k: v for k, v in recorded.items() if k not in needs_detector
    }
