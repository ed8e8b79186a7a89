import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.corrections import apply_corrections, decide
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.store import save_dataset
from fer_core.training.answers import mark_copies, recorded_answers
from fer_core.training.config import RunConfig
from fer_core.training.record import RUN_FILES, RecordError, SplitProbabilities, read_run, write_run
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
@pytest.mark.parametrize("share", [1, 0.5])
def test_answers_are_marked_where_a_copy_of_the_image_was_trained_on(
    twice: FaceDataset, share: float, split_by: str, holdout: bool, tmp_path: Path
) -> None:
    config = RunConfig(split_by=split_by, holdout=holdout, training_share=share, flip_averaging=False)
    split = split_of(config, twice)
    parts = {"validation": split.validation, "holdout": split.holdout, "private": twice.where("PrivateTest")}
    found = recorded_answers(write_model(tmp_path / "model.onnx"), twice, parts, config)
    trained_on = {
        "validation": split.train,
        "holdout": np.setdiff1d(twice.where("Training"), split.holdout),
        "private": twice.where("Training"),
    }
    assert set(found) == {name for name, indices in parts.items() if len(indices)}
    for name, answers in found.items():
        known = {twice.images[index].tobytes() for index in trained_on[name]}
        expected = [twice.images[index].tobytes() in known for index in parts[name]]
        np.testing.assert_array_equal(answers.also_in_training, expected)
        if name != "private":
            assert any(expected) == (split_by == "images")


def write_unmarked(folder: Path, dataset: FaceDataset) -> dict[str, SplitProbabilities]:
    """Record a run that knows of no copies; its answers as they should be marked."""
    config = RunConfig(split_by="images", holdout=False, flip_averaging=False)
    parts = {"validation": split_of(config, dataset).validation, "public": dataset.where("PublicTest")}
    answers = recorded_answers(write_model(folder.with_suffix(".onnx")), dataset, parts, config)
    unmarked = {
        name: dataclasses.replace(split, also_in_training=np.zeros(len(split.ids), bool))
        for name, split in answers.items()
    }
    record = made_up_record(folder.name, config, data_fingerprint=dataset.fingerprint)
    write_run(folder, record, [{"epoch": 1}], unmarked)
    return answers


def test_a_record_that_knew_of_no_copies_is_marked_anew_and_answers_as_before(
    twice: FaceDataset, tmp_path: Path
) -> None:
    answers = write_unmarked(tmp_path / "run", twice)
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


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk, no file can become larger than `size` bytes."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_on_a_full_disk_a_record_stays_as_it_was_and_is_marked_later(twice: FaceDataset, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_unmarked(folder, twice)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for size in (100, len(before["probabilities.npz"]) // 2):
        with files_of_at_most(size), pytest.raises(OSError, match=r"probabilities\.npz: can't be written"):
            mark_copies(folder, twice)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert set(before) == set(RUN_FILES)
    assert mark_copies(folder, twice)


def test_a_run_that_was_trained_with_corrections_is_marked_with_them(twice: FaceDataset, tmp_path: Path) -> None:
    save_dataset(twice, tmp_path / "twice.npz")
    corrections = tmp_path / "corrections.csv"
    decide(corrections, twice, int(twice.where("Training")[2]), "exclude")
    write_unmarked(tmp_path / "run", apply_corrections(twice, corrections))
    command = ["runs", "mark", str(tmp_path / "run"), "--data", str(tmp_path / "twice.npz")]
    assert "was recorded on the data set" in CliRunner().invoke(app, command).stderr
    result = CliRunner().invoke(app, [*command, "--corrections", str(corrections)])
    assert result.exit_code == 0, result.output
    assert "marked anew" in result.stdout
