"""An ensemble on a split of a data set."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from fer_core.datasets.dataset import SPLITS, FaceDataset
from fer_core.datasets.ferplus import majority_labels
from fer_core.datasets.splits import split_training
from fer_core.evaluation.report import FERPLUS_LABELS, OWN_LABELS, Evaluation, evaluate_probabilities
from fer_core.prediction.ensemble import Ensemble

EvaluationSplit = Literal["validation", "public", "private", "test"]
CHUNK = 256


def images_of_split(dataset: FaceDataset, split: EvaluationSplit) -> tuple[np.ndarray, np.ndarray]:
    """Which images a model is measured on.

    Args:
        split: `public`, `private`, `test` (both together), or `validation`: the tenth of the training images that is
            held out from every member of an ensemble.

    Returns:
        indices: (n,) into the data set.
        also_in_training: (n,) bool, whether an image also stands, byte for byte, among those that members train on.

    Raises:
        ValueError: the data set has no such images, or too few of a class to hold some out.
    """
    if split == "validation":
        indices = split_training(dataset, seed=0, holdout=True).holdout
        trained_on = np.setdiff1d(dataset.where("Training"), indices)
        return indices, np.isin(dataset.image_hashes[indices], dataset.image_hashes[trained_on])
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
        votes: (n, 10) FER+ votes of the data set's images, see `read_votes`: their majority takes the place of the
            data set's labels, and images where it is none of the seven classes are left out.
        progress: called with (images done, images in all) now and then.
        code_version: taken over into the result.

    Raises:
        ValueError: the data set has no such images, or too few of a class to hold some out; or the votes name one of
            the seven classes in none of them.
    """
    indices, also_in_training = images_of_split(dataset, split)
    labels = dataset.labels[indices] if votes is None else majority_labels(votes[indices])
    if not (labels >= 0).any():
        raise ValueError(f"votes: FER+ names one of the seven emotions in no image of {split}")
    indices, also_in_training, labels = (each[labels >= 0] for each in (indices, also_in_training, labels))
    members = member_answers(ensemble, dataset, indices, progress)
    return evaluate_probabilities(
        ensemble.combine(members),
        labels,
        split=split,
        labels_by=OWN_LABELS if votes is None else FERPLUS_LABELS,
        also_in_training=also_in_training,
        member_probabilities=members,
        member_names=ensemble.names,
        model=ensemble.card.name,
        data_fingerprint=dataset.fingerprint,
        code_version=code_version,
    )
