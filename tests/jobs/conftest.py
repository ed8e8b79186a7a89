import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fer_core.jobs import Job, JobState, JobStore
from fer_core.jobs.process import end_group

WAIT_SECONDS = 60


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    """An empty store; whatever still runs at the end is ended."""
    store = JobStore(tmp_path / "jobs")
    yield store
    for job in store.all():
        if job.state is JobState.WAITING:
            store.stop(job.id)
    for job in store.all():
        if job.state is JobState.RUNNING:
            end_group(job.pid, job.pid_started, by_force=True)
    until(lambda: not store.worker_is_alive())


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def reached(store: JobStore, job: Job, state: JobState) -> Job:
    """The job once it is in this state."""
    until(lambda: store.read(job.id).state is state or store.read(job.id).state.ended)
    assert store.read(job.id).state is state, (store.read(job.id), store.log_tail(job.id))
    return store.read(job.id)
