"""The video part of the Predict page: a video in, the emotions of each face over time out."""

import shutil
import tempfile
import weakref
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.access import read_only
from fer_core.charts import CONFIG, probability_bars
from fer_core.charts.timeline import emotion_lines, emotion_ribbons
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.files import from_here
from fer_core.jobs import Job, JobState, JobStore
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.prediction.drawing import encode
from fer_core.prediction.video import totals
from fer_core.prediction.video_frames import SUFFIXES, VideoReader
from fer_core.prediction.video_job import GRACE_SECONDS, VideoJob
from fer_core.words import _
from pages.commands import public_demo, shown_command
from pages.language import language
from pages.predict_model import card_in_use, told_model
from pages.written import as_written

STATE = "video-job"
REFUSED = "video-refused"
LARGEST_MEGABYTES = 200
RATES = (1, 2, 5, 10)
RATE = 5
MOST_ROWS = 8


@st.cache_resource(show_spinner=False)
def store() -> JobStore:
    """One queue for all people, so that many videos do not slow each other down; gone with the app."""
    found = JobStore(Path(tempfile.mkdtemp(prefix="fer-videos-")))
    weakref.finalize(found, shutil.rmtree, found.root, ignore_errors=True)
    return found


@st.cache_resource(scope="session", on_release=VideoJob.leave, show_spinner=False)
def watched(job_id: str, _job: VideoJob) -> VideoJob:
    """The job, which notices when the session ends."""
    return _job


@st.cache_data(max_entries=32, scope="session", show_spinner=False)
def frame_at(path: str, time: float) -> bytes:
    """JPEG of one frame of an annotated copy."""
    with VideoReader(path) as reader:
        return encode(reader.frame_at(time), ".jpg")


def show_video() -> None:
    if read_only():
        st.info(public_demo(), icon=":material/lock:")
        _show_command("video.mp4", RATE)
        return
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
            st.info(_("Upload a video to see each face's emotions over time."), icon=":material/arrow_back:")
            return
        watched(job.id, job).stay()
        state = job.job.state
        if not state.ended:
            _show_progress(job)
            return
        _show_which(job, file)
        for message in job.messages:
            (st.error if job.table is None or job.table.empty else st.warning)(message, icon=":material/broken_image:")
        if job.table is None or job.table.empty:
            if not job.messages:
                _show_nothing(job.job)
            return
        _show_result(job, stopped=state is JobState.STOPPED)


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
        options += ["--model", from_here(card_in_use())]
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
            name=as_written(name), error=error
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
        st.error(_("The video could not be analysed: {reason}.").format(reason=reason), icon=":material/error:")


@st.fragment(run_every=1.0)
def _show_progress(job: VideoJob) -> None:
    now = job.job
    if now.state.ended:
        st.rerun()
    share, left = job.progress
    behind = job.waiting_behind
    if behind:
        text = _("Waits for {number} videos of others").format(number=behind)
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


def _show_result(job: VideoJob, *, stopped: bool) -> None:
    table = job.table
    sums = totals(table, job.fps)
    first = sums.loc[sums["seconds"].idxmax()]
    st.markdown(f"## {SYMBOLS[first.emotion]} {_(first.emotion).capitalize()} {first.share:.0%}")
    seen = table["face"].value_counts()
    sentence = _("of the time that faces were seen (faces: {faces}, together {seconds:.1f} s)")
    st.markdown(sentence.format(faces=len(seen), seconds=sums["seconds"].sum()))
    if stopped:
        st.badge(_("Stopped before its end"), icon=":material/stop_circle:", color="orange")
    course, frame = st.columns([1.6, 1], gap="medium")
    with course:
        row = _show_course(table, sorted(seen.index[:MOST_ROWS]), job.id)
        if len(seen) > MOST_ROWS:
            st.caption(_("The {most} faces that were seen longest; the table has all.").format(most=MOST_ROWS))
    with frame:
        _show_moment(table.loc[row], job)
        st.plotly_chart(probability_bars(sums["share"].to_numpy()), config=CONFIG, key="video-totals")
        _show_downloads(job)


def _show_moment(row: pd.Series, job: VideoJob) -> None:
    """The frame of one row of the table, and what that face showed in it."""
    second, first = np.argsort(row[list(EMOTIONS)].to_numpy(dtype=float))[-2:]
    caption = _("{time:.1f} s, face {number}: {first} {share:.0%}, then {second} {other:.0%}").format(
        time=row["time"],
        number=row["face"],
        first=_(EMOTIONS[first]),
        share=row[EMOTIONS[first]],
        second=_(EMOTIONS[second]),
        other=row[EMOTIONS[second]],
    )
    sure = "" if row["certain"] else _(" · not sure")
    st.image(frame_at(str(job.annotated), float(row["time"])), caption=caption + sure, width="stretch")


def _show_course(table: pd.DataFrame, faces: list[int], job_id: str) -> int:
    """The ribbons and the lines of one face; gives the row of the table whose frame is to be shown."""
    keys = f"video-face-{job_id}", f"video-moment-{job_id}"
    row = _chosen_row(table, faces, *keys)
    labels = table["emotion"].map({emotion: place for place, emotion in enumerate(EMOTIONS)}).to_numpy()
    figure = emotion_ribbons(faces, table["time"].to_numpy(), table["face"].to_numpy(), labels, chosen=row)
    clicked = partial(_click, table, *keys)
    st.plotly_chart(figure, config=CONFIG, on_select=clicked, selection_mode="points", key="video-ribbons")
    st.caption(_("Click a mark to see that frame and the course of that face."))
    course = table[table["face"] == table.loc[row, "face"]]
    lines = emotion_lines(
        course["time"].to_numpy(),
        course[list(EMOTIONS)].to_numpy(),
        title=_("face {number}").format(number=table.loc[row, "face"]),
    )
    st.plotly_chart(lines, config=CONFIG, key="video-lines")
    return row


def _chosen_row(table: pd.DataFrame, faces: list[int], face_key: str, moment_key: str) -> int:
    """What the controls say; at first the surest answer about any face, then about the face that is chosen."""
    surest = table[list(EMOTIONS)].max(axis=1)
    if st.session_state.get(face_key) not in faces:
        st.session_state[face_key] = int(table.loc[surest[table["face"].isin(faces)].idxmax(), "face"])
    if len(faces) > 1:
        st.pills(_("Face"), faces, required=True, key=face_key, wrap=True)
    of_face = table["face"] == st.session_state[face_key]
    times = table.loc[of_face, "time"].tolist()
    if st.session_state.get(moment_key) not in times:
        st.session_state[moment_key] = table.loc[surest[of_face].idxmax(), "time"].item()
    if len(times) > 1:
        st.select_slider(_("Moment"), times, format_func=lambda time: f"{time:.2f} s", key=moment_key)
    return int(table.index[of_face & (table["time"] == st.session_state[moment_key])][0])


def _click(table: pd.DataFrame, face_key: str, moment_key: str) -> None:
    """Set the controls to the mark that was clicked."""
    for point in st.session_state["video-ribbons"].selection.points[:1]:
        row, st.session_state[face_key] = point["customdata"]
        st.session_state[moment_key] = table.loc[row, "time"].item()


def _show_downloads(job: VideoJob) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("Table (CSV)"),
            lambda: job.csv.read_bytes(),
            "emotions.csv",
            "text/csv",
            icon=":material/table:",
            help=_("A row for each face and frame"),
            on_click="ignore",
        )
        st.download_button(
            _("Video (MP4)"),
            lambda: job.annotated.read_bytes(),
            "annotated.mp4",
            "video/mp4",
            icon=":material/download:",
            help=_("The looked-at frames with their faces drawn in, without sound"),
            on_click="ignore",
        )
