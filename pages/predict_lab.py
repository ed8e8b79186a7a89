"""The part of the Predict page where a face is made harder to read, until the answer flips."""

from dataclasses import replace

import numpy as np
import streamlit as st

from fer_core.charts import CONFIG, probability_bars
from fer_core.charts.sweep import sweep_lines
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.percent import percent
from fer_core.prediction import Ensemble, FacePrediction, Predictor
from fer_core.prediction.decode import decode
from fer_core.prediction.disturb import STEPS, Disturbance, disturbed, flips, sweep
from fer_core.prediction.framing import Framing
from fer_core.words import N_, _
from pages.predict_answer import in_words

KINDS: dict[str, tuple[str, str, str]] = {
    "darkness": (N_("Darkness"), N_("Share of the light taken away"), ".0%"),
    "blur": (N_("Blur"), N_("Standard deviation in pixels of the 48x48 face"), ".1f"),
    "resolution": (N_("Low resolution"), N_("Pixels a side that the face is reduced to"), "d"),
    "rotation": (N_("Rotation"), N_("Degrees counter-clockwise"), "d"),
    "margin": (N_("Crop margin"), N_("Wider (+) or tighter (-) than faces stand in FER2013"), "+.0%"),
    "occlusion": (N_("Occlusion"), N_("Share covered from below, as by a mask or a hand"), ".0%"),
}
HELP = {
    "darkness": N_(
        "Share of the light taken away. A face that gets too dark is brightened again, as in any dark picture, so "
        "that the networks see almost the same until hardly any light is left."
    )
}
"""Where more is to be said than what the axis is called."""


@st.cache_resource(max_entries=2, scope="session", show_spinner=False)
def _decoded(digest: str, _content: bytes, _name: str) -> np.ndarray:
    return decode(_content, _name)


@st.cache_data(max_entries=128, scope="session", show_spinner=False)
def _swept(
    card: str,
    digest: str,
    face: FacePrediction,
    framing: Framing | None,
    field: str,
    how: Disturbance,
    _image: np.ndarray,
    _ensemble: Ensemble,
) -> np.ndarray:
    """As `sweep`, for the picture of that digest and the ensemble of that card."""
    return sweep(_ensemble, _image, face, framing, field, how)


@st.fragment
def show_lab(
    content: bytes, name: str, digest: str, face: FacePrediction, predictor: Predictor, *, whole: bool
) -> None:
    """Sliders, the disturbed face, its answer, and where along the chosen slider the answer becomes another.

    Args:
        content, name, digest: of the picture's file.
        whole: the whole picture was taken as a face.
    """
    image = _decoded(digest, content, name)
    framing = None if whole else predictor.framing
    controls, result, course = st.columns([1.1, 0.9, 2], gap="medium")
    with controls:
        how = Disturbance(**{field: _slider(field) for field in KINDS})
        st.button(_("Reset"), icon=":material/restart_alt:", on_click=_undisturb)
    crop = disturbed(image, face.detection, face.crop, framing, how)
    probabilities = predictor.ensemble.probabilities(crop[None])[0]
    emotion = EMOTIONS[probabilities.argmax()]
    with result:
        seen = _("What the networks see now")
        st.image(crop, width=160, caption=seen, alt=seen)
        changed = "" if emotion == face.emotion else _(", no longer {emotion}").format(emotion=_(face.emotion))
        st.markdown(f"**{SYMBOLS[emotion]} {_(emotion).capitalize()} {percent(probabilities.max())}**{changed}")
        bars = probability_bars(probabilities, by_class=True)
        st.plotly_chart(bars, config=CONFIG, key="lab-bars", alt=in_words(probabilities))
    with course:
        field = st.pills(
            _("Horizontal axis"),
            list(KINDS),
            default="darkness",
            required=True,
            format_func=lambda field: _(KINDS[field][0]),
            key="lab-along",
            persist_state="session",
            wrap=True,
        )
        undisturbed = getattr(Disturbance(), field)
        others = replace(how, **{field: undisturbed})  # the sweep is the same wherever its own slider stands
        card = predictor.ensemble.card.digest()
        answers = _swept(card, digest, face, framing, field, others, image, predictor.ensemble)
        found = flips(STEPS[field], answers, undisturbed)
        axis, number = KINDS[field][1:]
        st.plotly_chart(
            sweep_lines(
                STEPS[field], answers, axis=_(axis), current=getattr(how, field), flips=found, format_value=number
            ),
            config=CONFIG,
            key="lab-course",
            alt=f"{_(axis)}: {_told(field, found)}",
        )
        st.caption(_told(field, found))


def _undisturb() -> None:
    for field in KINDS:
        st.session_state[f"lab-{field}"] = getattr(Disturbance(), field)


def _slider(field: str) -> float:
    label, axis = KINDS[field][:2]
    steps = STEPS[field].tolist()
    st.session_state.setdefault(f"lab-{field}", getattr(Disturbance(), field))
    return st.select_slider(
        _(label),
        steps,
        format_func=lambda value: _value(field, value),
        help=_(HELP.get(field, axis)),
        key=f"lab-{field}",
        persist_state="session",
    )


def _value(field: str, value: float) -> str:
    if field in ("darkness", "occlusion", "margin"):
        return f"{value:+.0%}" if field == "margin" else f"{value:.0%}"
    return {"blur": f"{value:.1f} px", "resolution": f"{value:.0f} px", "rotation": f"{value:.0f}°"}[field]


def _told(field: str, found: list[float]) -> str:
    if not found:
        return _("The answer holds over the whole range.")
    places = _(" and ").join(_value(field, value) for value in found)
    return _("The answer changes first at {places}.").format(places=places)
