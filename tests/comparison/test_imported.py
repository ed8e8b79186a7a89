import shutil

import pytest
import yaml
from typer.testing import CliRunner

from fer_core.commands.runs import app
from fer_core.comparison.imported import import_tracked
from fer_core.comparison.places import find_entries
from fer_core.training.record import RECORD, RecordError
from fer_core.training.tracking import import_run
from tests.comparison.records import write_record


@pytest.fixture
def store(empty_store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{shutil.copy(empty_store, tmp_path)}")


@pytest.mark.usefixtures("store")
def test_runs_of_the_store_are_brought_in_once(where, tmp_path):
    assert import_tracked(where) == ([], [])
    import_run(write_record(tmp_path / "elsewhere" / "logged", seed=1))
    assert import_tracked(where) == (["logged"], [])
    assert [(entry.key, entry.origin) for entry in find_entries(where)] == [("logged", "imported")]
    assert import_tracked(where) == ([], [])
    (where.imported / "logged" / "run.yaml").unlink()  # written last, so that a download broke off before it
    assert import_tracked(where) == (["logged"], [])


@pytest.mark.usefixtures("store")
def test_of_several_runs_of_one_name_the_newest_is_brought_in_and_the_others_are_told(where, tmp_path):
    for seed, place in enumerate(("here", "there")):
        import_run(write_record(tmp_path / place / "logged", seed=seed))
    note = "logged: 2 runs of the store have this name; no more than the newest can be brought in"
    assert import_tracked(where) == (["logged"], [note])
    assert import_tracked(where) == ([], [note])


@pytest.mark.usefixtures("store")
def test_another_run_here_that_has_the_name_of_one_in_the_store_is_told(where, tmp_path):
    record = write_record(tmp_path / "elsewhere" / "logged", seed=1)
    import_run(record)
    own = shutil.copytree(record, where.own / "logged")
    assert import_tracked(where) == ([], [])
    content = yaml.safe_load((own / RECORD).read_text())
    (own / RECORD).write_text(yaml.safe_dump(content | {"started": content["started"].replace("2", "1", 1)}))
    note = "logged: another run here has this name; rename its folder to bring in the store's"
    assert import_tracked(where) == ([], [note])


def test_a_store_that_is_away_is_named(where, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(RecordError, match="MLflow store can't be reached"):
        import_tracked(where)


def test_a_damaged_store_is_named(where, tmp_path, monkeypatch):
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    with pytest.raises(RecordError, match="MLflow store can't be reached"):
        import_tracked(where)
    result = CliRunner().invoke(app, ["import", str(write_record(tmp_path / "elsewhere" / "logged", seed=1))])
    assert result.exit_code == 1
    assert "file is not a database" in result.stderr
