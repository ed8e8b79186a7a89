"""What is known of one job."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from fer_core.words import N_


class JobState(StrEnum):
    """Where a job stands; the last three are ends."""

    WAITING = N_("waiting")
    RUNNING = N_("running")
    FINISHED = N_("finished")
    FAILED = N_("failed")
    STOPPED = N_("stopped")

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in (JobState.FINISHED, JobState.FAILED, JobState.STOPPED)


class JobError(ValueError):
    """A job can't be read, or what was asked of it does not go with its state; the message says why."""


class Job(BaseModel):
    """One job, as it stands in `job.json`.

    Attributes:
        id: name of its folder; ids sort by the time they were given.
        kind: what the command is, e.g. `train` or `imbalance`.
        command: the process to start, a word an entry; never passed through a shell.
        directory: working directory of the process.
        result: file, relative to `directory`, that the command writes once it has succeeded; tells how a job ended that
            nobody watched. None where there is no such file.
        queued: when it was put at the end of the queue; jobs run in this order.
        pid, pid_started: the process and when it was started, as `started_at` tells it; a process id alone is given
            anew. Jobs of earlier versions have seconds since 1970.
        stop_asked: whether somebody asked it to stop.
        reason: why it failed, in a sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    title: str
    command: tuple[str, ...]
    directory: str
    result: str | None = None
    state: JobState = JobState.WAITING
    created: datetime
    queued: datetime
    started: datetime | None = None
    ended: datetime | None = None
    pid: int | None = None
    pid_started: str | float | None = None
    stop_asked: bool = False
    reason: str | None = None
