"""Try yourself: show each expression once, then see your confusion matrix beside the test set's."""

import time

import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix
from fer_core.emotions import SYMBOLS
from fer_core.evaluation.selftest import HINTS, Attempt, attempts_frame, order_of_expressions, own_confusion
from fer_core.prediction import ModelError
from pages.model_card import test_confusion
from pages.predict_model import load_predictor

STATE = "selftest"


def start() -> None:
    rounds = st.session_state.get("selftest-rounds", 1)
    st.session_state[STATE] = {"order": order_of_expressions(rounds, time.time_ns()), "attempts": [], "step": 0}


def show_start() -> None:
    st.markdown(
        "The page asks for each of the seven expressions in turn. Show it to the camera, or give a photo of it. "
        "At the end you see what the ensemble read, beside what it reads on the test set."
    )
    st.segmented_control("Rounds", [1, 2, 3], default=1, required=True, key="selftest-rounds")
    st.button("Start", type="primary", icon=":material/play_arrow:", on_click=start)
    st.caption(":material/lock: Pictures stay in this browser tab's session and are gone with it. Nothing is stored.")


def show_step(state: dict) -> None:
    step, order = state["step"], state["order"]
    asked = order[step]
    st.progress(step / len(order), text=f"{step + 1} of {len(order)}")
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        st.markdown(f"## {SYMBOLS[asked]} Look {asked}")
        st.markdown(HINTS[asked].capitalize() + ".")
        source = st.segmented_control("From", ["Webcam", "Photo"], default="Webcam", required=True, key="selftest-from")
        with st.container(horizontal=True):
            if st.button("Skip this one", icon=":material/skip_next:"):
                state["step"] += 1
                st.rerun()
            if st.button("To the result", icon=":material/done_all:", disabled=not state["attempts"]):
                state["step"] = len(order)
                st.rerun()
    with right:
        if source == "Webcam":
            shot = st.camera_input(f"Look {asked} and take the picture", key=f"selftest-camera-{step}")
        else:
            shot = st.file_uploader("A photo of it", ["jpg", "jpeg", "png", "webp"], key=f"selftest-file-{step}")
    if not shot:
        return
    found = load_predictor()(shot.getvalue(), name=shot.name)
    if not found.faces:
        right.warning(found.error or "No face was found. Come closer, face the light, and take it again.")
        return
    face = found.faces[0]
    state["attempts"].append(Attempt(asked, face.probabilities, face.crop))
    state["step"] += 1
    st.rerun()


def show_result(attempts: list[Attempt]) -> None:
    if not attempts:
        st.info("Nothing was shown, so there is nothing to tell.")
    else:
        right = sum(attempt.asked == attempt.read for attempt in attempts)
        st.markdown(f"## {right} of {len(attempts)} read as you meant them")
        own, tested = st.columns(2, gap="large")
        matrix = confusion_matrix(own_confusion(attempts), normalize=None, title="You: asked for (true) and read")
        own.plotly_chart(matrix, config=CONFIG, key="selftest-own")
        with tested:
            show_test_matrix()
        st.markdown("**What the networks saw**")
        with st.container(horizontal=True):
            for attempt in attempts:
                caption = f"{SYMBOLS[attempt.asked]} {attempt.asked} → {SYMBOLS[attempt.read]} {attempt.read}"
                st.image(attempt.crop, caption=caption, width=110)
    with st.container(horizontal=True):
        st.button("Again", type="primary", icon=":material/replay:", on_click=start)
        if attempts:
            st.download_button(
                "Table (CSV)",
                attempts_frame(attempts).to_csv(index=False),
                "selftest.csv",
                "text/csv",
                icon=":material/table:",
                help="Numbers only, no picture",
                on_click="ignore",
            )
    st.caption("Shown expressions are not felt ones, and one try is not a measurement: see how it changes with light.")


def show_test_matrix() -> None:
    try:
        matrix = test_confusion(load_predictor().ensemble.card.model_dump_json())
    except ValueError as error:
        st.warning(f"The test set's matrix can't be shown. {error}")
        return
    st.plotly_chart(
        confusion_matrix(matrix, title="The test set: shares of each true class"), config=CONFIG, key="selftest-test"
    )


st.title("Try yourself")
try:
    load_predictor()
except ModelError as error:
    st.error(f"The ensemble can't be loaded. {error}", icon=":material/error:")
    st.stop()
state = st.session_state.get(STATE)
if state is None:
    show_start()
elif state["step"] < len(state["order"]):
    show_step(state)
else:
    show_result(state["attempts"])
