"""What the ensemble and its members say of one face."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import as_text, checked_shape, heat_map, themed, wrapped
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.percent import percent
from fer_core.words import _


def probability_bars(probabilities: np.ndarray, *, by_class: bool = False) -> go.Figure:
    """A bar for each emotion, the likeliest first.

    Args:
        probabilities: (7,) in class order.
        by_class: keep the class order instead.

    Raises:
        ValueError: another shape.
    """
    shares = checked_shape(probabilities, (len(EMOTIONS),), "probabilities")
    order = range(len(EMOTIONS)) if by_class else np.argsort(-shares, kind="stable")
    emotions = [EMOTIONS[position] for position in order]
    values = [float(shares[position]) for position in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[_(emotion) for emotion in emotions],
            orientation="h",
            marker={"color": [COLOURS[emotion] for emotion in emotions]},
            text=[percent(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1], visible=False)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(bargap=0.25)
    return themed(figure, height=232, right=44)


def member_votes(member_probabilities: np.ndarray, names: Sequence[str]) -> go.Figure:
    """A table of members by emotions, darker where a member is surer; what it votes for stands in bold.

    Args:
        member_probabilities: (members, 7) of one face, in class order.
        names: one a member.

    Raises:
        ValueError: another shape, or not as many names as members.
    """
    shares = checked_shape(member_probabilities, (len(names), len(EMOTIONS)), "member_probabilities")
    text = [
        [f"<b>{percent(share)}</b>" if place == row.argmax() else percent(share) for place, share in enumerate(row)]
        for row in shares
    ]
    figure = heat_map(
        x=[_(emotion) for emotion in EMOTIONS],
        y=list(range(len(names))),
        z=shares.astype(float),
        text=text,
        customdata=[[as_text(name)] * len(EMOTIONS) for name in names],
        hovertemplate="%{customdata}, %{x}: %{z:.1%}<extra></extra>",
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, tickvals=list(range(len(names))), ticktext=wrapped(tuple(names))
    )
    return themed(figure, height=90 + 44 * len(names))
