"""Dataset, Audit: what is wrong with the data, measured; each finding opens its pictures."""

import numpy as np
import streamlit as st

from fer_core.datasets.audit import recorded_audit
from fer_core.datasets.ferplus import table_beside
from fer_core.datasets.store import DRAWN
from fer_core.words import N_, _
from pages.address import choose_one
from pages.commands import shown_command
from pages.dataset_found import audit_of, flat, indices_of, result_file, show_alike, show_suggestion
from pages.dataset_jobs import refused, show_job, start
from pages.dataset_samples import choose_page, show_facts, show_picture, show_sheet, votes_beside
from pages.dataset_source import Source

KIND = "audit"
CARDS = 4
"""Findings in a row, at most."""
FINDINGS: dict[str, tuple[str, str, str]] = {
    "duplicates": (N_("Byte-identical images"), "duplicate_images", N_("in {duplicate_groups:,} groups")),
    "test_images_in_train": (
        N_("Test images also used in training"),
        "test_images_in_train",
        N_("of {test_images:,} test images; {private_test_images_in_train:,} of PrivateTest"),
    ),
    "conflicting": (
        N_("The same picture, different labels"),
        "conflicting_images",
        N_("in {conflicting_groups:,} groups"),
    ),
    "near_duplicates": (N_("Near-duplicates"), "near_duplicate_images", N_("in {near_duplicate_groups:,} groups")),
    "near_duplicate_test_images_in_train": (
        N_("Test images like a training image"),
        "near_duplicate_test_images_in_train",
        N_("beyond the identical ones"),
    ),
    "blank": (N_("Blank images"), "blank_images", N_("one gray value")),
    "near_blank": (N_("Near-blank images"), "near_blank_images", N_("mostly one gray value: signs, text, drawings")),
    "without_face": (
        N_("No detectable face"),
        "images_without_face",
        N_("drawings, hands, backs of heads, and faces that {settings[face_detector]} misses"),
    ),
    "suspected_labels": (
        N_("Suspected labels"),
        "suspected_labels",
        N_(
            "among {images_with_probabilities:,} images ({training_images_with_probabilities:,} of them training "
            "images), each judged by networks that were not trained on it"
        ),
    ),
    "ferplus_disagreeing": (
        N_("Labels that FER+ votes contradict"),
        "ferplus_disagreeing",
        N_("{ferplus_agreement:.1%} of the labels have the most FER+ votes, ties counted as agreement"),
    ),
}
"""Findings in the audit's JSON: title, which number counts them, what stands behind it."""


def run_audit(source: Source, *, again: bool = False) -> None:
    """The button that starts the audit, its command line, and how far it is."""
    path = result_file(source.key)
    job = show_job(KIND, str(path))
    if (job and not job.state.ended) or refused():
        return
    votes = [] if votes_beside(source) is None else ["--ferplus", str(table_beside(source.path))]
    words = ["data", "audit", source.path, "--to", str(path), *votes]
    label = _("Run the audit again") if again else _("Run the audit")
    if st.button(label, type="secondary" if again else "primary", icon=":material/search_check:"):
        start(KIND, _("Audit"), *words, result=str(path))
    st.caption(_("About a minute: duplicates, near-duplicates, leaks, blank images, faces, labels."))
    st.code(shown_command(words), language="sh", wrap_lines=True)


def show_audit(source: Source) -> None:
    found = audit_of(source)
    if found is None:
        run_audit(source)
        if source.key != recorded_audit()["fingerprint"]:
            return
        found = recorded_audit()
    known = [name for name, (_title, number, _text) in FINDINGS.items() if found.get(number) is not None]
    for row in np.array_split(known, -(-len(known) // CARDS)):
        for column, name in zip(st.columns(len(row)), row, strict=True):
            title, number, text = FINDINGS[name]
            with column.container(border=True, height="stretch"):
                st.metric(_(title), f"{found[number]:,}")
                st.caption(_(text).format(**found))
    if "found" not in found:
        st.caption(
            _(
                "Recorded numbers of FER2013 ({fingerprint}), computed by `python -m fer_core data audit`; an audit of "
                "your own copy also opens the pictures."
            ).format(**found)
        )
        return
    if found["suspected_labels"] is None:
        st.caption(
            _(
                "Labels are not judged: no recorded network learned from this very data set, or none has answers for "
                "images of each class."
            )
        )
    with st.expander(_("How this was measured"), icon=":material/straighten:"):
        st.json(found["settings"], expanded=True)
        if source.path != DRAWN:
            run_audit(source, again=True)
    show_finding(source, found["found"], [name for name in known if found["found"].get(name)])


@st.fragment
def show_finding(source: Source, found: dict, names: list[str]) -> None:
    """The pictures of one finding."""
    if not names:
        st.success(_("Nothing was found."))
        return
    name = choose_one(
        st.selectbox, _("Pictures of"), names, format_func=lambda name: _(FINDINGS[name][0]), key="data_finding"
    )
    indices = indices_of(source.dataset, flat(found[name]))
    left, right = st.columns([2.4, 1], gap="large")
    with left:
        page = choose_page(indices, f"data_audit_{name}")
        chosen = show_sheet(source.dataset, indices, page, f"data_audit_{name}")
    with right:
        if chosen is not None:
            show_picture(source.dataset, chosen)
            show_suggestion(found, str(source.dataset.names[chosen]))
            show_alike(source.dataset, found, chosen)
            show_facts(source, chosen)
