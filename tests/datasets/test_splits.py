from dataclasses import replace

import numpy as np
import pytest

from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.splits import split_training
from fer_core.emotions import EMOTIONS


@pytest.fixture(scope="module")
def faces():
    return drawn_dataset(500, seed=3)


@pytest.mark.parametrize("holdout", [False, True])
@pytest.mark.parametrize("by_duplicates", [False, True])
def test_parts_are_disjoint_and_cover_the_training_images(faces, holdout, by_duplicates):
    split = split_training(faces, seed=1, holdout=holdout, by_duplicates=by_duplicates)
    together = np.concatenate([split.train, split.validation, split.holdout])
    assert sorted(together) == faces.where("Training").tolist()


def test_classes_keep_their_shares(faces):
    split = split_training(faces, seed=1, by_duplicates=False)
    whole = np.bincount(faces.labels[faces.where("Training")])
    assert np.abs(np.bincount(faces.labels[split.validation]) - 0.2 * whole).max() < 1


def test_identical_images_stay_on_the_same_side(faces):
    split = split_training(faces, seed=1, holdout=True)
    hashes = [set(faces.image_hashes[part]) for part in (split.train, split.validation, split.holdout)]
    assert not hashes[0] & hashes[1]
    assert not hashes[0] & hashes[2]
    assert not hashes[1] & hashes[2]


def test_the_seed_decides_the_validation_part_and_not_the_holdout(faces):
    one, other = (split_training(faces, seed=seed, holdout=True) for seed in (1, 2))
    assert one.holdout.tolist() == other.holdout.tolist()
    assert one.validation.tolist() != other.validation.tolist()
    assert one.validation.tolist() == split_training(faces, seed=1, holdout=True).validation.tolist()


@pytest.mark.parametrize("by_duplicates", [False, True])
def test_a_share_of_the_training_part_leaves_the_others_as_they_are(faces, by_duplicates):
    whole = split_training(faces, seed=1, holdout=True, by_duplicates=by_duplicates)
    part = split_training(faces, seed=1, training_share=0.25, holdout=True, by_duplicates=by_duplicates)
    assert set(part.train) < set(whole.train)
    expected, found = (np.bincount(faces.labels[split.train], minlength=len(EMOTIONS)) for split in (whole, part))
    assert np.abs(found - 0.25 * expected).max() < 3
    np.testing.assert_array_equal(part.validation, whole.validation)
    np.testing.assert_array_equal(part.holdout, whole.holdout)


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_training_share_out_of_range_is_refused(faces, share):
    with pytest.raises(ValueError, match="training_share: expected above 0"):
        split_training(faces, seed=1, training_share=share)


@pytest.mark.parametrize("share", [0, -0.1, 0.6])
def test_a_share_out_of_range_is_refused(faces, share):
    with pytest.raises(ValueError, match="validation_share: expected above 0"):
        split_training(faces, seed=1, validation_share=share)


@pytest.mark.parametrize("seed", [-1, None, 1.5, 2**32])
def test_a_seed_that_is_none_is_refused(faces, seed):
    with pytest.raises(ValueError, match=f"seed: expected a whole number of 0 to 4294967295, got {seed}"):
        split_training(faces, seed=seed)


@pytest.mark.slow
def test_the_reports_split_of_the_real_images_is_eight_to_two(real):
    split = split_training(real, seed=42, by_duplicates=False)
    assert (len(split.train), len(split.validation)) == (22_967, 5_742)


def test_the_same_images_are_drawn_in_any_order(faces):
    labels = faces.labels.copy()
    groups = np.flatnonzero(faces.usage == "Training")[:30]
    images = faces.images.copy()
    images[groups[1::2]] = images[groups[::2]]  # copies with other labels: which comes first must not matter
    one = replace(faces, images=images, labels=labels)
    order = np.random.default_rng(0).permutation(len(one))
    other = one.take(order)
    for part in ("train", "validation", "holdout"):
        names = [set(d.names[getattr(split_training(d, seed=4, holdout=True), part)]) for d in (one, other)]
        assert names[0] == names[1]


@pytest.mark.parametrize(
    ("disgusted", "holdout", "message"),
    [
        (1, False, "disgusted: 1 training image.* in 2 parts"),
        (2, True, "disgusted: 2 training image.* in 3 parts"),
    ],
)
def test_a_class_with_fewer_images_than_parts_is_named(faces, disgusted, holdout, message):
    training = faces.where("Training")
    rare = faces.labels[training] == EMOTIONS.index("disgusted")
    few = faces.take(np.concatenate([training[~rare], training[rare][:disgusted]]))
    with pytest.raises(ValueError, match=message):
        split_training(few, seed=1, holdout=holdout, by_duplicates=False)


def test_too_few_images_in_all_are_told(faces):
    training = faces.where("Training")
    few = faces.take(np.concatenate([training[faces.labels[training] == label][:4] for label in range(7)]))
    with pytest.raises(ValueError, match="training images or groups of copies are too few to set 10% of each class"):
        split_training(few, seed=1, holdout=True)
