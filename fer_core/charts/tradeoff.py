"""What accuracy costs."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.charts.theme import GREY, LINE_COLOURS, MARKERS, themed
from fer_core.words import N_, _

KINDS = (N_("ensemble"), N_("run"), N_("fast"))


def accuracy_against_cost(
    frame: pd.DataFrame, cost: str, front: np.ndarray, *, label: str, title: str | None = None
) -> go.Figure:
    """A point a model with its interval, the Pareto front as a line; the cost on a logarithmic axis.

    Models on the front are labelled, the others when pointed at.

    Args:
        frame: columns `key`, `title`, `kind` (`run`, `ensemble` or `fast`), `accuracy`, the cost, and `accuracy_low`
            and `accuracy_high` where there is an interval.
        front: (n,) bool, which rows are on the front.
        label: of the cost.
    """
    figure = go.Figure()
    best = frame[front].sort_values([cost, "accuracy"])
    figure.add_scatter(
        x=best[cost],
        y=best["accuracy"],
        mode="lines",
        name=_("Pareto front"),
        line={"color": GREY, "dash": "dot", "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    # Neighbours are labelled above and below in turn, so that the names of two that lie close don't cover each other;
    # towards the middle of the figure, where there is room for them.
    costs = np.log(frame[cost].to_numpy(dtype=float))
    turn = frame[cost].where(front).rank(method="first").fillna(0).to_numpy().astype(int) % 2
    cheap = costs <= (costs.min() + costs.max()) / 2
    places = np.strings.add(np.where(turn, "top ", "bottom "), np.where(cheap, "right", "left"))
    for number, kind in enumerate(KINDS):
        chosen = (frame["kind"] == kind).to_numpy()
        part = frame[chosen]
        if part.empty:
            continue
        figure.add_scatter(
            x=part[cost],
            y=part["accuracy"],
            error_y=_interval(part),
            customdata=part["key"],
            mode="markers+text",
            text=[name if shown else "" for name, shown in zip(part["title"], front[chosen], strict=True)],
            textposition=places[chosen].tolist(),
            hovertext=part["title"],
            name=_(kind),
            cliponaxis=False,
            marker={"symbol": MARKERS[2 * number], "size": 11 - 2 * number, "color": LINE_COLOURS[number]},
            hovertemplate="%{hovertext}: %{y:.1%} right at %{x:,.3~s}<extra></extra>",
        )
    figure.update_xaxes(title={"text": label}, type="log", dtick="D2", tickformat="~s")
    figure.update_yaxes(title={"text": _("accuracy")}, tickformat=".1~%")
    return themed(figure, height=400, title=title)


def _interval(part: pd.DataFrame) -> dict[str, object] | None:
    if "accuracy_low" not in part:
        return None
    above, below = part["accuracy_high"] - part["accuracy"], part["accuracy"] - part["accuracy_low"]
    return {"array": above, "arrayminus": below, "thickness": 1, "width": 3}
