"""An ensemble on a split of a data set."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from fer_core.datasets.dataset import SPLITS, FaceDataset
from fer_core.datasets.ferplus import checked_votes, majority_labels
from fer_core.datasets.splits import split_training
from fer_core.evaluation.report import FERPLUS_LABELS, OWN_LABELS, Evaluation, evaluate_probabilities
from fer_core.prediction.card import Member
from fer_core.prediction.ensemble import Ensemble
from fer_core.training.assemble import RUNS, TEST_PARTS, joined
from fer_core.training.record import RECORD, RecordedRun, model_of, read_run

EvaluationSplit = Literal["validation", "public", "private", "test"]
CHUNK = 256


def held_out(ensemble: Ensemble, dataset: FaceDataset) -> np.ndarray:
    """(n,) indices of the images that were held out from every member, as the members' records name them.

    Of a data set that the ensemble was not trained on, the tenth that runs on it hold out.

    Raises:
        ValueError: a member's record is missing, damaged or without a hold-out, or names other images.
    """
    if not trained_on(ensemble, dataset):
        return split_training(dataset, seed=0, holdout=True).holdout
    runs = [_recorded(member, ensemble.folder) for member in ensemble.card.members]
    names = joined(runs, TEST_PARTS["validation"])[0].ids.tolist()
    if unknown := [name for name in names if name not in dataset.positions]:
        raise ValueError(
            f"{runs[0].folder}: held out {unknown[0]}, which no image of this data set is called; open the data set in "
            "the form that it was trained on"
        )
    return np.array([dataset.positions[name] for name in names])


def trained_on(ensemble: Ensemble, dataset: FaceDataset) -> bool:
    """Whether this is the data set behind an ensemble, be it with corrections that were applied for its training."""
    if ensemble.card.data_fingerprint == dataset.fingerprint:
        return True
    try:
        runs = [_recorded(member, ensemble.folder) for member in ensemble.card.members]
        held = joined(runs, TEST_PARTS["validation"])[0]
    except ValueError:
        return False
    return all(run.record.corrections for run in runs) and dataset.holds(held.ids, held.labels)


def _recorded(member: Member, folder: Path) -> RecordedRun:
    """The run that a member comes from; of one that names none, the record that stands with its file."""
    if member.run:
        return read_run(folder / member.run)
    file = folder.resolve() / member.file
    for place in (folder, folder / RUNS / file.stem):
        if (place / RECORD).is_file() and model_of(place) == file:
            return read_run(place)
    raise ValueError(f"{file}: no run is recorded for it, so which images it was not trained on is not known")


def images_of_split(
    dataset: FaceDataset, split: EvaluationSplit, ensemble: Ensemble | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Which images a model is measured on.

    Args:
        split: `public`, `private`, `test` (both together), or `validation`: the images that were held out from every
            member of the ensemble, see `held_out`; without one, the tenth of the training images that runs hold out.

    Returns:
        indices: (n,) into the data set.
        also_in_training: (n,) bool, whether an image also stands, byte for byte, among the images of training that are
            not held out here.

    Raises:
        ValueError: the data set has no such images, or too few of a class to hold some out; or as for `held_out`.
    """
    if split == "validation":
        indices = held_out(ensemble, dataset) if ensemble else split_training(dataset, seed=0, holdout=True).holdout
        others = np.setdiff1d(dataset.where("Training"), indices)
        return indices, dataset.also_in_training(indices, others)
    if split not in get_args(EvaluationSplit):
        raise ValueError(f"split: expected validation, public, private or test, got {split!r}")
    indices = dataset.where(*SPLITS[split])
    if not len(indices):
        raise ValueError(f"split: the data set has no images of {' or '.join(SPLITS[split])}; choose another split")
    return indices, dataset.also_in_training(indices)


def member_answers(
    ensemble: Ensemble,
    dataset: FaceDataset,
    indices: np.ndarray,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """(members, n, 7) what each member says of some images of a data set.

    Args:
        indices: (n,) into the data set, at least one.
        progress: called with (images done, images in all) now and then.
    """
    answers = []
    for start in range(0, len(indices), CHUNK):
        answers.append(ensemble.member_probabilities(dataset.images[indices[start : start + CHUNK]]))
        if progress:
            progress(min(start + CHUNK, len(indices)), len(indices))
    return np.concatenate(answers, axis=1)


def evaluate_ensemble(
    ensemble: Ensemble,
    dataset: FaceDataset,
    split: EvaluationSplit,
    *,
    votes: np.ndarray | None = None,
    progress: Callable[[int, int], None] | None = None,
    code_version: str | None = None,
) -> Evaluation:
    """Run an ensemble, as its card says, over a split and score what it answers.

    Args:
        dataset: which of its images also stand in training is told where the ensemble was trained on it.
        votes: (n, 10) FER+ votes of the data set's images, see `read_votes`: their majority takes the place of the
            data set's labels, and images where it is none of the seven classes are left out.
        progress: called with (images done, images in all) now and then.
        code_version: taken over into the result.

    Raises:
        ValueError: as for `images_of_split`; or the votes are not one row an image of the data set, or name one
            of the seven classes in none of the images.
    """
    votes = None if votes is None else checked_votes(votes, len(dataset))
    indices, also_in_training = images_of_split(dataset, split, ensemble)
    labels = dataset.labels[indices] if votes is None else majority_labels(votes[indices])
    kept = labels >= 0
    if not kept.any():
        raise ValueError(f"votes: FER+ names one of the seven emotions in no image of {split}")
    indices, labels = indices[kept], labels[kept]
    members = member_answers(ensemble, dataset, indices, progress)
    return evaluate_probabilities(
        ensemble.combine(members),
        labels,
        split=split,
        labels_by=OWN_LABELS if votes is None else FERPLUS_LABELS,
        also_in_training=also_in_training[kept] if trained_on(ensemble, dataset) else None,
        member_probabilities=members,
        member_names=ensemble.names,
        model=ensemble.card.name,
        data_fingerprint=dataset.fingerprint,
        code_version=code_version,
    )
