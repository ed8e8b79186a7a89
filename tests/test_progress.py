from pathlib import Path

import pytest

from fer_core.progress import VARIABLE, ProgressFile, read_progress


@pytest.mark.parametrize(("total", "written"), [(100, 100), (0, 1)])  # 0: not known, so that there is no last step
def test_of_quick_steps_the_first_is_written_and_the_last_where_it_is_known(
    tmp_path: Path, total: int, written: int
) -> None:
    path = tmp_path / "progress.json"
    progress = ProgressFile(path)
    for done in range(1, 101):
        progress.write("reading", done, total)
    assert read_progress(path) == {"what": "reading", "done": written, "total": total}


def test_the_environment_names_the_file_and_without_it_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "told.json"))
    ProgressFile().write("reading", 1, 1, seconds_left=0.0)
    assert read_progress(tmp_path / "told.json")["seconds_left"] == 0
    monkeypatch.delenv(VARIABLE)
    ProgressFile().write("reading", 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["told.json"]


def test_a_file_that_cannot_be_written_ends_no_work(tmp_path: Path) -> None:
    ProgressFile(tmp_path / "missing" / "progress.json").write("reading", 1, 1)
    assert not list(tmp_path.iterdir())


def test_a_missing_or_damaged_file_is_no_progress(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "none.json") is None
    (tmp_path / "broken.json").write_text("{")
    assert read_progress(tmp_path / "broken.json") is None
