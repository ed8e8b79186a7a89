"""Answering less and being right more often."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import DASHES, LINE_COLOURS, as_text, share_axis, themed, thinned
from fer_core.words import _

if TYPE_CHECKING:
    from fer_core.evaluation.calibration import Coverage


def coverage_curves(
    curves: Mapping[str, "Coverage"], *, marked: str | None = None, threshold: float | None = None
) -> go.Figure:
    """Accuracy of the images that are answered over the share that is, a line a model.

    Args:
        curves: by name.
        marked: name of the curve that `threshold` stands on, as a star.
    """
    figure = go.Figure()
    for number, (name, curve) in enumerate(curves.items()):
        kept = thinned(len(curve.threshold))
        colour, dash = LINE_COLOURS[number % len(LINE_COLOURS)], DASHES[number % len(DASHES)]
        figure.add_scatter(
            x=curve.coverage[kept],
            y=curve.accuracy[kept],
            customdata=curve.threshold[kept],
            mode="lines",
            name=as_text(name),
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate="%{fullData.name}: %{x:.1%} / %{y:.1%} (%{customdata:.2f})<extra></extra>",
        )
        if name == marked and threshold is not None:
            place = min(int(np.searchsorted(curve.threshold, threshold)), len(curve.threshold) - 1)
            figure.add_scatter(
                x=[curve.coverage[place]],
                y=[curve.accuracy[place]],
                mode="markers",
                name=_("“not sure” below {threshold:.0%}").format(threshold=threshold),
                marker={"symbol": "star", "size": 16, "color": colour},
                hovertemplate="%{x:.1%} / %{y:.1%}<extra></extra>",
            )
    lowest = min((float(curve.accuracy.min()) for curve in curves.values()), default=0.0)
    figure.update_xaxes(share_axis(_("images answered")))
    figure.update_yaxes(
        title={"text": _("accuracy of the answered images")},
        tickformat=".0%",
        range=[max(0, np.floor(lowest * 10) / 10 - 0.05), 1.01],
    )
    return themed(figure, height=420)
