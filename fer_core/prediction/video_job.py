"""A video that somebody handed in, answered in a process of its own."""

import contextlib
import json
import os
import shutil
import sys
import tempfile
import threading
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fer_core.jobs import Job, JobError, JobStore
from fer_core.jobs.process import is_alive, started_at
from fer_core.prediction.video_frames import SUFFIXES
from fer_core.progress import read_progress

if TYPE_CHECKING:
    import pandas as pd

GRACE_SECONDS = 180.0
"""For which everything is kept after the person has left; a connection that broke is back by then."""
FOLDERS = "fer-videos-"
OWNER = "owner.json"
"""In a store's folder: the id and start of the process that it goes with."""


def temporary_store() -> JobStore:
    """A new store that goes with this process; what processes that were killed have left of theirs goes now."""
    store = JobStore(Path(tempfile.mkdtemp(prefix=FOLDERS)))
    weakref.finalize(store, shutil.rmtree, store.root, ignore_errors=True)
    (store.root / OWNER).write_text(json.dumps([os.getpid(), started_at(os.getpid())]))
    user = store.root.stat().st_uid
    for root in store.root.parent.glob(f"{FOLDERS}*"):
        with contextlib.suppress(OSError, ValueError):
            pid, start = json.loads((root / OWNER).read_text())
            if root.lstat().st_uid == user and not is_alive(pid, start):
                _delete(JobStore(root))
    return store


class VideoJob:
    """The command `predict` on one video. The process and all files end with this object.

    Args:
        store: whose queue the command waits in; videos of one store are answered one after another.
        content: of the video file.
        name: of the video file, for messages.
        fps, language: see the command's options.
        model: card of the ensemble that answers.

    Attributes:
        source, csv, annotated: files of the video, the table and the annotated copy.

    Raises:
        OSError: the files can't be written.
    """

    def __init__(
        self, store: JobStore, content: BinaryIO, name: str, *, fps: float, language: str, model: Path
    ) -> None:
        self.store, self.name, self.fps, self.model = store, name, fps, model
        suffix = Path(name).suffix.lower()
        folder = Path(tempfile.mkdtemp(dir=store.root, prefix="video-"))
        self.source = folder / f"video{suffix if suffix in SUFFIXES else '.mp4'}"
        self.csv, self.annotated = folder / "emotions.csv", folder / "annotated.mp4"
        files = [str(self.source), "--csv", str(self.csv), "--annotated", str(self.annotated)]
        options = ["--fps", f"{fps:g}", "--language", language, "--model", str(model)]
        command = [sys.executable, "-m", "fer_core", "predict", *files, *options]
        try:
            with self.source.open("wb") as file:
                shutil.copyfileobj(content, file)
            self.id = store.submit(command, kind="video", title=name).id
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._end = weakref.finalize(self, _discard, store, self.id, folder)
        self._timer: threading.Timer | None = None

    @property
    def gone(self) -> bool:
        """Whether everything was discarded."""
        return not self.source.exists()

    @property
    def job(self) -> Job:
        """Where the command stands now.

        Raises:
            JobError: it is gone.
        """
        return self.store.read(self.id)

    @property
    def waiting_behind(self) -> int:
        """How many videos of others come first."""
        others = [job for job in self.store.all() if not job.state.ended]
        return next((place for place, job in enumerate(others) if job.id == self.id), 0)

    @property
    def progress(self) -> tuple[float, float | None, float | None]:
        """Seconds of the video that are answered, of how many, and seconds that the rest will take.

        The last two are None while they are not known; of some videos they never are.
        """
        told = read_progress(self.store.progress(self.id)) or {}
        done, total, left = (float(told.get(key) or 0) for key in ("done", "total", "left"))
        return done / 1000, total / 1000 or None, left if told and left >= 0 else None

    @property
    def messages(self) -> list[str]:
        """What the command told that was wrong, by the video's own name."""
        lines = [line.replace(str(self.source), self.name) for line in self.store.log_tail(self.id)]
        return [line for line in lines if line.startswith(f"{self.name}: ")]

    def stop(self) -> None:
        """Ask the command to end; what was answered until then is kept."""
        job = self.job
        if not job.state.ended and not job.stop_asked:
            self.store.stop(self.id)

    @cached_property
    def table(self) -> "pd.DataFrame | None":
        """A row for each face and frame, as of `VideoPrediction.table`; None where nothing was answered.

        To be asked when the command has ended.
        """
        import pandas as pd  # 0.4 s that a caller who wants no table is spared

        return pd.read_csv(self.csv).drop(columns="file") if self.csv.exists() else None

    def leave(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Discard everything after a while, unless `stay` is called before."""
        self.stay()
        self._timer = threading.Timer(grace_seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def stay(self) -> None:
        """The person is here, or back."""
        if self._timer:
            self._timer.cancel()

    def discard(self) -> None:
        """End the command by force and delete all files."""
        self.stay()
        self._end()


def _delete(store: JobStore) -> None:
    """The folder, and what still works in it."""
    for job in store.all():
        _end(store, job)
    shutil.rmtree(store.root, ignore_errors=True)


def _discard(store: JobStore, job_id: str, folder: Path) -> None:
    with contextlib.suppress(JobError, OSError):
        _end(store, store.read(job_id))
    shutil.rmtree(folder, ignore_errors=True)  # only now: Windows keeps what a process has open
    if store.folder(job_id).exists():  # whoever watches over the process still finds out that the job is gone
        with contextlib.suppress(OSError), store.lock():
            shutil.rmtree(store.folder(job_id), ignore_errors=True)


def _end(store: JobStore, job: Job) -> None:
    with contextlib.suppress(JobError, OSError):
        if job.state.ended:
            store.delete(job.id)
        else:
            store.stop(job.id)
            store.stop(job.id)  # the second time by force
