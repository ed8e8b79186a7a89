"""Everything that is said about one model on one split, as one object and as JSON."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from fer_core.emotions import EMOTIONS
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import expected_calibration_error
from fer_core.evaluation.checks import checked
from fer_core.evaluation.intervals import Interval, bootstrap_intervals
from fer_core.words import N_

OWN_LABELS = N_("the data set")
FERPLUS_LABELS = N_("FER+ majority")


class MemberScore(BaseModel):
    """One network of an ensemble by itself."""

    model_config = ConfigDict(frozen=True)

    name: str
    accuracy: float


class Scores(BaseModel):
    """Scores of one model on one set of images; shares are 0 to 1.

    Attributes:
        split: where the images come from.
        precision, recall, f1: averaged over the classes by their number of images.
        macro_f1: plain mean over the classes that have images or are predicted.
        mean_auc: plain mean over the classes that have one; none where no class has.
        auc: area under the ROC curve of each class against the rest; none for a class without images.
        confusion: (7, 7) counts, rows true and columns predicted, in class order.
        ece: expected calibration error over 15 bins.
        interval: 95% interval of the accuracy.
        members: each network by itself, uncalibrated; empty where what they say was not given.
    """

    model_config = ConfigDict(frozen=True)

    split: str
    images: int
    accuracy: float
    top2_accuracy: float
    precision: float
    recall: float
    f1: float
    macro_f1: float
    mean_auc: float | None
    auc: dict[str, float | None]
    confusion: tuple[tuple[int, ...], ...]
    ece: float
    interval: Interval
    members: tuple[MemberScore, ...]


class Evaluation(Scores):
    """Scores with what they were measured on.

    Attributes:
        without_train_duplicates: the scores without the images that also stand in the training images; none where
            that is not known, or no image is left.
        labels_by: whose labels are taken for the truth.
        model: name of the ensemble or network.
        data_fingerprint: `FaceDataset.fingerprint` of the data set that the split was taken from.
        code_version: commit that the scores were computed with.
    """

    without_train_duplicates: Scores | None
    labels_by: str = OWN_LABELS
    model: str | None = None
    data_fingerprint: str | None = None
    code_version: str | None = None

    def to_json(self) -> str:
        """One JSON object with a key an attribute; what is undefined is null."""
        return self.model_dump_json(indent=2)


def _defined(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _scores(
    probabilities: np.ndarray, labels: np.ndarray, split: str, members: Sequence[tuple[str, np.ndarray]]
) -> Scores:
    precision, recall, f1 = metrics.weighted_scores(probabilities, labels)
    areas = metrics.auc(probabilities, labels)
    return Scores(
        split=split,
        images=len(labels),
        accuracy=metrics.accuracy(probabilities, labels),
        top2_accuracy=metrics.top2_accuracy(probabilities, labels),
        precision=precision,
        recall=recall,
        f1=f1,
        macro_f1=metrics.macro_f1(probabilities, labels),
        mean_auc=_defined(metrics.mean_auc(probabilities, labels)),
        auc={emotion: _defined(area) for emotion, area in zip(EMOTIONS, areas, strict=True)},
        confusion=metrics.confusion(probabilities, labels).tolist(),
        ece=expected_calibration_error(probabilities, labels),
        interval=bootstrap_intervals(probabilities, labels)["accuracy"],
        members=[MemberScore(name=name, accuracy=metrics.accuracy(own, labels)) for name, own in members],
    )


def evaluate_probabilities(
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    split: str = "",
    also_in_training: np.ndarray | None = None,
    member_probabilities: np.ndarray | None = None,
    member_names: Sequence[str] = (),
    labels_by: str = OWN_LABELS,
    model: str | None = None,
    data_fingerprint: str | None = None,
    code_version: str | None = None,
) -> Evaluation:
    """Score what a model says of labelled images, once more without those it may have learned by heart.

    Args:
        probabilities: (n, 7) in class order, rows sum to 1.
        labels: (n,) class indices.
        split: name of the images' origin, e.g. `private`.
        also_in_training: (n,) bool, images that also stand, byte for byte, in the training images.
        member_probabilities: (members, n, 7) of an ensemble's networks.
        member_names: one a member.
        labels_by: whose labels these are.
        model, data_fingerprint, code_version: where the numbers come from; taken over as they are.

    Raises:
        ValueError: a shape or value does not fit, or n is 0.
    """
    probabilities, labels = checked(probabilities, labels)
    if probabilities.shape[1] != len(EMOTIONS):
        raise ValueError(f"probabilities: expected {len(EMOTIONS)} classes, got {probabilities.shape[1]}")
    members = np.empty((0, *probabilities.shape)) if member_probabilities is None else np.asarray(member_probabilities)
    if members.shape != (len(member_names), *probabilities.shape):
        expected = (len(member_names), *probabilities.shape)
        raise ValueError(f"member_probabilities: expected shape {expected} for the names given, got {members.shape}")
    if also_in_training is not None and np.shape(also_in_training) != labels.shape:
        raise ValueError(f"also_in_training: expected shape {labels.shape}, got {np.shape(also_in_training)}")

    def of(kept: np.ndarray) -> Scores:
        return _scores(probabilities[kept], labels[kept], split, list(zip(member_names, members[:, kept], strict=True)))

    new = None if also_in_training is None else ~np.asarray(also_in_training, dtype=bool)
    return Evaluation(
        **of(np.ones(len(labels), dtype=bool)).model_dump(),
        without_train_duplicates=of(new) if new is not None and new.any() else None,
        labels_by=labels_by,
        model=model,
        data_fingerprint=data_fingerprint,
        code_version=code_version,
    )
