import numpy as np
import pytest

from fer_core.datasets.dataset import FaceDataset


def test_the_fingerprint_ignores_order_and_names(drawn):
    order = np.random.default_rng(0).permutation(len(drawn))
    names = np.array([f"other/{i}" for i in range(len(drawn))])
    moved = FaceDataset(drawn.images[order], drawn.labels[order], drawn.usage[order], names)
    assert moved.fingerprint == drawn.fingerprint


@pytest.mark.parametrize("field", ["images", "labels", "usage"])
def test_the_fingerprint_sees_a_change_of(drawn, field):
    arrays = {name: getattr(drawn, name).copy() for name in ("images", "labels", "usage", "names")}
    changed = {"images": 255 - drawn.images[0], "labels": (drawn.labels[0] + 1) % 7, "usage": "PrivateTest"}
    arrays[field][0] = changed[field]
    assert FaceDataset(**arrays).fingerprint != drawn.fingerprint


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("images", np.zeros((140, 48, 48)), "images: expected uint8"),
        ("labels", np.zeros(3, np.int64), "labels: expected shape"),
        ("labels", np.full(140, 7), "labels: expected 0 to 6"),
        ("labels", np.zeros(140), "labels: expected integers, got float64"),
        ("labels", np.zeros(140, bool), "labels: expected integers, got bool"),
        ("usage", np.full(140, "Train"), "usage: expected"),
        ("names", np.full(140, "a"), "names: expected each once, got a 140 times"),
        ("names", None, "names: expected shape"),
        ("rows", np.zeros(140), "rows: expected integers, got float64"),
    ],
)
def test_what_does_not_fit_is_named(drawn, field, value, message):
    arrays = {name: getattr(drawn, name) for name in ("images", "labels", "usage", "names")} | {field: value}
    with pytest.raises(ValueError, match=message):
        FaceDataset(**arrays)


def test_lists_are_taken_too(drawn):
    lists = [getattr(drawn, name).tolist() for name in ("labels", "usage", "names")]
    assert FaceDataset(drawn.images, *lists).fingerprint == drawn.fingerprint


def test_an_unknown_split_is_named(drawn):
    with pytest.raises(ValueError, match=r"split: expected one of .*'dev'"):
        drawn.split("dev")
