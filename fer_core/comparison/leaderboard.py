"""The table of all that was recorded, on one split, against a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_core.comparison.annotations import Annotation
from fer_core.comparison.models import Model
from fer_core.comparison.places import Entry, Places, run_digest
from fer_core.comparison.statistics import SCORES, Statistics
from fer_core.comparison.timing import Timing, model_files, read_timings
from fer_core.evaluation.paired import PairedComparison, compare_with_one
from fer_core.evaluation.references import REFERENCES, measured_on
from fer_core.training.record import RecordedRun
from fer_core.words import N_

COSTS: Mapping[str, str] = {
    "parameters": N_("Parameters"),
    "megabytes": N_("File size (MB)"),
    "milliseconds": N_("Milliseconds a face"),
}
"""Columns of what a model costs; lower is better."""


@dataclass(frozen=True)
class Row:
    """One entry with what is known of it."""

    entry: Entry
    statistics: Statistics
    annotation: Annotation
    megabytes: float | None
    timing: Timing | None

    @property
    def title(self) -> str:
        """The person's own name for it, else what its card says, else the run's folder."""
        own = self.entry.key if self.entry.kind == "run" else self.statistics.title
        return self.annotation.name or own


def rows_of(
    entries: Sequence[Entry],
    statistics: Mapping[str, Statistics],
    annotations: Mapping[str, Annotation],
    where: Places,
) -> dict[str, Row]:
    """Entries whose statistics are known, by key; what the guard refuses is among them.

    Args:
        statistics: by key; entries without are left out.
        annotations: by key.
    """
    timings = {origin: read_timings(where.timings(origin)) for origin in {entry.origin for entry in entries}}
    rows = {}
    for entry in entries:
        if entry.key not in statistics:
            continue
        timing = timings[entry.origin].get(entry.key)
        files = model_files(entry)
        rows[entry.key] = Row(
            entry,
            statistics[entry.key],
            annotations.get(entry.key, Annotation()),
            sum(file.stat().st_size for file in files) / 1e6 if files else None,
            timing if timing and timing.digest == entry.digest else None,
        )
    return rows


def leaderboard(
    rows: Mapping[str, Row], split: str, *, new_only: bool = False, baseline: str | None = None
) -> pd.DataFrame:
    """A row an entry that has answers for the split; the best accuracy first, pins before all.

    References stand among them where one of these was measured on the references' own data set.

    Columns: `key` (none for a reference), `title` (no two entries' the same), `kind` (`run`, `ensemble`, `fast`,
    `reference`), `origin`, `network`, `data` (fingerprint), `images`, `images_digest` (equal where these are); each
    score of `SCORES` with `<score>_low` and `<score>_high` (95% interval), `ece` of confidences that were put right;
    `parameters`, `megabytes`, `milliseconds` and `timed_on` (the processor and threads); `difference` in accuracy from
    the baseline with `difference_low`, `difference_high` and `p_value` (McNemar, of this one comparison: see `holm`);
    `pinned`, `note`. What is not known is nan.

    Args:
        rows: see `rows_of`; those with problems are left out.
        split: see `fer_core.comparison.models.SPLITS`.
        new_only: without the images that also stand in training.
        baseline: key of the entry that others are compared with; differences need the same images, and are of those
            that are new to both where `new_only`.
    """
    pairs = _pairs(rows, split, new_only=new_only, baseline=baseline)
    titles, table = distinct_titles(rows), []
    for key, row in rows.items():
        found = row.statistics.splits.get(split)
        measured = found.measured(new_only=new_only) if found else None
        if measured is None:
            continue
        line = {
            "key": key,
            "title": titles[key],
            "kind": row.entry.kind,
            "origin": row.entry.origin,
            "network": row.statistics.network,
            "data": row.statistics.data_fingerprint,
            "images": measured.images,
            "images_digest": found.images(new_only=new_only),
            "parameters": row.statistics.parameters,
            "megabytes": row.megabytes,
            "milliseconds": row.timing.milliseconds if row.timing else None,
            "timed_on": row.timing.where if row.timing else None,
            "pinned": row.annotation.pinned,
            "note": row.annotation.note,
        }
        for name, score in measured.scores.items():
            low, high = measured.intervals.get(name, (None, None))
            line |= {name: score, f"{name}_low": low, f"{name}_high": high}
        if pair := pairs.get(key):
            line |= {
                "difference": pair.difference,
                "difference_low": pair.interval.low,
                "difference_high": pair.interval.high,
                "p_value": pair.p_value,
            }
        table.append(line)
    if not new_only and measured_on() in {line["data"] for line in table}:
        table += [_reference_line(number, split) for number in range(len(REFERENCES))]
    frame = pd.DataFrame([line for line in table if line], columns=list(_columns()))
    return frame.sort_values(["pinned", "accuracy"], ascending=False, kind="stable", ignore_index=True)


def _pairs(rows: Mapping[str, Row], split: str, *, new_only: bool, baseline: str | None) -> dict[str, PairedComparison]:
    """Those that answered the baseline's images, compared with it, by key; new images are those new to both.

    Two runs on one data set can know different test images, where corrections left out training images of one.
    """
    found = {key: row.statistics.splits[split] for key, row in rows.items() if split in row.statistics.splits}
    base = found.pop(baseline, None)
    if base is None:
        return {}
    same = {key: each for key, each in found.items() if each.images_digest == base.images_digest}
    pairs: dict[str, PairedComparison] = {}
    for known in {each.known for each in same.values()}:
        alike = {key: each for key, each in same.items() if each.known == known}
        new_to_both = base.is_new & next(iter(alike.values())).is_new
        kept = new_to_both if new_only else np.ones_like(new_to_both)
        if kept.any():
            right = [each.right[kept] for each in alike.values()]
            pairs |= zip(alike, compare_with_one(right, base.right[kept]), strict=True)
    return pairs


def _columns() -> list[str]:
    scored = [column for name in SCORES for column in (name, f"{name}_low", f"{name}_high")]
    about = ["key", "title", "kind", "origin", "network", "data", "images", "images_digest"]
    compared = ["difference", "difference_low", "difference_high", "p_value"]
    return [*about, *scored, *compared, *COSTS, "timed_on", "pinned", "note"]


def _reference_line(number: int, split: str) -> dict[str, object] | None:
    reference = REFERENCES[number]
    if split not in reference.scores:
        return None
    about = {"title": reference.name, "kind": "reference", "origin": reference.source, "network": "", "pinned": False}
    return {**about, **reference.scores[split], "note": ""}


def distinct_titles(rows: Mapping[str, Row]) -> dict[str, str]:
    """Key -> what it is called, made different where two are called the same."""
    titles = [row.title for row in rows.values()]
    return {key: row.title if titles.count(row.title) == 1 else f"{row.title} ({key})" for key, row in rows.items()}


def named_runs(models: Mapping[str, Model], rows: Mapping[str, Row]) -> dict[str, RecordedRun]:
    """Chosen runs and the members of chosen ensembles, each once, by what they are called.

    Args:
        models: what is chosen, by key.
        rows: the chosen ones, and others that members can be; a member that is none goes by its id, which a run of
            another name can have too.
    """
    keys = {row.entry.digest: key for key, row in rows.items() if row.entry.kind == "run"}
    listed: dict[str, RecordedRun] = {}
    others: dict[str, tuple[str, str, RecordedRun]] = {}
    for key, model in models.items():
        for member, run in model.members.items():
            digest = run_digest(run.folder)
            if own := key if model.entry.kind == "run" else keys.get(digest):
                listed[own] = run
            else:
                others.setdefault(digest, (key, member, run))
    titles = distinct_titles({key: row for key, row in rows.items() if key in models or key in listed})
    found = {titles[key]: run for key, run in listed.items()}
    for key, member, run in others.values():
        name = run.record.id
        found[f"{name} ({titles[key]}: {member})" if name in found else name] = run
    return found


def pareto_front(cost: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Which models no other is both at least as cheap and at least as accurate as, and better in one of the two.

    Args:
        cost: (n,) lower is better; nan for unknown, which is on no front.
        accuracy: (n,) higher is better.

    Returns:
        (n,) bool.
    """
    cost, accuracy = np.asarray(cost, dtype=float), np.asarray(accuracy, dtype=float)
    no_worse = (cost[None] <= cost[:, None]) & (accuracy[None] >= accuracy[:, None])
    better = (cost[None] < cost[:, None]) | (accuracy[None] > accuracy[:, None])
    known = np.isfinite(cost) & np.isfinite(accuracy)
    return known & ~(no_worse & better & known[None]).any(axis=1)
