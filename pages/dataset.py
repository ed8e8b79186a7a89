"""Dataset: how many pictures, what they look like, how they are augmented, and what is wrong with them."""

import streamlit as st

from fer_core.words import N_, _
from pages.address import choose_one
from pages.dataset_audit import show_audit
from pages.dataset_augmentation import show_augmentation
from pages.dataset_distribution import show_distribution
from pages.dataset_review import show_review
from pages.dataset_samples import show_samples
from pages.dataset_source import Source, choose_source

TABS = {
    "distribution": N_("Distribution"),
    "samples": N_("Samples"),
    "augmentation": N_("Augmentation"),
    "audit": N_("Audit"),
    "review": N_("Review"),
}
NEEDS_PICTURES = ("samples", "augmentation", "review")


@st.fragment
def show_view(source: Source) -> None:
    """The view that is open; a choice in it leaves the rest of the page as it is."""
    tab = choose_one(
        st.segmented_control,
        _("View"),
        list(TABS),
        key="data_tab",
        required=True,
        format_func=lambda name: _(TABS[name]),
        label_visibility="collapsed",
    )
    if source.dataset is None and tab in NEEDS_PICTURES:
        st.info(_("This needs pictures: get FER2013, or choose the drawn sample set."), icon=":material/image:")
    elif tab == "distribution":
        show_distribution(source)
    elif tab == "samples":
        show_samples(source)
    elif tab == "augmentation":
        show_augmentation(source)
    elif tab == "audit":
        show_audit(source)
    else:
        show_review(source)


st.title(_("What is in the data?"))
show_view(choose_source())
