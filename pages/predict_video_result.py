"""What a video's faces showed: when, in which frame, and how much of the time."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from fer_core.charts import CONFIG, probability_bars
from fer_core.charts.timeline import emotion_lines, emotion_ribbons
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.percent import percent
from fer_core.prediction.drawing import encode
from fer_core.prediction.history import stretches
from fer_core.prediction.video import totals
from fer_core.prediction.video_frames import VideoReader
from fer_core.prediction.video_job import VideoJob
from fer_core.words import _
from pages.predict_answer import in_words

MOST_ROWS = 8


@st.cache_data(max_entries=32, scope="session", show_spinner=False)
def frame_at(path: str, time: float) -> bytes:
    """JPEG of one frame of an annotated copy."""
    with VideoReader(path) as reader:
        return encode(reader.frame_at(time), ".jpg")


def show_result(job: VideoJob, *, stopped: bool) -> None:
    """The emotion that was shown most, the course of each face, one frame, and the files to take away."""
    table = job.table
    sums = totals(table)
    first = sums.loc[sums["seconds"].idxmax()]
    st.markdown(f"## {SYMBOLS[first.emotion]} {_(first.emotion).capitalize()} {percent(first.share)}")
    seen = table.groupby("face")["seconds"].sum().sort_values(ascending=False)
    sentence = _("of the time that faces were seen (faces: {faces}, together {seconds:.1f} s)")
    st.markdown(sentence.format(faces=len(seen), seconds=sums["seconds"].sum()))
    if stopped:
        st.badge(_("Stopped before its end"), icon=":material/stop_circle:", color="orange")
    course, frame = st.columns([1.6, 1], gap="medium")
    with course:
        row = _show_course(job, sorted(seen.index[:MOST_ROWS]))
        if len(seen) > MOST_ROWS:
            st.caption(_("The {most} faces that were seen longest; the table has all.").format(most=MOST_ROWS))
    with frame:
        _show_moment(table.loc[row], job)
        shares = sums["share"].to_numpy()
        st.caption(_("Share of the time that faces were seen:"))
        st.plotly_chart(probability_bars(shares), config=CONFIG, key="video-totals", alt=in_words(shares))
        _show_downloads(job)


def _show_moment(row: pd.Series, job: VideoJob) -> None:
    """The frame of one row of the table, and what that face showed in it."""
    second, first = np.argsort(row[list(EMOTIONS)].to_numpy(dtype=float))[-2:]
    caption = _("{time:.1f} s, face {number}: {first} {share}, then {second} {other}").format(
        time=row["time"],
        number=row["face"],
        first=_(EMOTIONS[first]),
        share=percent(row[EMOTIONS[first]]),
        second=_(EMOTIONS[second]),
        other=percent(row[EMOTIONS[second]]),
    )
    caption += "" if row["certain"] else _(" · not sure")
    st.image(frame_at(str(job.annotated), float(row["time"])), caption=caption, width="stretch", alt=caption)


def _show_course(job: VideoJob, faces: list[int]) -> int:
    """The ribbons and the lines of one face; gives the row of the table whose frame is to be shown."""
    table, keys = job.table, (f"video-face-{job.id}", f"video-moment-{job.id}")
    times, shares = table["time"].to_numpy(), table[list(EMOTIONS)].to_numpy()
    numbers, seconds = table["face"].to_numpy(), table["seconds"].to_numpy()
    row = _chosen_row(table, faces, *keys)
    certain = table["certain"].to_numpy()
    st.plotly_chart(
        emotion_ribbons(faces, times, numbers, shares, certain, seconds, chosen=row),
        config=CONFIG,
        on_select=partial(_click, table, *keys),
        selection_mode="points",
        key="video-ribbons",
        alt=_("A row for each face, with the emotion that it showed most over time"),
    )
    st.caption(
        _("Click a bar to see its surest frame and the course of that face.")
        + ("" if certain.all() else " " + _("Hatched: not sure."))
    )
    own = numbers == numbers[row]
    title = _("face {number}").format(number=numbers[row])
    seen = stretches(times[own], numbers[own], seconds[own][:-1])
    lines = emotion_lines(times[own], shares[own], seen, title=title)
    told = _("{face}: the probability of each emotion over time").format(face=title)
    st.plotly_chart(lines, config=CONFIG, key="video-lines", alt=told)
    return row


def _chosen_row(table: pd.DataFrame, faces: list[int], face_key: str, moment_key: str) -> int:
    """What the controls say; at first the surest answer about any face, then about the face that is chosen."""
    surest = table[list(EMOTIONS)].max(axis=1)
    if st.session_state.get(face_key) not in faces:
        st.session_state[face_key] = int(table.loc[surest[table["face"].isin(faces)].idxmax(), "face"])
    if len(faces) > 1:
        st.pills(_("Face"), faces, required=True, key=face_key, wrap=True)
    of_face = table["face"] == st.session_state[face_key]
    times = table.loc[of_face, "time"]
    moment, first, last = st.session_state.get(moment_key), times.min().item(), times.max().item()
    if moment is None or not first <= moment <= last:
        moment = table.loc[surest[of_face].idxmax(), "time"].item()
    st.session_state[moment_key] = moment  # in each run: another face's slider has another range, and would forget it
    if first < last:
        step = float(table["seconds"].median())
        moment = st.slider(_("Moment"), first, last, step=step, format="%.2f s", key=moment_key)
    return int((times - moment).abs().idxmin())


def _click(table: pd.DataFrame, face_key: str, moment_key: str) -> None:
    """Set the controls to the mark that was clicked."""
    for point in st.session_state["video-ribbons"].selection.points[:1]:
        row, st.session_state[face_key] = point["customdata"]
        st.session_state[moment_key] = table.loc[row, "time"].item()


def _show_downloads(job: VideoJob) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("Table (CSV)"),
            lambda: job.table.assign(file=job.name).set_index("file").to_csv(),
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
