"""What faces showed over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import DASHES, GREY, checked_shape, share_axis, themed, thinned
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.words import _

MOST_POINTS = 1500
"""Drawn of one line; more can't be told apart on a screen and make the page slow."""
MOST_PIECES = 600
"""Drawn of one face's ribbon; shorter ones are narrower than a pixel."""


def emotion_lines(
    times: np.ndarray,
    probabilities: np.ndarray,
    stretches: np.ndarray | None = None,
    *,
    title: str | None = None,
    axis: str | None = None,
) -> go.Figure:
    """The probability of each emotion over time, by colour and dash.

    Args:
        times: (n,) in seconds, ascending.
        probabilities: (n, 7) in class order.
        stretches: (n,) numbers; lines break where they change.
        axis: what stands under the time axis.

    Raises:
        ValueError: another shape.
    """
    times = checked_shape(times, (None,), "times")
    shares = checked_shape(probabilities, (len(times), len(EMOTIONS)), "probabilities")
    kept = thinned(len(times), MOST_POINTS)
    x, y = np.round(times[kept].astype(float), 2), np.round(shares[kept].astype(float), 4)
    if stretches is not None:
        breaks = np.flatnonzero(np.diff(checked_shape(stretches, (len(times),), "stretches")[kept])) + 1
        x, y = np.insert(x, breaks, np.nan), np.insert(y, breaks, np.nan, axis=0)
    figure = go.Figure()
    for place, (emotion, dash) in enumerate(zip(EMOTIONS, DASHES, strict=True)):
        figure.add_scatter(
            x=x,
            y=y[:, place],
            mode="lines",
            name=_(emotion),
            line={"color": COLOURS[emotion], "dash": dash, "width": 2},
            hovertemplate=f"{_(emotion)}: %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title={"text": axis or _("seconds")})
    figure.update_yaxes(share_axis())
    return themed(figure, height=300, title=title)


def last_minute_lines(seconds: np.ndarray, probabilities: np.ndarray, stretches: np.ndarray) -> go.Figure:
    """What a face showed lately.

    Args:
        seconds: (n,) before now, so from -60 to 0, ascending.
        probabilities: (n, 7) in class order.
        stretches: see `emotion_lines`.
    """
    figure = emotion_lines(seconds, probabilities, stretches, axis=_("seconds ago"))
    ticks = [-60, -45, -30, -15, 0]
    return figure.update_xaxes(range=[-60, 0], tickvals=ticks, ticktext=[str(-tick) for tick in ticks])


@dataclass(frozen=True)
class _Run:
    """A time in which a face's answer stayed the same; `row` is the one of the table with the surest answer."""

    start: float
    end: float
    label: int
    sure: bool
    row: int


def emotion_ribbons(
    faces: Sequence[int],
    times: np.ndarray,
    numbers: np.ndarray,
    probabilities: np.ndarray,
    certain: np.ndarray,
    seconds: np.ndarray,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """A row for each face, with a bar for each time in which it showed the same emotion most; hatched where not sure.

    Each bar carries `customdata=[row of the table with the surest answer in it, face]`: Streamlit hands back clicks.

    Args:
        faces: numbers of the faces that have a row, from above.
        times: (n,) in seconds, ascending for each face.
        numbers: (n,) which face; those that are not in `faces` are left out.
        probabilities: (n, 7) in class order.
        certain: (n,) whether the answer was sure.
        seconds: (n,) how long each answer stands for where the next one is further away.
        chosen: row of the table whose time gets a mark.

    Raises:
        ValueError: another shape.
    """
    count = len(checked_shape(times, (None,), "times"))
    times, numbers, certain, seconds = (
        checked_shape(values, (count,), name)
        for values, name in ((times, "times"), (numbers, "numbers"), (certain, "certain"), (seconds, "seconds"))
    )
    shares = checked_shape(probabilities, (count, len(EMOTIONS)), "probabilities")
    shortest = np.ptp(times) / MOST_PIECES if count else 0.0
    runs = [
        (place, run)
        for place, face in enumerate(faces)
        for run in _runs(np.flatnonzero(numbers == face), times, shares, certain, seconds, shortest)
    ]
    figure = go.Figure()
    for label, emotion in enumerate(EMOTIONS):
        for sure in (True, False):
            those = [(place, run) for place, run in runs if (run.label, run.sure) == (label, sure)]
            if sure or those:
                _add_bars(figure, those, list(faces), emotion, sure=sure)
    if not all(run.sure for _place, run in runs):
        figure.add_bar(x=[None], y=[None], orientation="h", name=_("not sure"), marker=_marker(GREY, sure=False))
    if chosen is not None:
        figure.add_scatter(
            x=[round(float(times[chosen]), 2)],
            y=[list(faces).index(int(numbers[chosen]))],
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 34, "color": GREY, "line": {"width": 4}},
            showlegend=False,
            hoverinfo="skip",
        )
    figure.update_traces(unselected={"marker": {"opacity": 1}})  # a click would dim all others until the next one
    ticks = [_("face {number}").format(number=face) for face in faces]
    figure.update_yaxes(
        tickvals=list(range(len(faces))), ticktext=ticks, range=[len(faces) - 0.5, -0.5], showgrid=False
    )
    figure.update_xaxes(title={"text": _("seconds")}, rangemode="tozero")
    figure.update_layout(barmode="overlay", uniformtext={"minsize": 11, "mode": "hide"})
    figure = themed(figure, height=160 + 34 * max(1, len(faces)))
    return figure.update_layout(legend={"maxheight": 0.8})  # with less, its three rows on a phone have to be scrolled


def _runs(
    rows: np.ndarray,
    times: np.ndarray,
    shares: np.ndarray,
    certain: np.ndarray,
    seconds: np.ndarray,
    shortest: float,
) -> list[_Run]:
    """Of one face, whose rows these are. Answers within `shortest` seconds count as one: what they said most."""
    if not len(rows):
        return []
    starts, nexts = times[rows], np.append(times[rows[1:]], np.inf)
    ends = np.where(nexts - starts <= 1.5 * seconds[rows], nexts, starts + seconds[rows])
    pieces = np.arange(len(rows))
    if shortest > seconds[rows].min():
        pieces = np.flatnonzero(np.diff(np.floor(starts / shortest), prepend=-1))
    after = np.append(pieces[1:], len(rows))
    labels = np.add.reduceat(shares[rows], pieces).argmax(axis=1)
    sure = 2 * np.add.reduceat(certain[rows].astype(int), pieces) > after - pieces
    begins = (ends[pieces[1:] - 1] < starts[pieces[1:]]) | (np.diff(labels) != 0) | (np.diff(sure))
    firsts = np.flatnonzero(np.append(True, begins))
    found = []
    for first, last in zip(firsts, np.append(firsts[1:], len(pieces)) - 1, strict=True):
        within = rows[pieces[first] : after[last]]
        surest = within[shares[within, labels[first]].argmax()]
        end = ends[after[last] - 1]
        found.append(_Run(starts[pieces[first]], end, int(labels[first]), bool(sure[first]), int(surest)))
    return found


def _add_bars(figure: go.Figure, runs: list[tuple[int, _Run]], faces: list[int], emotion: str, *, sure: bool) -> None:
    """One trace: the runs of one emotion, each with the place of its face; one without runs stands in the legend."""
    word, unsure = _(emotion), "" if sure else _(" · not sure")
    figure.add_bar(
        base=[round(run.start, 2) for _place, run in runs],
        x=[round(run.end - run.start, 3) for _place, run in runs] or [None],
        y=[place for place, _run in runs] or [None],
        customdata=[[run.row, faces[place]] for place, run in runs] or [[None, None]],
        hovertext=[f"{run.start:.1f}–{run.end:.1f} s: {word}{unsure}" for _place, run in runs],
        hovertemplate="%{hovertext}<extra></extra>",
        text=[word if sure else "" for _run in runs],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        orientation="h",
        width=0.7,
        name=word,
        legendgroup=emotion,
        showlegend=sure,
        marker=_marker(COLOURS[emotion], sure=sure),
    )


def _marker(colour: str, *, sure: bool) -> dict:
    hatching = {} if sure else {"pattern": {"shape": "/", "fillmode": "replace", "size": 6, "solidity": 0.4}}
    return {"color": colour, "line": {"width": 0}, **hatching}
