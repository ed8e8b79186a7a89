import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from fer_core.commands.data import _shipped_judges, app
from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.store import save_dataset
from fer_core.training.config import RunConfig
from fer_core.training.record import RECORD, SplitProbabilities, write_run
from tests.datasets import wrappings
from tests.training.records import made_up_record


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FER_DATA", raising=False)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_import_then_info_without_a_path(run, drawn, tmp_path):
    wrappings.write_zip(wrappings.picture_files(drawn, "msambare"), tmp_path / "a.zip")
    imported = run("import", "a.zip")
    assert imported.exit_code == 0
    assert "data/fer2013.npz: 140 images from a.zip, 0 files skipped" in imported.stdout
    told = run("info")
    assert told.exit_code == 0
    assert drawn.fingerprint in told.stdout


def test_skipped_files_are_told_on_stderr(run, drawn, tmp_path):
    files = {name: b"x" if "im0" in name else data for name, data in wrappings.picture_files(drawn).items()}
    wrappings.write_folder(files, tmp_path / "fer")
    imported = run("import", "fer")
    assert imported.exit_code == 0
    assert "train/angry/im0.png: can't be decoded as a picture; skipped" in imported.stderr
    assert "and 4 more files skipped" in imported.stderr
    assert "14 files skipped" in imported.stdout


def test_info_as_json_is_one_object(run):
    told = json.loads(run("info", "drawn", "--json").stdout)
    assert told["images"] == 1400
    assert told["synthetic"] is True
    assert sum(sum(row.values()) for row in told["counts"].values()) == 1400


@pytest.mark.parametrize("arguments", [("import", "nothing"), ("info", "nothing"), ("info",)])
def test_failure_is_one_sentence_on_stderr_and_exit_code_1(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 1
    assert not result.stdout
    assert len(result.stderr.splitlines()) == 1


def test_audit_as_json_is_one_object_with_the_images_found(run):
    told = json.loads(run("audit", "drawn", "--json", "--no-faces").stdout)
    assert told["duplicate_images"] == sum(map(len, told["found"]["duplicates"])) > 0
    assert told["test_images_in_train"] > 0
    assert "found" not in json.loads(run("audit", "drawn", "--json", "--no-faces", "--numbers-only").stdout)


def record(folder: Path, dataset: FaceDataset, prefix: str = "") -> str:
    """A recorded run that answers all images rightly, called by their names behind a prefix."""
    names = np.array([prefix + name for name in dataset.names])
    answers = np.eye(7)[dataset.labels] * 0.86 + 0.02
    split = SplitProbabilities(names, dataset.labels, answers, np.zeros(len(names), bool))
    write_run(folder, made_up_record(folder.name, RunConfig(network="cnn")), [{"epoch": 1}], {"private": split})
    return str(folder)


def test_labels_are_judged_by_the_runs_that_know_the_images(run, drawn, tmp_path):
    save_dataset(drawn, tmp_path / "fer2013.npz")
    knows, foreign = record(tmp_path / "knows", drawn), record(tmp_path / "foreign", drawn, "other/")
    audit = ("audit", str(tmp_path), "--no-faces", "--numbers-only", "--json")
    told = json.loads(run(*audit, "--run", foreign, "--run", knows).stdout)
    assert told["suspected_labels"] == 0
    assert told["settings"]["labels_judged_by"] == ["knows"]
    alone = run(*audit, "--run", foreign)
    assert alone.exit_code == 0
    assert "labels are not judged: the runs have no answers for images of angry, disgusted" in alone.stderr
    assert json.loads(alone.stdout)["suspected_labels"] is None


def test_shipped_runs_judge_the_very_data_set_that_they_learned_from(run, drawn, tmp_path, monkeypatch):
    shipped = tmp_path / "models" / "runs"
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    runs = {"ours": (drawn.fingerprint, "duplicates"), "other": ("0" * 16, "duplicates")}
    for name, (fingerprint, split_by) in (runs | {"the reports": (drawn.fingerprint, "images")}).items():
        record(shipped / name, drawn)
        content = yaml.safe_load((shipped / name / RECORD).read_text())
        changed = content["config"] | {"holdout": True, "split_by": split_by}
        content |= {"data_fingerprint": fingerprint, "config": changed}
        (shipped / name / RECORD).write_text(yaml.safe_dump(content))
    (shipped / "damaged").mkdir()
    (shipped / "damaged" / RECORD).write_text("{")
    save_dataset(drawn, tmp_path / "fer2013.npz")
    found = run("audit", str(tmp_path), "--no-faces", "--numbers-only", "--json")
    assert json.loads(found.stdout)["settings"]["labels_judged_by"] == ["ours"]
    assert "it judges no labels" in found.stderr
    (shipped / "ours" / RECORD).unlink()
    assert "no shipped run learned from this data set" in run("audit", "drawn", "--no-faces").stderr


def test_all_shipped_runs_that_judge_have_judged_the_recorded_audit():
    recorded = recorded_audit()
    judges = _shipped_judges(SimpleNamespace(fingerprint=recorded["fingerprint"]))
    assert sorted(folder.name for folder in judges) == sorted(recorded["settings"]["labels_judged_by"])


def test_where_the_findings_cannot_be_written_is_told_first(run, tmp_path):
    (tmp_path / "taken").mkdir()
    found = run("audit", "drawn", "--no-faces", "--to", str(tmp_path / "taken"))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "--to" in found.stderr
    assert "it is a folder" in found.stderr


def test_audit_of_nothing_is_one_sentence(run):
    result = run("audit", "nothing", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
