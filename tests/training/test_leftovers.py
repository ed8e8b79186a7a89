import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.jobs import Job, JobError, JobState, JobStore
from fer_core.jobs.process import started_at
from fer_core.training.folder import CHECKPOINT, CONFIG, training_lock
from fer_core.training.leftovers import delete_with_leftovers, leftovers
from fer_core.training.record import RECORD
from fer_core.training.study import FINISHED, PRUNED
from tests.training.records import write_recorded_run


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobStore:
    monkeypatch.chdir(tmp_path)
    return JobStore(tmp_path / "jobs")


def ended(store: JobStore, result: str) -> Job:
    job = store.submit([sys.executable], kind="train", title="A run", result=result, start=False)
    return store.stop(job.id)


def begun(folder: Path) -> Path:
    (folder / CHECKPOINT).mkdir(parents=True)
    (folder / CONFIG).write_text("")
    (folder / CHECKPOINT / "epoch1.weights.h5").write_bytes(b"weights")
    return folder.resolve()


def test_a_stopped_run_is_deleted_with_its_job_and_no_other(store: JobStore) -> None:
    mine, other = begun(Path("runs/mine")), begun(Path("runs/other"))
    job = ended(store, f"runs/mine/{RECORD}")
    assert leftovers(store, job, Path("runs")) == [mine]
    delete_with_leftovers(store, job.id, Path("runs"))
    assert not mine.exists()
    assert other.exists()
    assert store.all() == []


def test_the_command_deletes_what_was_trained_only_where_asked(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_JOBS", str(store.root))
    monkeypatch.setenv("FER_RUNS", "runs")
    for options, stays in (((), True), (("--leftovers",), False)):
        folder = Path("runs/mine")
        folder.mkdir(parents=True, exist_ok=True)
        result = CliRunner().invoke(app, ["jobs", "delete", ended(store, f"runs/mine/{RECORD}").id, *options])
        assert result.exit_code == 0, result.output
        assert folder.exists() is stays
        assert store.all() == []


def test_a_recorded_run_is_never_deleted(store: JobStore) -> None:
    folder = write_recorded_run(Path("runs/recorded"))
    (folder / CHECKPOINT).mkdir()
    job = ended(store, f"runs/recorded/{RECORD}")
    assert leftovers(store, job, Path("runs")) == []
    delete_with_leftovers(store, job.id, Path("runs"))
    assert (folder / RECORD).exists()
    assert store.all() == []


def test_of_a_study_only_the_runs_that_are_not_recorded_are_deleted(store: JobStore) -> None:
    first, second = begun(Path("runs/grid/first")), begun(Path("runs/grid/second"))
    job = ended(store, f"runs/grid/{FINISHED}")
    assert leftovers(store, job, Path("runs")) == [first.parent]
    write_recorded_run(first)
    assert leftovers(store, job, Path("runs")) == [second]


def test_runs_that_were_given_up_for_better_ones_stay(store: JobStore) -> None:
    write_recorded_run(Path("runs/grid/first"))
    (begun(Path("runs/grid/second")) / PRUNED).write_text("others are better")
    job = ended(store, f"runs/grid/{FINISHED}")
    assert leftovers(store, job, Path("runs")) == []


def test_members_that_an_ensemble_was_training_are_deleted_with_it(store: JobStore) -> None:
    member, other = begun(Path("runs/both-members/first")), begun(Path("runs/other/first"))
    job = store.submit([sys.executable], kind="ensemble", title="Two", result="runs/both/ensemble.json", start=False)
    store.stop(job.id)
    delete_with_leftovers(store, job.id, Path("runs"))
    assert not member.parent.exists()
    assert other.exists()


@pytest.mark.parametrize("result", [f"elsewhere/a/{RECORD}", f"runs/../elsewhere/a/{RECORD}", f"runs/{RECORD}", None])
def test_nothing_outside_the_folder_of_runs_is_deleted(store: JobStore, result: str | None) -> None:
    begun(Path("runs/mine"))
    begun(Path("elsewhere/a"))
    Path("runs/link").symlink_to(Path("elsewhere/a").resolve())
    for each in (result, f"runs/link/{RECORD}"):
        job = ended(store, each)
        assert leftovers(store, job, Path("runs")) == []


def test_what_another_job_works_on_is_not_deleted(store: JobStore) -> None:
    begun(Path("runs/grid/first"))
    job = ended(store, f"runs/grid/{FINISHED}")
    store.submit([sys.executable], kind="grid", title="Again", result=f"runs/grid/{FINISHED}", start=False)
    assert leftovers(store, job, Path("runs")) == []


def test_while_the_job_runs_nothing_is_deleted(store: JobStore) -> None:
    folder = begun(Path("runs/mine"))
    job = ended(store, f"runs/mine/{RECORD}")
    alive = {"state": JobState.RUNNING, "pid": 1, "pid_started": started_at(1)}
    store.write(job.model_copy(update=alive))
    with pytest.raises(JobError, match="stop it first"):
        delete_with_leftovers(store, job.id, Path("runs"))
    assert folder.exists()


def test_what_a_process_outside_the_queue_trains_now_is_not_deleted(store: JobStore) -> None:
    mine, first, second = (begun(Path("runs", name)) for name in ("mine", "grid/first", "grid/second"))
    job, grid = ended(store, f"runs/mine/{RECORD}"), ended(store, f"runs/grid/{FINISHED}")
    with training_lock(mine), training_lock(first):
        assert leftovers(store, job, Path("runs")) == []
        assert leftovers(store, grid, Path("runs")) == [second]
    assert leftovers(store, job, Path("runs")) == [mine]
    assert leftovers(store, grid, Path("runs")) == [first.parent]


def test_what_another_stopped_job_may_go_on_with_is_not_deleted(store: JobStore) -> None:
    folder = begun(Path("runs/grid/first")).parent
    first, second = (ended(store, f"runs/grid/{FINISHED}") for _ in range(2))
    assert leftovers(store, first, Path("runs")) == leftovers(store, second, Path("runs")) == []
    store.delete(second.id)
    assert leftovers(store, first, Path("runs")) == [folder]
