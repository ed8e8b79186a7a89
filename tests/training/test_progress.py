from pathlib import Path

import pytest

from fer_core.progress import VARIABLE
from fer_core.training.config import RunConfig
from fer_core.training.fit import fit
from fer_core.training.folder import CHECKPOINT
from fer_core.training.progress import Progress, reporter, training_progress
from fer_core.training.split import split_of


@pytest.mark.slow
def test_each_batch_of_each_epoch_is_reported_with_the_time_left(tmp_path: Path, drawn, quick: RunConfig) -> None:
    seen: list[Progress] = []
    checkpoint = tmp_path / "run" / CHECKPOINT
    checkpoint.mkdir(parents=True)
    fit(quick, drawn, split_of(quick, drawn), checkpoint, report=seen.append, verbose=0)
    batches = seen[0].batches
    assert [(p.epoch, p.batch) for p in seen] == [(e, b) for e in (1, 2) for b in range(1, batches + 1)]
    assert {(p.epochs, p.folder) for p in seen} == {(2, str(tmp_path / "run"))}
    assert seen[0].seconds_left is None
    assert seen[-1].seconds_left == pytest.approx(0)
    assert all(p.seconds_left > 0 for p in seen[1:-1])
    assert seen[-1].images_per_second > 0
    assert [p.share for p in seen] == sorted(p.share for p in seen)
    assert seen[-1].share == 1


def test_what_was_reported_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "progress.json"
    monkeypatch.setenv(VARIABLE, str(path))
    assert training_progress(path) is None
    last = Progress("runs/a", epoch=2, epochs=2, batch=9, batches=9, seconds_left=0.0)
    reporter()(last)
    assert training_progress(path) == last


def test_a_file_that_cannot_be_written_ends_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing" / "progress.json"))
    reporter()(Progress("runs/a", epoch=1, epochs=2, batch=1, batches=9))
    monkeypatch.delenv(VARIABLE)
    reporter()(Progress("runs/a", epoch=1, epochs=2, batch=1, batches=9))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"epoch": 1}'])
def test_a_damaged_progress_file_is_no_progress(tmp_path: Path, text: str) -> None:
    path = tmp_path / "progress.json"
    path.write_text(text)
    assert training_progress(path) is None
