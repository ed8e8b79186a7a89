"""Runs that belong together: scores of the cells of a matrix, and of the points of a grid."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import CLEAR, checked_shape, heat_map, share_axis, themed, wrapped
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.words import _

if TYPE_CHECKING:
    import pandas as pd

LINE_SCALE: list[tuple[float, str]] = [(0.0, "#B0B7BF"), (0.6, "#6BAED6"), (1.0, "#D55E00")]
"""Of lines from worse to better; all of it stands out on white and on black."""

Key = tuple[str, str]


def score_heatmap(
    scores: Mapping[Key, float],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    low: float,
    high: float,
    notes: Mapping[Key, str] | None = None,
    title: str | None = None,
) -> go.Figure:
    """Scores by row and column; the best is written bold, and a cell without a score shows its note.

    Over each cell lies a transparent square marker with `customdata=[row, column]`, which hands back clicks.

    Args:
        scores: 0 to 1 by (row, column); cells may be missing.
        low, high: scores that the ends of the colour scale stand for.
        notes: small second line of a cell.
    """
    notes = notes or {}
    cells = [(row, column) for row in rows for column in columns]
    best = max((scores[cell] for cell in cells if cell in scores), default=None)

    def written(cell: Key) -> str:
        score = f"{scores[cell]:.4f}" if cell in scores else "–"
        lines = [f"<b>{score}</b>" if cell in scores and scores[cell] == best else score]
        return "<br>".join([*lines, *([f"<i>{notes[cell]}</i>"] if notes.get(cell) else [])])

    names_x, names_y = wrapped(list(columns)), wrapped(list(rows))
    figure = heat_map(
        x=names_x,
        y=names_y,
        z=[[scores.get((row, column), np.nan) for column in columns] for row in rows],
        text=[[written((row, column)) if (row, column) in scores else "" for column in columns] for row in rows],
        textfont={"size": 13},
        zmin=low,
        zmax=high,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
    # Whether a heat map writes into cells without a value depends on whether any has one.
    empty = [cell for cell in cells if cell not in scores]
    place = {cell: (names_x[columns.index(cell[1])], names_y[rows.index(cell[0])]) for cell in cells}
    for cell in empty:
        figure.add_annotation(x=place[cell][0], y=place[cell][1], text=written(cell), showarrow=False)
    figure.add_scatter(
        x=[place[cell][0] for cell in cells],
        y=[place[cell][1] for cell in cells],
        mode="markers",
        marker={"symbol": "square", "size": 56, "color": CLEAR},
        selected={"marker": {"color": "rgba(230, 159, 0, 0.35)"}},
        customdata=cells,
        text=[f"{row}, {column}: {written((row, column))}" for row, column in cells],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(showgrid=False, range=[-0.5, len(columns) - 0.5])
    figure.update_yaxes(showgrid=False, range=[len(rows) - 0.5, -0.5])
    return themed(figure, height=90 + 84 * len(rows) + (28 if title else 0), title=title)


def recall_bars(recall: np.ndarray, *, title: str | None = None) -> go.Figure:
    """How many of each class are found.

    Args:
        recall: (7,) 0 to 1, nan for a class without images.

    Raises:
        ValueError: another shape.
    """
    shares = checked_shape(recall, (len(EMOTIONS),), "recall").astype(float)
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=[_(emotion) for emotion in EMOTIONS],
            orientation="h",
            marker={"color": list(COLOURS.values())},
            text=["" if np.isnan(share) else f"{share:.0%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(share_axis(_("found")))
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return themed(figure, height=330, title=title, right=48)


def parallel_coordinates(table: "pd.DataFrame", searched: Sequence[str], score: str = "val_accuracy") -> go.Figure:
    """A line a run through what was searched to its validation accuracy; dragging along an axis leaves some lines.

    Args:
        table: a row a run with the columns of `searched` and `score`; rows without a score are left out.

    Raises:
        ValueError: no row has a score.
    """
    shown = table.dropna(subset=[score])
    if shown.empty:
        raise ValueError(f"table: no run has a {score} yet")
    dimensions = []
    for name in searched:
        options = sorted(shown[name].unique())
        places = {option: place for place, option in enumerate(options)}
        dimensions.append(
            {
                "label": _(name.replace("_", " ")),
                "values": [places[value] for value in shown[name]],
                "tickvals": list(places.values()),
                "ticktext": [f"{option:g}" if isinstance(option, float) else str(option) for option in options],
                "range": [-0.1, max(1, len(options) - 1) + 0.1],
            }
        )
    dimensions.append({"label": _("accuracy"), "values": shown[score], "tickformat": ".3f"})
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={"color": shown[score], "colorscale": LINE_SCALE, "showscale": False},
            labelfont={"size": 13},
            tickfont={"size": 12},
        )
    )
    figure = themed(figure, height=360)
    return figure.update_layout(margin={"l": 64, "r": 56, "t": 56, "b": 24})
