"""How an answer follows a disturbance."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import DASHES, GREY, checked_shape, share_axis, themed
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.percent import percent
from fer_core.words import _


def sweep_lines(
    values: Sequence[float],
    probabilities: np.ndarray,
    *,
    axis: str,
    current: float,
    flips: Sequence[float] = (),
    format_value: str = ".0%",
) -> go.Figure:
    """A line for each emotion over the values of a disturbance.

    Args:
        values: (steps,) of the disturbance.
        probabilities: (steps, 7) in class order.
        axis: title of the horizontal axis.
        current: the value that is set, marked by a line.
        flips: values at which the answer becomes another, marked and labelled.
        format_value: d3 format of a value.

    Raises:
        ValueError: another shape.
    """
    shares = checked_shape(probabilities, (len(values), len(EMOTIONS)), "probabilities")
    figure = go.Figure()
    for place, emotion in enumerate(EMOTIONS):
        figure.add_scatter(
            x=list(values),
            y=shares[:, place].astype(float),
            name=_(emotion),
            mode="lines",
            line={"color": COLOURS[emotion], "dash": DASHES[place], "width": 2},
            hovertemplate=f"{_(emotion)}: %{{y:.1%}}<extra></extra>",
        )
    figure.add_vline(x=current, line={"color": GREY, "width": 2})
    for flip in flips:
        step = int(np.abs(np.asarray(values, dtype=float) - flip).argmin())
        winner = int(shares[step].argmax())
        told = _("becomes {emotion}").format(emotion=_(EMOTIONS[winner]))
        figure.add_scatter(
            x=[flip],
            y=[float(shares[step, winner])],
            mode="markers",
            marker={"symbol": "diamond", "size": 12, "color": COLOURS[EMOTIONS[winner]]},
            showlegend=False,
            cliponaxis=False,
            hovertemplate=f"{told} ({percent(shares[step, winner])})<extra></extra>",
        )
        figure.add_vline(x=flip, line={"color": COLOURS[EMOTIONS[winner]], "width": 1, "dash": "dot"})
        # Above the lines, and from the nearer end inwards, so that it covers no line and is not cut off.
        figure.add_annotation(
            x=flip,
            y=1,
            yref="paper",
            text=told,
            showarrow=False,
            yanchor="bottom",
            xanchor="right" if abs(flip - max(values)) < abs(flip - min(values)) else "left",
        )
    figure.update_xaxes(title={"text": axis}, tickformat=format_value)
    figure.update_yaxes(**share_axis(_("Probability")))
    figure.update_layout(hovermode="x unified")
    return themed(figure, height=360)
