"""The predictor that all pages and all people share, and the choice of a faster one."""

from pathlib import Path

import streamlit as st

from fer_core.prediction import Ensemble, ModelError, Predictor
from fer_core.prediction.active import active_card
from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD, EnsembleCard
from fer_core.words import N_, _
from pages.address import choose_one, kept_in

KEY = "by"
ALL, FAST = "all", "fast"
MODELS = {ALL: N_(":material/groups: All networks"), FAST: N_(":material/bolt: Fast")}


def choose_model() -> None:
    """Let one network answer in place of all, where a card of it stands beside the ensemble's."""
    if not _fast_card().is_file():
        return
    choose_one(
        st.segmented_control,
        _("Answered by"),
        list(MODELS),
        required=True,
        format_func=lambda model: _(MODELS[model]),
        key=KEY,
        help=_(
            "Fast: one network alone, for slow machines and many faces. It is right a little less often; “What this "
            "can and cannot tell” on the page Predict says how often."
        ),
    )


def use_fast() -> None:
    """Choose the one network; for callbacks, which run before the control is drawn."""
    st.session_state[KEY], st.session_state[kept_in(KEY)] = FAST, [FAST]


def can_be_faster() -> bool:
    """Whether a faster network than what answers could be chosen."""
    return _fast_card().is_file() and card_in_use() != _fast_card()


def card_in_use() -> Path:
    """The card that answers in this session."""
    fast = _fast_card()
    return fast if FAST in st.session_state.get(kept_in(KEY), []) and fast.is_file() else active_card()


def show_model(predictor: Predictor) -> None:
    """A line that says what answers or answered, whichever is chosen by now."""
    try:
        fast = predictor.ensemble.card == EnsembleCard.read(predictor.ensemble.folder / FAST_CARD)
    except ModelError:
        fast = False
    st.caption(_told(fast=fast))


def told_model(card: Path) -> str:
    """What answers, or answered, with this card."""
    return _told(fast=card == _fast_card())


def load_predictor() -> Predictor:
    """The ensemble in use, loaded anew when another one is chosen or its card is changed."""
    card = card_in_use()
    try:
        content = card.read_bytes()
    except OSError:
        content = b""
    return _loaded(str(card), content)


def _told(*, fast: bool) -> str:
    return _("Answered by: {model}").format(model=_(MODELS[FAST if fast else ALL]))


def _fast_card() -> Path:
    return active_card().with_name(FAST_CARD)


@st.cache_resource(show_spinner=False, max_entries=2)
def _loaded(card: str, content: bytes) -> Predictor:
    with st.spinner(_("Loading the ensemble …")):
        predictor = Predictor() if card == str(SHIPPED_CARD) else Predictor(Ensemble.load(card))
        _detector = predictor.detector  # loaded now, so that its error is told where the ensemble's is
        return predictor
