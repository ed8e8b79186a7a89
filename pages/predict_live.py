"""The live part of the Predict page: the webcam's stream with faces and emotions drawn in."""

import os
import time
from dataclasses import replace

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit_webrtc import WebRtcMode, create_video_sink_track, webrtc_streamer
from streamlit_webrtc.component import WebRtcStreamerContext

from fer_core.charts import CONFIG
from fer_core.charts.timeline import last_minute_lines
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.prediction import Predictor
from fer_core.prediction.camera import CAMERA_WORKS, CameraFacts, Trouble, diagnose, ice_servers
from fer_core.prediction.drawing import encode
from fer_core.prediction.stream import LiveStream, last_minute
from fer_core.prediction.webrtc import LiveSession
from fer_core.words import _
from pages.camera_doctor import browser_facts, show_trouble

CAMERA = {
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30, "max": 30}},
    "audio": False,
}
VIDEO = {"autoPlay": True, "muted": True, "controls": False, "style": {"width": "100%"}}
STATE, LAST, SINCE = "live-session", "live-last", "live-since"
REFRESH_SECONDS = 1.0


def servers() -> list[dict]:
    """Of `ice_servers` in .streamlit/secrets.toml, else of the environment; none by default."""
    try:
        setting = st.secrets.get("ice_servers")
    except StreamlitSecretNotFoundError:
        setting = None
    return ice_servers(setting or os.environ.get("FER_ICE_SERVERS"))


def session_of(predictor: Predictor) -> LiveSession:
    """The session that the camera's next start belongs to, or that is running; the one before stays readable."""
    session = st.session_state.get(STATE)
    if session is None or session.ended:
        st.session_state[LAST] = session
        session = st.session_state[STATE] = LiveSession(predictor)
        session.stream.warm_up()
    return session


def show_live(predictor: Predictor) -> str | None:
    """The live view; gives the source to fall back to, where the camera can't be seen."""
    try:
        configuration = {"iceServers": servers()}
    except ValueError as error:
        st.error(str(error), icon=":material/settings_alert:")
        return "webcam"
    facts = CameraFacts(**browser_facts())
    session = session_of(predictor)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        context = webrtc_streamer(
            "live",
            WebRtcMode.SENDRECV,
            rtc_configuration=configuration,
            media_stream_constraints=CAMERA,
            sink_video_track=create_video_sink_track(session.receive, "live-sink", on_ended=session.end),
            source_video_track=session.answers,
            video_html_attrs=VIDEO,
            media_toggle_controls=False,
            translations=_translations(),
        )
        _settings(session)
    facts = replace(facts, failed=_note_state(context, session))
    under_way = context.state.playing or context.state.signalling
    with right:
        st.fragment(_show_state, run_every=REFRESH_SECONDS if under_way else None)(session, facts)
    trouble = st.session_state.get("live-trouble")
    if trouble is None:
        return None
    return "webcam" if Trouble[trouble] in CAMERA_WORKS else "photo"


def _translations() -> dict[str, str]:
    return {
        "start": _("Start"),
        "stop": _("Stop"),
        "select_device": _("Choose a camera"),
        "device_ask_permission": _("Please allow the camera"),
        "device_not_available": _("The camera is not available"),
        "device_access_denied": _("The camera was not allowed"),
        "media_api_not_available": _("This browser offers no camera here"),
    }


def _settings(session: LiveSession) -> None:
    with st.container(horizontal=True):
        settings = replace(
            session.stream.settings,
            mirror=st.toggle(_("Mirror"), value=True, key="live-mirror"),
            evidence=st.toggle(
                _("Where they look"), key="live-evidence", help=_("Class activation map of the largest face")
            ),
            paused=st.toggle(_("Pause"), key="live-pause", help=_("The picture stays as it is, nothing is recorded")),
            words=tuple(_(emotion) for emotion in EMOTIONS),
        )
    session.stream.settings = settings


def _note_state(context: WebRtcStreamerContext, session: LiveSession) -> bool:
    """Remember since when the connection is what it is; give whether the last one ended before it stood."""
    name = "playing" if context.state.playing else "connecting" if context.state.signalling else "idle"
    before, since, failed = st.session_state.get(SINCE, ("idle", time.monotonic(), False))
    if name != before:
        failed = name == "idle" and before == "connecting"
        since = time.monotonic()
    st.session_state[SINCE] = (name, since, failed)
    return failed and session.stream.latest is None


def _show_state(session: LiveSession, facts: CameraFacts) -> None:
    """Answer, speed, last minute and downloads; notices when the camera can't be seen, and when it can again."""
    stream, shown = session.stream, session.stream
    name, since, _failed = st.session_state[SINCE]
    statistics = stream.statistics()
    facts = replace(facts, frames=statistics.frames, silent=None if stream.settings.paused else statistics.silent)
    if name in ("playing", "connecting"):
        facts = replace(facts, **{name: time.monotonic() - since})
    trouble = diagnose(facts)
    if trouble:
        show_trouble(trouble)
    if (trouble.name if trouble else None) != st.session_state.get("live-trouble"):
        st.session_state["live-trouble"] = trouble.name if trouble else None
        st.rerun()
    if stream.latest is None and st.session_state.get(LAST):
        shown = st.session_state[LAST].stream
    if shown.latest is None:
        if not trouble:
            st.info(_("Press Start and allow the camera."), icon=":material/videocam:")
        return
    _show_answer(shown)
    _show_speed(shown, running=name == "playing")
    times, probabilities = last_minute(shown.history, shown.seconds if name == "playing" else shown.latest.time)
    if len(times):
        st.plotly_chart(last_minute_lines(times - shown.latest.time, probabilities), config=CONFIG, key="live-minute")
    _show_downloads(shown)


def _show_answer(stream: LiveStream) -> None:
    faces = stream.latest.faces
    if not faces:
        st.markdown("## " + _("No face"))
        return
    face = faces[0].prediction
    first = face.emotion
    st.markdown(f"## {SYMBOLS[first]} {_(first).capitalize()} {face.confidence:.0%}")
    if not face.certain:
        st.caption(_("Not sure"))


def _show_speed(stream: LiveStream, *, running: bool) -> None:
    statistics = stream.statistics()
    with st.container(horizontal=True):
        st.metric(_("Frames a second"), f"{statistics.fps:.1f}" if running else "–")
        delay = f"{statistics.delay * 1e3:.0f} ms" if statistics.delay == statistics.delay else "–"
        slowest = f"{statistics.delay99 * 1e3:.0f} ms" if statistics.delay == statistics.delay else "–"
        st.metric(_("Delay"), delay, help=_("Median of the last minute, from a frame's arrival here to its answer"))
        st.metric(_("Delay, 99%"), slowest, help=_("99 of 100 frames of the last minute were answered sooner"))
        st.metric(
            _("Skipped"), f"{statistics.dropped:,}", help=_("Frames that newer ones overtook, so that nothing queues")
        )


def _show_downloads(stream: LiveStream) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("Snapshot (PNG)"),
            lambda: encode(stream.latest.image),
            "live.png",
            "image/png",
            icon=":material/photo_camera:",
            on_click="ignore",
        )
        st.download_button(
            _("Session (CSV)"),
            lambda: stream.history.frame().to_csv(index=False),
            "live.csv",
            "text/csv",
            icon=":material/table:",
            help=_("A row for each face and fifth of a second since the start"),
            on_click="ignore",
        )
