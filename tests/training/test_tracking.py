import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.environment_variables import MLFLOW_DISABLE_TELEMETRY
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.training.config import RunConfig
from fer_core.training.errors import RunBusyError
from fer_core.training.folder import CONFIG
from fer_core.training.record import HISTORY, RECORD, RecordError, read_run
from fer_core.training.run_study import Task, run_study
from fer_core.training.study import Cell
from fer_core.training.tracking import Tracker, export_run, find, import_run, tracked

DATA = "0123456789abcdef"


def begun(run: str, config: RunConfig, data_fingerprint: str = DATA) -> Tracker:
    """What logs a run that trains."""
    tracker = Tracker(run, config, data_fingerprint)
    tracker.begin()
    return tracker


@pytest.fixture(autouse=True)
def store(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    uri = f"sqlite:///{shutil.copy(empty_store, tmp_path)}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return MlflowClient(uri)


def test_mlflow_is_told_to_send_no_usage_data() -> None:
    assert MLFLOW_DISABLE_TELEMETRY.get()


def test_epochs_are_logged_while_a_run_trains(store: MlflowClient) -> None:
    tracker = begun("some-run", RunConfig(epochs=5))
    for epoch in (1, 2):
        tracker.log_epoch({"epoch": epoch, "loss": 1 / epoch, "val_accuracy": epoch / 10})
    run = find(store, "some-run")
    assert run.info.status == "RUNNING"
    assert run.data.params["epochs"] == "5"
    history = store.get_metric_history(run.info.run_id, "val_accuracy")
    assert [(metric.step, metric.value) for metric in history] == [(1, 0.1), (2, 0.2)]


def test_a_resumed_run_goes_on_in_the_same_logged_run(store: MlflowClient) -> None:
    begun("some-run", RunConfig()).log_epoch({"epoch": 1, "loss": 1.0})
    begun("some-run", RunConfig()).log_epoch({"epoch": 2, "loss": 0.5})
    assert len(store.get_metric_history(find(store, "some-run").info.run_id, "loss")) == 2


def test_another_run_of_the_same_name_is_logged_as_its_own(recorded_run: Path, store: MlflowClient) -> None:
    begun("some-run", RunConfig(epochs=3)).log_epoch({"epoch": 1, "loss": 1.0})
    begun("some-run", RunConfig(epochs=4)).log_epoch({"epoch": 1, "loss": 2.0})
    histories = [find(store, "some-run", RunConfig(epochs=epochs)).data.metrics["loss"] for epochs in (3, 4)]
    assert histories == [1.0, 2.0]
    other = read_run(recorded_run).record.config.model_copy(update={"epochs": 77})
    begun(recorded_run.name, other).log_epoch({"epoch": 1, "loss": 1.0})
    imported = store.get_run(import_run(recorded_run))
    assert imported.data.params["epochs"] != "77"
    assert find(store, recorded_run.name, other).info.run_id != imported.info.run_id


def test_a_name_with_an_apostrophe_is_found_and_times_are_those_of_the_clock(store: MlflowClient) -> None:
    before = time.time() * 1000
    begun("bob's", RunConfig()).log_epoch({"epoch": 1, "loss": 1.0})
    [logged] = store.get_metric_history(find(store, "bob's").info.run_id, "loss")
    assert before - 1 <= logged.timestamp <= time.time() * 1000


def test_a_store_that_is_away_is_told_once_and_does_not_end_the_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    tracker = begun("some-run", RunConfig())
    tracker.log_epoch({"epoch": 1, "loss": 1.0})
    tracker.end("FAILED")
    assert capsys.readouterr().err.count("training goes on unlogged") == 1


def train_command() -> None:
    CliRunner().invoke(app, ["train", "--data", "drawn", "--to", "some-run"])


def train_study() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_study([Cell("some-run", RunConfig(), {})], Task(Path("study"), "drawn"))


@pytest.mark.parametrize("train", [train_command, train_study])
def test_a_run_ended_by_a_second_ctrl_c_is_not_logged_as_running(
    train: Callable[[], None], store: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **options: Callable[..., None]) -> None:
        options["on_begin"]()
        options["on_epoch"]({"epoch": 1, "loss": 1.0})
        raise KeyboardInterrupt

    monkeypatch.setattr("fer_core.training.run.train", interrupted)
    monkeypatch.setattr("fer_core.training.run_study.train", interrupted)
    train()
    run = find(store, "some-run")
    assert (run.info.status, run.data.metrics["loss"]) == ("KILLED", 1.0)


def test_a_training_refused_beside_another_leaves_the_log_of_that_one(store: MlflowClient) -> None:
    begun("some-run", RunConfig()).log_epoch({"epoch": 1, "loss": 1.0})
    with pytest.raises(RunBusyError), tracked(Path("some-run"), RunConfig(), DATA):
        raise RunBusyError("another process trains in some-run")
    assert find(store, "some-run").info.status == "RUNNING"


def test_a_training_refused_over_a_finished_run_leaves_the_log_of_that_one(
    recorded_run: Path, store: MlflowClient
) -> None:
    logged = import_run(recorded_run)
    again = ["train", "--data", "drawn", "--epochs", "2", "--holdout", "--to", str(recorded_run)]
    refused = CliRunner().invoke(app, again)
    assert "holds a recorded run; choose another folder" in refused.stderr
    assert store.get_run(logged).info.status == "FINISHED"
    assert len(store.search_runs([store.get_experiment_by_name("fer").experiment_id])) == 1


def test_a_new_training_is_not_logged_in_a_finished_run_of_its_name(recorded_run: Path, store: MlflowClient) -> None:
    config = read_run(recorded_run).record.config
    finished = import_run(recorded_run)
    epochs = len(store.get_metric_history(finished, "loss"))
    begun(recorded_run.name, config).log_epoch({"epoch": 1, "loss": 9.0})
    begun(recorded_run.name, config).log_epoch({"epoch": 2, "loss": 8.0})
    assert store.get_run(finished).info.status == "FINISHED"
    assert len(store.get_metric_history(finished, "loss")) == epochs
    logged = store.search_runs([store.get_experiment_by_name("fer").experiment_id])
    [other] = [run.info.run_id for run in logged if run.info.run_id != finished]
    assert [metric.value for metric in store.get_metric_history(other, "loss")] == [9.0, 8.0]


@pytest.mark.parametrize("field", ["data_fingerprint: 0123456789abcdef", "started: '2026-01-02T00:00:00Z'"])
def test_a_run_is_brought_in_beside_one_of_its_name_and_configuration(
    recorded_run: Path, store: MlflowClient, field: str
) -> None:
    first = import_run(recorded_run)
    record = (recorded_run / RECORD).read_text()
    assert field in record
    (recorded_run / RECORD).write_text(record.replace(field, field.replace("01", "02")))
    second = import_run(recorded_run)
    assert second != first
    assert store.get_run(second).info.status == "FINISHED"
    assert import_run(recorded_run) == second


def test_what_was_logged_before_there_were_tags_is_gone_on_with(recorded_run: Path, store: MlflowClient) -> None:
    config = read_run(recorded_run).record.config
    begun(recorded_run.name, config)
    known = find(store, recorded_run.name).info.run_id
    store.delete_tag(known, "data_fingerprint")
    begun(recorded_run.name, config).finish(recorded_run)
    store.delete_tag(known, "started")
    assert import_run(recorded_run) == known


def test_a_run_with_nothing_left_to_train_is_logged_whole(recorded_run: Path, store: MlflowClient) -> None:
    record = read_run(recorded_run).record
    with tracked(recorded_run, record.config, record.data_fingerprint):
        pass
    run = find(store, recorded_run.name)
    assert run.info.status == "FINISHED"
    assert "loss" in run.data.metrics


def test_a_store_that_fails_without_a_word_does_not_end_the_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def away() -> None:
        raise TimeoutError

    monkeypatch.setattr("fer_core.training.tracking.client", away)
    begun("some-run", RunConfig())
    assert "can't be used (TimeoutError)" in capsys.readouterr().err


def test_a_recorded_run_survives_import_and_export(recorded_run: Path, store: MlflowClient, tmp_path: Path) -> None:
    run_id = import_run(recorded_run)
    assert import_run(recorded_run) == run_id
    assert store.get_run(run_id).info.status == "FINISHED"
    exported = read_run(export_run(recorded_run.name, tmp_path / "out"))
    original = read_run(recorded_run)
    assert exported.record == original.record
    assert exported.history.equals(original.history)


def test_a_run_whose_store_was_lost_while_it_trained_is_brought_in_whole(
    recorded_run: Path, store: MlflowClient
) -> None:
    begun(recorded_run.name, read_run(recorded_run).record.config).log_epoch({"epoch": 1, "loss": 1.0})
    torso = find(store, recorded_run.name).info.run_id
    run_id = import_run(recorded_run)
    assert run_id == find(store, recorded_run.name).info.run_id != torso
    assert store.get_run(run_id).info.status == "FINISHED"
    assert RECORD in [file.path for file in store.list_artifacts(run_id)]
    assert import_run(recorded_run) == run_id


def steps(store: MlflowClient, run_id: str) -> dict[str, list[int]]:
    """Of each metric the epochs that are logged, in their order."""
    names = store.get_run(run_id).data.metrics
    return {name: sorted(metric.step for metric in store.get_metric_history(run_id, name)) for name in names}


@pytest.mark.parametrize("logged", [(), (1,), (2,), (1, 2)])
def test_a_finished_run_has_the_epochs_of_a_time_when_nothing_was_logged(
    recorded_run: Path, store: MlflowClient, logged: tuple[int, ...]
) -> None:
    run = read_run(recorded_run)
    tracker = begun(recorded_run.name, run.record.config)
    for epoch in logged:
        tracker.log_epoch(run.history.iloc[epoch - 1].to_dict())
    tracker.finish(recorded_run)
    found = find(store, recorded_run.name).info
    assert found.status == "FINISHED"
    assert steps(store, found.run_id) == {name: [1, 2] for name in run.history if name != "epoch"}


def test_a_finished_run_that_lacks_epochs_is_made_whole_when_it_is_brought_in_again(
    recorded_run: Path, store: MlflowClient
) -> None:
    run = read_run(recorded_run)
    tracker = begun(recorded_run.name, run.record.config)
    tracker.log_epoch({"epoch": 2, "loss": 0.5})
    known = find(store, recorded_run.name).info.run_id
    store.set_terminated(known)
    assert import_run(recorded_run) == import_run(recorded_run) == known
    assert steps(store, known) == {name: [1, 2] for name in run.history if name != "epoch"}


def test_a_run_is_exported_from_another_folder_than_it_was_logged_in(
    recorded_run: Path, store: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/store/mlflow.db")
    (tmp_path / "store").mkdir()
    (tmp_path / "elsewhere").mkdir()
    import_run(recorded_run)
    assert (tmp_path / "store" / "mlruns").is_dir()
    assert not (tmp_path / "mlruns").exists()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_run(export_run(recorded_run.name, tmp_path / "out")).record == read_run(recorded_run).record


def test_exporting_an_unknown_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="nothing: not in the MLflow store"):
        export_run("nothing", tmp_path)


def test_an_export_leaves_another_run_as_it_is(
    recorded_run: Path, write_recorded_run: Callable[..., Path], tmp_path: Path
) -> None:
    import_run(recorded_run)
    other = write_recorded_run(tmp_path / "out" / recorded_run.name, seed=8)
    begun = tmp_path / "begun" / recorded_run.name
    begun.mkdir(parents=True)
    (begun / CONFIG).write_text("another run, which trains")
    for folder in (other, begun):
        before = {file: file.read_bytes() for file in folder.iterdir()}
        with pytest.raises(RecordError, match="holds another run; choose another folder with --to"):
            export_run(recorded_run.name, folder.parent)
        assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_an_export_that_was_cut_off_or_damaged_since_is_made_whole(recorded_run: Path, tmp_path: Path) -> None:
    import_run(recorded_run)
    exported = export_run(recorded_run.name, str(tmp_path / "out"))
    for damaged, content in ((HISTORY, ""), (RECORD, None)):
        (exported / damaged).unlink()
        if content is not None:
            (exported / damaged).write_text(content)
        assert read_run(export_run(recorded_run.name, tmp_path / "out")).record == read_run(recorded_run).record
