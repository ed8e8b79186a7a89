"""The part of the Predict page where a face is made harder to read, until the answer flips."""

import streamlit as st

from fer_core.charts import CONFIG, probability_bars
from fer_core.charts.sweep import sweep_lines
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.prediction import FacePrediction, Predictor
from fer_core.prediction.decode import decode
from fer_core.prediction.disturb import STEPS, Disturbance, disturbed, flips, sweep
from fer_core.prediction.framing import framing_of

KINDS: dict[str, tuple[str, str, str]] = {
    "darkness": ("Darkness", "Share of the light taken away", ".0%"),
    "blur": ("Blur", "Standard deviation in pixels of the 48x48 face", ".1f"),
    "resolution": ("Low resolution", "Pixels a side that are left of the face", "d"),
    "rotation": ("Rotation", "Degrees counter-clockwise", "d"),
    "margin": ("Crop margin", "Wider (+) or tighter (-) than faces stand in FER2013", "+.0%"),
    "occlusion": ("Occlusion", "Share covered from below, as by a mask or a hand", ".0%"),
}


@st.fragment
def show_lab(content: bytes, name: str, face: FacePrediction, predictor: Predictor, *, whole: bool) -> None:
    """Sliders, the disturbed face, its answer, and where along the chosen slider the answer becomes another."""
    image = decode(content, name)
    framing = None if whole else framing_of(predictor.detector.name)
    controls, result, course = st.columns([1.1, 0.9, 2], gap="medium")
    with controls:
        how = Disturbance(**{field: _slider(field) for field in KINDS})
        st.button("Undisturbed again", icon=":material/restart_alt:", on_click=_undisturb)
    crop = disturbed(image, face, framing, how)
    probabilities = predictor.ensemble.probabilities(crop[None])[0]
    emotion = EMOTIONS[probabilities.argmax()]
    with result:
        st.image(crop, width=160, caption="What the networks see now")
        changed = "" if emotion == face.emotion else f", no longer {face.emotion}"
        st.markdown(f"**{SYMBOLS[emotion]} {emotion.capitalize()} {probabilities.max():.0%}**{changed}")
        st.plotly_chart(probability_bars(probabilities, by_class=True), config=CONFIG, key="lab-bars")
    with course:
        field = st.segmented_control(
            "Along", list(KINDS), default="darkness", required=True, format_func=lambda f: KINDS[f][0], key="lab-along"
        )
        answers = sweep(predictor.ensemble, image, face, framing, field, how)
        found = flips(STEPS[field], answers, getattr(Disturbance(), field))
        _, help_text, number = KINDS[field]
        st.plotly_chart(
            sweep_lines(
                STEPS[field], answers, axis=help_text, current=getattr(how, field), flips=found, format_value=number
            ),
            config=CONFIG,
            key="lab-course",
        )
        st.caption(_told(field, found))


def _undisturb() -> None:
    for field in KINDS:
        st.session_state[f"lab-{field}"] = getattr(Disturbance(), field)


def _slider(field: str) -> float:
    label, help_text, _ = KINDS[field]
    steps = STEPS[field].tolist()
    st.session_state.setdefault(f"lab-{field}", getattr(Disturbance(), field))
    return st.select_slider(
        label,
        steps,
        format_func=lambda value: _value(field, value),
        help=help_text,
        key=f"lab-{field}",
    )


def _value(field: str, value: float) -> str:
    if field in ("darkness", "occlusion", "margin"):
        return f"{value:+.0%}" if field == "margin" else f"{value:.0%}"
    return {"blur": f"{value:.1f} px", "resolution": f"{value:.0f} px", "rotation": f"{value:.0f}°"}[field]


def _told(field: str, found: list[float]) -> str:
    if not found:
        return "The answer holds over the whole range."
    return f"The answer becomes another at {' and '.join(_value(field, value) for value in found)}."
