"""Training page, jobs: what runs, waits and has ended, live."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psutil
import streamlit as st

from fer_core.access import read_only
from fer_core.charts import CONFIG, learning_curves
from fer_core.files import runs_root
from fer_core.jobs import Job, JobError, JobState, default_store
from fer_core.jobs.process import resources_of
from fer_core.training.folder import history_of, kept_epoch
from fer_core.training.leftovers import delete_with_leftovers, leftovers
from fer_core.training.progress import Progress, training_progress
from fer_core.training.record import RECORD
from fer_core.training.study import FINISHED
from fer_core.words import _
from pages.address import choose_metric
from pages.commands import shown_path
from pages.training_data import duration, fail, failed
from pages.training_ensemble import CARD

SHOWN = 30
SECONDS = 2
ICONS = {
    JobState.WAITING: ":material/schedule:",
    JobState.RUNNING: ":material/play_circle:",
    JobState.FINISHED: ":material/check_circle:",
    JobState.FAILED: ":material/error:",
    JobState.STOPPED: ":material/stop_circle:",
}
COLOURS = {JobState.RUNNING: "blue", JobState.FINISHED: "green", JobState.FAILED: "red"}


def show_jobs() -> None:
    if not read_only():
        default_store().wake()
    active = any(not job.state.ended for job in default_store().all())
    st.fragment(live, run_every=SECONDS if active else None)(active)


def live(active: bool) -> None:
    """The list and the chosen job, drawn anew every other second while something runs or waits."""
    jobs = default_store().all()
    if active != any(not job.state.ended for job in jobs) or failed():
        st.rerun()
    if not jobs:
        st.info(_("Nothing was started yet. Choose a run in the first tab."), icon=":material/model_training:")
        return
    running = [job for job in jobs if job.state is JobState.RUNNING]
    ordered = [*running, *(job for job in jobs if job.state is JobState.WAITING)]
    ordered += sorted((job for job in jobs if job.state.ended), key=lambda job: job.ended or job.created, reverse=True)
    chosen = chosen_job(ordered)
    listed, detail = st.columns([2, 3], gap="large")
    with listed:
        for job in ordered[:SHOWN]:
            show_row(job, is_chosen=job.id == chosen.id)
        if len(ordered) > SHOWN:
            st.caption(_("{number} older jobs: `python -m fer_core jobs list`").format(number=len(ordered) - SHOWN))
    with detail:
        show_detail(chosen)


def chosen_job(jobs: list[Job]) -> Job:
    """The job that was chosen, else the one in the address, else the first."""
    wanted = st.session_state.get("train_job") or st.query_params.get("train_job")
    found = next((job for job in jobs if job.id == wanted), jobs[0])
    if wanted == found.id and st.query_params.get("train_job") != wanted:
        st.query_params["train_job"] = found.id
    return found


def choose(job_id: str) -> None:
    st.session_state["train_job"] = job_id


def told(action: Callable[[str], object], job_id: str) -> None:
    """Do something with a job; what goes wrong is told on the page."""
    try:
        action(job_id)
    except (JobError, OSError) as error:
        fail(str(error))


def show_row(job: Job, *, is_chosen: bool) -> None:
    colour = COLOURS.get(job.state, "gray")
    kind = "secondary" if is_chosen else "tertiary"
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"{ICONS[job.state]} {job.title}"
        st.button(label, key=f"train_open_{job.id}", type=kind, on_click=choose, args=(job.id,))
        stopping = job.stop_asked and not job.state.ended
        st.badge(_("stopping") if stopping else _(str(job.state)), color=colour)


def show_detail(job: Job) -> None:
    st.subheader(job.title, anchor=False)
    st.caption(" · ".join(facts(job)))
    progress = training_progress(default_store().progress(job.id))
    if job.state is JobState.FAILED and not read_only():
        st.error(_("Failed: {reason}").format(reason=job.reason), icon=":material/error:")
    if job.state is JobState.RUNNING:
        show_progress(job, progress)
    show_buttons(job)
    show_way_on(job)
    folder = folder_of(job, progress)
    history = history_of(folder) if folder else None
    if history is not None and len(history):
        metric = choose_metric(st.segmented_control, key="train_metric")
        kept = {folder.name: kept_epoch(folder)}
        figure = learning_curves({folder.name: history}, metric, kept_epochs=kept)
        told = f"{folder.name}: {_(metric.replace('_', ' '))}"
        st.plotly_chart(figure, config=CONFIG, key=f"train_curves_{metric}", alt=told)
    elif job.state is JobState.RUNNING:
        st.caption(_("Curves appear after the first epoch."))
    lines = [] if read_only() else default_store().log_tail(job.id)  # which may name places of the machine
    if lines:
        with st.expander(_("Last log lines"), expanded=job.state is not JobState.FINISHED, icon=":material/notes:"):
            st.code("\n".join(lines), language=None, wrap_lines=True)


def show_way_on(job: Job) -> None:
    """From a finished training to its place among the others; what a study recorded are several runs."""
    result = Path(job.directory, job.result) if job.result else Path()
    if job.state is not JobState.FINISHED or result.name not in (RECORD, CARD, FINISHED) or not result.exists():
        return
    chosen = {} if result.name == FINISHED else {"cmp_models": result.parent.name}
    st.page_link("pages/compare.py", label=_("Compare"), icon=":material/leaderboard:", query_params=chosen)


def facts(job: Job) -> list[str]:
    told = [_("requested at {time}").format(time=f"{job.created.astimezone():%Y-%m-%d %H:%M}")]
    if job.started:
        worked = duration(((job.ended or datetime.now(UTC)) - job.started).total_seconds())
        told.append(_("{duration} of work").format(duration=worked))
    if job.pid and not job.state.ended:
        told.append(_("process {number}").format(number=job.pid))
    if job.result:
        told.append(f"`{shown_path(Path(job.result).parent)}`")
    return told


def folder_of(job: Job, progress: Progress | None) -> Path | None:
    """Folder of the run in work, or of the one that the job trained."""
    folder = progress.folder if progress else job.result and Path(job.result).parent
    return Path(job.directory, folder) if folder else None


def show_progress(job: Job, progress: Progress | None) -> None:
    if progress is None:
        st.progress(0.0, text=_("Starting: reading the data set and building the network …"))
    else:
        told = [_("Epoch {number} of {all}").format(number=progress.epoch, all=progress.epochs)]
        if progress.runs > 1:
            run = _("Run {number} of {all} ({what})")
            told.insert(0, run.format(number=progress.run, all=progress.runs, what=progress.label))
        if progress.seconds_left is not None:
            left = _("{duration} left in this run") if progress.runs > 1 else _("{duration} left")
            told.append(left.format(duration=duration(progress.seconds_left)))
        st.progress((progress.run - 1 + progress.share) / progress.runs, text=" · ".join(told))
        told = [_("Batch {number} of {all}").format(number=progress.batch, all=progress.batches)]
        if progress.images_per_second:
            told.append(_("{number:,.0f} images a second").format(number=progress.images_per_second))
        st.progress(progress.epoch_share, text=" · ".join(told))
    try:
        used, reading = resources_of(job.pid, job.pid_started, st.session_state.get(f"train_reading_{job.id}"))
        st.session_state[f"train_reading_{job.id}"] = reading
    except psutil.Error:
        return
    free = psutil.virtual_memory().available / 2**30
    st.caption(
        _("Uses {cpu:.1f} of {cores} cores and {memory:.1f} GiB of memory ({free:.1f} GiB are free).").format(
            cpu=used.cpu, cores=psutil.cpu_count(), memory=used.memory / 2**30, free=free
        )
    )


def show_buttons(job: Job) -> None:
    if read_only():
        st.caption(_("This is a public demo: nothing can be started or stopped here."))
        return
    store = default_store()
    with st.container(horizontal=True):
        if not job.state.ended:
            label = _("End by force") if job.stop_asked else _("Stop")
            st.button(
                label, icon=":material/stop:", key="train_stop", on_click=told, args=(partial(stop, shown=job), job.id)
            )
        if job.state in (JobState.STOPPED, JobState.FAILED):
            st.button(
                _("Resume"), icon=":material/resume:", key="train_resume", on_click=told, args=(store.resume, job.id)
            )
        if job.state is not JobState.RUNNING:
            show_delete(job)


def stop(job_id: str, shown: Job) -> None:
    """Stop a job that was shown so: a second click ends it by force only where the button said so."""
    if default_store().read(job_id).stop_asked == shown.stop_asked:
        default_store().stop(job_id)


def show_delete(job: Job) -> None:
    """Forget the job, or, where it trained something that is not recorded, that as well."""
    left = leftovers(default_store(), job, runs_root())
    forget = {"key": "train_delete", "on_click": told, "args": (default_store().delete, job.id)}
    forget["help"] = _("Forgets the job; what it recorded stays.")
    if not left:
        st.button(_("Delete"), icon=":material/delete:", **forget)
        return
    with st.popover(_("Delete"), icon=":material/delete:"):
        st.button(_("The job alone"), **forget)
        st.button(_("Also what it trained so far"), key="train_delete_left", on_click=told, args=(delete_all, job.id))
        st.caption(", ".join(f"`{folder.name}`" for folder in left))


def delete_all(job_id: str) -> None:
    delete_with_leftovers(default_store(), job_id, runs_root())
