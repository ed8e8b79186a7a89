"""Predict: a photo, a webcam snapshot or a sample picture in, the emotion of each face out."""

import hashlib

import streamlit as st

from fer_core.charts import CONFIG, probability_bars
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.prediction import FacePrediction, ModelError, PicturePrediction, Predictor, annotate, as_frame
from fer_core.prediction.decode import decode
from fer_core.prediction.drawing import encode
from fer_core.prediction.samples import SAMPLES
from fer_core.words import N_, _
from pages.language import language
from pages.model_card import show_model_card
from pages.predict_lab import show_lab
from pages.predict_model import load_predictor
from pages.predict_why import show_why

FILE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"]
SOURCES = {
    "sample": N_(":material/image: Sample"),
    "photo": N_(":material/upload: Photo"),
    "webcam": N_(":material/photo_camera: Webcam"),
}
SHOWN_PIXELS = 1400

Picture = tuple[str, bytes]  # name and file content


@st.cache_data(max_entries=64, show_spinner="Looking for faces …")
def predict(content: bytes, name: str, *, whole: bool) -> PicturePrediction:
    return load_predictor()(content, name=name, whole=whole)


@st.cache_data(max_entries=16, show_spinner=False)
def annotated(
    content: bytes, name: str, *, whole: bool, suffix: str, max_side: int | None = None, language: str
) -> bytes:
    """An encoded picture with its boxes; labelled in `language`, which is that of the session."""
    return encode(annotate(decode(content, name), predict(content, name, whole=whole)), suffix, max_side)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def is_whole(content: bytes) -> bool:
    """Whether the person asked to read this picture as one face."""
    return digest(content) in st.session_state.setdefault("wholes", set())


def choose_pictures() -> list[Picture]:
    source = st.segmented_control(
        _("Picture from"),
        list(SOURCES),
        default="sample",
        required=True,
        format_func=lambda source: _(SOURCES[source]),
        key="source",
        width="stretch",
    )
    if source == "photo":
        help_text = _("One or many, up to 50 MB each")
        files = st.file_uploader(_("Photos"), FILE_TYPES, accept_multiple_files=True, help=help_text)
        return [(file.name, file.getvalue()) for file in files]
    if source == "webcam":
        shot = st.camera_input(_("Look into the camera and take the picture"))
        return [("webcam.jpg", shot.getvalue())] if shot else []
    number = st.radio(
        _("Sample"), range(len(SAMPLES)), format_func=lambda number: _(SAMPLES[number].title), key="sample"
    )
    sample = SAMPLES[number]
    st.caption(_(sample.credit))
    return [(sample.title, sample.read())]


def choose_face(picture: Picture, found: PicturePrediction) -> FacePrediction | None:
    """Show the picture with its boxes; give the face that is asked about, none where there is none."""
    name, content = picture
    if found.error:
        st.error(found.error, icon=":material/broken_image:")
        return None
    shown = annotated(content, name, whole=is_whole(content), suffix=".jpg", max_side=SHOWN_PIXELS, language=language())
    st.image(shown, width="stretch", alt=_("{name} with a box around each face").format(name=name))
    if not found.faces:
        st.warning(_("No face was found in this picture."), icon=":material/search_off:")
        if st.button(_("Read the whole picture as one face"), type="primary", icon=":material/crop_free:"):
            st.session_state["wholes"].add(digest(content))
            st.rerun()
        return None
    if len(found.faces) == 1:
        return found.faces[0]
    number = st.pills(
        _("Face"),
        range(len(found.faces)),
        default=0,
        required=True,
        format_func=lambda number: f"{number + 1} {SYMBOLS[found.faces[number].emotion]}",
        help=_("The largest face first"),
        key=f"face-{digest(content)}",
    )
    return found.faces[number]


def show_answer(face: FacePrediction, predictor: Predictor) -> None:
    """What one face shows: the answer first, what supports it below."""
    first, second = face.top2
    st.markdown(f"## {SYMBOLS[first]} {_(first).capitalize()} {face.confidence:.0%}")
    share = face.probabilities[EMOTIONS.index(second)]
    st.markdown(_("then {symbol} {second} {share:.0%}").format(symbol=SYMBOLS[second], second=_(second), share=share))
    if not face.certain:
        threshold = predictor.ensemble.card.not_sure_below
        st.badge(
            _("Not sure: under {threshold:.0%}").format(threshold=threshold), icon=":material/help:", color="orange"
        )
    st.plotly_chart(probability_bars(face.probabilities), config=CONFIG, key="bars")
    title = _("Why: votes and where they looked")
    why = st.expander(title, icon=":material/how_to_vote:", key="why", bind="query-params")
    if why.open:
        with why:
            show_why(face, predictor)


def show_downloads(picture: Picture, everything: list[PicturePrediction]) -> None:
    name, content = picture
    with st.container(horizontal=True):
        st.download_button(
            _("Table (CSV)"),
            as_frame(everything).to_csv(index=False),
            "emotions.csv",
            "text/csv",
            icon=":material/table:",
            help=_("A row for each face in all pictures"),
            on_click="ignore",
        )
        st.download_button(
            _("Picture (PNG)"),
            lambda: annotated(content, name, whole=is_whole(content), suffix=".png", language=language()),
            "emotions.png",
            "image/png",
            icon=":material/download:",
            help=_("This picture with its boxes, at full size"),
            on_click="ignore",
        )


def summary(found: PicturePrediction) -> str:
    if found.error:
        return _("{path}: not read").format(path=found.path)
    emotions = ", ".join(_(face.emotion) for face in found.faces)
    return f"{found.path}: {emotions}" if emotions else _("{path}: no face").format(path=found.path)


st.title(_("What does this face show?"))
try:
    predictor = load_predictor()
except ModelError as error:
    st.error(_("The ensemble can't be loaded.") + f" {error}", icon=":material/error:")
    st.stop()
left, middle, right = st.columns([1.3, 1.7, 1.6], gap="medium")
with left:
    pictures = choose_pictures()
    st.caption(_(":material/lock: Pictures are read on the machine that runs this page. None is stored or sent on."))
if pictures:
    everything = [predict(content, name, whole=is_whole(content)) for name, content in pictures]
    with middle:
        place = 0
        if len(pictures) > 1:
            place = st.selectbox(_("Picture"), range(len(pictures)), format_func=lambda i: summary(everything[i]))
        face = choose_face(pictures[place], everything[place])
    with right:
        if face:
            show_answer(face, predictor)
            show_downloads(pictures[place], everything)
    if face:
        lab = st.expander(_("How much can the answer bear?"), icon=":material/science:", key="lab", bind="query-params")
        if lab.open:
            with lab:
                name, content = pictures[place]
                show_lab(content, name, face, predictor, whole=is_whole(content))
else:
    middle.info(_("Give one or many photos, or take a snapshot."), icon=":material/arrow_back:")
card = st.expander(_("What this can and cannot tell"), icon=":material/fact_check:", key="card", bind="query-params")
if card.open:
    with card:
        show_model_card(predictor.ensemble.card)
