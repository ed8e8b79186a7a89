"""How many images a class has, with and without augmented copies, and how bright they are."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import DASHES, checked_shape, themed
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.words import _

HATCHING = {"shape": "/", "size": 6, "solidity": 0.35}


def sampled_counts(originals: np.ndarray, copies: np.ndarray) -> go.Figure:
    """Training images of each class; the augmented copies stand behind them, hatched.

    Args:
        originals, copies: (7,) images in class order.

    Raises:
        ValueError: another shape.
    """
    own = checked_shape(originals, (len(EMOTIONS),), "originals")
    added = checked_shape(copies, (len(EMOTIONS),), "copies")
    emotions = [_(emotion) for emotion in EMOTIONS]
    figure = go.Figure()
    for name, counts, marker in ((_("originals"), own, {}), (_("augmented copies"), added, {"pattern": HATCHING})):
        figure.add_bar(
            x=counts.tolist(),
            y=emotions,
            orientation="h",
            name=name,
            marker={"color": list(COLOURS.values()), **marker},
            hovertemplate="%{y}, " + name + ": %{x:,}<extra></extra>",
            showlegend=False,
        )
    figure.add_scatter(
        x=(own + added).tolist(),
        y=emotions,
        mode="text",
        text=[f"  {a:,}" + (f" + {b:,}" if b else "") for a, b in zip(own, added, strict=True)],
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_xaxes(title={"text": _("training images")}, rangemode="tozero", tickformat=",")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(barmode="stack", bargap=0.25)
    return themed(figure, height=330, right=96)


def histogram_lines(shares: np.ndarray) -> go.Figure:
    """The gray values of each class, a line each.

    Args:
        shares: (7, bins), share of the pixels in each of equal ranges of 0 to 255.

    Raises:
        ValueError: another shape.
    """
    rows = checked_shape(shares, (len(EMOTIONS), None), "shares")
    width = 256 / rows.shape[1]
    figure = go.Figure()
    for place, emotion in enumerate(EMOTIONS):
        figure.add_scatter(
            x=(np.arange(rows.shape[1]) + 0.5) * width,
            y=rows[place],
            name=_(emotion),
            mode="lines",
            line={"color": COLOURS[emotion], "dash": DASHES[place], "width": 2},
            hovertemplate=f"{_(emotion)}: %{{y:.2%}}<extra></extra>",
        )
    figure.update_xaxes(title={"text": _("gray value")}, range=[0, 256])
    figure.update_yaxes(title={"text": _("share of the pixels")}, tickformat=".1%", rangemode="tozero")
    return themed(figure, height=360)


def vote_bars(votes: np.ndarray, names: Sequence[str]) -> go.Figure:
    """The FER+ votes about one image, a bar each.

    Args:
        votes: (n,) people.
        names: (n,) what they voted for.
    """
    counts = checked_shape(votes, (len(names),), "votes")
    figure = go.Figure(
        go.Bar(
            x=counts.tolist(),
            y=list(names),
            orientation="h",
            text=[str(count) if count else "" for count in counts],
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            hovertemplate="%{y}: %{x}<extra></extra>",
        )
    )
    figure.update_xaxes(visible=False, range=[0, 10.5])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return themed(figure, height=250)
