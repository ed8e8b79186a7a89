"""Two confusion matrices against each other."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.classes import CELLS, clickable_heat_map
from fer_core.charts.theme import CLEAR, LINE_COLOURS, checked_shape, themed
from fer_core.emotions import EMOTIONS
from fer_core.words import N_, _

DIFFERENCE_SCALE: list[tuple[float, str]] = [(0.0, "#B35806"), (0.5, "#F7F7F7"), (1.0, "#2166AC")]
"""From less to more: ColorBrewer's orange to blue, told apart by colour-blind eyes."""


def confusion_difference(
    first: np.ndarray, second: np.ndarray, *, unit: str, order: Sequence[int], title: str | None = None
) -> go.Figure:
    """The first matrix minus the second, cell by cell; cells can be clicked as in `confusion_matrix`.

    Args:
        first, second: (7, 7) shares of 0 to 1, or counts.
        unit: `points` for shares, which are written as percentage points, else `images`.
        order: class indices in the order that they are drawn in.

    Raises:
        ValueError: another shape.
    """
    shape = (len(EMOTIONS), len(EMOTIONS))
    difference = checked_shape(first, shape, "first") - checked_shape(second, shape, "second").astype(float)
    if unit == "points":
        difference = difference * 100
    reach = max(float(np.nanmax(np.abs(difference), initial=0)), 1e-9)
    written = [
        ["" if np.isnan(value) else f"{round(value):+d}".replace("+0", "0") for value in row] for row in difference
    ]
    emotions = [_(emotion) for emotion in EMOTIONS]
    looks = {"colorscale": DIFFERENCE_SCALE, "zmin": -reach, "zmax": reach}
    said = {
        "points": N_("<b>{true}</b> taken for <b>{predicted}</b>: {difference:+.1f} points"),
        "images": N_("<b>{true}</b> taken for <b>{predicted}</b>, images: {difference:+,.0f}"),
    }[unit]
    unknown = N_("<b>{true}</b> taken for <b>{predicted}</b>: no shares to compare, one of the two has no images there")
    sentences = [
        _(unknown if np.isnan(difference[true, predicted]) else said).format(
            true=emotions[true], predicted=emotions[predicted], difference=difference[true, predicted]
        )
        for true, predicted in CELLS
    ]
    figure = clickable_heat_map(difference, written, sentences, order, **looks)
    return themed(figure, height=430 if title is None else 458, title=title)


def with_outlined_cell(figure: go.Figure, true: int, predicted: int, order: Sequence[int]) -> go.Figure:
    """The same matrix with a frame around one cell, in place of the colour that a click leaves."""
    x, y = list(order).index(predicted), list(order).index(true)
    figure.update_traces(selected={"marker": {"color": CLEAR}}, selector={"type": "scatter"})
    frame = {"color": LINE_COLOURS[1], "width": 3}
    return figure.add_shape(type="rect", x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, line=frame)
