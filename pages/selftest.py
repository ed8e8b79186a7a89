"""Try yourself: show each expression once, then see your confusion matrix beside the test set's."""

import time

import streamlit as st

from fer_core.charts import CONFIG, confusion_matrix
from fer_core.emotions import SYMBOLS
from fer_core.evaluation.selftest import HINTS, Attempt, attempts_frame, order_of_expressions, own_confusion
from fer_core.prediction import ModelError, Predictor
from fer_core.words import N_, _
from pages.model_card import test_confusion
from pages.predict_model import choose_model, load_predictor, show_model
from pages.predict_sources import PHOTO_MEGABYTES
from pages.selftest_live import show_live_turn
from pages.written import as_written

STATE = "selftest"


def start(rounds: int) -> None:
    order = order_of_expressions(rounds, time.time_ns())
    st.session_state[STATE] = {"rounds": rounds, "order": order, "attempts": [], "step": 0}


def start_over() -> None:
    st.session_state.pop(STATE, None)


def show_start() -> None:
    st.markdown(
        _(
            "The page asks for each of the seven expressions in turn. Show it to the camera, or give a photo of it. "
            "At the end you see what was read, beside what is read on the test set."
        )
    )
    rounds = st.segmented_control(
        _("Rounds"), [1, 2, 3], default=1, required=True, key="selftest-rounds", persist_state="session"
    )
    choose_model()
    st.button(_("Start"), type="primary", icon=":material/play_arrow:", on_click=start, args=(rounds,))
    st.caption(
        _(
            ":material/lock: Pictures are read on the machine that runs this page, kept only until this tab is closed, "
            "and neither stored nor sent on."
        )
    )


def show_step(state: dict, predictor: Predictor) -> None:
    step, order = state["step"], state["order"]
    asked = order[step]
    st.progress(step / len(order), text=_("{step} of {steps}").format(step=step + 1, steps=len(order)))
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        st.markdown(_("## {symbol} Look {emotion}").format(symbol=SYMBOLS[asked], emotion=_(asked)))
        st.markdown(_(HINTS[asked]))
        source = st.segmented_control(
            _("From"),
            [N_("Live"), N_("Webcam"), N_("Photo")],
            default="Live",
            required=True,
            format_func=_,
            key="selftest-from",
            help=_(
                "Live: the camera runs and each expression gets a few seconds. Otherwise you take or upload a picture "
                "of each."
            ),
        )
        with st.container(horizontal=True, gap="xsmall"):
            if st.button(_("Skip this one"), icon=":material/skip_next:"):
                state["step"] += 1
                st.rerun()
            if st.button(_("To the result"), icon=":material/done_all:", disabled=not state["attempts"]):
                state["step"] = len(order)
                st.rerun()
            show_start_over()
    if source == "Live":
        with right:
            show_live_turn(state, predictor)
        return
    with right:
        if source == "Webcam":
            shot = st.camera_input(_("Look into the camera and take the picture"), key=f"selftest-camera-{step}")
        else:
            types = ["jpg", "jpeg", "png", "webp"]
            shot = st.file_uploader(
                _("A photo of it"), types, max_upload_size=PHOTO_MEGABYTES, key=f"selftest-file-{step}"
            )
    if not shot:
        return
    found = predictor(shot.getvalue(), name=shot.name)
    if not found.faces:
        missed = _("No face was found. Come closer, face the light, and take it again.")
        right.warning(as_written(found.error) if found.error else missed)
        return
    face = found.faces[0]
    state["attempts"].append(Attempt(asked, face.probabilities, face.crop))
    state["step"] += 1
    st.rerun()


def show_start_over() -> None:
    st.button(
        _("Start over"),
        type="tertiary",
        icon=":material/restart_alt:",
        on_click=start_over,
        help=_("Back to the choice of rounds; what was read is gone"),
    )


def show_result(attempts: list[Attempt], rounds: int, predictor: Predictor) -> None:
    if not attempts:
        st.info(_("Nothing was shown, so there is nothing to tell."))
    else:
        right = sum(attempt.asked == attempt.read for attempt in attempts)
        st.markdown(_("## {right} of {all} read as you meant them").format(right=right, all=len(attempts)))
        own, tested = st.columns(2, gap="large")
        title = _("You: asked for (true) and read")
        matrix = confusion_matrix(own_confusion(attempts), normalize=None, title=title)
        read = ", ".join(f"{_(attempt.asked)} → {_(attempt.read)}" for attempt in attempts)
        own.plotly_chart(matrix, config=CONFIG, key="selftest-own", alt=f"{title}: {read}")
        with tested:
            show_test_matrix(predictor)
        st.markdown("**" + _("What the networks saw") + "**")
        with st.container(horizontal=True):
            for attempt in attempts:
                caption = f"{SYMBOLS[attempt.asked]} {_(attempt.asked)} → {SYMBOLS[attempt.read]} {_(attempt.read)}"
                st.image(attempt.crop, caption=caption, width=110, alt=caption)
    with st.container(horizontal=True):
        st.button(_("Again"), type="primary", icon=":material/replay:", on_click=start, args=(rounds,))
        show_start_over()
        if attempts:
            st.download_button(
                _("Table (CSV)"),
                attempts_frame(attempts).to_csv(index=False),
                "selftest.csv",
                "text/csv",
                icon=":material/table:",
                help=_("Numbers only, no picture"),
                on_click="ignore",
            )
    st.caption(
        _("Shown expressions are not felt ones, and one try is not a measurement: see how it changes with light.")
    )


def show_test_matrix(predictor: Predictor) -> None:
    try:
        matrix = test_confusion(predictor.ensemble.card.model_dump_json(), predictor.ensemble.folder)
    except ValueError as error:
        st.warning(_("The test set's matrix can't be shown.") + f" {as_written(str(error))}")
        return
    title = _("The test set: shares of each true class")
    st.plotly_chart(confusion_matrix(matrix, title=title), config=CONFIG, key="selftest-test", alt=title)


st.title(_("Try yourself"))
state = st.session_state.get(STATE)
try:
    predictor = (state or {}).get("predictor") or load_predictor()
except ModelError as error:
    st.error(_("The models can't be loaded.") + f" {as_written(str(error))}", icon=":material/error:")
    st.stop()
if state is None:
    show_start()
    st.stop()
state["predictor"] = predictor
show_model(predictor)
if state["step"] < len(state["order"]):
    show_step(state, predictor)
else:
    show_result(state["attempts"], state["rounds"], predictor)
