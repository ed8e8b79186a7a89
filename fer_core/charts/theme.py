"""What all figures share.

Backgrounds are transparent and text has no colour of its own, so the page (Streamlit's theme) decides both. Lines that
belong to no class are a grey that stands out on white and on black. Margins stand on each figure and not in the
template, because Streamlit's theme replaces those of a template.
"""

import textwrap
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

from fer_core.emotions import EMOTIONS

CONFIG: dict[str, bool] = {"displayModeBar": False, "displaylogo": False, "responsive": True}
"""For `st.plotly_chart(figure, config=CONFIG)`: no tool bar that covers the figure on a phone."""

GREY = "#808080"
FAINT = "rgba(128, 128, 128, 0.25)"
CLEAR = "rgba(0, 0, 0, 0)"
SHARE_SCALE: list[tuple[float, str]] = [(0.0, "#F2F6FA"), (0.5, "#6BAED6"), (1.0, "#08406E")]
"""Colours from 0 to 1 of tables drawn as heat maps; plotly writes dark or light text on them as needed."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px 2px")
MARKERS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star")
LINE_COLOURS = ("#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
"""For things that are not emotions, such as runs: Paul Tol's "bright" palette, safe for colour-blind eyes."""
MOST_POINTS = 300
"""Points drawn of a curve; more can't be told apart on a screen and make the page slow."""

_AXIS = {"automargin": True, "fixedrange": True, "gridcolor": FAINT, "zeroline": False, "title": {"standoff": 10}}
_TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        "hoverlabel": {"align": "left"},
    }
)


def themed(figure: go.Figure, *, height: int, title: str | None = None, right: int = 24) -> go.Figure:
    """The same figure with the shared looks.

    Args:
        height: pixels; the width is the page's.
        right: pixels kept free at the right, for labels that reach over the end of the axes.
    """
    figure.update_layout(
        template=_TEMPLATE, height=height, margin={"l": 8, "r": right, "t": 40 if title else 12, "b": 8, "pad": 2}
    )
    return figure.update_layout(title={"text": title, "x": 0, "xanchor": "left"}) if title else figure


def as_text(name: str) -> str:
    """A name for Plotly to show as it is, which takes tags and entities for its own; it leaves quotes alone."""
    return escape(name, quote=False)


def wrapped(names: list[str] | tuple[str, ...]) -> list[str]:
    """Names in short lines, so that they leave room for the figure on a phone."""
    return ["<br>".join(map(as_text, textwrap.wrap(name.replace("_", " "), 12))) or name for name in names]


def share_axis(title: str | None = None) -> dict:
    """An axis of shares: from 0 to 1, written in percent."""
    return {"title": {"text": title}, "range": [0, 1], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]}


def heat_map(x: Sequence, y: Sequence, z: Sequence, text: Sequence[Sequence[str]], **more: object) -> go.Figure:
    """Cells with a text in each.

    Args:
        x, y: names of the columns and rows.
        z: (rows, columns) what the colours stand for, 0 to 1 unless `more` says otherwise.
        more: for Plotly's heat map.
    """
    looks = {"textfont": {"size": 12}, "colorscale": SHARE_SCALE, "zmin": 0, "zmax": 1, "xgap": 2, "ygap": 2, **more}
    return go.Figure(go.Heatmap(x=x, y=y, z=z, text=text, texttemplate="%{text}", showscale=False, **looks))


def corners(x: np.ndarray) -> np.ndarray:
    """Places of the points of a curve that are drawn, `MOST_POINTS` at most: between two of one x it is straight."""
    within = np.zeros(len(x), dtype=bool)
    within[1:-1] = (x[1:-1] == x[:-2]) & (x[1:-1] == x[2:])
    kept = np.flatnonzero(~within)
    return kept[thinned(len(kept))]


def thinned(count: int, most: int = MOST_POINTS) -> np.ndarray:
    """Places of `most` out of `count` points, evenly from the first to the last; of all where there are fewer."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))


def checked_shape(values: np.ndarray, shape: tuple[int | None, ...], name: str) -> np.ndarray:
    """The argument as an array of this shape, None standing for any length.

    Raises:
        ValueError: another shape; the message names the argument.
    """
    array = np.asarray(values)
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        expected = ", ".join("any" if length is None else str(length) for length in shape)
        classes = f" ({', '.join(EMOTIONS)})" if len(EMOTIONS) in shape else ""
        raise ValueError(f"{name}: expected shape ({expected}){classes}, got {array.shape}")
    return array
