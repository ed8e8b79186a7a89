"""A training as a person sees it: started, watched, stopped, resumed, reloaded, killed."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.store import save_dataset
from fer_core.jobs import Job, JobState, JobStore
from fer_core.jobs.process import end_group
from tests.browser.conftest import served

PATIENCE = 300_000
POINTS = "els => Math.max(0, ...els.flatMap(el => (el.calcdata || []).map(line => line.length)))"


@pytest.fixture
def place(empty_store: Path, tmp_path: Path) -> Iterator[tuple[str, JobStore]]:
    """Address of a dashboard with a tiny data set and an empty queue, and the queue."""
    store, data = JobStore(tmp_path / "jobs"), tmp_path / "drawn.npz"
    save_dataset(drawn_dataset(280, seed=3), data)
    folders = {"FER_JOBS": str(store.root), "FER_RUNS": str(tmp_path / "runs"), "FER_DATA": str(data)}
    mlflow = f"sqlite:///{shutil.copy(empty_store, tmp_path)}"
    with served(tmp_path, **folders, MLFLOW_TRACKING_URI=mlflow) as address:
        yield address, store
        for job in store.all():
            if job.state is JobState.RUNNING:
                end_group(job.pid, job.pid_started, by_force=True)


def only_job(store: JobStore) -> Job:
    (job,) = store.all()
    return job


def points(page: object) -> int:
    """Epochs that the longest drawn curve has."""
    return page.locator(".js-plotly-plot").evaluate_all(POINTS)


def wait_for_more_points(page: object, than: int) -> int:
    page.wait_for_function(f"() => ({POINTS})([...document.querySelectorAll('.js-plotly-plot')]) > {than}")
    return points(page)


@pytest.mark.slow
def test_a_run_is_started_watched_stopped_resumed_and_survives_a_reload_and_a_kill(
    page: object, place: tuple[str, JobStore]
) -> None:
    address, store = place
    page.set_default_timeout(PATIENCE)
    tiny = "train_network=cnn&train_epochs=2000&train_batch_size=256&train_precision=float32"
    page.goto(f"{address}/training?{tiny}")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_text("running", exact=True).wait_for()
    first = wait_for_more_points(page, 0)
    wait_for_more_points(page, first)
    page.get_by_text("cores and").wait_for()

    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("stopped", exact=True).wait_for()
    assert only_job(store).state is JobState.STOPPED
    stopped_at = points(page)

    page.get_by_role("button", name="Resume").click()
    page.get_by_text("running", exact=True).wait_for()
    wait_for_more_points(page, stopped_at)

    page.reload()
    page.get_by_text("running", exact=True).wait_for()
    reached = wait_for_more_points(page, stopped_at)

    os.kill(only_job(store).pid, signal.SIGKILL)
    page.get_by_text("killed (signal 9), probably out of memory").first.wait_for()
    page.get_by_text("failed", exact=True).wait_for()
    assert points(page) >= reached
    assert only_job(store).state is JobState.FAILED
