"""What the leaderboard says of a record: computed once for each content, then kept on the disk."""

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, ValidationError

from fer_core.access import read_only
from fer_core.comparison.places import Entry
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import expected_calibration_error
from fer_core.files import write_atomically
from fer_core.validation import Frozen

if TYPE_CHECKING:
    from fer_core.comparison.models import Model
    from fer_core.training.record import SplitProbabilities

FORMAT = 5
"""Raised when what is kept, or how it is computed, changes: older files are then left alone."""
SCORES: tuple[str, ...] = (
    "accuracy",
    "top2_accuracy",
    "macro_f1",
    "precision",
    "recall",
    "f1",
    "mean_auc",
    "ece",
)


class Measured(Frozen):
    """Scores on one set of images, with their 95% intervals where there are images enough; shares are 0 to 1."""

    images: int
    scores: dict[str, float]
    intervals: dict[str, tuple[float, float]]


class SplitStatistics(Frozen):
    """One split.

    Attributes:
        all: every image.
        new: those that don't stand in the training images too; the same as `all` where none does.
        images_digest: of the images' names and labels in their order; answers compare only where it is the same.
        hits, known: a bit an image, in base64: answered rightly; stands in the training images too.
        weak: whether always saying the commonest class is right as often.
    """

    all: Measured
    new: Measured | None
    images_digest: str
    hits: str
    known: str
    weak: bool = False

    @property
    def is_new(self) -> np.ndarray:
        """(images,) bool, which images don't stand in the training images too."""
        return ~_unpacked(self.known, self.all.images)

    def images(self, *, new_only: bool) -> str:
        """What tells the images that are counted: it is the same where they are."""
        counted = f"{self.images_digest} {self.known}" if new_only else self.images_digest
        return hashlib.sha256(counted.encode()).hexdigest()[:16]

    @property
    def right(self) -> np.ndarray:
        """(images,) bool, which images are answered rightly."""
        return _unpacked(self.hits, self.all.images)

    def measured(self, *, new_only: bool) -> Measured | None:
        """The scores with or without the images that stand in training too."""
        return self.new if new_only else self.all


class Statistics(Frozen):
    """Everything of a record that a table of hundreds needs; the answers themselves are not read for it.

    Attributes:
        problems: what the guard found; its numbers must not be used where there is any.
        network: names of the architectures, joined by `+`.
        calibrated_on: split that the temperature behind the calibration errors was fitted on.
    """

    title: str
    problems: tuple[str, ...]
    network: str
    data_fingerprint: str = ""
    parameters: int = 0
    calibrated_on: str = ""
    splits: dict[str, SplitStatistics] = Field(default_factory=dict)


def _packed(bits: np.ndarray) -> str:
    return base64.b64encode(np.packbits(bits).tobytes()).decode()


def _unpacked(text: str, count: int) -> np.ndarray:
    return np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=count).astype(bool)


def cache_folder() -> Path:
    """Where statistics are kept between starts: `FER_CACHE`, else `fer-dashboard` in `XDG_CACHE_HOME` or `~/.cache`."""
    base = os.environ.get("FER_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "fer-dashboard"
    return Path(base).expanduser() / f"statistics-{FORMAT}"


def measure_answers(probabilities: np.ndarray, labels: np.ndarray, calibrated: np.ndarray | None = None) -> Measured:
    """Score answers to labelled images.

    Args:
        probabilities: (n, 7) in class order, rows sum to 1.
        labels: (n,) class indices.
        calibrated: (n, 7) the same answers with their confidences put right, which `ece` is of; by default as they are.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    # SciPy takes a second, which a page of kept statistics is spared.
    from fer_core.evaluation.intervals import bootstrap_intervals, ece_interval

    confidences = probabilities if calibrated is None else calibrated
    precision, recall, f1 = metrics.weighted_scores(probabilities, labels)
    scores = {
        "accuracy": metrics.accuracy(probabilities, labels),
        "top2_accuracy": metrics.top2_accuracy(probabilities, labels),
        "macro_f1": metrics.macro_f1(probabilities, labels),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "mean_auc": metrics.mean_auc(probabilities, labels),
        "ece": expected_calibration_error(confidences, labels),
    }
    scores = {name: float(score) for name, score in scores.items() if np.isfinite(score)}
    intervals = {**bootstrap_intervals(probabilities, labels), "ece": ece_interval(confidences, labels)}
    known = {name: tuple(intervals[name]) for name in SCORES if name in scores and np.isfinite(intervals[name]).all()}
    return Measured(images=len(labels), scores=scores, intervals=known)


def _split_statistics(split: "SplitProbabilities", calibrated: np.ndarray) -> SplitStatistics:
    from fer_core.comparison.guard import no_better_than_commonest

    everything = measure_answers(split.probabilities, split.labels, calibrated)
    known = split.also_in_training
    new = everything
    if known.any():
        new = None
        if not known.all():
            new = measure_answers(split.probabilities[~known], split.labels[~known], calibrated[~known])
    digest = hashlib.sha256("\n".join(split.ids.tolist()).encode() + split.labels.tobytes()).hexdigest()[:16]
    hits = split.probabilities.argmax(axis=1) == split.labels
    return SplitStatistics(
        all=everything,
        new=new,
        images_digest=digest,
        hits=_packed(hits),
        known=_packed(known),
        weak=no_better_than_commonest(metrics.confusion(split.probabilities, split.labels)),
    )


def measure(model: "Model") -> Statistics:
    """All that a table needs of a model; one that the guard refuses has no scores."""
    from fer_core.comparison.guard import problems

    found = problems(model)
    calibrated_on, splits = "", {}
    if not found:
        temperature, calibrated_on = model.fitted()
        for name, split in model.splits.items():
            splits[name] = _split_statistics(split, model.calibrated(name, temperature))
    networks = [run.record.config.network for run in model.members.values()]
    return Statistics(
        title=model.title,
        problems=found,
        network=" + ".join(networks),
        data_fingerprint=model.record.data_fingerprint,
        parameters=model.parameters,
        calibrated_on=calibrated_on,
        splits=splits,
    )


def _measured_now(entry: Entry) -> Statistics:
    from fer_core.comparison.models import read_model

    try:
        return measure(read_model(entry))
    except (ValueError, OSError) as error:
        return Statistics(title=entry.key, problems=(str(error),), network="")


_kept: dict[str, Statistics] = {}


def kept(entry: Entry) -> Statistics | None:
    """The statistics of this content if they were computed before, here or in an earlier start."""
    if entry.problem:
        return Statistics(title=entry.key, problems=(entry.problem,), network="")
    if entry.digest not in _kept:
        try:
            text = (cache_folder() / f"{entry.digest}.json").read_bytes()
            _kept[entry.digest] = Statistics.model_validate_json(text)
        except (OSError, ValidationError):
            return None
    return _kept[entry.digest]


def compute(entry: Entry) -> Statistics:
    """Compute an entry's statistics and keep them; what can't be read is a problem and no error."""
    found = kept(entry) or _measured_now(entry)
    if not entry.problem and entry.digest not in _kept:
        _kept[entry.digest] = found
        # Problems name folders, which may be others at the next start.
        if not found.problems and not read_only():
            try:
                cache_folder().mkdir(parents=True, exist_ok=True)
                write_atomically(cache_folder() / f"{entry.digest}.json", found.model_dump_json())
            except OSError:
                pass  # a disk that can't be written costs time at the next start and nothing else
    return found
