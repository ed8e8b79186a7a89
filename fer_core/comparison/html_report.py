"""A report of chosen models as one HTML file that needs nothing else: tables, figures, provenance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jinja2
import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from fer_core.charts import CONFIG, confusion_matrix, learning_curves, reliability_diagram, roc_curves
from fer_core.comparison.histories import learning_gap
from fer_core.comparison.leaderboard import Row, distinct_titles, leaderboard, named_runs
from fer_core.comparison.models import SPLITS, Model
from fer_core.comparison.statistics import SCORES
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import reliability
from fer_core.evaluation.paired import holm
from fer_core.prediction.card import EnsembleCard
from fer_core.training.provenance import code_version
from fer_core.training.record import RecordedRun
from fer_core.words import N_, _, language

TEMPLATE = "html_report.html.j2"
SPLIT_TITLES = {
    "validation": N_("Validation (each run's own part of the training images)"),
    "holdout": N_("Hold-out (a tenth of the training images that a run was not trained on)"),
    "public": N_("PublicTest"),
    "private": N_("PrivateTest"),
    "test": N_("Test (both halves)"),
}
CURVES = {"accuracy": N_("Accuracy"), "top2_accuracy": N_("Top-2 accuracy"), "loss": N_("Loss")}
SCORE_TITLES = {
    "accuracy": N_("accuracy"),
    "top2_accuracy": N_("top-2"),
    "macro_f1": N_("macro F1"),
    "precision": N_("precision"),
    "recall": N_("recall"),
    "f1": N_("F1"),
    "mean_auc": N_("mean AUC"),
    "ece": N_("ECE"),
}


def html_report(rows: Mapping[str, Row], read: Callable[[Row], Model]) -> str:
    """The report as HTML, in the language of whoever is asking.

    Args:
        rows: what is reported, by key; the first is the one that others are compared with.
        read: gives the answers behind a row.

    Raises:
        ValueError: nothing is chosen, or a record can't be trusted; the message says why.
    """
    if not rows:
        raise ValueError("choose at least one run or ensemble to report")
    if bad := {key: row.statistics.problems for key, row in rows.items() if row.statistics.problems}:
        key, problems = next(iter(bad.items()))
        raise ValueError(f"{key} can't be reported: {problems[0]}")
    models = {key: read(row) for key, row in rows.items()}
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    environment.globals["_"] = _
    titles = distinct_titles(rows)
    runs = named_runs(models, rows)
    baseline = next(iter(rows))
    return environment.get_template(TEMPLATE).render(
        language=language(),
        plotly=get_plotlyjs(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        code=code_version(),
        titles=titles,
        baseline=titles[baseline],
        scores=[(_(SPLIT_TITLES[name]), *_score_tables(rows, name, baseline)) for name in SPLITS if _has(rows, name)],
        curves=_curves(runs),
        gaps=[(name, gap.sentence) for name, run in runs.items() if (gap := _gap(run))],
        figures=[(titles[key], *_figures(model)) for key, model in models.items()],
        provenance=[
            *((titles[key], _card_facts(model)) for key, model in models.items() if model.entry.kind != "run"),
            *((name, _provenance(run)) for name, run in runs.items()),
        ],
    )


def _has(rows: Mapping[str, Row], split: str) -> bool:
    return any(split in row.statistics.splits for row in rows.values())


@dataclass(frozen=True)
class _Table:
    """A table of scores as HTML.

    Attributes:
        rows: 0 where no model has answers for these images.
        parts: different sets of images that its rows were measured on.
    """

    html: str
    rows: int
    parts: int


def _score_tables(rows: Mapping[str, Row], split: str, baseline: str) -> tuple[_Table, _Table | None]:
    """Of all images, and of those that don't stand in training too where that makes a difference."""
    everything = _score_table(leaderboard(rows, split, baseline=baseline))
    known = any(
        found.new is None or found.new.images < found.all.images
        for row in rows.values()
        if (found := row.statistics.splits.get(split))
    )
    return everything, _score_table(leaderboard(rows, split, new_only=True, baseline=baseline)) if known else None


def _score_table(frame: pd.DataFrame) -> _Table:
    model, images, accuracy, against = _("model"), _("images"), _(SCORE_TITLES["accuracy"]), _("against the first")
    lines = []
    for _index, row in frame.assign(p_value=holm(frame["p_value"])).iterrows():
        line = {model: row["title"], images: "–" if pd.isna(row["images"]) else f"{row['images']:,.0f}"}
        for name in SCORES:
            score, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
            interval = "" if pd.isna(low) else f" ({low:.3f}\N{WORD JOINER}–\N{WORD JOINER}{high:.3f})"
            line[_(SCORE_TITLES[name])] = "–" if pd.isna(score) else f"{score:.3f}{interval}"
        p = "" if pd.isna(row["p_value"]) else f" (p\N{NO-BREAK SPACE}{_p(row['p_value'])})"
        line[against] = "–" if pd.isna(row["difference"]) else f"{row['difference']:+.3f}{p}"
        line[_("parameters")] = "–" if pd.isna(row["parameters"]) else f"{row['parameters']:,.0f}"
        line[_("ms a face")] = "–" if pd.isna(row["milliseconds"]) else f"{row['milliseconds']:.1f}"
        lines.append(line)
    order = [model, images, accuracy, against]
    columns = [*order, *(column for column in (lines[0] if lines else ()) if column not in order)]
    html = pd.DataFrame(lines, columns=columns).to_html(index=False, border=0)
    return _Table(html, len(lines), frame["images_digest"].nunique())


def _p(value: float) -> str:
    return "<\N{NO-BREAK SPACE}0.001" if value < 0.001 else f"=\N{NO-BREAK SPACE}{value:.3f}"


def _drawn(figure: go.Figure) -> str:
    return figure.to_html(full_html=False, include_plotlyjs=False, config=CONFIG)


def _curves(runs: Mapping[str, RecordedRun]) -> list[str]:
    drawn = []
    for metric, title in CURVES.items():
        able = {name: run for name, run in runs.items() if {metric, f"val_{metric}"} <= set(run.history)}
        if able:
            kept = {name: run.record.kept_epoch for name, run in able.items()}
            histories = {name: run.history for name, run in able.items()}
            drawn.append(_drawn(learning_curves(histories, metric, kept_epochs=kept, title=_(title))))
    return drawn


def _gap(run: RecordedRun) -> object:
    return learning_gap(run.history, run.record.kept_epoch, run.record.config)


def _figures(model: Model) -> tuple[str, list[str]]:
    """Confusion matrix, ROC and reliability on the widest test split that there is, and that split's name."""
    split = next(name for name in reversed(SPLITS) if name in model.splits)
    answers = model.splits[split]
    both = answers.probabilities, answers.labels
    counts = metrics.confusion(*both)
    figures = [
        confusion_matrix(counts, title=_("Shares of the true class")),
        confusion_matrix(counts, normalize=None, title=_("Counts")),
        roc_curves(metrics.roc_curves(*both), metrics.auc(*both), title=_("ROC")),
        reliability_diagram(
            {
                _("before calibration"): reliability(model.uncalibrated(split), answers.labels),
                _("after calibration"): reliability(model.calibrated(split, model.fitted()[0]), answers.labels),
            },
            title=_("Reliability"),
        ),
    ]
    return _(SPLIT_TITLES[split]), [_drawn(figure) for figure in figures]


def _card_facts(model: Model) -> list[tuple[str, str]]:
    """How an ensemble joins its members' answers, and which files these are."""
    card = EnsembleCard.read(model.entry.path)
    facts = {
        _("card, SHA-256"): card.digest(),
        _("data fingerprint"): card.data_fingerprint,
        _("temperature"): f"{card.temperature:g}",
        _("label smoothing that is undone"): f"{card.label_smoothing:g}",
        _("“not sure” below"): f"{card.not_sure_below:g}",
        _("flip averaging"): str(card.flip_averaging),
    }
    for title, member in zip(card.titles, card.members, strict=True):
        facts[_("member {title}").format(title=title)] = _(
            "weight {weight:g}, {file}, SHA-256 {sha256}, run {run}"
        ).format(weight=member.weight, file=member.file, sha256=member.sha256, run=member.run)
    return [*facts.items()]


def _provenance(run: RecordedRun) -> list[tuple[str, str]]:
    record, drawn = run.record, _("drawn faces")
    facts = {
        _("data fingerprint"): record.data_fingerprint + (f" ({drawn})" if record.synthetic else ""),
        _("training images"): f"{record.train_images:,}",
        _("code version"): record.code_version,
        _("packages"): ", ".join(f"{name} {version}" for name, version in record.packages.items()) or "–",
        _("hardware"): ", ".join(f"{name} {value}" for name, value in record.hardware.items()),
        _("finished"): record.finished.isoformat(timespec="minutes"),
        _("hours of training"): f"{record.train_seconds / 3600:.2f}",
        _("kept epoch"): _("{epoch} of {epochs}").format(epoch=record.kept_epoch, epochs=len(run.history)),
        _("parameters"): f"{record.parameters:,}",
    }
    settings = {
        name: "–" if value is None else str(value) for name, value in record.config.model_dump(mode="json").items()
    }
    return [*facts.items(), *settings.items()]
