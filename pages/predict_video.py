"""The video part of the Predict page: a video in, the emotions of each face over time out."""

from contextlib import nullcontext

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.access import read_only
from fer_core.files import from_here
from fer_core.jobs import Job, JobState, JobStore
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.video_frames import SUFFIXES
from fer_core.prediction.video_job import GRACE_SECONDS, VideoJob, temporary_store
from fer_core.words import _
from pages.commands import public_demo, shown_command, shown_path
from pages.language import language
from pages.predict_model import card_in_use, told_model
from pages.predict_video_result import show_result
from pages.written import as_written

STATE = "video-job"
REFUSED = "video-refused"
LARGEST_MEGABYTES = 200
RATES = (1, 2, 5, 10)
RATE = 5


@st.cache_resource(show_spinner=False)
def store() -> JobStore:
    """One queue for all people, so that many videos do not slow each other down; gone with the app."""
    return temporary_store()


@st.cache_resource(scope="session", on_release=VideoJob.leave, show_spinner=False)
def watched(job_id: str, _job: VideoJob) -> VideoJob:
    """The job, which notices when the session ends."""
    return _job


def keep_video() -> None:
    """What every run of the app does for a session that has a video, whichever page is looked at."""
    job = st.session_state[STATE]
    if job.gone:
        del st.session_state[STATE]
        told = _("{name} and its result were deleted while you were away; upload it again.")
        st.session_state[REFUSED] = told.format(name=as_written(job.name))
    else:
        watched(job.id, job).stay()


def show_video() -> None:
    if read_only():
        st.info(public_demo(), icon=":material/lock:")
        _show_command("video.mp4", RATE)
        return
    store()  # which deletes what a process that was killed has left
    left, right = st.columns([1, 2.4], gap="medium")
    with left:
        file = _ask()
        st.caption(
            _(
                ":material/lock: A video is read on the machine that runs this page and kept there until {minutes:.0f} "
                "minutes after you leave. Nothing is sent on."
            ).format(minutes=GRACE_SECONDS / 60)
        )
    job = st.session_state.get(STATE)
    with right:
        if refused := st.session_state.pop(REFUSED, None):
            st.error(refused, icon=":material/error:")
        if job is None:
            upload = _("Upload a video to see each face's emotions over time.")
            start = _("Start the analysis to see each face's emotions over time.")
            st.info(start if file else upload, icon=":material/arrow_back:")
            return
        state = job.job.state
        if not state.ended:
            _show_progress(job)
            return
        _show_which(job, file)
        show = st.error if job.table is None or job.table.empty else st.warning
        for message in job.messages:
            show(as_written(message), icon=":material/broken_image:")
        if job.table is None or job.table.empty:
            if not job.messages:
                _show_nothing(job.job)
            return
        show_result(job, stopped=state is JobState.STOPPED)


def _ask() -> UploadedFile | None:
    """The file that is chosen, whether it was analysed or not."""
    types = sorted(suffix.removeprefix(".") for suffix in SUFFIXES)
    file = st.file_uploader(_("Video"), types, max_upload_size=LARGEST_MEGABYTES, key="video")
    rate = st.segmented_control(_("Frames a second to look at"), RATES, default=RATE, required=True, key="video-fps")
    last = st.session_state.get(STATE)
    again = last if file is None and last and last.job.state.ended else None
    st.button(
        _("Analyse {name} again").format(name=as_written(again.name)) if again else _("Analyse this video"),
        type="primary",
        icon=":material/replay:" if again else ":material/play_arrow:",
        disabled=not (file or again),
        on_click=_start,
        args=(file, rate),
        key="video-start",
    )
    if chosen := file or again:
        _show_command(chosen.name, rate)
    return file


def _show_command(name: str, rate: float) -> None:
    options = ["--fps", f"{rate}", "--csv", "emotions.csv", "--annotated", "annotated.mp4"]
    if card_in_use() != SHIPPED_CARD:
        options += ["--model", shown_path(from_here(card_in_use()))]
    if language() != "en":
        options += ["--language", language()]
    st.code(shown_command(["predict", name, *options]), language="sh", wrap_lines=True)


def _start(file: UploadedFile | None, rate: float) -> None:
    """Analyse a file, or what was analysed last: an uploaded file is gone after a look at another page."""
    last = st.session_state.get(STATE)
    name = file.name if file else last.name
    try:
        with nullcontext(file) if file else last.source.open("rb") as content:
            content.seek(0)
            job = VideoJob(store(), content, name, fps=rate, language=language(), model=card_in_use())
    except OSError as error:
        st.session_state[REFUSED] = _("{name} can't be kept on this machine: {error}").format(
            name=as_written(name), error=as_written(str(error))
        )
        return
    if last:
        last.discard()
    st.session_state[STATE] = job


def _show_nothing(job: Job) -> None:
    state = job.state
    if state is JobState.FINISHED:
        st.warning(_("No face was found in this video."), icon=":material/search_off:")
    elif state is JobState.STOPPED:
        st.info(_("It was stopped before the first answer."), icon=":material/stop_circle:")
    else:
        reason = job.reason or _("the process ended unexpectedly")
        st.error(
            _("The video could not be analysed: {reason}.").format(reason=as_written(reason)), icon=":material/error:"
        )


@st.fragment(run_every=1.0)
def _show_progress(job: VideoJob) -> None:
    if job.gone or (now := job.job).state.ended:
        st.rerun()
    watched(job.id, job).stay()  # a connection that broke and came back runs this alone
    done, total, left = job.progress
    share = min(1.0, done / total) if total else 0.0
    behind = job.waiting_behind
    if behind:
        text = _("Waits for {number} videos of others").format(number=behind)
    elif done and not total:
        text = _("{seconds:.0f} s of it answered; the file does not say how long it is").format(seconds=done)
    elif left is None:
        text = _("Starting …")
    else:
        text = _("{share:.0%}, about {left:.0f} s left").format(share=share, left=left)
    st.progress(share, text=f"{as_written(job.name)}: {text}")
    if st.button(_("Stop"), icon=":material/stop:", disabled=now.stop_asked, help=_("What was answered is kept")):
        job.stop()
        st.rerun(scope="fragment")


def _show_which(job: VideoJob, file: UploadedFile | None) -> None:
    """Which video was analysed and how, and whether that is `file`, which is chosen now."""
    looked = _("{rate:g} frames a second").format(rate=job.fps)
    st.caption(f"{as_written(job.name)} · {looked} · {told_model(job.model)}")
    if file and (file.name, file.size) != (job.name, job.source.stat().st_size):
        said = _("{chosen} is not analysed yet: below is the result of {name}.")
        st.info(said.format(chosen=as_written(file.name), name=as_written(job.name)), icon=":material/info:")
