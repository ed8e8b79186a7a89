"""Dataset, Review: suspects one after the other: keep, relabel, exclude, undo; saved at once."""

import streamlit as st

from fer_core.access import read_only
from fer_core.datasets.corrections import (
    CORRECTIONS,
    Correction,
    CorrectionsError,
    decide,
    read_corrections,
    undo,
)
from fer_core.datasets.store import default_source
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.words import N_, _
from pages.commands import shown_command
from pages.dataset_audit import FINDINGS, run_audit
from pages.dataset_found import audit_of, flat, indices_of, show_suggestion
from pages.dataset_jobs import refused
from pages.dataset_samples import show_facts, show_picture
from pages.dataset_source import Source

QUEUES = ("suspected_labels", "conflicting", "without_face", "blank", "near_blank", "ferplus_disagreeing")
ERROR, SKIPPED = "data-review-error", "data-review-skipped"
DECISIONS = {"keep": N_("kept"), "relabel": N_("relabelled"), "exclude": N_("excluded")}


def show_review(source: Source) -> None:
    found = (audit_of(source) or {}).get("found")
    if not found:
        st.info(_("The review walks through what the audit found: run it first."))
        run_audit(source)
        return
    known = set(source.dataset.image_hashes.tolist())
    try:
        decided = {image: made for image, made in read_corrections(CORRECTIONS).items() if made.image_hash in known}
    except CorrectionsError as error:
        st.error(str(error), icon=":material/error:")
        return
    queues = [name for name in QUEUES if found.get(name)]
    if not queues:
        st.success(_("The audit found nothing to review."))
        return
    if error := st.session_state.pop(ERROR, None):
        st.error(error, icon=":material/error:")
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        queue = st.selectbox(_("Queue"), queues, format_func=lambda name: _(FINDINGS[name][0]), key="data_queue")
        dataset = source.dataset
        audited = indices_of(dataset, flat(found[queue]))
        if not len(audited):
            st.info(_("The audit knows these pictures by other names: run it again."))
            run_audit(source, again=True)
            return
        indices = audited[dataset.usage[audited] == "Training"]
        if not len(indices):
            st.info(_("These are all test images, which stay as they are so that results stay comparable."))
            return
        images = zip(dataset.names[indices].tolist(), dataset.image_hashes[indices].tolist(), strict=True)
        open_ones = [int(i) for i, image in zip(indices, images, strict=True) if image not in decided]
        done = len(indices) - len(open_ones)
        st.progress(done / len(indices), _("{done:,} of {all:,} decided").format(done=done, all=len(indices)))
        st.caption(_("Only training images are asked about: test images stay as they are."))
    with right:
        show_last(decided)
    if not open_ones:
        left.success(_("This queue is done."))
        with right:
            show_use(source, decided)
        return
    skipped = st.session_state.setdefault(SKIPPED, [])
    places = {name: place for place, name in enumerate(skipped)}
    index = min(open_ones, key=lambda i: places.get(str(dataset.names[i]), -1))
    with left:
        show_picture(dataset, index)
    with right:
        show_suggestion(found, str(dataset.names[index]))
        show_buttons(source, index)
        show_facts(source, index)
        show_use(source, decided)


def show_buttons(source: Source, index: int) -> None:
    """Keep, one button a label, exclude."""
    name, current = str(source.dataset.names[index]), EMOTIONS[source.dataset.labels[index]]
    st.markdown(_("What does `{name}` show?").format(name=name))
    locked = refused()
    with st.container(horizontal=True):
        for number, emotion in enumerate(EMOTIONS, start=1):
            keep = emotion == current
            label = f"{SYMBOLS[emotion]} {_(emotion)}" + (_(" (keep)") if keep else "")
            arguments = ("keep", None) if keep else ("relabel", emotion)
            st.button(
                label,
                key=f"data-decide-{emotion}",
                type="primary" if keep else "secondary",
                disabled=locked,
                on_click=save,
                args=(source, index, *arguments),
                shortcut=str(number),
            )
        st.button(
            _("No face: exclude"),
            key="data-exclude",
            icon=":material/block:",
            disabled=locked,
            on_click=save,
            args=(source, index, "exclude", None),
            shortcut="x",
        )
        st.button(_("Skip"), key="data-skip", type="tertiary", on_click=skip, args=(name,), shortcut="s")


def save(source: Source, index: int, decision: str, label: str | None) -> None:
    try:
        decide(CORRECTIONS, source.dataset, index, decision, label, only_open=True)
    except CorrectionsError as error:
        st.session_state[ERROR] = str(error)


def skip(name: str) -> None:
    """Put a picture behind those not seen yet, and behind those skipped before."""
    st.session_state[SKIPPED] = [other for other in st.session_state[SKIPPED] if other != name] + [name]


def take_back(made: Correction) -> None:
    try:
        undo(CORRECTIONS, made)
    except CorrectionsError as error:
        st.session_state[ERROR] = str(error)


def show_last(decided: dict) -> None:
    """The latest decision with its undo."""
    if not decided:
        return
    last = max(decided.values(), key=lambda correction: correction.time)
    with st.container(horizontal=True, vertical_alignment="center"):
        what = _(DECISIONS[last.decision]) + (f": {_(last.label)}" if last.label else "")
        st.markdown(f"`{last.file}` {what}")
        st.button(
            _("Undo"),
            icon=":material/undo:",
            disabled=read_only(),
            on_click=take_back,
            args=(last,),
            key="data-undo",
            shortcut="u",
        )


def show_use(source: Source, decided: dict) -> None:
    """What training does with the decisions."""
    if not decided:
        return
    counts = [sum(c.decision == decision for c in decided.values()) for decision in DECISIONS]
    st.caption(
        _("{kept:,} kept, {relabelled:,} relabelled, {excluded:,} excluded. Training takes them with").format(
            kept=counts[0], relabelled=counts[1], excluded=counts[2]
        )
    )
    data = [] if source.path == default_source() else ["--data", source.path]
    st.code(shown_command(["train", *data, "--corrections", str(CORRECTIONS)]), language="sh")
