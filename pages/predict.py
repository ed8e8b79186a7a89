"""Predict: pictures, the live webcam or a video in, the emotion of each face out."""

import hashlib

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.charts import CONFIG, probability_bars
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.prediction import FacePrediction, ModelError, PicturePrediction, Predictor, annotate, as_frame
from fer_core.prediction.decode import decode
from fer_core.prediction.drawing import encode
from fer_core.words import _
from pages.language import language
from pages.model_card import show_model_card
from pages.predict_answer import in_words, show_headline
from pages.predict_lab import show_lab
from pages.predict_model import choose_model, load_predictor
from pages.predict_sources import PICTURES, Picture, choose_pictures, choose_source, show_privacy
from pages.predict_why import show_why
from pages.written import as_written

SHOWN_PIXELS = 1400
MOST_ANSWERS = 2000
"""Kept, a few kB each: each run of the page goes through all pictures that were given."""


def predict(picture: Picture, *, whole: bool) -> PicturePrediction:
    """The answer of the ensemble in use."""
    name, content = picture
    card = load_predictor().ensemble.card.digest()
    return _predict(content, name, whole=whole, language=language(), card=card)


@st.cache_data(max_entries=MOST_ANSWERS, scope="session", show_spinner=False)
def _predict(content: bytes, name: str, *, whole: bool, language: str, card: str) -> PicturePrediction:
    """Where there is no answer, its error is in `language`, which is that of the session; so is `card`."""
    with st.spinner(_("Looking for faces …")):
        return load_predictor()(content, name=name, whole=whole)


def shown(picture: Picture, chosen: int | None) -> bytes:
    """A JPEG of the picture with its boxes, that of the chosen face thicker."""
    name, content = picture
    card = load_predictor().ensemble.card.digest()
    return _shown(content, name, chosen, whole=is_whole(content), language=language(), card=card)


@st.cache_data(max_entries=16, scope="session", show_spinner=False)
def _shown(content: bytes, name: str, chosen: int | None, *, whole: bool, language: str, card: str) -> bytes:
    """Labelled in `language`, which is that of the session; so is `card`."""
    found = _predict(content, name, whole=whole, language=language, card=card)
    return encode(annotate(decode(content, name), found, chosen=chosen), ".jpg", SHOWN_PIXELS)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def is_whole(content: bytes) -> bool:
    """Whether the person asked to read this picture as one face."""
    return digest(content) in st.session_state.setdefault("wholes", set())


def read_whole(content: bytes) -> None:
    st.session_state["wholes"].add(digest(content))


def choose_face(picture: Picture, found: PicturePrediction) -> FacePrediction | None:
    """Show the picture with its boxes; give the face that is asked about, none where there is none."""
    name, content = picture
    if found.error:
        st.error(as_written(found.error), icon=":material/broken_image:")
        return None
    above = st.container()  # the picture, which shows what is chosen below it
    number = choose_number(content, found) if len(found.faces) > 1 else None
    above.image(
        shown(picture, number),
        width="stretch",
        alt=_("{name} with a box around each face").format(name=name),
    )
    if not found.faces:
        st.warning(_("No face was found in this picture."), icon=":material/search_off:")
        st.button(
            _("Read the whole picture as one face"),
            type="primary",
            icon=":material/crop_free:",
            on_click=read_whole,
            args=(content,),
        )
        return None
    return found.faces[number or 0]


def choose_number(content: bytes, found: PicturePrediction) -> int:
    """Index of the face that is asked about, of several."""
    return st.pills(
        _("Face"),
        range(len(found.faces)),
        default=0,
        required=True,
        format_func=lambda number: f"{number + 1} {SYMBOLS[found.faces[number].emotion]}",
        help=_("The largest face first"),
        key=f"face-{digest(content)}",
    )


def show_answer(face: FacePrediction, predictor: Predictor) -> None:
    """What one face shows: the answer first, what supports it below."""
    show_headline(face, predictor)
    bars = probability_bars(face.probabilities)
    st.plotly_chart(bars, config=CONFIG, key="bars", alt=in_words(face.probabilities))
    title = _("Why: votes and where they looked")
    why = st.expander(title, icon=":material/how_to_vote:", key="why", bind="query-params")
    if why.open:
        with why:
            show_why(face, predictor)


def show_downloads(picture: Picture, found: PicturePrediction, everything: list[PicturePrediction]) -> None:
    """Files are made at the click, where nothing of the session is known: neither its language nor its ensemble."""
    if not any(answer.faces for answer in everything):
        return
    name, content = picture
    words = [_(emotion) for emotion in EMOTIONS]
    with st.container(horizontal=True):
        st.download_button(
            _("Table (CSV)"),
            lambda: as_frame(everything).to_csv(index=False),
            "emotions.csv",
            "text/csv",
            icon=":material/table:",
            help=_("A row for each face in all pictures"),
            on_click="ignore",
        )
        if found.faces:
            st.download_button(
                _("Picture (PNG)"),
                lambda: encode(annotate(decode(content, name), found, words)),
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


def answer_all(pictures: list[Picture], place: DeltaGenerator) -> list[PicturePrediction]:
    """The answer of each picture; `place` shows how many of several new ones are answered."""
    asked = load_predictor().ensemble.card.digest(), [(name, len(content)) for name, content in pictures]
    new = len(pictures) > 1 and st.session_state.get("answered") != asked
    everything = []
    for picture in pictures:
        if new:
            done = len(everything)
            text = _("{done} of {all} pictures answered").format(done=done, all=len(pictures))
            place.progress(done / len(pictures), text=text)
        everything.append(predict(picture, whole=is_whole(picture[1])))
    place.empty()
    st.session_state["answered"] = asked
    return everything


def choose_place(pictures: list[Picture], everything: list[PicturePrediction]) -> int:
    """Which picture is looked at."""
    digests = [digest(content) for _name, content in pictures]
    # Which of its copies it is, too: a picture may be given twice, and others may be taken away.
    places = {f"{own}-{digests[:place].count(own)}": place for place, own in enumerate(digests)}
    if len(places) == 1:
        return 0
    # Set in each run: an option is known by its label, which another answer changes.
    known = st.session_state.get("picture")
    st.session_state["picture"] = known if known in places else next(iter(places))
    chosen = st.selectbox(
        _("Picture"),
        list(places),
        format_func=lambda picture: f"{places[picture] + 1} · {summary(everything[places[picture]])}",
        key="picture",
    )
    return places[chosen]


def show_pictures(source: str, predictor: Predictor) -> None:
    """Input at the left, the picture in the middle, the chosen face's answer at the right; the lab below."""
    left, middle, right = st.columns([1.3, 1.7, 1.6], gap="medium")
    with left:
        pictures = choose_pictures(source)
        show_privacy()
    if not pictures:
        wanted = _("Take a picture with the webcam.") if source == "webcam" else _("Upload one or more photos.")
        middle.info(wanted, icon=":material/add_photo_alternate:")
        return
    everything = answer_all(pictures, middle.empty())
    with middle:
        place = choose_place(pictures, everything)
        face = choose_face(pictures[place], everything[place])
    with right:
        if face:
            show_answer(face, predictor)
        show_downloads(pictures[place], everything[place], everything)
    if not face:
        return
    lab = st.expander(_("How robust is the answer?"), icon=":material/science:", key="lab", bind="query-params")
    if lab.open:
        with lab:
            name, content = pictures[place]
            show_lab(content, name, digest(content), face, predictor, whole=is_whole(content))


st.title(_("What does this face show?"))
with st.container(horizontal=True):
    source = choose_source()
    choose_model()
try:
    predictor = load_predictor()
except ModelError as error:
    st.error(_("The models can't be loaded.") + f" {as_written(str(error))}", icon=":material/error:")
    st.stop()
taken = source
if source == "live":  # each imported where it is shown: a quarter of what the first page would wait for
    from pages.predict_live import show_live

    taken = show_live(predictor)
elif source == "video":
    from pages.predict_video import show_video

    show_video()
if taken in PICTURES:
    show_pictures(taken, predictor)
elif source == "live":
    show_privacy()
card = st.expander(_("What this can and cannot tell"), icon=":material/fact_check:", key="card", bind="query-params")
if card.open:
    with card:
        show_model_card(predictor.ensemble.card, predictor.ensemble.folder)
