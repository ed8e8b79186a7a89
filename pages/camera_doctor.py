"""What the browser says of its cameras, and words for what is wrong with them."""

from typing import Any

import streamlit as st

from fer_core.prediction.camera import ADVICE, Trouble
from fer_core.words import _

# Tells permission and cameras without asking for them, again at each change; tries the camera only where it is allowed.
PROBE = """
export default function ({ setStateValue }) {
  let told = "";
  const tell = (facts) => {
    const text = JSON.stringify(facts);
    if (text !== told) { told = text; setStateValue("facts", facts); }
  };
  const media = navigator.mediaDevices;
  const look = async () => {
    const facts = { secure: window.isSecureContext, supported: Boolean(media && media.getUserMedia) };
    if (!facts.supported) { tell(facts); return; }
    try {
      facts.cameras = (await media.enumerateDevices()).filter((device) => device.kind === "videoinput").length;
    } catch (error) { facts.error = error.name; }
    try {
      const permission = await navigator.permissions.query({ name: "camera" });
      facts.permission = permission.state;
      permission.onchange = look;
    } catch (error) { /* not every browser tells it; the stream's own error then does */ }
    tell(facts);
  };
  look();
  if (media) { media.addEventListener("devicechange", look); }
  return () => { if (media) { media.removeEventListener("devicechange", look); } };
}
"""
_probe = st.components.v2.component("camera_probe", js=PROBE)


def browser_facts() -> dict[str, Any]:
    """`secure`, `supported`, `permission` and `cameras` of `CameraFacts`, as far as the browser has told them yet."""
    return dict(_probe(key="camera-probe", on_facts_change=lambda: None).facts or {})


def show_trouble(trouble: Trouble) -> None:
    st.warning(f"**{_(trouble.value)}** {_(ADVICE[trouble])}", icon=":material/stethoscope:")
