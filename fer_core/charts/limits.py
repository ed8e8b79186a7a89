"""How often an ensemble is right while faces get harder to read."""

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from fer_core.charts.theme import LINE_COLOURS, share_axis, themed
from fer_core.words import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fer_core.comparison.limits import Step


def accuracy_line(steps: "Sequence[Step]", *, axis: str, format_value: str) -> go.Figure:
    """Accuracy with its interval over the values of a disturbance.

    Args:
        steps: in one direction.
        axis: title of the horizontal axis.
        format_value: d3 format of a value.
    """
    accuracies = [step.accuracy for step in steps]
    figure = go.Figure(
        go.Scatter(
            x=[step.value for step in steps],
            y=accuracies,
            error_y={
                "array": [step.interval.high - step.accuracy for step in steps],
                "arrayminus": [step.accuracy - step.interval.low for step in steps],
            },
            mode="lines+markers",
            line={"color": LINE_COLOURS[0], "width": 2},
            hovertemplate=f"%{{x:{format_value}}}: %{{y:.1%}}<extra></extra>",
        )
    )
    figure.update_xaxes(title={"text": axis}, tickformat=format_value)
    figure.update_yaxes(share_axis(_("accuracy")))
    return themed(figure, height=300)
