"""The log of an ensemble's test readings: what is looked at often enough is tuned on in the end."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fer_core.evaluation.resampling import Interval
from fer_core.prediction.card import EnsembleCard
from fer_core.validation import Frozen

if TYPE_CHECKING:
    from fer_core.evaluation.report import Evaluation

READINGS = "readings.jsonl"


class Reading(Frozen):
    """One reading of test images.

    Attributes:
        ensemble, name: the `digest` of its card, and what it was called.
        choice: the card's `choice_digest`, which is the same for every name and calibration of the same networks; None
            in lines from before it was kept.
        temperature: of its calibration; None in lines from before it was kept.
        labels_by: whose labels were taken for the truth.
        accuracy, interval: 0 to 1, the interval at 95%.
    """

    time: datetime
    ensemble: str
    choice: str | None = None
    name: str
    temperature: float | None = None
    split: str
    images: int
    labels_by: str
    accuracy: float
    interval: Interval
    data_fingerprint: str
    code_version: str | None

    def is_of(self, card: EnsembleCard) -> bool:
        """Whether these networks were evaluated, whatever their name and calibration were then."""
        return card.choice_digest() == self.choice or card.digest() == self.ensemble


def log_reading(result: "Evaluation", card: EnsembleCard, folder: Path) -> None:
    """Add a line to `readings.jsonl` beside the card.

    Raises:
        OSError: the folder can't be written to; the message says so and how to go without.
    """
    reading = Reading(
        time=datetime.now(UTC).replace(microsecond=0),
        ensemble=card.digest(),
        choice=card.choice_digest(),
        name=card.name,
        temperature=card.temperature,
        **result.model_dump(
            include={"split", "images", "labels_by", "accuracy", "interval", "data_fingerprint", "code_version"}
        ),
    )
    path = folder / READINGS
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(reading.model_dump_json() + "\n")
    except OSError as error:
        raise OSError(f"{path}: this reading is not logged ({error.strerror}); --no-log says nothing of it") from error


def read_readings(folder: Path) -> list[Reading]:
    """The readings of all cards that stood in a folder, in order of time.

    Lines that are no readings are passed over.
    """
    try:
        lines = (folder / READINGS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Reading.model_validate_json(line))
        except ValidationError:
            continue
    return sorted(found, key=lambda reading: reading.time)
