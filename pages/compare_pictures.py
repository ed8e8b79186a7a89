"""The photographs behind a number, where the data set that it was measured on is on this machine."""

import streamlit as st

from fer_core.comparison.confusions import CellImages
from fer_core.comparison.models import Model
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.datasets.store import DRAWN, default_source
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.words import _
from pages.dataset_source import load, stamp
from pages.tables import share_column, shares_written
from pages.written import about_votes

SHOWN = 24
WIDTH = 120
JOINER = "\N{WORD JOINER}"


def _pictures_of(images: CellImages, model: Model) -> FaceDataset | str:
    """The data set that these images are of, else why they can't be shown."""
    fingerprint, source = model.record.data_fingerprint, default_source()
    if model.record.synthetic and load(DRAWN, stamp(DRAWN)).fingerprint == fingerprint:
        source = DRAWN
    if source is None:
        return _("The data set is not on this machine, so the images are named instead of shown.")
    try:
        found = load(source, stamp(source))
    except (DatasetError, OSError) as error:
        return _("The pictures can't be shown. {error}").format(error=error)
    corrected = model.record.corrections and all(found.holds(each.ids, each.labels) for each in model.splits.values())
    if found.fingerprint != fingerprint and not corrected:
        return _("The data set on this machine is another ({found}, measured on {expected}).").format(
            found=found.fingerprint, expected=fingerprint
        )
    if not any(name in found.positions for name in images.ids.tolist()):
        return _(
            "The data set on this machine names its images otherwise ({found}, measured on {expected}), so they are "
            "named instead of shown."
        ).format(found=found.names[0], expected=images.ids[0])
    return found


def show_images(images: CellImages, model: Model) -> None:
    """Pictures with every member's vote, the most confident answer first; names where there are no pictures."""
    dataset = _pictures_of(images, model)
    if isinstance(dataset, str):
        st.caption(f":material/hide_image: {dataset}")
        show_table(images, model)
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
        show_table(images, model)


def show_table(images: CellImages, model: Model) -> None:
    """Names of the images, the confidence of the answer, and what each member says."""
    st.dataframe(
        shares_written(images.frame(), ["confidence"]),
        hide_index=True,
        column_config={"image": _("Image"), "confidence": share_column(_("Confidence"))},
    )
    if len(images.members) > 1 and (about := about_votes(model)):
        st.caption(about)
