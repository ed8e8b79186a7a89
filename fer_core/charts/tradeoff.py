"""What accuracy costs."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.charts.theme import GREY, LINE_COLOURS, MARKERS, as_text, themed
from fer_core.words import N_, _

KINDS = (N_("ensemble"), N_("run"), N_("fast"))


def accuracy_against_cost(frame: pd.DataFrame, cost: str, front: np.ndarray, *, label: str) -> go.Figure:
    """A point a model with its interval, the Pareto front as a line; the cost on a logarithmic axis.

    Models on the front are numbered as in `front_names`, since names of neighbours would cover each other on a phone;
    all are named when pointed at.

    Args:
        frame: columns `key`, `title`, `kind` (`run`, `ensemble` or `fast`), `accuracy`, the cost, and `accuracy_low`
            and `accuracy_high` where there is an interval.
        front: (n,) bool, which rows are on the front.
        label: of the cost.
    """
    figure, form = go.Figure(), "s" if cost == "parameters" else "r"  # else half a millisecond would read 500m
    best = frame[front].sort_values([cost, "accuracy"])
    numbers = _numbers(frame, cost, front)
    figure.add_scatter(
        x=best[cost],
        y=best["accuracy"],
        mode="lines",
        name=_("Pareto front"),
        line={"color": GREY, "dash": "dot", "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    for number, kind in enumerate(KINDS):
        chosen = frame["kind"] == kind
        part = frame[chosen]
        if part.empty:
            continue
        figure.add_scatter(
            x=part[cost],
            y=part["accuracy"],
            error_y=_interval(part),
            customdata=part["key"],
            mode="markers+text",
            text=numbers[chosen].tolist(),
            textposition="top left",  # where the front has nothing
            hovertext=part["title"].map(as_text),
            name=_(kind),
            cliponaxis=False,
            marker={"symbol": MARKERS[2 * number], "size": 11 - 2 * number, "color": LINE_COLOURS[number]},
            hovertemplate=f"%{{hovertext}}: %{{y:.1%}} right at %{{x:,.3~{form}}}<extra></extra>",
        )
    figure.update_xaxes(title={"text": label}, type="log", dtick="D2", tickformat=f"~{form}")
    figure.update_yaxes(title={"text": _("accuracy")}, tickformat=".1~%")
    return themed(figure, height=400)


def front_names(frame: pd.DataFrame, cost: str, front: np.ndarray) -> list[str]:
    """`1 cheapest`, `2 next`: the models on the front by rising cost, as the figure numbers them; twins share one.

    Args:
        frame: columns `title`, `accuracy` and the cost.
        front: (n,) bool, which rows are on the front.
    """
    best = frame.assign(number=_numbers(frame, cost, front))[front].sort_values(cost, kind="stable")
    return [f"{number} {title}" for number, title in zip(best["number"], best["title"], strict=True)]


def _numbers(frame: pd.DataFrame, cost: str, front: np.ndarray) -> pd.Series:
    """Of those on the front, as text; empty for the others. What costs the same there is as accurate, too."""
    return frame[cost].where(front).rank(method="dense").map("{:.0f}".format, na_action="ignore").fillna("")


def _interval(part: pd.DataFrame) -> dict[str, object] | None:
    if "accuracy_low" not in part:
        return None
    above, below = part["accuracy_high"] - part["accuracy"], part["accuracy"] - part["accuracy_low"]
    return {"array": above, "arrayminus": below, "thickness": 1, "width": 3}
