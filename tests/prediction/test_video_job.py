import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fer_core.files import write_atomically
from fer_core.jobs import JobState
from fer_core.jobs.process import started_at
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.video_job import FOLDERS, OWNER, VideoJob, temporary_store
from tests.jobs.conftest import python, until


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VideoJob:
    """A job that nobody runs."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("fer_core.jobs.store.JobStore.start_worker", lambda store: None)
    content, name = io.BytesIO(b"no video"), "가" * 90 + ".WEBM"
    return VideoJob(temporary_store(), content, name, fps=5, language="en", model=SHIPPED_CARD)


def test_a_video_may_have_a_long_name(job: VideoJob) -> None:
    assert job.source.name == "video.webm"
    job.store.log(job.id).write_text(f"{job.source}: not a video\nsomething else\n")
    assert job.messages == [f"{job.name}: not a video"]


def test_what_was_discarded_is_gone(job: VideoJob) -> None:
    assert not job.gone
    job.discard()
    assert job.gone
    assert not job.store.folder(job.id).exists()


def test_the_process_ends_before_its_files_are_deleted(
    job: VideoJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, ready = job.source.parent, tmp_path / "ready"
    code = (
        f"import os\nopen({str(ready)!r}, 'w')\n"
        "while True:\n"
        f"    try: os.mkdir({str(folder)!r})\n"
        "    except OSError: pass"
    )
    process = subprocess.Popen(python(code))
    running = {"state": JobState.RUNNING, "pid": process.pid, "pid_started": started_at(process.pid)}
    try:
        job.store.write(job.job.model_copy(update=running))
        until(ready.exists)
        monkeypatch.delattr(os, "killpg")  # as on Windows
        job.discard()
        assert started_at(process.pid) is None
        assert not folder.exists()
        assert not job.store.folder(job.id).exists()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("told", "progress"),
    [
        (None, (0.0, None, None)),
        ({"done": 2500, "total": 10000, "left": 4.0}, (2.5, 10.0, 4.0)),
        ({"done": 2500, "total": 0, "left": -1.0}, (2.5, None, None)),
    ],
    ids=["nothing yet", "of a known length", "of an unknown length"],
)
def test_progress_is_told_in_seconds_of_the_video(job: VideoJob, told: dict | None, progress: tuple) -> None:
    if told:
        write_atomically(job.store.progress(job.id), json.dumps(told))
    assert job.progress == progress


def test_what_a_killed_app_has_left_is_deleted_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    alive = started_at(os.getppid())
    owners = {"killed": (ended.pid, 1.0), "id given anew": (os.getpid(), 1.0), "other app": (os.getppid(), alive)}
    for name, owner in owners.items():
        (tmp_path / f"{FOLDERS}{name}" / "video-1").mkdir(parents=True)
        (tmp_path / f"{FOLDERS}{name}" / OWNER).write_text(json.dumps(owner))
    (tmp_path / f"{FOLDERS}being made").mkdir()
    (tmp_path / "others").mkdir()
    store = temporary_store()
    kept = {store.root.name, f"{FOLDERS}other app", f"{FOLDERS}being made", "others"}
    assert {path.name for path in tmp_path.iterdir()} == kept
