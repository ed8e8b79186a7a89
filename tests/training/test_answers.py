import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fer_core.datasets.dataset import FaceDataset
from fer_core.training.answers import mark_copies, recorded_answers
from fer_core.training.config import RunConfig
from fer_core.training.record import RecordError, read_run, write_run
from fer_core.training.split import split_of
from tests.conftest import write_model
from tests.training.records import made_up_record


@pytest.fixture(scope="module")
def twice(drawn: FaceDataset) -> FaceDataset:
    """Every third training image is there twice or more."""
    training = drawn.where("Training")
    images = drawn.images.copy()
    images[training[1::3]] = images[training[::3]][: len(training[1::3])]
    return dataclasses.replace(drawn, images=images)


@pytest.mark.parametrize("holdout", [False, True])
@pytest.mark.parametrize("split_by", ["images", "duplicates"])
def test_answers_are_marked_where_a_copy_of_the_image_was_trained_on(
    twice: FaceDataset, split_by: str, holdout: bool, tmp_path: Path
) -> None:
    split = split_of(RunConfig(split_by=split_by, holdout=holdout), twice)
    parts = {"validation": split.validation, "holdout": split.holdout, "private": twice.where("PrivateTest")}
    found = recorded_answers(write_model(tmp_path / "model.onnx"), twice, parts, flip_averaging=False)
    trained_on = {
        "validation": split.train,
        "holdout": np.concatenate([split.train, split.validation]),
        "private": twice.where("Training"),
    }
    assert set(found) == {name for name, indices in parts.items() if len(indices)}
    for name, answers in found.items():
        known = {twice.images[index].tobytes() for index in trained_on[name]}
        expected = [twice.images[index].tobytes() in known for index in parts[name]]
        np.testing.assert_array_equal(answers.also_in_training, expected)
        if name != "private":
            assert any(expected) == (split_by == "images")


def test_a_record_that_knew_of_no_copies_is_marked_anew_and_answers_as_before(
    twice: FaceDataset, tmp_path: Path
) -> None:
    config = RunConfig(split_by="images", holdout=False)
    parts = {"validation": split_of(config, twice).validation, "public": twice.where("PublicTest")}
    answers = recorded_answers(write_model(tmp_path / "model.onnx"), twice, parts, flip_averaging=False)
    unmarked = {
        name: dataclasses.replace(split, also_in_training=np.zeros(len(split.ids), bool))
        for name, split in answers.items()
    }
    record = made_up_record("run", config, data_fingerprint=twice.fingerprint)
    write_run(tmp_path / "run", record, [{"epoch": 1}], unmarked)
    before = read_run(tmp_path / "run")
    assert mark_copies(tmp_path / "run", twice)
    after = read_run(tmp_path / "run")
    for name, split in after.splits.items():
        np.testing.assert_array_equal(split.also_in_training, answers[name].also_in_training)
        np.testing.assert_array_equal(split.probabilities, before.splits[name].probabilities)
    assert after.splits["validation"].also_in_training.any()
    assert not mark_copies(tmp_path / "run", twice)
    with pytest.raises(RecordError, match="was recorded on the data set"):
        mark_copies(tmp_path / "run", twice.take(twice.where("Training")))
