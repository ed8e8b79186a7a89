"""The live part of the Predict page: the webcam's stream with faces and emotions drawn in."""

from dataclasses import replace

import streamlit as st

from fer_core.charts import CONFIG
from fer_core.charts.timeline import last_minute_lines
from fer_core.emotions import EMOTIONS
from fer_core.prediction import Predictor
from fer_core.prediction.camera import CAMERA_WORKS
from fer_core.prediction.drawing import encode
from fer_core.prediction.explain import explain_maps
from fer_core.prediction.following import FollowedFace
from fer_core.prediction.stream import LiveStream, last_minute
from fer_core.words import _
from pages.live_camera import PLAYING, LiveCamera, show_camera, show_what_is_wrong, trouble_of
from pages.predict_answer import show_headline
from pages.predict_model import can_be_faster, show_model, use_fast
from pages.predict_why import show_maps, show_votes
from pages.written import as_written

KEY = "live"


def show_live(predictor: Predictor) -> str | None:
    """The live view; gives the source to fall back to, where the camera can't be seen."""
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        try:
            camera = show_camera(KEY, predictor)
        except ValueError as error:
            st.error(as_written(str(error)), icon=":material/settings_alert:")
            return "webcam"
        _settings(camera.stream)
    with right:
        taken = camera.shown.latest is not None
        st.fragment(_show_state, run_every=camera.refresh_seconds)(camera, taken=taken)
        if taken:  # not in what is drawn each second: a click would ask for the file of a second ago
            _show_downloads(camera)
    trouble = trouble_of(KEY)
    if trouble is None:
        return None
    return "webcam" if trouble in CAMERA_WORKS else "photo"


def _settings(stream: LiveStream) -> None:
    with st.container(horizontal=True):
        stream.settings = replace(
            stream.settings,
            mirror=st.toggle(_("Mirror"), value=True, key="live-mirror", persist_state="session"),
            evidence=st.toggle(
                _("Where they look"),
                key="live-evidence",
                persist_state="session",
                help=_("Class activation maps of the largest face, and the networks' votes"),
            ),
            paused=st.toggle(_("Pause"), key="live-pause", help=_("The picture stays as it is, nothing is recorded")),
            words=tuple(_(emotion) for emotion in EMOTIONS),
        )


def _show_state(camera: LiveCamera, *, taken: bool) -> None:
    """Answer, speed, last minute and evidence; what is wrong where the camera can't be seen.

    Args:
        taken: whether there was an answer when the page was drawn.
    """
    trouble = show_what_is_wrong(camera)
    shown = camera.shown
    if shown.latest is not None and not taken:
        st.rerun()
    if shown.latest is None:
        if not trouble:
            st.info(_("Press Start and allow the camera."), icon=":material/videocam:")
        return
    running, answered = camera.name == PLAYING, shown.latest
    if answered.faces:
        show_headline(answered.faces[0].prediction, answered.predictor)
    else:
        st.markdown("## " + _("No face"))
    _show_speed(shown, running=running)
    now = shown.seconds if running and not shown.settings.paused else answered.time
    times, probabilities, seen = last_minute(shown.history, now)
    if len(times):
        told = _("The last minute of the largest face; a line breaks where none was seen or another one was larger.")
        lines = last_minute_lines(times - now, probabilities, seen)
        st.plotly_chart(lines, config=CONFIG, key="live-minute", alt=told)
        st.caption(told)
    if camera.stream.settings.evidence and answered.faces:
        _show_evidence(answered.faces[0], answered.predictor)


def _show_speed(stream: LiveStream, *, running: bool) -> None:
    statistics = stream.statistics()
    show_model(stream.latest.predictor)
    if running and statistics.slow and can_be_faster():
        st.warning(_("All networks together are too slow here for a smooth picture."), icon=":material/speed:")
        if st.button(_("Use Fast"), icon=":material/bolt:", on_click=use_fast):
            st.rerun()
    with st.container(horizontal=True):
        st.metric(_("Frames a second"), f"{statistics.fps:.1f}" if running else "–")
        delay = f"{statistics.delay * 1e3:.0f} ms" if statistics.delay == statistics.delay else "–"
        slowest = f"{statistics.delay99 * 1e3:.0f} ms" if statistics.delay == statistics.delay else "–"
        st.metric(_("Delay"), delay, help=_("Median of the last minute, from a frame's arrival here to its answer"))
        st.metric(_("Delay, 99%"), slowest, help=_("99 of 100 frames of the last minute were answered sooner"))
        st.metric(
            _("Skipped"), f"{statistics.dropped:,}", help=_("Frames that newer ones overtook, so that nothing queues")
        )


def _show_downloads(camera: LiveCamera) -> None:
    """What is there at the moment of the click."""
    with st.container(horizontal=True):
        st.download_button(
            _("Snapshot (PNG)"),
            lambda: encode(camera.shown.latest.image),
            "live.png",
            "image/png",
            icon=":material/photo_camera:",
            on_click="ignore",
        )
        st.download_button(
            _("Session (CSV)"),
            lambda: camera.shown.history.frame().to_csv(index=False),
            "live.csv",
            "text/csv",
            icon=":material/table:",
            help=_("A row for each face and fifth of a second since the start"),
            on_click="ignore",
        )


def _show_evidence(face: FollowedFace, predictor: Predictor) -> None:
    """The members' votes about the largest face, and each one's class activation map."""
    show_votes(face.prediction, predictor, key="live-votes")
    if not face.class_maps:
        return
    try:
        explanation = explain_maps(predictor.ensemble, face.class_maps, EMOTIONS.index(face.prediction.emotion))
    except ValueError as error:
        st.info(as_written(str(error)))
        return
    show_maps(face.prediction.crop, explanation, predictor)
