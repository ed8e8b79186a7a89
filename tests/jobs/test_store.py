import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from filelock import FileLock, Timeout
from typer.testing import CliRunner

from fer_core.__main__ import app
from fer_core.jobs import Job, JobError, JobState, JobStore
from fer_core.jobs.process import APART, end_group, is_alive, started_at
from fer_core.jobs.store import JOB
from fer_core.jobs.worker import outcome, work
from tests.jobs.conftest import python, reached, until

FOREVER = "import time\nwhile True: time.sleep(60)"


def parent(note: Path) -> str:
    """Starts another process, whose id it notes, and waits for its end."""
    return (
        "import subprocess, sys, os\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {FOREVER!r}])\n"
        f"open('{note}.part', 'w').write(str(child.pid)); os.replace('{note}.part', '{note}')\n"
        "child.wait()"
    )


def test_jobs_run_one_after_the_other_in_the_order_given(store: JobStore, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = f"for word in ('begin', 'end'): open({str(trace)!r}, 'a').write(f'{{word}}%d ')"
    for number in (1, 2):
        store.submit(python(code % number), kind="test", title=f"job {number}", start=False)
    work(store)
    assert [job.state for job in store.all()] == [JobState.FINISHED] * 2
    assert trace.read_text().split() == ["begin1", "end1", "begin2", "end2"]


def test_a_worker_is_started_with_the_job_and_ends_with_the_queue(store: JobStore) -> None:
    job = store.submit(python("print('hello')"), kind="test", title="hello")
    ended = reached(store, job, JobState.FINISHED)
    assert ended.started <= ended.ended
    assert store.log_tail(job.id) == ["hello"]
    until(lambda: not store.worker_is_alive())


def test_two_workers_never_run_two_jobs_at_once(store: JobStore, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    code = f"import os; os.mkdir({str(taken)!r}); os.rmdir({str(taken)!r})"
    for _ in range(6):
        store.submit(python(code), kind="test", title="alone", start=False)
    workers = [threading.Thread(target=work, args=(store,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {job.state for job in store.all()} == {JobState.FINISHED}


def test_a_worker_is_not_sent_away_by_one_who_only_looks(store: JobStore) -> None:
    job = store.submit(python(""), kind="test", title="waits", start=False)
    looking = threading.Event()

    def look() -> None:
        with store.worker_lock():
            looking.set()
            time.sleep(0.1)

    page = threading.Thread(target=look)
    page.start()
    looking.wait()
    work(store)
    page.join()
    assert store.read(job.id).state is JobState.FINISHED


def test_a_killed_process_is_a_failed_job_with_the_likely_reason(store: JobStore) -> None:
    job = store.submit(python(FOREVER), kind="test", title="hungry")
    running = reached(store, job, JobState.RUNNING)
    os.kill(running.pid, signal.SIGKILL)
    assert reached(store, job, JobState.FAILED).reason == "killed (signal 9), probably out of memory"


def test_a_failed_job_says_its_last_words(store: JobStore) -> None:
    job = store.submit(python("import sys; sys.exit('disk full: make room in runs/')"), kind="test", title="full")
    assert reached(store, job, JobState.FAILED).reason == "disk full: make room in runs/"


def test_what_a_job_says_is_read_as_it_was_written_wherever_it_ran(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp949")  # as Windows writes into files in Korea
    job = store.submit(python(r"print('가족.mp4', '\udce9')"), kind="test", title="family", start=False)
    work(store)
    assert store.log_tail(job.id) == [r"가족.mp4 \udce9"]


def test_a_refused_option_is_the_reason_in_a_sentence(store: JobStore) -> None:
    command = [sys.executable, "-m", "fer_core", "estimate", "--epochs", "0"]
    job = store.submit(command, kind="test", title="refused", start=False)
    work(store)
    assert store.read(job.id).reason.startswith("Error: Invalid value: epochs:")


def test_a_command_that_is_not_there_fails_with_the_reason(store: JobStore) -> None:
    store.submit(["/no/such/program"], kind="test", title="nothing", start=False)
    work(store)
    (job,) = store.all()
    assert job.state is JobState.FAILED
    assert "could not be started" in job.reason
    assert "/no/such/program" in job.reason


def test_a_running_job_stops_with_the_processes_it_started(store: JobStore, tmp_path: Path) -> None:
    note = tmp_path / "child"
    job = store.submit(python(parent(note)), kind="test", title="parent")
    until(note.exists)
    assert store.stop(job.id).stop_asked
    stopped = reached(store, job, JobState.STOPPED)
    assert stopped.reason is None
    until(lambda: started_at(int(note.read_text())) is None)


def test_where_no_signal_reaches_a_group_as_on_windows_a_process_ends_with_those_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "child"
    process = subprocess.Popen(python(parent(note)), **APART)
    start = started_at(process.pid)
    until(note.exists)
    with monkeypatch.context() as windows:
        windows.delattr(os, "killpg")
        end_group(process.pid, start)
        assert not is_alive(process.pid, start)
        assert started_at(int(note.read_text())) is None
        end_group(process.pid, start, by_force=True)
    process.wait()


def test_a_second_stop_ends_by_force_what_ignores_the_first(store: JobStore, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    code = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen({str(ready)!r}, 'w')\n{FOREVER}"
    job = store.submit(python(code), kind="test", title="stubborn")
    until(ready.exists)
    store.stop(job.id)
    assert store.read(job.id).state is JobState.RUNNING
    store.stop(job.id)
    reached(store, job, JobState.STOPPED)


def test_a_waiting_job_stops_at_once_and_resumes_at_the_end_of_the_queue(store: JobStore) -> None:
    first, second = (store.submit(python(""), kind="test", title=name, start=False) for name in "ab")
    assert store.stop(first.id).state is JobState.STOPPED
    with pytest.raises(JobError, match="can't be stopped, it is stopped"):
        store.stop(first.id)
    store.resume(first.id, start=False)
    assert [job.id for job in store.all()] == [second.id, first.id]
    with pytest.raises(JobError, match="only a stopped or failed job"):
        store.resume(first.id, start=False)


@pytest.mark.slow
def test_a_worker_that_was_killed_is_replaced_and_the_queue_goes_on(store: JobStore, tmp_path: Path) -> None:
    go, result = tmp_path / "go", tmp_path / "result"
    code = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\nopen({str(result)!r}, 'w')"
    orphan = store.submit(python(code), kind="test", title="orphan", result=str(result))
    running = reached(store, orphan, JobState.RUNNING)
    after = store.submit(python(""), kind="test", title="after")
    worker = psutil.Process(running.pid).parent()
    worker.kill()
    until(lambda: not store.worker_is_alive())
    assert store.read(orphan.id).state is JobState.RUNNING
    store.wake()
    until(store.worker_is_alive)
    assert store.read(after.id).state is JobState.WAITING
    go.touch()
    reached(store, after, JobState.FINISHED)
    assert store.read(orphan.id).state is JobState.FINISHED


def test_a_process_id_that_was_given_to_another_process_is_not_the_job(store: JobStore) -> None:
    job = store.submit(python(""), kind="test", title="before the restart", start=False)
    running, created = {"state": JobState.RUNNING, "pid": os.getpid()}, psutil.Process().create_time()
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        later = started_at(child.pid)
        child.communicate(b"\n")
    for gone, mine in ((later, started_at(os.getpid())), (created - 3600, created)):
        store.write(job.model_copy(update={**running, "pid_started": gone}))
        assert store.read(job.id).state is JobState.FAILED
        assert "its process is gone" in store.read(job.id).reason
        store.write(job.model_copy(update={**running, "pid_started": mine}))
        assert store.read(job.id).state is JobState.RUNNING


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process's start is told by the clock")
def test_a_job_runs_on_when_the_clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    start = started_at(os.getpid())
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: 3600.0)
    assert is_alive(os.getpid(), start)
    assert started_at(os.getpid()) == start


def test_a_job_that_nobody_watched_ended_with_its_last_sign_of_life(store: JobStore, tmp_path: Path) -> None:
    begun = datetime.now(UTC) - timedelta(hours=5)
    result = tmp_path / "result"
    job = store.submit(python(""), kind="test", title="before the restart", result=str(result), start=False)
    running = {"state": JobState.RUNNING, "started": begun, "pid": os.getpid(), "pid_started": 0.0}
    store.write(job.model_copy(update=running))

    def written(path: Path, hours: float) -> datetime:
        at = begun + timedelta(hours=hours)
        path.touch()
        os.utime(path, (at.timestamp(), at.timestamp()))
        return at

    written(result, -1)  # by an earlier job
    assert (store.read(job.id).state, store.read(job.id).ended) == (JobState.FAILED, begun)
    written(store.log(job.id), 1)
    last = written(store.progress(job.id), 2)
    assert (store.read(job.id).state, store.read(job.id).ended) == (JobState.FAILED, last)
    end = written(result, 3)
    assert (store.read(job.id).state, store.read(job.id).ended) == (JobState.FINISHED, end)
    store.submit(python(""), kind="test", title="days later", start=False)
    work(store)
    told = Job.model_validate_json((store.folder(job.id) / JOB).read_bytes())
    assert (told.state, told.ended) == (JobState.FINISHED, end)


def test_deleting_forgets_the_job_but_not_while_it_runs(store: JobStore) -> None:
    job = store.submit(python(FOREVER), kind="test", title="long")
    reached(store, job, JobState.RUNNING)
    with pytest.raises(JobError, match="stop it first"):
        store.delete(job.id)
    store.stop(job.id)
    reached(store, job, JobState.STOPPED)
    store.delete(job.id)
    assert store.all() == []
    with pytest.raises(JobError, match="no such job"):
        store.read(job.id)


def test_a_damaged_job_file_is_told_and_hides_no_other(store: JobStore) -> None:
    broken, whole = (store.submit(python(""), kind="test", title=name, start=False) for name in "ab")
    (store.folder(broken.id) / JOB).write_text("{")
    assert [job.id for job in store.all()] == [whole.id]
    with pytest.raises(JobError, match=r"job\.json: damaged"):
        store.read(broken.id)


def test_the_log_shows_the_last_state_of_a_progress_bar(store: JobStore) -> None:
    job = store.submit(python(""), kind="test", title="bar", start=False)
    native = "E0000 00:00:1795540353.477096   23356 cuda_platform.cc:52] failed call to cuInit\n"
    store.log(job.id).write_text(f"begin\n1/3 ...\r2/3 ...\r3/3 done\nend\n{native}")
    assert store.log_tail(job.id, lines=2) == ["3/3 done", "end"]


def test_a_log_with_line_ends_of_windows_is_read_line_by_line(store: JobStore) -> None:
    job = store.submit(python(""), kind="test", title="windows", start=False)
    store.log(job.id).write_bytes(b"begin\r\n1/3 ...\r3/3 done\r\nend\r\n")
    assert store.log_tail(job.id) == ["begin", "3/3 done", "end"]


def test_jobs_that_cannot_be_listed_are_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FER_JOBS", str(tmp_path / "file"))
    answer = CliRunner().invoke(app, ["jobs", "list"])
    assert answer.exit_code == 1
    assert str(tmp_path / "file") in answer.stderr


@pytest.mark.parametrize(
    ("code", "stop_asked", "state"),
    [
        (0, True, JobState.FINISHED),
        (143, True, JobState.STOPPED),
        (-15, True, JobState.STOPPED),
        (-15, False, JobState.FAILED),
        (1, False, JobState.FAILED),
    ],
)
def test_a_stopped_job_is_not_a_failed_one(code: int, stop_asked: bool, state: JobState) -> None:
    assert outcome(code, stop_asked=stop_asked, last_words="words")[0] is state


def test_a_failed_job_keeps_its_reason_where_there_is_no_sigkill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGKILL")
    assert outcome(1, stop_asked=False, last_words="disk full") == (JobState.FAILED, "disk full")


def test_an_orphan_that_nobody_asks_how_it_ended_does_not_hold_up_the_queue(store: JobStore, tmp_path: Path) -> None:
    go, note = tmp_path / "go", tmp_path / "note"
    orphan = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)"
    code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {orphan!r}])\n"
        f"open('{note}.part', 'w').write(str(child.pid)); os.replace('{note}.part', '{note}')\n"
        f"{FOREVER}"
    )
    parent = subprocess.Popen(python(code))
    try:
        until(note.exists)
        pid = int(note.read_text())
        job = store.submit(python(""), kind="test", title="orphan", start=False)
        store.write(job.model_copy(update={"state": JobState.RUNNING, "pid": pid, "pid_started": started_at(pid)}))
        after = store.submit(python(""), kind="test", title="after", start=False)
        worker = threading.Thread(target=work, args=(store,), daemon=True)
        worker.start()
        until(store.worker_is_alive)
        go.touch()
        reached(store, after, JobState.FINISHED)
        worker.join()
    finally:
        parent.kill()
        parent.wait()


def test_a_job_whose_start_cannot_be_noted_is_ended(store: JobStore) -> None:
    begun = []

    class Full(JobStore):
        def write(self, job: Job) -> Job:
            if job.state is JobState.RUNNING:
                begun.append(job.pid)
                raise OSError("no space left")
            return super().write(job)

    job = store.submit(python(FOREVER), kind="test", title="long", start=False)
    with pytest.raises(OSError, match="no space left"):
        work(Full(store.root))
    assert [started_at(pid) for pid in begun] == [None]
    assert store.read(job.id).state is JobState.WAITING


def test_a_job_that_was_deleted_while_it_ran_holds_up_no_other(store: JobStore) -> None:
    deleted = store.submit(["true"], kind="test", title="deleted", start=False)
    code = f"import shutil; shutil.rmtree({str(store.folder(deleted.id))!r})"
    store.write(deleted.model_copy(update={"command": tuple(python(code))}))
    after = store.submit(python(""), kind="test", title="after", start=False)
    work(store)
    assert [(job.id, job.state) for job in store.all()] == [(after.id, JobState.FINISHED)]


def test_a_worker_that_cannot_change_a_job_says_so(store: JobStore) -> None:
    class Impatient(JobStore):
        def lock(self) -> FileLock:
            return FileLock(self.root / "change.lock", timeout=0)

    store.submit(python(""), kind="test", title="waits", start=False)
    with store.lock(), pytest.raises(Timeout):
        work(Impatient(store.root))
