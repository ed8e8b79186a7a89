"""How alike an ensemble's members answer."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import SHARE_SCALE, checked_shape, themed, wrapped


def agreement_matrix(shares: np.ndarray, names: Sequence[str], *, title: str | None = None) -> go.Figure:
    """Members by members.

    Args:
        shares: (members, members) of the images answered the same.
        names: one a member.

    Raises:
        ValueError: another shape.
    """
    values = checked_shape(shares, (len(names), len(names)), "shares")
    shown = wrapped(tuple(names))
    figure = go.Figure(
        go.Heatmap(
            x=shown,
            y=shown,
            z=values,
            text=[[f"{value:.0%}" for value in row] for row in values],
            texttemplate="%{text}",
            colorscale=SHARE_SCALE,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    return themed(figure, height=110 + 56 * len(names), title=title)
