"""Plotly figures out of plain numbers, in one theme that works on light and dark pages and on a phone."""

from fer_core.charts.answers import member_votes, probability_bars
from fer_core.charts.classes import class_counts, confusion_matrix
from fer_core.charts.curves import learning_curves, reliability_diagram, roc_curves
from fer_core.charts.theme import CONFIG

__all__ = [
    "CONFIG",
    "class_counts",
    "confusion_matrix",
    "learning_curves",
    "member_votes",
    "probability_bars",
    "reliability_diagram",
    "roc_curves",
]
