"""Lines: what a run learns, how classes are told apart, what a confidence is worth."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from fer_core.charts.theme import (
    DASHES,
    GREY,
    LINE_COLOURS,
    MARKERS,
    as_text,
    checked_shape,
    share_axis,
    themed,
    thinned,
)
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.words import _

if TYPE_CHECKING:
    from fer_core.evaluation.calibration import Reliability
    from fer_core.evaluation.metrics import RocCurve


def roc_curves(points: Sequence["RocCurve"], auc: np.ndarray, *, title: str | None = None) -> go.Figure:
    """Each class against the rest, by colour and dash; an undefined curve is named in the legend only.

    Args:
        points: (7,) curves in class order.
        auc: (7,) areas under them, nan where undefined.

    Raises:
        ValueError: not seven of them.
    """
    areas = checked_shape(auc, (len(EMOTIONS),), "auc")
    if len(points) != len(EMOTIONS):
        raise ValueError(f"points: expected {len(EMOTIONS)} curves, got {len(points)}")
    figure = go.Figure()
    _add_reference(figure, _("by chance"))
    for emotion, curve, area, dash in zip(EMOTIONS, points, areas, DASHES, strict=True):
        kept = thinned(len(curve.threshold))
        figure.add_scatter(
            x=curve.false_positive_rate[kept] if len(kept) else [None],
            y=curve.true_positive_rate[kept] if len(kept) else [None],
            customdata=curve.threshold[kept] if len(kept) else None,
            mode="lines",
            name=f"{_(emotion)} " + (_("(no images)") if np.isnan(area) else f"{area:.3f}"),
            line={"color": COLOURS[emotion], "dash": dash, "width": 2},
            hovertemplate=_("{emotion} from %{{customdata:.2f}} on: %{{y:.1%}} found, %{{x:.1%}} false").format(
                emotion=_(emotion)
            )
            + "<extra></extra>",
        )
    figure.update_xaxes(share_axis(_("false alarms (false positive rate)")))
    figure.update_yaxes(share_axis(_("found (true positive rate)")))
    return themed(figure, height=480, title=title)


FEW_EPOCHS = 10


def learning_curves(
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    metric: str = "accuracy",
    *,
    kept_epochs: Mapping[str, int | None] | None = None,
    smoothing: float = 0.0,
    by_time: bool = False,
    log: bool = False,
    title: str | None = None,
) -> go.Figure:
    """Training (dotted) and validation (solid, with a symbol a run) over the epochs, any number of runs.

    One epoch alone is no line: its training is a hollow symbol.

    Args:
        histories: for each run columns by name, e.g. a frame: `metric` and `val_<metric>`, a row an epoch.
        metric: `accuracy`, `top2_accuracy` or `loss`; anything but a loss is drawn as a share.
        kept_epochs: for each run the epoch, from 1, whose weights were kept, where that is known; marked by a star.
        smoothing: weight of what came before in an exponential mean, 0 to below 1; the values themselves are drawn
            faintly behind it.
        by_time: over the minutes that the epochs took (column `seconds`) instead of their number.
        log: the metric on a logarithmic axis.

    Raises:
        ValueError: a run lacks the metric, or the seconds where they are asked for.
    """
    figure = go.Figure()
    for number, (run, history) in enumerate(histories.items()):
        colour = LINE_COLOURS[number % len(LINE_COLOURS)]
        # With as many symbols as colours, each time round shifts them: 36 runs look different.
        marker = MARKERS[:-1][(number + number // len(LINE_COLOURS)) % (len(MARKERS) - 1)]
        for column, part, dash in ((metric, _("training"), "dot"), (f"val_{metric}", _("validation"), "solid")):
            if missing := [name for name in (column, *(["seconds"] if by_time else [])) if name not in history]:
                raise ValueError(f"histories[{run!r}]: no column {missing[0]}; found {', '.join(map(str, history))}")
            values = np.asarray(history[column], dtype=float)
            epochs = np.arange(1, len(values) + 1)
            x = np.cumsum(np.asarray(history["seconds"], dtype=float)) / 60 if by_time else epochs
            kept = (kept_epochs or {}).get(run) if column.startswith("val_") else None
            hollow = "" if column.startswith("val_") else "-open"
            if smoothing:
                line = {"color": colour, "dash": dash, "width": 1}
                figure.add_scatter(
                    x=x, y=values, mode="lines", line=line, opacity=0.3, showlegend=False, hoverinfo="skip"
                )
                import pandas as pd  # 0.4 s that a page without curves is spared

                values = pd.Series(values).ewm(alpha=1 - smoothing).mean().to_numpy()
            figure.add_scatter(
                x=x,
                y=values,
                customdata=epochs,
                mode="lines+markers" if column.startswith("val_") or len(values) == 1 else "lines",
                name=as_text(f"{run}, {part}"),
                line={"color": colour, "dash": dash, "width": 2},
                marker={
                    "symbol": ["star" if epoch == kept else marker + hollow for epoch in epochs],
                    "size": [16 if epoch == kept else 5 for epoch in epochs],
                },
                hovertemplate=f"%{{fullData.name}}, {_('epoch')} %{{customdata}}: %{{y:.4f}}<extra></extra>",
            )
    figure.update_xaxes(title={"text": _("minutes") if by_time else _("epoch")}, rangemode="tozero")
    if not by_time and max((len(trace.x) for trace in figure.data), default=0) <= FEW_EPOCHS:
        figure.update_xaxes(dtick=1)  # there is no half epoch
    if metric.endswith("loss"):
        figure.update_yaxes(title={"text": _(metric)}, rangemode="normal" if log else "tozero")
    else:
        figure.update_yaxes(share_axis(_(metric.replace("_", " "))))
    if log:
        figure.update_yaxes(type="log", range=None, tickvals=None)
    return themed(figure, height=400 + 20 * max(0, len(histories) - 2), title=title)


def reliability_diagram(reliabilities: Mapping[str, "Reliability"], *, title: str | None = None) -> go.Figure:
    """Accuracy over confidence, with the 95% interval of each bin; on the diagonal a confidence is worth its number.

    Args:
        reliabilities: e.g. `{"before": ..., "after": ...}`; its calibration error stands behind each name.
    """
    figure = go.Figure()
    _add_reference(figure, _("calibrated"))
    for number, (name, bins) in enumerate(reliabilities.items()):
        filled = bins.count > 0
        accuracy, (low, high) = bins.accuracy[filled], bins.interval[filled].T
        figure.add_scatter(
            x=bins.confidence[filled],
            y=accuracy,
            customdata=bins.count[filled],
            error_y={"array": high - accuracy, "arrayminus": accuracy - low, "thickness": 1, "width": 3},
            cliponaxis=False,
            mode="lines+markers",
            name=_("{name} (error {error:.3f})").format(name=as_text(name), error=bins.expected_calibration_error),
            line={"color": LINE_COLOURS[number % len(LINE_COLOURS)], "dash": DASHES[number % len(DASHES)], "width": 2},
            marker={"symbol": MARKERS[number % len(MARKERS)], "size": 8},
            hovertemplate=_("{name}: %{{y:.1%}} of %{{customdata:,}} images right at %{{x:.1%}}").format(
                name="%{fullData.name}"
            )
            + "<extra></extra>",
        )
    figure.update_xaxes(share_axis(_("confidence")))
    figure.update_yaxes(share_axis(_("accuracy")))
    return themed(figure, height=420, title=title)


def _add_reference(figure: go.Figure, name: str) -> None:
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=name, line={"color": GREY, "dash": "dot", "width": 1}, hoverinfo="skip"
    )
