"""What faces showed over time."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import CLEAR, DASHES, GREY, MARKERS, checked_shape, share_axis, themed, thinned
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.words import _

MOST_POINTS = 1500
"""Drawn of one line; more can't be told apart on a screen and make the page slow."""


def emotion_lines(
    times: np.ndarray, probabilities: np.ndarray, *, title: str | None = None, axis: str | None = None
) -> go.Figure:
    """The probability of each emotion over time, by colour and dash.

    Args:
        times: (n,) in seconds, ascending.
        probabilities: (n, 7) in class order.
        axis: what stands under the time axis.

    Raises:
        ValueError: another shape.
    """
    times = checked_shape(times, (None,), "times")
    shares = checked_shape(probabilities, (len(times), len(EMOTIONS)), "probabilities")
    kept = thinned(len(times), MOST_POINTS)
    figure = go.Figure()
    for place, (emotion, dash) in enumerate(zip(EMOTIONS, DASHES, strict=True)):
        figure.add_scatter(
            x=np.round(times[kept], 2),
            y=np.round(shares[kept, place].astype(float), 4),
            mode="lines",
            name=_(emotion),
            line={"color": COLOURS[emotion], "dash": dash, "width": 2},
            hovertemplate=f"{_(emotion)}: %{{y:.0%}}<extra></extra>",
        )
    figure.update_xaxes(title={"text": axis or _("seconds")})
    figure.update_yaxes(share_axis())
    return themed(figure, height=300, title=title)


def last_minute_lines(seconds: np.ndarray, probabilities: np.ndarray) -> go.Figure:
    """What a face showed lately.

    Args:
        seconds: (n,) before now, so from -60 to 0, ascending.
        probabilities: (n, 7) in class order.
    """
    figure = emotion_lines(seconds, probabilities, axis=_("seconds ago"))
    ticks = [-60, -45, -30, -15, 0]
    return figure.update_xaxes(range=[-60, 0], tickvals=ticks, ticktext=[str(-tick) for tick in ticks])


def emotion_ribbons(
    faces: Sequence[int],
    times: np.ndarray,
    numbers: np.ndarray,
    labels: np.ndarray,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """A row for each face, with a mark at each time whose colour and shape tell the emotion that it showed most.

    Each mark carries `customdata=[row of the table, face]`: Streamlit hands back clicks on marks.

    Args:
        faces: numbers of the faces that have a row, from above.
        times: (n,) in seconds.
        numbers: (n,) which face; those that are not in `faces` are left out.
        labels: (n,) class indices.
        chosen: row of the table whose mark gets a ring.

    Raises:
        ValueError: another shape.
    """
    times = checked_shape(times, (None,), "times")
    numbers, labels = (checked_shape(numbers, (len(times),), "numbers"), checked_shape(labels, (len(times),), "labels"))
    shown = np.isin(numbers, list(faces))
    rows = {face: place for place, face in enumerate(faces)}
    figure = go.Figure()
    for label, emotion in enumerate(EMOTIONS):
        those = np.flatnonzero(shown & (labels == label))
        figure.add_scatter(
            x=np.round(times[those], 2) if len(those) else [None],
            y=[rows[int(number)] for number in numbers[those]] if len(those) else [None],
            customdata=[[int(place), int(numbers[place])] for place in those] if len(those) else [[None, None]],
            mode="markers",
            name=_(emotion),
            marker={
                "symbol": MARKERS[label],
                "size": 13,
                "color": COLOURS[emotion],
                "line": {"width": 0, "color": CLEAR},
            },
            hovertemplate=f"%{{x:.1f}} s: {_(emotion)}<extra></extra>",
        )
    if chosen is not None:
        figure.add_scatter(
            x=[round(float(times[chosen]), 2)],
            y=[rows[int(numbers[chosen])]],
            mode="markers",
            marker={"symbol": "circle-open", "size": 22, "color": GREY, "line": {"width": 3}},
            showlegend=False,
            hoverinfo="skip",
        )
    figure.update_traces(unselected={"marker": {"opacity": 1}})  # a click would dim all others until the next one
    ticks = [_("face {number}").format(number=face) for face in faces]
    figure.update_yaxes(
        tickvals=list(range(len(faces))), ticktext=ticks, range=[len(faces) - 0.5, -0.5], showgrid=False
    )
    figure.update_xaxes(title={"text": _("seconds")}, rangemode="tozero")
    return themed(figure, height=130 + 34 * max(1, len(faces)))
