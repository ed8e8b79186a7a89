"""How alike an ensemble's members answer."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import checked_shape, heat_map, themed, wrapped


def agreement_matrix(shares: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Members by members.

    Args:
        shares: (members, members) of the images answered the same.
        names: one a member.

    Raises:
        ValueError: another shape.
    """
    values = checked_shape(shares, (len(names), len(names)), "shares")
    shown = wrapped(tuple(names))
    figure = heat_map(
        x=shown,
        y=shown,
        z=values,
        text=[[f"{value:.0%}" for value in row] for row in values],
        textfont=None,  # whatever size fits
        hovertemplate="%{y}, %{x}: %{z:.1%}<extra></extra>",
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    return themed(figure, height=110 + 56 * len(names))
