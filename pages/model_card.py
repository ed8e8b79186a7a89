"""The part of the Predict page that says what its answers are worth."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fer_core.comparison.readings import read_readings
from fer_core.emotions import SYMBOLS
from fer_core.prediction.card import EnsembleCard
from fer_core.words import N_, _
from pages.model_limits import command_for, show_limits
from pages.predict_model import card_in_use
from pages.tables import SHARE, SPLIT_NAMES, shares_written
from pages.written import as_written

if TYPE_CHECKING:
    import pandas as pd

    from fer_core.comparison.places import Entry

ENSEMBLE_SPLITS = SPLIT_NAMES | {"validation": SPLIT_NAMES["holdout"]}
"""No member of an ensemble was trained on its validation part."""
WORDS = N_("""
- It tells which of **seven words** people gave to **similar faces**, not what a person feels. On these photographs
  people themselves agree in only about two cases of three.
- It learned from FER2013: small gray pictures from web searches, mostly posed, often mislabelled. Faces from the side,
  in bad light, very young or very old, or from groups rare in that set are read worse.
- It is **not meant** for judging, hiring, grading, policing, diagnosing or watching people.
""")
OTHER_WORDS = N_("""
- It tells which of **seven words** were given to **similar faces**, not what a person feels.
- It learned from a data set that is not FER2013 as it was published. Faces unlike those in it are read worse.
- It is **not meant** for judging, hiring, grading, policing, diagnosing or watching people.
""")
DRAWN_WORDS = N_("""
- It learned from **drawn faces** alone: what it says of photographed ones is worth nothing.
- It is **not meant** for judging, hiring, grading, policing, diagnosing or watching people.
""")

WORTH = N_(
    "An image set aside can have a copy among the training images: the columns of new images leave out those that are "
    "the same byte for byte, not those that were cut or scaled otherwise. Networks, temperature and threshold were "
    "chosen on the hold-out, which flatters its row."
)

SPLITS_HELP = N_(
    "PublicTest and PrivateTest: the two official test halves, named as in FER2013. Hold-out: a tenth of the training "
    "images that these networks were not trained on."
)
COLUMNS: dict[str, tuple[str, str, str]] = {
    "split": (N_("Images of"), "", SPLITS_HELP),
    "images": (N_("Images"), "localized", ""),
    "accuracy": (N_("Accuracy"), SHARE, ""),
    "low": (N_("from (95%)"), SHARE, N_("Bootstrap interval of the accuracy")),
    "high": (N_("to"), SHARE, ""),
    "new_images_accuracy": (
        N_("Accuracy, new images"),
        SHARE,
        N_("Without the test images that also stand, byte for byte, in the training images"),
    ),
    "new_images_low": (N_("from (95%)"), SHARE, N_("Bootstrap interval of the accuracy on new images")),
    "new_images_high": (N_("to"), SHARE, ""),
    "top2_accuracy": (N_("Top-2"), SHARE, N_("How often the true class is among the first two")),
    "macro_f1": (N_("Macro F1"), SHARE, N_("Each class counts the same, however few its images")),
    "mean_auc": (N_("Mean AUC"), "%.4f", N_("One class against the rest")),
    "ece": (N_("Calibration error"), SHARE, N_("Mean gap between confidence and accuracy, 15 bins")),
}
"""Columns of the scores: label, format of numbers, help."""
READING_COLUMNS: dict[str, tuple[str, str, str]] = {
    "time": (N_("Evaluated at"), "", ""),
    "name": (N_("Called"), "", N_("Name and calibration at that time; neither changes the accuracy")),
    "own": (N_("These networks"), "", N_("Not marked: networks that stood here before, or beside these")),
    "temperature": (N_("Temperature"), "%.4f", ""),
    "split": (N_("Images of"), "", SPLITS_HELP),
    "data": (N_("Data"), "", N_("Fingerprint of the data set it was measured on")),
    "labels": (N_("Labels by"), "", N_("The data set's own, or the class that most FER+ voters named where it is one")),
    "images": (N_("Images"), "localized", ""),
    "accuracy": (N_("Accuracy"), SHARE, ""),
    "low": (N_("from (95%)"), SHARE, N_("Bootstrap interval of the accuracy")),
    "high": (N_("to"), SHARE, ""),
    "code": (N_("Code version"), "", ""),
}
MEMBER_COLUMNS: dict[str, tuple[str, str, str]] = {
    "network": (N_("Network"), "", ""),
    "parameters": (N_("Parameters"), "localized", ""),
    "starting weights": (N_("Starting weights"), "", ""),
    "learned from": (N_("Learned from"), "", N_("The labels of the training images, and what else was said of them")),
    "input": (N_("Input"), "", ""),
    "training images": (N_("Training images"), "localized", ""),
    "epochs": (N_("Epochs"), "%d", ""),
    "kept epoch": (N_("Kept epoch"), "%d", N_("The epoch that was best on the run's own validation part")),
    "split seed": (N_("Split seed"), "%d", N_("Decides which training images were the validation part")),
    "hours": (N_("Hours"), "%.2f", ""),
    "hardware": (N_("Hardware"), "", ""),
    "run": (N_("Run"), "", ""),
}
CONTRIBUTION_COLUMNS: dict[str, tuple[str, str, str]] = {
    "run": (N_("Run"), "", ""),
    "member": (N_("Member"), "", ""),
    "accuracy": (N_("Accuracy alone"), SHARE, ""),
    "difference": (N_("Brings"), "%+.1f", N_("Points of accuracy: the ensemble with it minus the ensemble without it")),
    "low": (N_("from (95%)"), "%+.1f", N_("Paired bootstrap interval of what it brings")),
    "high": (N_("to"), "%+.1f", ""),
    "learned from": (N_("Learned from"), "", ""),
    "starting weights": (N_("Starting weights"), "", ""),
    "epochs": (N_("Epochs"), "%d", ""),
}


def settings(columns: dict[str, tuple[str, str, str]]) -> dict[str, object]:
    """The columns' settings in the language of the session."""
    return {
        name: st.column_config.NumberColumn(_(label), format=number, help=_(help_text) or None)
        if number
        else st.column_config.Column(_(label), help=_(help_text) or None, width="medium" if name in LONG else None)
        for name, (label, number, help_text) in columns.items()
    }


LONG = ("learned from", "hardware")
"""Columns whose texts would push the others out of sight."""


@st.cache_data(show_spinner=False)
def card_tables(card_json: str, folder: Path) -> "tuple[pd.DataFrame, pd.Series | None, pd.DataFrame]":
    with st.spinner(_("Computing the model card …")):
        from fer_core.evaluation.summary import (  # a second of imports that the closed card is spared
            recall_by_class,
            summary_table,
        )
        from fer_core.training.assemble import evaluate_recorded, members_table

        card = EnsembleCard.model_validate_json(card_json)
        evaluations = evaluate_recorded(card, folder)
        recall = recall_by_class(evaluations["test"]) if "test" in evaluations else None
        return summary_table(evaluations), recall, members_table(card, folder)


@st.cache_data(show_spinner=False)
def test_confusion(card_json: str, folder: Path) -> np.ndarray:
    """(7, 7) counts of the test set, out of the recorded runs.

    Args:
        folder: of the card, which the runs stand relative to.

    Raises:
        ValueError: they have no answers to it, or can't be read.
    """
    with st.spinner(_("Computing the test set's matrix …")):
        from fer_core.training.assemble import evaluate_recorded

        card = EnsembleCard.model_validate_json(card_json)
        evaluations = evaluate_recorded(card, folder)
        if "test" not in evaluations:
            raise ValueError(_("No answers to the test images are recorded."))
        return np.array(evaluations["test"].confusion)


@st.cache_data(show_spinner=False, max_entries=4)
def contributions_table(card_json: str, folder: Path, entries: "tuple[Entry, ...]") -> "pd.DataFrame":
    with st.spinner(_("Computing what each network brings …")):
        from fer_core.comparison.contributions import contributions

        return contributions(EnsembleCard.model_validate_json(card_json), folder, entries)


def _show_contributions(card: EnsembleCard, folder: Path) -> None:
    """Why these networks and no others: what each brings, and what else was tried."""
    from fer_core.comparison.places import find_entries  # imports pandas, which the closed card is spared

    table = contributions_table(card.model_dump_json(), folder, find_entries())
    st.markdown(_("**What each network brings**, and what others would, on the images held out from all training"))
    st.dataframe(
        shares_written(table, ("accuracy", "difference", "low", "high")),
        hide_index=True,
        column_order=list(CONTRIBUTION_COLUMNS),
        column_config=settings(CONTRIBUTION_COLUMNS),
    )
    st.caption(
        _(
            "Members are left out one at a time, the others added one at a time. Where the interval spans 0, that "
            "network may contribute nothing."
        )
    )


def _show_readings(card: EnsembleCard, folder: Path) -> None:
    """When the test images were looked at, also with earlier networks: each look makes the next choice less blind."""
    readings = read_readings(folder)
    if not any(reading.is_of(card) for reading in readings):
        told = _("No evaluation of this ensemble on the test images is logged; `{command}` logs one.")
        st.caption(told.format(command=command_for("evaluate", card_in_use())))
    if not readings:
        return
    import pandas as pd  # which the closed card is spared

    st.markdown(_("**Every logged evaluation on the test images**, also of earlier networks; for reporting only"))
    rows = [
        {
            "time": f"{reading.time:%Y-%m-%d %H:%M} UTC",
            "name": reading.name,
            "own": reading.is_of(card),
            "temperature": reading.temperature,
            "split": _(ENSEMBLE_SPLITS.get(reading.split, reading.split)),
            "data": reading.data_fingerprint,
            "labels": _(reading.labels_by),
            "images": reading.images,
            "accuracy": reading.accuracy,
            "low": reading.interval.low,
            "high": reading.interval.high,
            "code": reading.code_version,
        }
        for reading in reversed(readings)
    ]
    table = shares_written(pd.DataFrame(rows), ("accuracy", "low", "high"))
    others = sum(reading.data_fingerprint != card.data_fingerprint for reading in readings)
    st.dataframe(
        table,
        hide_index=True,
        column_order=[name for name in READING_COLUMNS if others or name != "data"],
        column_config=settings(READING_COLUMNS),
    )
    if others:
        st.caption(
            _(
                ":material/warning: {number} of these were measured on another data set than {fingerprint}, which this "
                "ensemble learned from, or on the same one with other corrections: see the column Data."
            ).format(number=others, fingerprint=card.data_fingerprint)
        )


def _learned_from_fer2013(card: EnsembleCard) -> bool:
    from fer_core.datasets.audit import recorded_audit  # imports what the closed card is spared

    return card.data_fingerprint == recorded_audit()["fingerprint"]


def _learned_from_drawn_faces(card: EnsembleCard, folder: Path) -> bool:
    from fer_core.training.record import RecordError, read_record

    try:
        return any(read_record(folder / member.run).synthetic for member in card.members if member.run)
    except RecordError:
        return False


def show_model_card(card: EnsembleCard, folder: Path) -> None:
    """What the ensemble can and cannot tell, with its scores computed from the recorded runs behind it.

    Args:
        folder: of the card.
    """
    if fer2013 := _learned_from_fer2013(card):
        st.markdown(_(WORDS))
    else:
        drawn = _learned_from_drawn_faces(card, folder)
        st.markdown(_(DRAWN_WORDS) if drawn else _(OTHER_WORDS))
    try:
        scores, recall, members = card_tables(card.model_dump_json(), folder)
    except ValueError as error:
        st.warning(_("The recorded scores can't be shown.") + f" {error}")
        return
    st.markdown(
        _("**How often it is right** on images of FER2013 that were set aside from training")
        if fer2013
        else _("**How often it is right** on images of its own data set that were set aside from training")
    )
    shares = [name for name, (*_label, number, _help) in COLUMNS.items() if number == SHARE]
    shown = scores.assign(split=scores["split"].map(lambda name: _(ENSEMBLE_SPLITS[name])))
    st.dataframe(shares_written(shown, shares), hide_index=True, column_config=settings(COLUMNS))
    st.caption(_(WORTH))
    if recall is not None:
        st.markdown(
            _("**Share of each class's test images classified correctly:** ")
            + " · ".join(f"{SYMBOLS[emotion]} {_(emotion)} {share:.0%}" for emotion, share in recall.dropna().items())
        )
    show_limits(card, card_in_use())
    _show_readings(card, folder)
    st.markdown(_("**The networks behind it**"))
    st.dataframe(members, hide_index=True, column_config=settings(MEMBER_COLUMNS))
    if len(card.members) > 1:
        _show_contributions(card, folder)
    told = _(
        "{name} · trained on the data set {fingerprint} · temperature {temperature} and the “not sure” threshold "
        "{threshold:.0%} were fitted on the hold-out."
    ).format(
        name=as_written(card.name),
        fingerprint=card.data_fingerprint,
        temperature=card.temperature,
        threshold=card.not_sure_below,
    )
    if card.label_smoothing:
        told += " " + _("Before it, the label smoothing of the training ({smoothing:.2f}) was undone.").format(
            smoothing=card.label_smoothing
        )
    st.caption(told + " " + _("The energy that it uses was not measured."))
