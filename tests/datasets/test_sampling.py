import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from fer_core.datasets.fer2013 import EXPECTED_COUNTS
from fer_core.datasets.sampling import class_weights, oversample
from fer_core.emotions import EMOTIONS

COUNTS = dict(zip(EMOTIONS, EXPECTED_COUNTS["train"], strict=True))
LABELS = np.repeat(np.arange(7), list(COUNTS.values()))


@pytest.mark.parametrize(("sampling", "disgusted"), [("mild", 436 * 11), ("full", 436 * 19)])
def test_rare_classes_grow_as_the_report_counts(sampling, disgusted):
    positions, _ = oversample(LABELS, sampling)
    counts = dict(zip(EMOTIONS, np.bincount(LABELS[positions]), strict=True))
    doubled = {name: 2 * count for name, count in COUNTS.items()}
    assert counts == {**doubled, "happy": COUNTS["happy"], "disgusted": disgusted}


def test_only_what_is_added_is_marked_as_a_copy():
    positions, is_copy = oversample(LABELS, "mild")
    assert positions[~is_copy].tolist() == list(range(len(LABELS)))
    assert not np.any(LABELS[positions[is_copy]] == EMOTIONS.index("happy"))


def test_no_sampling_leaves_the_images_as_they_are():
    positions, is_copy = oversample(LABELS, "none")
    assert positions.tolist() == list(range(len(LABELS)))
    assert not is_copy.any()


def test_an_unknown_sampling_is_named():
    with pytest.raises(ValueError, match=r"sampling: expected one of .*'most'"):
        oversample(LABELS, "most")


def test_class_weights_are_scikit_learns_balanced_ones():
    expected = compute_class_weight("balanced", classes=np.arange(7), y=LABELS)
    np.testing.assert_allclose(class_weights(LABELS), expected)


def test_a_class_without_images_weighs_nothing():
    assert class_weights(np.array([0, 0, 1]))[2:].tolist() == [0] * 5
