"""The photographs behind a number, where the data set that it was measured on is on this machine."""

from pathlib import Path

import streamlit as st

from fer_core.comparison.confusions import CellImages
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.report import DatasetError
from fer_core.datasets.store import default_source, open_dataset
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.words import _
from pages.compare_data import share_column, shares_written

SHOWN = 24
WIDTH = 120
JOINER = "\N{WORD JOINER}"


@st.cache_resource(max_entries=1, show_spinner=False)
def _opened(source: str, changed: float) -> FaceDataset:
    """The data set; `changed` is the file's time."""
    with st.spinner(_("Opening the data set …")):
        return open_dataset(source)


def _pictures_of(fingerprint: str) -> FaceDataset | str:
    """The data set with this fingerprint, else why its pictures can't be shown."""
    source = default_source()
    if source is None:
        return _("The data set is not on this machine, so the images are named instead of shown.")
    try:
        found = _opened(source, Path(source).stat().st_mtime if Path(source).exists() else 0.0)
    except (DatasetError, OSError) as error:
        return _("The pictures can't be shown. {error}").format(error=error)
    if found.fingerprint != fingerprint:
        return _("The data set on this machine is another ({found}, measured on {expected}).").format(
            found=found.fingerprint, expected=fingerprint
        )
    return found


def show_images(images: CellImages, fingerprint: str) -> None:
    """Pictures with every member's vote, the most confident answer first; names where there are no pictures."""
    dataset = _pictures_of(fingerprint)
    if isinstance(dataset, str):
        st.caption(f":material/hide_image: {dataset}")
        show_table(images)
        return
    with st.container(horizontal=True):
        for number in range(min(SHOWN, len(images.ids))):
            place = dataset.positions.get(str(images.ids[number]))
            if place is None:
                continue
            votes = " ".join(
                f"{SYMBOLS[EMOTIONS[vote]]}{JOINER}{share:.0%}"
                for vote, share in zip(images.votes[number], images.vote_confidence[number], strict=True)
            )
            sentence = f"{images.ids[number]}, {', '.join(images.sentences(number))}"
            with st.container(width=WIDTH):
                st.image(dataset.images[place], caption=votes, width=WIDTH, alt=sentence)
    if len(images.ids) > SHOWN:
        st.caption(
            _("The {shown} most confident of {number:,}; the table has all.").format(
                shown=SHOWN, number=len(images.ids)
            )
        )
    with st.expander(_("As a table"), icon=":material/table:"):
        show_table(images)


def show_table(images: CellImages) -> None:
    """Names of the images, the confidence of the answer, and what each member says."""
    st.dataframe(
        shares_written(images.frame(), ["confidence"]),
        hide_index=True,
        column_config={"image": _("Image"), "confidence": share_column(_("Confidence"))},
    )
