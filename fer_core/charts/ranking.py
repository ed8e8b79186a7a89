"""How well the classes are told apart at every threshold, and at the one that is looked at."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import (
    DASHES,
    GREY,
    LINE_COLOURS,
    MARKERS,
    checked_shape,
    corners,
    heat_map,
    share_axis,
    themed,
)
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.percent import percent
from fer_core.words import _

if TYPE_CHECKING:
    from fer_core.evaluation.ranking import PrecisionRecallCurve


def precision_recall(curves: Sequence["PrecisionRecallCurve"], average_precision: np.ndarray) -> go.Figure:
    """Each class against the rest, by colour and dash; its average precision stands in the legend.

    Args:
        curves: (7,) in class order.
        average_precision: (7,) nan where undefined.

    Raises:
        ValueError: not seven of them.
    """
    areas = checked_shape(average_precision, (len(EMOTIONS),), "average_precision")
    figure = go.Figure()
    for emotion, curve, area, dash in zip(EMOTIONS, curves, areas, DASHES, strict=True):
        kept = corners(curve.recall)
        if not len(kept):
            continue
        figure.add_scatter(
            x=curve.recall[kept],
            y=curve.precision[kept],
            customdata=curve.threshold[kept],
            mode="lines",
            name=f"{_(emotion)} {area:.3f}",
            line={"color": COLOURS[emotion], "dash": dash, "width": 2},
            hovertemplate=f"{_(emotion)}: %{{x:.1%}} / %{{y:.1%}} (%{{customdata:.2f}})<extra></extra>",
        )
    figure.update_xaxes(share_axis(_("found (recall)")))
    figure.update_yaxes(share_axis(_("right among those answered (precision)")))
    return themed(figure, height=480)


def with_averages(figure: go.Figure, averages: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> go.Figure:
    """The same figure with curves over all classes, by name as (x, y)."""
    for (name, (x, y)), dash in zip(averages.items(), DASHES, strict=False):
        kept = corners(x)
        line = {"color": GREY, "dash": dash, "width": 3}
        figure.add_scatter(x=x[kept], y=y[kept], mode="lines", name=name, line=line, hoverinfo="skip")
    return figure


def with_threshold_points(figure: go.Figure, x: Sequence[float], y: Sequence[float], threshold: float) -> go.Figure:
    """The same figure with a point where the threshold stands on each class's curve and on that of all pairs.

    Args:
        x, y: (8,) in class order and then the micro average, nan where undefined.
    """
    return figure.add_scatter(
        x=list(x),
        y=list(y),
        mode="markers",
        name=_("at {threshold:.0%}").format(threshold=threshold),
        customdata=[*(_(emotion) for emotion in EMOTIONS), _("micro average")],
        marker={
            "symbol": [*MARKERS, "hexagon"],
            "size": 13,
            "color": [*COLOURS.values(), GREY],
            "line": {"width": 2, "color": LINE_COLOURS[1]},
        },
        cliponaxis=False,
        hovertemplate="%{customdata}: %{x:.1%} / %{y:.1%}<extra></extra>",
    )


def answered_matrix(matrix: np.ndarray) -> go.Figure:
    """Shares of each true class over the seven answers and "not sure".

    Args:
        matrix: (7, 8) counts.

    Raises:
        ValueError: another shape.
    """
    counts = checked_shape(matrix, (len(EMOTIONS), len(EMOTIONS) + 1), "matrix")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    emotions = [_(emotion) for emotion in EMOTIONS]
    figure = heat_map(
        x=[*emotions, _("not sure")],
        y=emotions,
        z=shares,
        text=[[percent(share) for share in row] for row in shares],
        customdata=counts,
        hovertemplate="%{y} → %{x}: %{customdata:,} (%{z:.1%})<extra></extra>",
    )
    figure.update_xaxes(title={"text": _("predicted")}, showgrid=False)
    figure.update_yaxes(title={"text": _("true")}, showgrid=False, autorange="reversed")
    return themed(figure, height=430)
