"""What each recorded network brings to an ensemble, and what those that are not in it would bring."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from fer_core.comparison.places import Entry
from fer_core.comparison.xray import Voters, leave_out
from fer_core.prediction.card import EnsembleCard
from fer_core.training.assemble import TEST_PARTS, AssemblyError, joined, member_runs
from fer_core.training.record import RecordedRun, RecordError, read_record, read_run

HOLDOUT = TEST_PARTS["validation"]


def contributions(card: EnsembleCard, folder: Path, entries: tuple[Entry, ...]) -> pd.DataFrame:
    """Leave each member out, and add each other run with weight 1, on the images held out from all training.

    Test images are not looked at: this is a table to choose by. Runs of another data set, without a hold-out or with a
    damaged record are left out.

    Args:
        folder: where the card stands.
        entries: the runs that are tried beside its members, as `find_entries` finds them.

    Returns:
        A row a run, members first, each part by what it brings: `run`, `member`, `learned from`, `starting weights`,
        `epochs` trained, `accuracy` alone, and `difference`: accuracy of the ensemble with this network minus accuracy
        without it, with `low` and `high` of its paired bootstrap interval. Shares; `difference` is missing for the
        only member.

    Raises:
        RecordError, AssemblyError: a record of a member is missing, damaged, or of other images than the others.
    """
    members = member_runs(card, folder)
    split, probabilities = joined(members, HOLDOUT)
    names, weights = [run.record.id for run in members], [member.weight for member in card.members]
    voters = Voters(tuple(names), probabilities, tuple(weights), split.labels)
    rows = []
    for place, run in enumerate(members):
        found = leave_out(voters, place) if len(members) > 1 else {"alone": float(voters.right([place]).mean())}
        rows.append(_row(run, found, member=True))
    for run in _others(entries, set(names), card.data_fingerprint):
        try:
            own = joined([members[0], run], HOLDOUT)[1][1:]
        except AssemblyError:
            continue
        more = Voters(
            (*names, run.record.id), np.concatenate([probabilities, own]), (*voters.weights, 1.0), split.labels
        )
        rows.append(_row(run, leave_out(more, len(members)), member=False))
    return pd.DataFrame(rows).sort_values(["member", "difference"], ascending=False, ignore_index=True)


def _others(entries: tuple[Entry, ...], members: set[str], data_fingerprint: str) -> Iterator[RecordedRun]:
    for entry in entries:
        if entry.kind != "run" or entry.problem or entry.path.name in members:
            continue
        try:
            record = read_record(entry.path)
            if record.config.holdout and record.data_fingerprint == data_fingerprint:
                yield read_run(entry.path)
        except RecordError:
            continue


def _row(run: RecordedRun, found: Mapping[str, float], *, member: bool) -> dict[str, object]:
    return {
        "run": run.record.id,
        "member": member,
        "learned from": run.record.learned_from,
        "starting weights": run.record.starting_weights,
        "epochs": len(run.history),
        "accuracy": found["alone"],
        "difference": found.get("cost", np.nan),
        "low": found.get("low", np.nan),
        "high": found.get("high", np.nan),
    }
