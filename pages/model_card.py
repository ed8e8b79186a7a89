"""The part of the Predict page that says what its answers are worth."""

import numpy as np
import pandas as pd
import streamlit as st

from fer_core.emotions import SYMBOLS
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard

SPLIT_NAMES = {
    "validation": "Validation (held out from all training)",
    "public": "PublicTest",
    "private": "PrivateTest",
    "test": "Test (both)",
}
WORDS = """
- It tells which of **seven words** people gave to **similar faces**, not what a person feels. On these photographs
  people themselves agree in only about two cases of three.
- It learned from FER2013: small gray pictures from web searches, mostly posed, often mislabelled. Faces from the side,
  in bad light, very young or very old, or from groups rare in that set are read worse.
- It is **not meant** for judging, hiring, grading, policing, diagnosing or watching people.
"""


def _share(label: str, help_text: str | None = None) -> object:
    return st.column_config.NumberColumn(label, format="percent", help=help_text)


COLUMNS = {
    "split": "Images of",
    "images": st.column_config.NumberColumn("Images", format="localized"),
    "accuracy": _share("Accuracy"),
    "low": _share("95% from", "Bootstrap interval of the accuracy"),
    "high": _share("to"),
    "new_images_accuracy": _share(
        "Accuracy, new images", "Without the test images that also stand, byte for byte, in the training images"
    ),
    "top2_accuracy": _share("Top-2", "How often the true class is among the first two"),
    "macro_f1": _share("Macro F1", "Each class counts the same, however few its images"),
    "mean_auc": st.column_config.NumberColumn("Mean AUC", format="%.4f", help="One class against the rest"),
    "ece": _share("Calibration error", "Mean gap between confidence and accuracy, 15 bins"),
}


@st.cache_data(show_spinner="Computing the model card …")
def card_tables(card_json: str) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    from fer_core.evaluation.summary import (  # a second of imports that the closed card is spared
        recall_by_class,
        summary_table,
    )
    from fer_core.training.assemble import evaluate_recorded, members_table

    card = EnsembleCard.model_validate_json(card_json)
    folder = SHIPPED_CARD.parent
    evaluations = evaluate_recorded(card, folder)
    return summary_table(evaluations), recall_by_class(evaluations["test"]), members_table(card, folder)


@st.cache_data(show_spinner="Computing the test set's matrix …")
def test_confusion(card_json: str) -> np.ndarray:
    """(7, 7) counts of the test set, out of the recorded runs."""
    from fer_core.training.assemble import evaluate_recorded

    card = EnsembleCard.model_validate_json(card_json)
    return np.array(evaluate_recorded(card, SHIPPED_CARD.parent)["test"].confusion)


def show_model_card(card: EnsembleCard) -> None:
    """What the ensemble can and cannot tell, with its scores computed from the recorded runs behind it."""
    st.markdown(WORDS)
    try:
        scores, recall, members = card_tables(card.model_dump_json())
    except ValueError as error:
        st.warning(f"The recorded scores can't be shown. {error}")
        return
    st.markdown("**How often it is right**, measured on FER2013 images that no network was trained on")
    st.dataframe(scores.assign(split=scores["split"].map(SPLIT_NAMES)), hide_index=True, column_config=COLUMNS)
    st.markdown(
        "**Told right, of the test images of each class:** "
        + " · ".join(f"{SYMBOLS[emotion]} {emotion} {share:.0%}" for emotion, share in recall.items())
    )
    st.markdown("**The networks behind it**")
    st.dataframe(members, hide_index=True)
    st.caption(
        f"{card.name} · trained on the data set {card.data_fingerprint} · temperature {card.temperature} and the "
        f"“not sure” threshold {card.not_sure_below:.0%} were fitted on the validation part."
    )
