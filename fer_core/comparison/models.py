"""A recorded run or an ensemble as something that can be compared: its answers on each split."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from fer_core.comparison.places import Entry, run_digest
from fer_core.evaluation.calibration import calibrate, fit_temperature, undo_label_smoothing
from fer_core.prediction.card import EnsembleCard
from fer_core.prediction.errors import ModelError
from fer_core.training.assemble import TEST_PARTS, joined, member_runs
from fer_core.training.record import RecordedRun, RunRecord, SplitProbabilities, read_run

SplitName = Literal["validation", "holdout", "public", "private", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)
PARTS: Mapping[str, tuple[str, ...]] = TEST_PARTS | {"validation": ("validation",), "holdout": ("holdout",)}
"""Splits -> the splits of a record that they are made of."""


@dataclass(frozen=True)
class Model:
    """What is compared.

    Attributes:
        title: what a person calls it.
        splits: by name; an ensemble has no `validation`, whose images its members saw of each other.
        members: by name the records behind an ensemble; a run is its own only member.
        weights: (members,) of the mean.
        label_smoothing: of the training, mean of the members; that of the focal loss counts as 0.
        temperature: that an ensemble is calibrated with, once the smoothing is undone; 1 for a run.
        threshold: below this confidence the answer is "not sure"; 0 for a run.
    """

    entry: Entry
    title: str
    splits: Mapping[str, SplitProbabilities]
    members: Mapping[str, RecordedRun]
    weights: tuple[float, ...] = (1.0,)
    label_smoothing: float = 0.0
    temperature: float = 1.0
    threshold: float = 0.0

    @property
    def record(self) -> RunRecord:
        """Of the first member; the only one of a run."""
        return next(iter(self.members.values())).record

    @property
    def history(self) -> pd.DataFrame:
        """Epochs of the first member; the only one of a run."""
        return next(iter(self.members.values())).history

    @property
    def parameters(self) -> int:
        """Of all members together."""
        return sum(run.record.parameters for run in self.members.values())

    def answers(self, split: str, *, new_only: bool = False) -> SplitProbabilities:
        """What it says of the images of a split, with or without those that stand in training too.

        Raises:
            KeyError: there are no answers for this split.
        """
        found = self.splits[split]
        return subset(found, ~found.also_in_training) if new_only else found

    def member_probabilities(self, split: str, *, new_only: bool = False) -> np.ndarray:
        """(members, n, 7) what each member says of the images of `answers`."""
        kept = ~self.splits[split].also_in_training if new_only else slice(None)
        return np.stack([run.joined(PARTS[split]).probabilities[kept] for run in self.members.values()])

    def uncalibrated(self, split: str, *, new_only: bool = False) -> np.ndarray:
        """(n, 7) the members' mean."""
        return np.average(self.member_probabilities(split, new_only=new_only), axis=0, weights=self.weights)

    def fitted(self) -> tuple[float, SplitName]:
        """The temperature that puts its confidences right, and the split it was fitted on.

        That of a card was fitted when the card was written; a run's is fitted here, on the images held out if any.
        """
        if self.entry.kind != "run":
            return self.temperature, "holdout"
        split = next(name for name in ("holdout", "validation", *self.splits) if name in self.splits)
        answers = self.splits[split]
        plain = undo_label_smoothing(answers.probabilities, self.label_smoothing)
        return fit_temperature(plain, answers.labels), split

    def calibrated(self, split: str, temperature: float, *, new_only: bool = False) -> np.ndarray:
        """(n, 7) what it says of the images of `answers` with a temperature, as from `fitted`."""
        mean = self.uncalibrated(split, new_only=new_only)
        return calibrate(mean, temperature=temperature, label_smoothing=self.label_smoothing)


def subset(split: SplitProbabilities, kept: np.ndarray) -> SplitProbabilities:
    """The images of a split at these places or with these marks."""
    return SplitProbabilities(
        split.ids[kept], split.labels[kept], split.probabilities[kept], split.also_in_training[kept]
    )


def member_digests(entry: Entry) -> list[str]:
    """Of the recorded runs behind an ensemble, which tell their entries; empty where its card can't be read."""
    try:
        return [run_digest(entry.path.parent / m.run) for m in EnsembleCard.read(entry.path).members if m.run]
    except ModelError:
        return []


def splits_of(run: RecordedRun) -> list[SplitName]:
    """Names of the splits that a record has answers for."""
    return [name for name in SPLITS if all(part in run.splits for part in PARTS[name])]


def read_model(entry: Entry) -> Model:
    """Read all of a run or an ensemble.

    Raises:
        RecordError, ModelError, AssemblyError: a file is missing, damaged, or doesn't fit the others; the message
            says which.
    """
    if entry.kind == "run":
        run = read_run(entry.path)
        splits = {name: run.joined(PARTS[name]) for name in splits_of(run)}
        members = {run.record.config.network: run}
        return Model(entry, run.record.id, splits, members, label_smoothing=run.record.config.smoothing_to_undo)
    card = EnsembleCard.read(entry.path)
    runs = member_runs(card, entry.path.parent)
    members = dict(zip(card.titles, runs, strict=True))
    weights = tuple(member.weight for member in card.members)
    splits = {}
    for name in SPLITS[1:]:
        if all(name in splits_of(run) for run in runs):
            split, said = joined(runs, PARTS[name])
            mean = np.average(said, axis=0, weights=weights).astype(np.float32)
            splits[name] = replace(split, probabilities=card.calibrated(mean))
    calibration = card.label_smoothing, card.temperature, card.not_sure_below
    return Model(entry, card.name, splits, members, weights, *calibration)
