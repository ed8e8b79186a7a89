"""The folder of jobs: `jobs/<id>/` with `job.json`, `log.txt` and `progress.json`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from fer_core.files import write_atomically
from fer_core.jobs.job import Job, JobError, JobState
from fer_core.jobs.process import APART, end_group, is_alive

JOB = "job.json"
LOG = "log.txt"
PROGRESS = "progress.json"
WORKER_LOCK = "worker.lock"
LOG_TAIL_BYTES = 64_000
NATIVE_LOG = re.compile(r"[IWE]\d{4} \d\d:\d\d:\d|WARNING: All log messages before absl::InitializeLog")
"""How lines begin that a backend's native code writes whatever its log level, e.g. that there is no GPU."""
GONE = "its process is gone and nothing says how it ended; the machine may have been restarted"


def default_store() -> "JobStore":
    """The jobs of the working directory, in `jobs/`, or in the environment's FER_JOBS."""
    return JobStore(Path(os.environ.get("FER_JOBS") or "jobs"))


def _changed(path: Path) -> datetime:
    """When a file was written last; before all jobs where there is none."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)


class JobStore:
    """Jobs as plain files. Any number of processes may hold a store of one folder; changes are made under a lock.

    Args:
        root: the folder; made at the first job.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, job_id: str) -> Path:
        """Folder of a job."""
        return self.root / job_id

    def log(self, job_id: str) -> Path:
        """What the job's process wrote to its standard output and standard error."""
        return self.folder(job_id) / LOG

    def progress(self, job_id: str) -> Path:
        """Where the job's process says how far it is; see `fer_core.progress`."""
        return self.folder(job_id) / PROGRESS

    def lock(self) -> FileLock:
        """Held for the moment of reading and changing a job."""
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / "change.lock", timeout=30)

    def worker_lock(self) -> FileLock:
        """Held by the one worker for as long as it works."""
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / WORKER_LOCK, timeout=0)

    def worker_is_alive(self) -> bool:
        """Whether somebody works through the queue."""
        if not (self.root / WORKER_LOCK).exists():  # looking writes nothing
            return False
        try:
            with self.worker_lock():
                return False
        except Timeout:
            return True
        except OSError:  # nobody works in a folder that can't be written
            return False

    def write(self, job: Job) -> Job:
        """Write a job's file, atomically."""
        write_atomically(self.folder(job.id) / JOB, job.model_dump_json(indent=1) + "\n")
        return job

    def read(self, job_id: str) -> Job:
        """A job as it truly stands now: one that its file calls running has a living process.

        Raises:
            JobError: there is no such job, or its file is damaged.
        """
        path = self.folder(job_id) / JOB
        try:
            job = Job.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise JobError(f"{job_id}: no such job in {self.root}") from error
        except (ValidationError, OSError) as error:
            raise JobError(f"{path}: damaged ({error}); delete its folder") from error
        lost = job.state is JobState.RUNNING and not is_alive(job.pid, job.pid_started)
        # The worker sees the end at once and writes it; only without one is there nobody to wait for.
        return self.unwatched(job) if lost and not self.worker_is_alive() else job

    def unwatched(self, job: Job) -> Job:
        """The job as it ended while nobody watched: with its last sign of life, and well if it wrote its result."""
        begun = job.started or job.queued
        ended = max(begun, _changed(self.log(job.id)), _changed(self.progress(job.id)))
        if job.result and (written := _changed(Path(job.directory, job.result))) >= begun:
            return job.model_copy(update={"state": JobState.FINISHED, "ended": max(ended, written)})
        state = JobState.STOPPED if job.stop_asked else JobState.FAILED
        return job.model_copy(update={"state": state, "reason": None if job.stop_asked else GONE, "ended": ended})

    def all(self) -> list[Job]:
        """Jobs in the order that they run in; folders without a readable job are left out."""
        jobs = []
        for folder in self.root.iterdir() if self.root.exists() else ():
            if (folder / JOB).exists():
                try:
                    jobs.append(self.read(folder.name))
                except JobError:
                    continue
        return sorted(jobs, key=lambda job: (job.queued, job.id))

    def submit(
        self, command: Sequence[str], *, kind: str, title: str, result: str | None = None, start: bool = True
    ) -> Job:
        """Put a job at the end of the queue and see to it that somebody works through it.

        Args:
            command: the process, a word an entry.
            kind, title, result: see `Job`.
            start: whether to start a worker.

        Raises:
            OSError: the folder can't be written.
        """
        with self.lock():
            now = datetime.now(UTC)
            job_id = f"{now:%Y%m%d-%H%M%S-%f}"
            self.folder(job_id).mkdir()
            job = self.write(
                Job(
                    id=job_id,
                    kind=kind,
                    title=title,
                    command=tuple(command),
                    directory=str(Path.cwd()),
                    result=result,
                    created=now,
                    queued=now,
                )
            )
        if start:
            self.start_worker()
        return job

    def start_worker(self) -> None:
        """Start a worker that outlives this process; it ends by itself where there is one already."""
        environment = os.environ | {"FER_JOBS": str(self.root.resolve())}
        package_parent = str(Path(__file__).parents[2])
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package_parent, environment.get("PYTHONPATH")]))
        with (self.root / "worker.log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "fer_core", "jobs", "work"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                **APART,
            )

    def wake(self) -> None:
        """Start a worker where jobs wait or run and nobody watches over them, as after a restart."""
        if any(not job.state.ended for job in self.all()) and not self.worker_is_alive():
            self.start_worker()

    def stop(self, job_id: str) -> Job:
        """Ask a job to stop (see `end_group`); a second time ends it by force. One that waits stops at once.

        Raises:
            JobError: it has ended, or there is no such job.
        """
        with self.lock():
            job = self.read(job_id)
            if job.state.ended:
                raise JobError(f"{job_id}: can't be stopped, it is {job.state}")
            if job.state is JobState.WAITING:
                return self.write(job.model_copy(update={"state": JobState.STOPPED, "ended": datetime.now(UTC)}))
            asked_before = job.stop_asked
            job = self.write(job.model_copy(update={"stop_asked": True}))
            end_group(job.pid, job.pid_started, by_force=asked_before)
        return job

    def resume(self, job_id: str, *, start: bool = True) -> Job:
        """Put a stopped or failed job at the end of the queue again; its command goes on where it was.

        Raises:
            JobError: it waits, runs or is finished, or there is no such job.
        """
        with self.lock():
            job = self.read(job_id)
            if job.state not in (JobState.STOPPED, JobState.FAILED):
                raise JobError(f"{job_id}: only a stopped or failed job can be resumed, it is {job.state}")
            fresh = {"started": None, "ended": None, "pid": None, "pid_started": None, "reason": None}
            changes = {"state": JobState.WAITING, "queued": datetime.now(UTC), "stop_asked": False, **fresh}
            job = self.write(job.model_copy(update=changes))
        if start:
            self.start_worker()
        return job

    def delete(self, job_id: str, leftovers: Callable[[Job], Iterable[Path]] = lambda job: ()) -> None:
        """Forget a job that has ended or not begun; what its command recorded elsewhere stays.

        Args:
            leftovers: folders to delete with it; asked while nobody can start or resume it.

        Raises:
            JobError: it runs, or there is no such job.
            OSError: a folder can't be deleted; the job stays.
        """
        with self.lock():
            job = self.read(job_id)
            if job.state is JobState.RUNNING:
                raise JobError(f"{job_id}: runs; stop it first")
            for folder in leftovers(job):
                shutil.rmtree(folder)
            shutil.rmtree(self.folder(job_id))

    def log_tail(self, job_id: str, lines: int = 12) -> list[str]:
        """The last lines of a job's log, without a backend's own and those that a progress bar wrote over itself."""
        try:
            with self.log(job_id).open("rb") as file:
                file.seek(max(0, self.log(job_id).stat().st_size - LOG_TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return []
        whole = [line.rstrip("\r").rsplit("\r", 1)[-1].replace("\x08", "").rstrip() for line in text.split("\n")]
        return [line for line in whole if line and not NATIVE_LOG.match(line)][-lines:]
