"""Text that stands on several pages."""

import re
from typing import TYPE_CHECKING

from fer_core.prediction.card import EnsembleCard
from fer_core.words import _

if TYPE_CHECKING:
    from fer_core.comparison.models import Model


def as_written(name: str) -> str:
    """A name that someone gave, for Markdown to show as it is."""
    escaped = re.sub(r"([\\`*_\[\]<>$~#|&])", r"\\\1", name)
    return escaped.replace(":", "&#58;")  # after a backslash `:material/delete:` is an icon still


def as_code(name: str) -> str:
    """A name that someone gave, for Markdown to show as it is in the type of code."""
    fence = "`" * (1 + max(map(len, re.findall("`+", name)), default=0))
    apart = " " if len(fence) > 1 else ""
    return f"{fence}{apart}{name}{apart}{fence}"


def about_votes(card: "EnsembleCard | Model") -> str:
    """Why an ensemble can be surer than each vote behind it; empty where it isn't calibrated."""
    if not card.label_smoothing and card.temperature == 1:
        return ""
    return _(
        "The ensemble's answer is calibrated: label smoothing is undone and the temperature applied; votes are as the "
        "networks gave them."
    )
