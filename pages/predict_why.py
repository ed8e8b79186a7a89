"""The part of the Predict page that says why: where in the face the networks found their answer, and their votes."""

import numpy as np
import streamlit as st

from fer_core.charts import CONFIG, member_votes
from fer_core.emotions import EMOTIONS, SYMBOLS
from fer_core.percent import percent
from fer_core.prediction import FacePrediction, Predictor
from fer_core.prediction.explain import Explanation, explain, overlay
from fer_core.words import _
from pages.written import about_votes, as_written

SIDE = 240
FEWEST_PLACES = 4
"""Rows or columns of a map: fewer cover the whole face with whatever they find."""


def show_why(face: FacePrediction, predictor: Predictor) -> None:
    """Votes, the crop, and the class activation maps of one face."""
    show_votes(face, predictor, key="votes")
    label = st.selectbox(
        _("What speaks for"),
        range(len(EMOTIONS)),
        index=EMOTIONS.index(face.emotion),
        format_func=lambda place: (
            f"{SYMBOLS[EMOTIONS[place]]} {_(EMOTIONS[place])} {percent(face.probabilities[place])}"
        ),
        key=f"why-{face.emotion}",
    )
    try:
        explanation = explain(predictor.ensemble, face.crop, label)
    except ValueError as error:
        st.info(as_written(str(error)))
        return
    show_maps(face.crop, explanation, predictor)


def show_votes(face: FacePrediction, predictor: Predictor, *, key: str) -> None:
    """What each member says."""
    names, shares = predictor.ensemble.names, face.member_probabilities
    votes = [
        f"{name}: {_(vote)} {percent(own.max())}" for name, vote, own in zip(names, face.votes, shares, strict=True)
    ]
    st.plotly_chart(member_votes(shares, names), config=CONFIG, key=key, alt=", ".join(votes))
    if about := about_votes(predictor.ensemble.card):
        st.caption(about)


def show_maps(crop: np.ndarray, explanation: Explanation, predictor: Predictor) -> None:
    """A face as the networks saw it, and over it what all and each of them found.

    Args:
        crop: (48, 48) uint8 grayscale.
    """
    names = [_("All together"), *map(_map_name, predictor.ensemble.names, explanation.grids)]
    found = [explanation.mean, *explanation.members]
    known = [
        (name, overlay(crop, strength, SIDE))
        for name, strength in zip(names, found, strict=True)
        if strength is not None
    ]
    with st.container(horizontal=True):
        for caption, picture in [(_("What the networks saw"), overlay(crop, explanation.mean * 0, SIDE)), *known]:
            st.image(picture, caption=caption, width=112, alt=caption)
    st.caption(
        _(
            "Yellow: what speaks most for this emotion, compared with the others (class activation map, from the same "
            "pass as the answer). It shows where the networks looked, not whether they were right to."
        )
    )


def _map_name(member: str, grid: tuple[int, int] | None) -> str:
    name = member.replace("_", " ")
    if grid is None or min(grid) >= FEWEST_PLACES:
        return name
    return _("{name}, sees {rows} × {columns} places").format(name=name, rows=grid[0], columns=grid[1])
