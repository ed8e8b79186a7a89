"""The camera's stream on a page: from the browser to the answers and back, and what keeps it from being seen."""

import os
import time
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit_webrtc import WebRtcMode, create_video_sink_track, webrtc_streamer
from streamlit_webrtc.relay import get_global_relay

from fer_core.prediction import Predictor
from fer_core.prediction.camera import CameraFacts, Trouble, diagnose, ice_servers
from fer_core.prediction.stream import LiveStream
from fer_core.prediction.webrtc import LiveSession, relay_newest_only
from fer_core.words import _
from pages.camera_doctor import browser_facts, show_trouble
from pages.written import as_written

CAMERA = {
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30, "max": 30}},
    "audio": False,
}
VIDEO = {"autoPlay": True, "muted": True, "controls": False, "style": {"width": "100%"}}
REFRESH_SECONDS = 1.0
IDLE, CONNECTING, PLAYING = "idle", "connecting", "playing"


@dataclass(frozen=True)
class LiveCamera:
    """A camera's stream as it stands at a run of the page.

    Attributes:
        key: what the page calls it.
        session: that is running or belongs to the next start.
        last: the one before that answered anything, which stays readable; None where there is none.
        facts: as far as the browser and the connection have told them.
        name: `IDLE`, `CONNECTING` or `PLAYING`.
        since: when it became that, on the clock of `time.monotonic`.
    """

    key: str
    session: LiveSession
    last: LiveSession | None
    facts: CameraFacts
    name: str
    since: float

    @property
    def stream(self) -> LiveStream:
        """The stream that answers now."""
        return self.session.stream

    @property
    def shown(self) -> LiveStream:
        """The stream that answers now; before its first answer, the one before."""
        return self.last.stream if self.stream.latest is None and self.last else self.stream

    @property
    def refresh_seconds(self) -> float | None:
        """How often what is shown beside the stream changes; None while nothing is under way."""
        return None if self.name == IDLE else REFRESH_SECONDS


def servers() -> list[dict]:
    """Of `ice_servers` in .streamlit/secrets.toml, else of the environment; none by default.

    Raises:
        ValueError: the setting is none.
    """
    try:
        setting = st.secrets.get("ice_servers")
    except StreamlitSecretNotFoundError:
        setting = None
    return ice_servers(setting or os.environ.get("FER_ICE_SERVERS"))


def show_camera(key: str, predictor: Predictor) -> LiveCamera:
    """Draw the stream with its button.

    Raises:
        ValueError: the setting of ICE servers is none.
    """
    configuration = {"iceServers": servers()}
    facts = CameraFacts(**browser_facts())
    session = _session(key, predictor)
    session.stream.use(predictor)
    relay_newest_only(get_global_relay())
    context = webrtc_streamer(
        key,
        WebRtcMode.SENDRECV,
        rtc_configuration=configuration,
        media_stream_constraints=CAMERA,
        sink_video_track=create_video_sink_track(session.receive, f"{key}-sink", on_ended=session.end),
        source_video_track=session.answers,
        video_html_attrs=VIDEO,
        media_toggle_controls=False,
        translations=_translations(),
    )
    name = PLAYING if context.state.playing else CONNECTING if context.state.signalling else IDLE
    before, since, failed = st.session_state.get(f"{key}-since", (IDLE, time.monotonic(), False))
    if name != before:
        failed = name == IDLE and before == CONNECTING
        since = time.monotonic()
    st.session_state[f"{key}-since"] = name, since, failed
    facts = replace(facts, failed=failed and session.stream.latest is None)
    return LiveCamera(key, session, st.session_state.get(f"{key}-last"), facts, name, since)


def show_what_is_wrong(camera: LiveCamera) -> Trouble | None:
    """Say why the camera can't be seen; runs the page again when that changes, so that it can offer another way."""
    stream = camera.stream
    statistics = stream.statistics()
    silent = None if stream.settings.paused else statistics.silent
    facts = replace(camera.facts, seen=statistics.silent is not None, silent=silent)
    if camera.name != IDLE:
        facts = replace(facts, **{camera.name: time.monotonic() - camera.since})
    trouble = diagnose(facts)
    if trouble:
        show_trouble(trouble)
    elif stream.error:
        st.warning(
            _("The last frame could not be answered.") + f" {as_written(str(stream.error))}", icon=":material/error:"
        )
    if trouble is not trouble_of(camera.key):
        st.session_state[f"{camera.key}-trouble"] = trouble.name if trouble else None
        st.rerun()
    return trouble


def trouble_of(key: str) -> Trouble | None:
    """What `show_what_is_wrong` said last."""
    name = st.session_state.get(f"{key}-trouble")
    return Trouble[name] if name else None


def _session(key: str, predictor: Predictor) -> LiveSession:
    session = st.session_state.get(f"{key}-session")
    if session is None or session.ended:
        if session and session.stream.latest is not None:
            st.session_state[f"{key}-last"] = session
        session = LiveSession(predictor)
        session.stream.warm_up()
        st.session_state[f"{key}-session"] = session
    return session


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
