"""Work on data sets (import, audit) that runs in a process of its own, beside the trainings."""

import contextlib
import sys

import streamlit as st

from fer_core.access import read_only
from fer_core.datasets.store import STORE
from fer_core.jobs.job import Job, JobError, JobState
from fer_core.jobs.store import JobStore
from fer_core.progress import read_progress
from fer_core.words import N_, _
from pages.written import as_written

LOG_LINES = 6
STARTING = N_("starting")


def data_jobs() -> JobStore:
    """A queue of its own: an import does not wait behind a training."""
    return JobStore(STORE / "jobs")


def start(kind: str, title: str, *arguments: str, result: str | None = None) -> None:
    """Start `python -m fer_core ARGUMENTS` and draw the page anew; says so where it can't be started."""
    try:
        data_jobs().submit([sys.executable, "-m", "fer_core", *arguments], kind=kind, title=title, result=result)
    except OSError as error:
        st.error(_("This can't be started: {error}").format(error=error), icon=":material/error:")
        return
    st.rerun()


def latest(kind: str, result: str | None = None) -> Job | None:
    """The job of a kind that was started last, of those with that result where one is given."""
    jobs = reversed(data_jobs().all())
    return next((job for job in jobs if job.kind == kind and result in (None, job.result)), None)


def refused() -> bool:
    """Whether nothing may be started here; says so."""
    if read_only():
        st.info(_("This is a public demo: nothing can be started or changed here."), icon=":material/lock:")
    return read_only()


def show_job(kind: str, result: str | None = None) -> Job | None:
    """How far the job that `latest` gives is; the page is drawn anew when it ends."""
    job = latest(kind, result)
    if job and not job.state.ended:
        if not read_only():
            data_jobs().wake()  # the machine may have been off since it was asked for
        _follow(kind, result, job.id)
    elif job and job.state is not JobState.FINISHED:
        lines = data_jobs().log_tail(job.id, LOG_LINES)
        told = [job.reason] if job.reason else [f"{job.title}: {job.state}", *lines]
        st.error("\n\n".join(map(as_written, told)), icon=":material/error:")
    return job


@st.fragment(run_every=1.0)
def _follow(kind: str, result: str | None, job_id: str) -> None:
    job = latest(kind, result)
    if job is None or job.id != job_id or job.state.ended:
        st.rerun()
    told = read_progress(data_jobs().progress(job_id)) or {}
    done, total = int(told.get("done") or 0), int(told.get("total") or 0)
    counted = f" {done:,} / {total:,}" if total else ""
    text = f"{as_written(job.title)}: {_(str(told.get('what') or STARTING))}{counted}"
    st.progress(min(1.0, done / total) if total else 0.0, text=text)
    if read_only():
        return
    if st.button(_("Stop"), icon=":material/stop:", key=f"stop-{job_id}") and not job.stop_asked:
        with contextlib.suppress(JobError):  # it ended in this moment
            data_jobs().stop(job_id)
