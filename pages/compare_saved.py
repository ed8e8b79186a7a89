"""The images on which an ensemble and one of its members differ in being right."""

import streamlit as st

from fer_core.comparison.confusions import images_where
from fer_core.comparison.models import Model
from fer_core.comparison.xray import Voters, saved_and_spoiled
from fer_core.words import N_, _
from pages.address import choose_one
from pages.compare_pictures import show_images
from pages.written import as_written


def voters_of(model: Model, split: str, *, new_only: bool) -> Voters:
    """What the members of an ensemble say of a split's images."""
    labels = model.answers(split, new_only=new_only).labels
    probabilities = model.member_probabilities(split, new_only=new_only)
    return Voters(tuple(model.members), probabilities, model.weights, labels)


def show_saved(model: Model, split: str, *, new_only: bool) -> None:
    """The images on which the ensemble and one member differ in being right."""
    st.subheader(_("What voting saves and spoils"))
    voters = voters_of(model, split, new_only=new_only)
    names = list(voters.names)
    against, what = st.columns(2, vertical_alignment="bottom")
    member = against.selectbox(
        _("Against the member"),
        names,
        index=best_member(model),
        key="cmp_member",
        bind="query-params",
        help=_("By default the member that is best alone on the hold-out"),
    )
    saved, spoiled = saved_and_spoiled(voters, names.index(member))
    chosen = choose_one(
        what.segmented_control, _("Images"), (N_("Saved"), N_("Spoiled")), key="cmp_saved", required=True
    )
    st.caption(
        _(
            "Saved ({member} wrong, the ensemble right): {saved:,} ({saved_share:.1%}). "
            "Spoiled: the other way round: {spoiled:,} ({spoiled_share:.1%})."
        ).format(
            member=as_written(member),
            saved=saved.sum(),
            saved_share=saved.mean(),
            spoiled=spoiled.sum(),
            spoiled_share=spoiled.mean(),
        )
    )
    marked = saved if chosen == "Saved" else spoiled
    if marked.any():
        images = images_where(model, split, marked, new_only=new_only)
        show_images(images, model)


def best_member(model: Model) -> int:
    """Place of the member that is best alone on the hold-out, or on what there is."""
    split = "holdout" if "holdout" in model.splits else next(iter(model.splits))
    answers = model.member_probabilities(split).argmax(axis=2) == model.splits[split].labels
    return int(answers.mean(axis=1).argmax())
