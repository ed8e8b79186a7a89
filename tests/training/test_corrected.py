"""What a run was begun with stays with it: decisions about single images, soft labels."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.datasets.corrections import decide
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.datasets.store import save_dataset
from fer_core.training import run
from fer_core.training.errors import RunStoppedError
from fer_core.training.record import RECORD


@pytest.fixture
def trained_on(monkeypatch: pytest.MonkeyPatch) -> list[FaceDataset]:
    """What each training was given, which ends at once, as if stopped in its first epoch."""
    given = []

    def stop(config: object, dataset: FaceDataset, *rest: object, **options: object) -> None:
        given.append(dataset)
        raise RunStoppedError("stopped")

    monkeypatch.setattr(run, "fit", stop)
    return given


@pytest.fixture
def source(drawn: FaceDataset, tmp_path: Path) -> Path:
    save_dataset(drawn, tmp_path / "drawn.npz")
    return tmp_path / "drawn.npz"


def train(*flags: str) -> object:
    return CliRunner().invoke(app, ["train", *flags, "--no-track", "--quiet"])


def test_training_takes_corrections_and_a_resume_takes_them_again(
    drawn: FaceDataset, source: Path, trained_on: list[FaceDataset], tmp_path: Path
) -> None:
    excluded = int(drawn.where("Training")[0])
    corrections = tmp_path / "corrections.csv"
    decide(corrections, drawn, excluded, "exclude")
    folder = tmp_path / "run"
    train("--data", str(source), "--corrections", str(corrections), "--to", str(folder))
    train("--resume", str(folder))
    assert [len(dataset) for dataset in trained_on] == [len(drawn) - 1] * 2
    assert yaml.safe_load((folder / run.CONFIG).read_text())["corrections"] == str(corrections)


def test_decisions_made_after_a_run_was_begun_are_left_to_the_next_one(
    drawn: FaceDataset, source: Path, trained_on: list[FaceDataset], tmp_path: Path
) -> None:
    first, second = (int(index) for index in drawn.where("Training")[:2])
    corrections, folder = tmp_path / "corrections.csv", tmp_path / "run"
    flags = ["--data", str(source), "--corrections", str(corrections)]
    decide(corrections, drawn, first, "exclude")
    train(*flags, "--to", str(folder))
    decide(corrections, drawn, second, "exclude")
    train("--resume", str(folder))
    train(*flags, "--to", str(folder))  # as a job goes on
    assert [len(dataset) for dataset in trained_on] == [len(drawn) - 1] * 3
    train(*flags, "--to", str(tmp_path / "next"))
    assert len(trained_on[-1]) == len(drawn) - 2


def test_a_run_begun_before_the_size_was_noted_goes_on_with_the_same_corrections_only(
    drawn: FaceDataset, source: Path, trained_on: list[FaceDataset], tmp_path: Path
) -> None:
    first, second = (int(index) for index in drawn.where("Training")[:2])
    corrections, folder = tmp_path / "corrections.csv", tmp_path / "run"
    decide(corrections, drawn, first, "exclude")
    train("--data", str(source), "--corrections", str(corrections), "--to", str(folder))
    begun = yaml.safe_load((folder / run.CONFIG).read_text())
    del begun["corrections_size"]
    (folder / run.CONFIG).write_text(yaml.safe_dump(begun))
    train("--resume", str(folder))
    assert len(trained_on) == 2
    decide(corrections, drawn, second, "exclude")
    assert "or with other corrections" in train("--resume", str(folder)).stderr
    assert len(trained_on) == 2


def test_a_recorded_run_is_not_taken_for_one_with_later_decisions(
    drawn: FaceDataset, source: Path, trained_on: list[FaceDataset], tmp_path: Path
) -> None:
    first, second = (int(index) for index in drawn.where("Training")[:2])
    corrections, folder = tmp_path / "corrections.csv", tmp_path / "run"
    flags = ["--data", str(source), "--corrections", str(corrections), "--to", str(folder)]
    decide(corrections, drawn, first, "exclude")
    train(*flags)
    (folder / RECORD).touch()
    decide(corrections, drawn, second, "exclude")
    assert "or with other corrections" in train(*flags).stderr


def test_a_damaged_configuration_is_told_when_a_run_is_to_go_on(tmp_path: Path) -> None:
    for damaged in ("", "config: [", "config: {epochs: 0}"):
        (tmp_path / run.CONFIG).write_text(damaged)
        answer = train("--resume", str(tmp_path))
        assert answer.exit_code == 1
        assert f"no run to go on with ({tmp_path / run.CONFIG}: " in answer.stderr
    (tmp_path / run.CONFIG).unlink()
    for data in ([], ["--data", "drawn"]):
        assert f"{tmp_path}: no run to go on with (" in train("--resume", str(tmp_path), *data).stderr


def test_a_corrections_file_that_is_not_there_is_named_before_anything_starts(
    source: Path, trained_on: list[FaceDataset], tmp_path: Path
) -> None:
    answer = train("--data", str(source), "--corrections", str(tmp_path / "none.csv"), "--to", str(tmp_path / "run"))
    assert answer.exit_code == 1
    assert "none.csv: no such corrections file" in answer.stderr
    assert not trained_on


def test_a_run_goes_on_with_the_soft_labels_it_was_begun_with_and_no_others(
    drawn: FaceDataset, trained_on: list[FaceDataset], source: Path, tmp_path: Path
) -> None:
    folder, soft, training = tmp_path / "run", tmp_path / "soft.npz", drawn.where("Training")
    labels = SoftLabels.of(drawn, training, np.full((len(training), 7), 1 / 7), "nobody")
    labels.write(soft)
    train("--data", str(source), "--soft-labels", str(soft), "--to", str(folder))
    train("--resume", str(folder))
    assert len(trained_on) == 2
    SoftLabels(labels.hashes, np.eye(7, dtype=np.float32)[[0] * len(labels.hashes)], "somebody").write(soft)
    assert "or with other corrections or soft labels; choose another folder" in train("--resume", str(folder)).stderr
    assert len(trained_on) == 2
    begun = yaml.safe_load((folder / run.CONFIG).read_text())
    for field in ("soft_labels_sha256", "weights_from"):  # as of a run that was begun before they were noted
        del begun[field]
    (folder / run.CONFIG).write_text(yaml.safe_dump(begun))
    train("--resume", str(folder))
    assert len(trained_on) == 3
