from pathlib import Path

import pytest

from fer_core.progress import VARIABLE
from fer_core.training.progress import Progress, reporter, training_progress


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
