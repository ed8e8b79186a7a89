"""The part of the self-test that needs no hand: the camera runs, and each expression has its seconds."""

from dataclasses import replace

import streamlit as st

from fer_core.evaluation.selftest import READY_SECONDS, SHOW_SECONDS, TimedTurn
from fer_core.prediction import Predictor
from fer_core.words import _
from pages.live_camera import PLAYING, LiveCamera, show_camera, show_what_is_wrong
from pages.written import as_written

KEY = "selftest-live"
LOOK_SECONDS = 0.5


def show_live_turn(state: dict, predictor: Predictor) -> None:
    """Draw the time that is left and the camera's picture; notes the attempt when the time is over.

    Args:
        state: `order`, `step` and `attempts` of the test; changed when a turn is over.
    """
    above = st.container()  # what stands below a picture is off most screens
    try:
        camera = show_camera(KEY, predictor)
    except ValueError as error:
        st.error(as_written(str(error)), icon=":material/settings_alert:")
        return
    # Whoever sees the answer tries until it agrees.
    camera.stream.settings = replace(camera.stream.settings, annotated=False)
    with above:
        st.fragment(_show_time, run_every=LOOK_SECONDS if camera.refresh_seconds else None)(camera, state)


def _show_time(camera: LiveCamera, state: dict) -> None:
    if show_what_is_wrong(camera):
        return
    if camera.name != PLAYING or camera.stream.latest is None:
        st.info(
            _("Press Start and allow the camera; the timer starts with the first picture."), icon=":material/videocam:"
        )
        return
    asked, stream = state["order"][state["step"]], camera.stream
    turn = state.get("turn")
    if turn is None or turn.asked != asked:
        turn = state["turn"] = TimedTurn(asked)
    faces, now = stream.latest.faces, stream.seconds
    attempt = None
    if state.get("frame") != stream.latest.number:  # what was read already says nothing of this moment
        state["frame"] = stream.latest.number
        attempt = turn.note(now, (faces[0].prediction.probabilities, faces[0].prediction.crop) if faces else None)
    if attempt:
        state["attempts"].append(attempt)
        state["step"] += 1
        state["turn"] = None
        if state["step"] == len(state["order"]):
            camera.session.end()
        st.rerun()
    ready, show = turn.left(now)
    if not faces:
        st.warning(_("No face is seen. Come closer and face the light."), icon=":material/search_off:")
    elif ready:
        st.progress(1 - ready / READY_SECONDS, text=_("Get ready: {seconds:.0f} s").format(seconds=ready))
    else:
        st.progress(1 - show / SHOW_SECONDS, text=_("Hold it: {seconds:.0f} s").format(seconds=show))
