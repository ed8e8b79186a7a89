"""Dataset, Samples: the pictures themselves, page by page, and what they have in common."""

import numpy as np
import streamlit as st

from fer_core.charts import CONFIG
from fer_core.charts.dataset import histogram_lines, vote_bars
from fer_core.datasets import summary
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.datasets.ferplus import VOTES, read_votes, table_beside
from fer_core.datasets.store import DRAWN
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.words import N_, _
from pages.address import choose_one
from pages.dataset_found import audit_of, show_alike
from pages.dataset_source import Source, stamp
from pages.picture_grid import picture_grid
from pages.written import as_code, as_written

PER_PAGE = 36
VOTE_WORDS = {
    "happiness": N_("happy"),
    "surprise": N_("surprised"),
    "sadness": N_("sad"),
    "anger": N_("angry"),
    "disgust": N_("disgusted"),
    "fear": N_("fearful"),
    "contempt": N_("contempt"),
    "unknown": N_("unknown"),
    "nf": N_("no face"),
}
"""What FER+ calls its votes, in the words of the classes."""


@st.cache_data(max_entries=8, show_spinner=False)
def looks_of(key: str, _dataset: FaceDataset) -> tuple[np.ndarray, np.ndarray]:
    """Mean faces and pixel histograms."""
    with st.spinner(_("Computing mean faces …")):
        return summary.mean_faces(_dataset), summary.pixel_histograms(_dataset)


@st.cache_resource(max_entries=4, show_spinner=False)
def votes_of(data: str, path: str, changed: tuple[int, int], _dataset: FaceDataset) -> np.ndarray | str:
    """(n, 10) votes in the order of the images of `data`, or why they can't be read; `changed` is when both were."""
    with st.spinner(_("Reading FER+ votes …")):
        try:
            return read_votes(path, _dataset)
        except DatasetError as error:
            return str(error)


def votes_beside(source: Source) -> np.ndarray | None:
    """FER+ votes out of the table beside the data set; says why where there is one that has none of these images."""
    if source.dataset is None or source.dataset.synthetic or not (table := table_beside(source.path)):
        return None
    votes = votes_of(source.path, str(table), (stamp(source.path), stamp(str(table))), source.dataset)
    if isinstance(votes, str):
        st.caption(f":material/info: {as_written(votes)}")
        return None
    return votes


def choose_page(indices: np.ndarray, key: str) -> int:
    """Which page of so many pictures is shown; no control where there is one page only."""
    pages = -(-len(indices) // PER_PAGE)
    if pages <= 1:
        return 1
    label = _("Page of {pages:,}").format(pages=pages)
    return int(st.number_input(label, 1, pages, 1, key=f"{key}_page", width=160))


def show_sheet(dataset: FaceDataset, indices: np.ndarray, page: int, key: str) -> int | None:
    """A page of pictures; the index of the one that was clicked."""
    shown = indices[(page - 1) * PER_PAGE : page * PER_PAGE]
    if not len(shown):
        st.info(_("There are no such pictures."))
        return None
    texts = [f"{dataset.names[i]}, {_(EMOTIONS[dataset.labels[i]])}, {dataset.usage[i]}" for i in shown]
    return picture_grid(dataset.images[shown], shown.tolist(), texts, f"{key}_sheet")


def show_picture(dataset: FaceDataset, index: int) -> None:
    """One picture, large, and what it is."""
    emotion = EMOTIONS[dataset.labels[index]]
    st.image(dataset.images[index], width=240, alt=str(dataset.names[index]))
    st.markdown(f"**{SYMBOLS[emotion]} {_(emotion)}** · {dataset.usage[index]}  \n{as_code(str(dataset.names[index]))}")


def show_facts(source: Source, index: int) -> None:
    """What else is known of a picture: its copies and the votes about it."""
    dataset = source.dataset
    same = np.setdiff1d(np.flatnonzero(dataset.image_hashes == dataset.image_hashes[index]), [index])
    if len(same):
        st.markdown(_("**The same picture, byte for byte:**"))
        for other in same:
            st.markdown(
                f"- {as_code(str(dataset.names[other]))} · {_(EMOTIONS[dataset.labels[other]])} · "
                f"{dataset.usage[other]}"
            )
    else:
        st.caption(_("No byte-identical copy in this data set."))
    votes = votes_beside(source)
    if votes is not None and votes[index].any():
        st.markdown(_("**FER+: what ten people voted**"))
        words = [_(VOTE_WORDS.get(vote, vote)) for vote in VOTES]
        told = ", ".join(f"{word} {number}" for word, number in zip(words, votes[index], strict=True) if number)
        st.plotly_chart(vote_bars(votes[index], words), config=CONFIG, key=f"data_votes_{index}", alt=told)


def show_samples(source: Source) -> None:
    dataset = source.dataset
    counts = summary.class_counts(dataset.labels)
    emotion = choose_one(
        st.pills,
        _("Class"),
        list(EMOTIONS),
        required=True,
        format_func=lambda name: f"{SYMBOLS[name]} {_(name)} {counts[EMOTIONS.index(name)]:,}",
        key="data_class",
    )
    show_class(source, emotion)
    faces, histograms = looks_of(source.key, dataset)
    heading = _("Mean faces and gray values")
    st.subheader(heading)
    with st.container(horizontal=True):
        for name, face in zip(EMOTIONS, faces, strict=True):
            caption = f"{SYMBOLS[name]} {_(name)}"
            st.image(face, caption=caption, width=104, alt=caption)
    st.plotly_chart(histogram_lines(histograms), config=CONFIG, key="data_histograms", alt=heading)


@st.fragment
def show_class(source: Source, emotion: str) -> None:
    """The pictures of a class; another page or picture leaves the charts below as they are."""
    dataset = source.dataset
    left, right = st.columns([2.4, 1], gap="large")
    with left:
        of_class = np.flatnonzero(dataset.labels == EMOTIONS.index(emotion))
        with st.container(horizontal=True):
            order_seed = st.number_input(
                _("Order (seed)"), 0, 9999, 0, key="data_order", width=160, persist_state="session"
            )
            seed = int(order_seed)
            page = choose_page(of_class, f"data_{emotion}_{seed}")
        order = np.random.default_rng(seed).permutation(of_class)
        chosen = show_sheet(dataset, order, page, f"data_{emotion}_{seed}")
        st.caption(_("Click a picture to see it large, with its copies."))
    with right:
        if chosen is not None:
            show_picture(dataset, chosen)
            if source.path != DRAWN:  # its audit takes seconds and is left to its own view
                show_alike(dataset, (audit_of(source) or {}).get("found", {}), chosen)
            show_facts(source, chosen)
