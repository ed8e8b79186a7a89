import numpy as np
import pytest
from sklearn.svm import SVC

from fer_core.datasets.drawn import draw_face, drawn_dataset
from fer_core.datasets.splits import split_training
from fer_core.emotions import EMOTIONS


@pytest.fixture(scope="module")
def drawn():
    return drawn_dataset(300, seed=1)


def test_is_plainly_synthetic_and_as_large_as_asked(drawn):
    assert drawn.synthetic
    assert len(drawn) == 300
    assert all(name.startswith("drawn/") for name in drawn.names)
    assert len(set(drawn.names)) == 300


def test_the_same_seed_draws_the_same_set(drawn):
    assert drawn_dataset(300, seed=1).fingerprint == drawn.fingerprint
    assert drawn_dataset(300, seed=2).fingerprint != drawn.fingerprint


def test_imbalance_and_test_share_are_like_fer2013(drawn):
    counts = np.bincount(drawn.split("train").labels)
    assert EMOTIONS[counts.argmax()] == "happy"
    assert EMOTIONS[counts.argmin()] == "disgusted"
    assert 0.15 < len(drawn.split("test")) / len(drawn) < 0.25


def test_the_smallest_set_can_still_be_split():
    smallest = drawn_dataset(100)
    for part in (smallest.split("public"), smallest.split("private"), smallest.split("train")):
        assert set(part.labels) == set(range(len(EMOTIONS)))
    assert len(split_training(smallest, seed=0, holdout=True).validation)


def test_some_test_images_stand_in_training_too():
    drawn = drawn_dataset(1000)
    assert drawn.also_in_training(drawn.where("PublicTest", "PrivateTest")).any()


def test_expressions_can_be_learnt_from_the_training_images():
    drawn = drawn_dataset(700)
    pixels = drawn.images.reshape(len(drawn), -1).astype(np.float32)
    pixels = (pixels - pixels.mean(1, keepdims=True)) / (pixels.std(1, keepdims=True) + 1)
    train, test = drawn.where("Training"), drawn.where("PublicTest", "PrivateTest")
    accuracy = SVC(C=10).fit(pixels[train], drawn.labels[train]).score(pixels[test], drawn.labels[test])
    assert accuracy > 1.5 * np.mean(drawn.labels[test] == EMOTIONS.index("happy"))


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_portrait_has_the_size_asked_for_and_colours(emotion):
    assert draw_face(emotion, 96, 3).shape == (96, 96, 3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"emotion: expected one of .*'bored'"):
        draw_face("bored")
    with pytest.raises(ValueError, match="images: expected at least 100, got 7"):
        drawn_dataset(7)
