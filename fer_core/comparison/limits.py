"""What an ensemble can bear: faces disturbed, and found again by a detector.

Measured by `python -m fer_core limits`, kept beside the ensemble's card, and only read by the model card on the page.
"""

from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from fer_core.evaluation.resampling import Interval
from fer_core.files import write_atomically
from fer_core.prediction.card import EnsembleCard
from fer_core.validation import Frozen

LIMITS = "-limits.json"
"""Behind the name of the card in the name of the file."""


class Step(Frozen):
    """Accuracy under one value of a disturbance, with its 95% interval; shares are 0 to 1.

    Attributes:
        found: of tilted pictures, those in which a face was found, which the accuracy is of; None for anything else,
            and in files from before it was kept.
    """

    value: float
    accuracy: float
    interval: Interval
    found: int | None = None


class Pipeline(Frozen):
    """A detector, the crop around what it finds, and the ensemble, on enlarged pictures of the data set.

    Attributes:
        images, found: pictures looked at, and those in which a face was found; accuracies are of the latter.
        alone: accuracy of the ensemble on the pictures as they are.
        margins: accuracy with the crop wider (+) or tighter (-) than the framing that was measured; 0 is in use.
        tilts: accuracy with the pictures turned by so many degrees, every other one to the other side, among those in
            which a face was still found.
    """

    detector: str
    images: int
    found: int
    alone: Step
    margins: tuple[Step, ...]
    tilts: tuple[Step, ...]


class Limits(Frozen):
    """All that was measured.

    Attributes:
        ensemble: the card's `choice_digest`; another ensemble makes the numbers void, another calibration does not.
        images: of the hold-out, which all was measured on.
        disturbances: a step a value, by field of `Disturbance`.
        pipelines: one a detector.
    """

    ensemble: str
    data_fingerprint: str
    images: int
    disturbances: dict[str, tuple[Step, ...]]
    pipelines: tuple[Pipeline, ...]
    measured: datetime
    code_version: str | None


def read_limits(card: EnsembleCard, folder: Path) -> Limits | None:
    """What was measured of this very ensemble on the images held out from it; none where nothing was.

    A file that can't be read is passed over: measuring writes it anew.

    Args:
        folder: where the card stands.
    """
    measured = card.choice_digest(), card.data_fingerprint
    for file in sorted(folder.glob(f"*{LIMITS}")):
        try:
            limits = Limits.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            continue
        if (limits.ensemble, limits.data_fingerprint) == measured:
            return limits
    return None


def write_limits(limits: Limits, card_path: Path) -> Path:
    """Keep what was measured beside the card; the file written."""
    path = card_path.with_name(f"{card_path.stem}{LIMITS}")
    write_atomically(path, limits.model_dump_json(indent=1) + "\n")
    return path
