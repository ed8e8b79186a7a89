"""The ensemble card: which networks answer together, and how their answers are joined."""

import hashlib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, FiniteFloat, ValidationError, field_validator

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.calibration import calibrate
from fer_core.prediction.errors import ModelError
from fer_core.validation import Frozen, problems

_INSTALLED, _IN_CLONE = (folder / "models" for folder in Path(__file__).parents[1:3])
SHIPPED_CARD: Path = (_INSTALLED if _INSTALLED.is_dir() else _IN_CLONE) / "ensemble.json"
FAST_CARD = "fast.json"
"""Beside an ensemble's card: the card of one network that stands in for it where it is too slow."""


def check_classes(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Raise ValueError unless these are the seven classes in the order of `EMOTIONS`."""
    if classes != EMOTIONS:
        raise ValueError(f"expected the class order {', '.join(EMOTIONS)}, found {', '.join(classes) or 'none'}")
    return classes


class Preprocessing(Frozen):
    """What a network takes: 48x48 grayscale pictures in [0, 255]. There is no other kind yet."""

    size: Literal[48] = 48
    channels: Literal[1] = 1
    range: tuple[Literal[0], Literal[255]] = (0, 255)


class Member(Frozen):
    """One network of an ensemble.

    Attributes:
        file: ONNX file, relative to the card.
        sha256: of that file, in hexadecimal.
        weight: share in the mean, relative to the other members' weights.
        run: folder of the recorded run that it comes from, relative to the card; None where there is none.
    """

    name: str = Field(min_length=1)
    file: str = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    weight: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    run: str | None = None


class EnsembleCard(Frozen):
    """Members of an ensemble and how their answers are joined; `models/ensemble.json`.

    Attributes:
        flip_averaging: whether a face and its mirror image are both asked.
        label_smoothing: of the members' training, their mean; undone in the mean probabilities first.
        temperature: divides the logarithm of these (calibration); 1 changes nothing.
        not_sure_below: an answer whose probability is lower is "not sure"; 0 for always sure.
        data_fingerprint: `FaceDataset.fingerprint` of the images behind it.
    """

    format: Literal[1] = 1
    name: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    flip_averaging: bool
    label_smoothing: Annotated[FiniteFloat, Field(ge=0, lt=1)] = 0.0
    temperature: Annotated[FiniteFloat, Field(gt=0)]
    not_sure_below: Annotated[FiniteFloat, Field(ge=0, le=1)]
    data_fingerprint: str
    members: tuple[Member, ...] = Field(min_length=1)

    _known_classes = field_validator("classes")(check_classes)

    @field_validator("members")
    @classmethod
    def _different_names(cls, members: tuple[Member, ...]) -> tuple[Member, ...]:
        names = [member.name for member in members]
        if len(set(names)) < len(names):
            raise ValueError(f"expected a different name for each member, found {', '.join(names)}")
        return members

    @property
    def titles(self) -> tuple[str, ...]:
        """What the members are called: as their runs, where these differ; else by their names."""
        titles = tuple(PurePosixPath(member.run).name if member.run else member.name for member in self.members)
        return titles if len(set(titles)) == len(titles) else tuple(member.name for member in self.members)

    def digest(self) -> str:
        """SHA-256 of all that the ensemble's answers follow from."""
        unused = set() if self.label_smoothing else {"label_smoothing"}  # cards from before it keep their digest
        return hashlib.sha256(self.model_dump_json(exclude=unused).encode()).hexdigest()

    def choice_digest(self) -> str:
        """SHA-256 of all that the likeliest class follows from: not of the calibration, which changes none."""
        calibration = {"name", "label_smoothing", "temperature", "not_sure_below"}
        return hashlib.sha256(self.model_dump_json(exclude=calibration).encode()).hexdigest()

    def calibrated(self, mean: np.ndarray) -> np.ndarray:
        """What the ensemble says, from (n, 7) mean probabilities of its members; rows sum to 1."""
        return calibrate(mean, temperature=self.temperature, label_smoothing=self.label_smoothing)

    @classmethod
    def read(cls, path: str | Path = SHIPPED_CARD) -> "EnsembleCard":
        """Read a card.

        Raises:
            ModelError: no such file, or a field is missing or wrong; the message names it.
        """
        try:
            return cls.model_validate_json(Path(path).read_bytes())
        except OSError as error:
            raise ModelError(f"{path}: the ensemble card can't be read ({error.strerror})") from error
        except ValidationError as error:
            raise ModelError(f"{path}: {problems(error)}") from error
