"""The seven classes: how many images they have, and which is taken for which."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import CLEAR, GREY, checked_shape, heat_map, themed
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.evaluation.metrics import Normalize, shares
from fer_core.percent import percent
from fer_core.words import _

PATTERNS = ("", "/", "x", ".")
CELLS = [(true, predicted) for true in range(len(EMOTIONS)) for predicted in range(len(EMOTIONS))]
"""Of a confusion matrix, row by row."""


def class_counts(counts: Mapping[str, Sequence[int]], *, title: str | None = None) -> go.Figure:
    """Images of each class, a bar for each split; the splits are told apart by hatching.

    Args:
        counts: for each split (n_angry, ..., n_surprised), at most four splits.

    Raises:
        ValueError: a split has not seven counts, or there are too many splits.
    """
    if not 1 <= len(counts) <= len(PATTERNS):
        raise ValueError(f"counts: expected 1 to {len(PATTERNS)} splits, got {len(counts)}")
    figure, emotions = go.Figure(), [_(emotion) for emotion in EMOTIONS]
    for (split, values), pattern in zip(counts.items(), PATTERNS, strict=False):
        images = checked_shape(values, (len(EMOTIONS),), f"counts[{split!r}]")
        hatching = {"shape": pattern, "size": 6, "solidity": 0.35}
        group = {"orientation": "h", "name": split, "legendgroup": split, "offsetgroup": split}
        figure.add_bar(
            **group,
            x=images.tolist(),
            y=emotions,
            showlegend=False,
            marker={"color": list(COLOURS.values()), "pattern": hatching},
            text=[f"{count:,}" for count in images],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}, " + split + ": %{x:,} " + _("images") + "<extra></extra>",
        )
        # The legend would show the first class's colour; an empty grey bar shows what the hatching means.
        figure.add_bar(
            **group,
            x=[None],
            y=emotions[:1],
            showlegend=len(counts) > 1,
            marker={"color": GREY, "pattern": hatching},
        )
    figure.update_xaxes(title={"text": _("images")}, rangemode="tozero", tickformat=",")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(barmode="group", bargap=0.25)
    return themed(figure, height=120 + 7 * (14 + 18 * len(counts)), title=title, right=52)


def confusion_matrix(
    matrix: np.ndarray,
    *,
    normalize: Normalize | None = "true",
    order: Sequence[int] = tuple(range(len(EMOTIONS))),
    title: str | None = None,
) -> go.Figure:
    """Rows are the true classes, columns the predicted ones.

    Over each cell lies a transparent square marker that carries `customdata=[true, predicted]` (class indices):
    Streamlit hands back clicks on markers and not on heat maps.

    Args:
        matrix: (7, 7) counts.
        normalize: shares of the true class (row), of the predicted class (column), or counts.
        order: class indices in the order that they are drawn in.

    Raises:
        ValueError: another shape.
    """
    counts = checked_shape(matrix, (len(EMOTIONS), len(EMOTIONS)), "matrix")
    shown = shares(counts, normalize)
    whole = 1 if normalize else max(counts.max(), 1)
    text = [[percent(value) if normalize else f"{value:,}" for value in row] for row in shown]
    sentences = [_cell_sentence(counts, *cell) for cell in CELLS]
    figure = clickable_heat_map(shown, text, sentences, order, zmax=whole)
    return themed(figure, height=430 if title is None else 458, title=title)


def clickable_heat_map(
    z: np.ndarray, text: Sequence[Sequence[str]], sentences: Sequence[str], order: Sequence[int], **more: object
) -> go.Figure:
    """True by predicted classes, with the markers that `confusion_matrix` tells of.

    Args:
        z: (7, 7) what the colours stand for, in class order.
        text: (7, 7) what is written in the cells, in class order.
        sentences: what each cell of `CELLS` says when pointed at.
        order: class indices in the order that they are drawn in.
        more: for Plotly's heat map.
    """
    emotions = [_(emotion) for emotion in EMOTIONS]
    names = [emotions[place] for place in order]
    # Plotly chooses dark or light text by the places of the values, so that these must be where they are drawn.
    drawn = np.ix_(order, order)
    figure = heat_map(names, names, z[drawn], np.array(text)[drawn].tolist(), hoverinfo="skip", **more)
    figure.add_scatter(
        x=[emotions[predicted] for true, predicted in CELLS],
        y=[emotions[true] for true, predicted in CELLS],
        mode="markers",
        marker={"symbol": "square", "size": 36, "color": CLEAR},
        selected={"marker": {"color": "rgba(230, 159, 0, 0.45)"}},
        customdata=CELLS,
        text=sentences,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    last = len(EMOTIONS) - 0.5
    ordered = {"showgrid": False, "categoryorder": "array", "categoryarray": names}
    figure.update_xaxes(title={"text": _("predicted")}, range=[-0.5, last], **ordered)
    return figure.update_yaxes(title={"text": _("true")}, range=[last, -0.5], **ordered)


def _cell_sentence(counts: np.ndarray, true: int, predicted: int) -> str:
    count, row, column = counts[true, predicted], counts[true].sum(), counts[:, predicted].sum()
    return _(
        "<b>{true}</b> taken for <b>{predicted}</b>, images: {count:,}"
        "<br>{of_row:.1%} of {row:,} that are {true}"
        "<br>{of_column:.1%} of {column:,} predicted {predicted}"
    ).format(
        true=_(EMOTIONS[true]),
        predicted=_(EMOTIONS[predicted]),
        count=count,
        row=row,
        column=column,
        of_row=count / max(row, 1),
        of_column=count / max(column, 1),
    )
