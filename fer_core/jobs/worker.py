"""The one process that works through a store's queue, job after job."""

import contextlib
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from filelock import Timeout

from fer_core.jobs.job import Job, JobError, JobState
from fer_core.jobs.process import APART, PLAIN_ERRORS, end_group, is_alive, started_at
from fer_core.jobs.store import JobStore
from fer_core.progress import VARIABLE as PROGRESS_VARIABLE

POLL_SECONDS = 0.2
"""Between looks at a process that another worker started."""
KILLED = -9
"""Of SIGKILL, which `signal` lacks on Windows."""


def work(store: JobStore) -> None:
    """Run waiting jobs in their order until none is left; returns where another worker is at it.

    A job that outlived its worker is waited for first, so that there is never more than one.
    """
    # A job that is submitted while the lock is about to be let go finds a worker that has seen the queue empty.
    while any(job.state in (JobState.WAITING, JobState.RUNNING) for job in store.all()):
        try:
            held = store.worker_lock().acquire(timeout=1)  # who only looks whether somebody works has it for a moment
        except Timeout:
            return
        with held:
            for job in store.all():
                if job.state is JobState.RUNNING:
                    with contextlib.suppress(JobError):  # deleted meanwhile
                        _await_orphan(store, job)
            while job := _next(store):
                with contextlib.suppress(JobError):
                    _run(store, job)


def _next(store: JobStore) -> Job | None:
    return next((job for job in store.all() if job.state is JobState.WAITING), None)


def _await_orphan(store: JobStore, job: Job) -> None:
    while is_alive(job.pid, job.pid_started):  # whose parent may never ask how it ended: it would stay as a zombie
        time.sleep(POLL_SECONDS)
    with store.lock():
        store.write(store.unwatched(store.read(job.id)))


def _run(store: JobStore, job: Job) -> None:
    with store.lock():
        job = store.read(job.id)
        if job.state is not JobState.WAITING:
            return
        store.progress(job.id).unlink(missing_ok=True)
        started = datetime.now(UTC)  # what the process writes is later
        try:
            process = _start(store, job)
        except OSError as error:
            failed = {"state": JobState.FAILED, "reason": f"could not be started: {error}", "ended": started}
            store.write(job.model_copy(update=failed))
            return
        begun = started_at(process.pid) or 0.0
        running = {"state": JobState.RUNNING, "started": started, "pid": process.pid, "pid_started": begun}
        try:
            job = store.write(job.model_copy(update=running))
        except OSError:
            end_group(process.pid, begun, by_force=True)  # nobody could stop it, and it would be started again
            process.wait()
            raise
    code = process.wait()
    with store.lock():
        job = store.read(job.id)
        state, reason = outcome(code, stop_asked=job.stop_asked, last_words=_last_words(store, job))
        store.write(job.model_copy(update={"state": state, "reason": reason, "ended": datetime.now(UTC)}))


def _start(store: JobStore, job: Job) -> subprocess.Popen:
    written = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}  # as `log_tail` reads it
    told = {PROGRESS_VARIABLE: str(store.progress(job.id).resolve())} | written
    with store.log(job.id).open("ab") as log:
        return subprocess.Popen(
            list(job.command),
            cwd=Path(job.directory),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | told | PLAIN_ERRORS,
            **APART,
        )


def _last_words(store: JobStore, job: Job) -> str:
    return next(iter(store.log_tail(job.id, lines=1)), "")


def outcome(code: int, *, stop_asked: bool, last_words: str) -> tuple[JobState, str | None]:
    """State and reason of a process that ended with this code (below 0: minus the signal that ended it).

    Args:
        last_words: last line that it wrote.
    """
    if code == 0:
        return JobState.FINISHED, None
    if stop_asked:
        return JobState.STOPPED, None
    if code == KILLED:
        return JobState.FAILED, "killed (signal 9), probably out of memory"
    if code < 0:
        return JobState.FAILED, f"killed (signal {-code})"
    return JobState.FAILED, last_words or f"ended with code {code} and wrote nothing"
