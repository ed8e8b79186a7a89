"""Long work in processes of its own: a queue of plain files that outlives the page, the app and the worker."""

from fer_core.jobs.job import Job, JobError, JobState
from fer_core.jobs.store import JobStore, default_store

__all__ = ["Job", "JobError", "JobState", "JobStore", "default_store"]
