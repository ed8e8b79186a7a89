"""Which ensemble answers on the pages: the shipped one, unless another was chosen."""

from pathlib import Path

from fer_core.files import runs_root, write_atomically
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard

POINTER = "active_ensemble"


def pointer_file() -> Path:
    """File that names the chosen card; it stands with the user's own runs (`runs`, or the environment's FER_RUNS)."""
    return runs_root() / POINTER


def active_card() -> Path:
    """The card in use; the shipped one where none was chosen or the chosen one is gone."""
    try:
        chosen = Path(pointer_file().read_text(encoding="utf-8").strip())
    except OSError:
        return SHIPPED_CARD
    return chosen if chosen.is_file() else SHIPPED_CARD


def use_card(card: Path) -> None:
    """Let this ensemble answer from now on; whoever asks meanwhile gets all of the old one or all of the new one.

    Raises:
        ModelError: it is no readable card; nothing is changed.
        OSError: the choice can't be written; nothing is changed.
    """
    EnsembleCard.read(card)
    pointer_file().parent.mkdir(parents=True, exist_ok=True)
    write_atomically(pointer_file(), f"{card.resolve()}\n")


def use_shipped() -> None:
    """Let the shipped ensemble answer again."""
    pointer_file().unlink(missing_ok=True)
