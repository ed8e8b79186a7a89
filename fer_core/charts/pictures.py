"""Pictures of a data set on one sheet, in which each can be clicked."""

import base64
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import CLEAR, themed
from fer_core.opencv import cv2

CELL, GAP = 96, 6


def sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Pictures side by side and below each other, enlarged twice, on a transparent ground.

    Args:
        images: (n, 48, 48) uint8 grayscale, n >= 1.

    Returns:
        (height, width, 4) uint8 BGRA.
    """
    rows = -(-len(images) // columns)
    ground = np.zeros((rows * CELL, columns * CELL, 4), dtype=np.uint8)
    inner = CELL - GAP
    for place, image in enumerate(images):
        top, left = (place // columns) * CELL + GAP // 2, (place % columns) * CELL + GAP // 2
        large = cv2.resize(image, (inner, inner), interpolation=cv2.INTER_CUBIC)
        ground[top : top + inner, left : left + inner] = cv2.cvtColor(large, cv2.COLOR_GRAY2BGRA)
    return ground


def contact_sheet(
    images: np.ndarray, ids: Sequence[int], texts: Sequence[str], *, columns: int = 8, height: int = 440
) -> go.Figure:
    """A sheet of pictures; a click selects the marker over a picture, whose `customdata` is its id.

    Args:
        images: (n, 48, 48) uint8 grayscale, n >= 1.
        ids: (n,) what a click hands back.
        texts: (n,) shown where the mouse is.
        columns: pictures in a row.
        height: pixels.
    """
    rows = -(-len(images) // columns)
    encoded = base64.b64encode(cv2.imencode(".png", sheet(images, columns))[1].tobytes()).decode()
    figure = go.Figure(
        go.Scatter(
            x=[place % columns + 0.5 for place in range(len(images))],
            y=[place // columns + 0.5 for place in range(len(images))],
            mode="markers",
            marker={"symbol": "square-open", "size": 40, "color": CLEAR, "line": {"width": 4}},
            selected={"marker": {"color": "#E69F00", "opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            customdata=[[int(number)] for number in ids],
            text=list(texts),
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    figure.add_layout_image(
        source=f"data:image/png;base64,{encoded}",
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=columns,
        sizey=rows,
        sizing="stretch",
        layer="below",
    )
    figure.update_xaxes(range=[0, columns], visible=False, constrain="domain")
    figure.update_yaxes(range=[rows, 0], visible=False, scaleanchor="x", constrain="domain")
    # Wherever a picture is clicked, the marker in its middle is meant.
    figure.update_layout(hoverdistance=100, clickmode="event+select", dragmode=False)
    themed(figure, height=height)
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
