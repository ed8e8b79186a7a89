"""What the browser says of its cameras, and words for what is wrong with them."""

from typing import Any

import streamlit as st

from fer_core.prediction.camera import ADVICE, Trouble
from fer_core.words import _

# Tells permission and cameras without asking for them, again at each change. Why a camera did not start is known to
# streamlit-webrtc's frame alone, which does not hand it on: the frame's own call for the camera is listened to.
PROBE = """
export default function ({ setStateValue }) {
  let told = "";
  const tell = (facts) => {
    const text = JSON.stringify(facts);
    if (text !== told) { told = text; setStateValue("facts", facts); }
  };
  const media = navigator.mediaDevices;
  const framed = () => [...document.querySelectorAll("iframe[title*='webrtc']")].flatMap((frame) => {
    try { return frame.contentWindow.navigator.mediaDevices || []; } catch (error) { return []; }
  });
  const listen = () => {
    for (const inner of framed()) {
      const answered = (name) => { inner.refused = name; inner.look(); };
      if (!inner.look) {
        const ask = inner.getUserMedia.bind(inner);
        inner.getUserMedia = (wanted) => ask(wanted).then(
          (given) => { answered(null); return given; },
          (error) => { answered(error.name); throw error; },
        );
      }
      inner.look = look;
    }
  };
  const look = async () => {
    const facts = { secure: window.isSecureContext, supported: Boolean(media && media.getUserMedia) };
    if (!facts.supported) { tell(facts); return; }
    for (const inner of framed()) { if (inner.refused) { facts.error = inner.refused; } }
    try {
      facts.cameras = (await media.enumerateDevices()).filter((device) => device.kind === "videoinput").length;
    } catch (error) { facts.error ??= error.name; }
    try {
      const permission = await navigator.permissions.query({ name: "camera" });
      facts.permission = permission.state;
      permission.onchange = look;
    } catch (error) { /* not every browser tells it; the stream's own error then does */ }
    tell(facts);
  };
  look();
  const listening = setInterval(listen, 300);
  if (media) { media.addEventListener("devicechange", look); }
  return () => {
    clearInterval(listening);
    if (media) { media.removeEventListener("devicechange", look); }
  };
}
"""
_probe = st.components.v2.component("camera_probe", js=PROBE)


def browser_facts() -> dict[str, Any]:
    """`secure`, `supported`, `permission`, `cameras` and `error` of `CameraFacts`, as the browser told them."""
    return dict(_probe(key="camera-probe", on_facts_change=lambda: None).facts or {})


def show_trouble(trouble: Trouble) -> None:
    st.warning(f"**{_(trouble.value)}** {_(ADVICE[trouble])}", icon=":material/stethoscope:")
