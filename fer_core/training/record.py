"""A recorded run: a folder of plain files that says what was trained, how, on what, and what came out.

`run.yaml` is the `RunRecord`, `history.csv` has a row an epoch, `probabilities.npz` what the kept network says of each
image it was not trained on, `model.onnx` the network itself. None of it needs Keras or MLflow to be read.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import yaml
from pydantic import Field, NonNegativeInt, ValidationError

from fer_core.emotions import EMOTIONS
from fer_core.files import replaced, sha256_of
from fer_core.networks import NETWORKS
from fer_core.training.config import RECORDED, RunConfig
from fer_core.validation import Frozen, problems

if TYPE_CHECKING:
    import pandas as pd  # takes a while, and most commands need no history

RECORD = "run.yaml"
HISTORY = "history.csv"
PROBABILITIES = "probabilities.npz"
MODEL = "model.onnx"
RUN_FILES = (RECORD, HISTORY, PROBABILITIES)
"""What every recorded run has; its network may not have been kept."""
RUN_NAME = r"^[^./\\][^/\\]*$"


class RecordError(ValueError):
    """A recorded run can't be read; the message names the file and what is wrong with it."""


class RunRecord(Frozen):
    """What is known of a run beside its numbers.

    Attributes:
        id: name of its folder.
        data_fingerprint: `FaceDataset.fingerprint` of what it was trained on.
        synthetic: whether the faces were drawn.
        corrections: file of decisions about single images that were applied to the data set first, if any.
        soft_labels: who made the soft labels that it also learned from, if any.
        weights_from: the run whose weights it began with, and what these were, if any.
        int8_of: id of the run whose network this is, in int8; times, packages and history are that run's.
        train_images: images weights were fitted on, oversampled copies not counted.
        code_version: git commit at the last start, as `started`, with `+` behind it when files were changed.
        started, finished: ISO 8601 with time zone; the last start when the run was resumed.
        train_seconds: wall-clock seconds of all epochs together, validation included.
        kept_epoch: the epoch, from 1, whose weights were kept: the best validation accuracy, of those at full input
            size (older records: of all).
        parameters: of the network, trained and not.
        files: SHA-256 of `history.csv` and `probabilities.npz` as they were written; records from before it was kept
            have none.
    """

    id: Annotated[str, Field(pattern=RUN_NAME)]
    config: RunConfig
    data_fingerprint: str
    synthetic: bool
    corrections: str | None = None
    soft_labels: str | None = None
    weights_from: str | None = None
    int8_of: str | None = None
    train_images: int
    classes: tuple[str, ...] = EMOTIONS
    code_version: str
    packages: dict[str, str]
    hardware: dict[str, str | int]
    started: datetime
    finished: datetime
    train_seconds: float
    kept_epoch: int
    parameters: NonNegativeInt
    files: dict[str, str] = Field(default_factory=dict)

    @property
    def starting_weights(self) -> str:
        """What the network began with: random weights, those of other pictures, or those of another run."""
        if self.weights_from:
            return self.weights_from
        if not self.config.pretrained:
            return "random"
        spec = NETWORKS.get(self.config.network)
        return spec.pretrained if spec else "pretrained"

    @property
    def learned_from(self) -> str:
        """What it was told of the training images."""
        return f"labels, {self.soft_labels}" if self.soft_labels else "labels"


@dataclass(frozen=True)
class SplitProbabilities:
    """What a network says of the images of one split.

    Attributes:
        ids: (n,) image names.
        labels: (n,) class indices.
        probabilities: (n, 7) float32, rows sum to 1 (stored as float16).
        also_in_training: (n,) bool, whether it also stands, byte for byte, among the images trained on; a test image:
            among all training images, a held-out one: among those of them that are not held out. Of validation and
            held-out images older records say no.
    """

    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    also_in_training: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.ids)
        shapes = {"labels": (n,), "probabilities": (n, len(EMOTIONS)), "also_in_training": (n,)}
        for field, shape in shapes.items():
            if getattr(self, field).shape != shape:
                raise ValueError(f"{field}: expected shape {shape}, got {getattr(self, field).shape}")


@dataclass(frozen=True)
class RecordedRun:
    """A run as read from its folder."""

    folder: Path
    record: RunRecord
    history: "pd.DataFrame"
    splits: Mapping[str, SplitProbabilities]

    def joined(self, parts: Sequence[str]) -> SplitProbabilities:
        """Splits one after the other, as one.

        Raises:
            KeyError: the record has no such split.
        """
        splits = [self.splits[part] for part in parts]
        if len(splits) == 1:
            return splits[0]
        return SplitProbabilities(*(np.concatenate([getattr(s, f.name) for s in splits]) for f in fields(splits[0])))


def is_run_name(name: str) -> bool:
    """Whether a run, and with it its folder, can be called so."""
    return re.fullmatch(RUN_NAME, name) is not None and name.isprintable()


def run_name(folder: Path) -> str:
    """What a run that is recorded in this folder is called.

    Raises:
        RecordError: no run can be called so.
    """
    name = folder.absolute().name
    if not is_run_name(name):
        raise RecordError(f"{folder}: a run can't be called {name!r}; choose a folder whose name begins with no dot")
    return name


def write_run(
    folder: Path, record: RunRecord, history: list[dict[str, float]], splits: Mapping[str, SplitProbabilities]
) -> RunRecord:
    """Write a finished run's files; `run.yaml` last, so that a folder with one is complete.

    Returns:
        The record with the digests of the other files in it.
    """
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    with replaced(folder / HISTORY) as part:
        pd.DataFrame(history).to_csv(part, index=False, float_format="%.6g")
    arrays = {}
    for name, split in splits.items():
        arrays |= {
            f"{name}_ids": split.ids,
            f"{name}_labels": split.labels.astype(np.uint8),
            f"{name}_probabilities": split.probabilities.astype(np.float16),
            f"{name}_also_in_training": split.also_in_training,
        }
    return write_answers(folder, record, arrays)


def write_answers(folder: Path, record: RunRecord, arrays: Mapping[str, np.ndarray]) -> RunRecord:
    """Write a run's answers as they are stored, then its record; the history must stand there already.

    Raises:
        OSError: they can't be written; what stood there before still does.
    """
    # Both are whole before the answers take their place and then, at once, the record that has their digest.
    with replaced(folder / RECORD) as record_part, replaced(folder / PROBABILITIES) as part:
        with part.open("wb") as file:
            np.savez_compressed(file, **arrays)
        files = {HISTORY: sha256_of(folder / HISTORY), PROBABILITIES: sha256_of(part)}
        record = record.model_copy(update={"files": files})
        text = yaml.safe_dump(record.model_dump(mode="json"), sort_keys=False)
        record_part.write_text(text, encoding="utf-8")
    return record


def model_of(folder: str | Path) -> Path | None:
    """The network of a run as ONNX, beside its record or, shipped, beside the card; none where it was not kept."""
    folder = Path(folder).resolve()
    for path in (folder / MODEL, folder.parent.parent / f"{folder.name}.onnx"):
        if path.is_file():
            return path
    return None


def kept_model(folder: str | Path) -> Path:
    """As `model_of`.

    Raises:
        RecordError: the network was not kept.
    """
    if (model := model_of(folder)) is None:
        raise RecordError(f"{folder}: its network was not kept; train it again")
    return model


def read_record(folder: str | Path) -> RunRecord:
    """Read what is known of a run, without its numbers; else as `read_run`."""
    file = Path(folder) / RECORD
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return RunRecord.model_validate(content, context={RECORDED: True})
    except FileNotFoundError as error:
        raise RecordError(f"{file}: missing; this is no complete recorded run") from error
    except ValidationError as error:
        raise RecordError(f"{file}: {problems(error)}") from error
    except (yaml.YAMLError, ValueError, OSError) as error:
        raise RecordError(f"{folder}: damaged ({error}); take it from where it was recorded again") from error


def read_run(folder: str | Path) -> RecordedRun:
    """Read a recorded run.

    Raises:
        RecordError: a file is missing, damaged, or doesn't fit the others.
    """
    import pandas as pd

    folder = Path(folder)
    record = read_record(folder)
    try:
        for name in (HISTORY, PROBABILITIES):
            if record.files and record.files.get(name) != sha256_of(folder / name):
                raise RecordError(
                    f"{folder / name}: is not the file that was recorded ({RECORD} has another SHA-256 for it); take "
                    "it from where it was recorded again"
                )
        history = _checked_history(pd.read_csv(folder / HISTORY))
        if (folder / PROBABILITIES).exists() and not zipfile.is_zipfile(folder / PROBABILITIES):
            raise ValueError(f"{PROBABILITIES}: is no archive of arrays, or not all of one")
        with np.load(folder / PROBABILITIES, allow_pickle=False) as arrays:
            names = [key.removesuffix("_labels") for key in arrays.files if key.endswith("_labels")]
            splits = {name: _split(arrays, name) for name in names}
    except FileNotFoundError as error:
        raise RecordError(f"{error.filename}: missing; this is no complete recorded run") from error
    except RecordError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        KeyError,
        EOFError,
        OSError,
        RuntimeError,
        MemoryError,
    ) as error:
        raise RecordError(f"{folder}: damaged ({error}); take it from where it was recorded again") from error
    if record.classes != EMOTIONS:
        raise RecordError(f"{folder / RECORD}: classes are {record.classes}, expected {EMOTIONS}")
    return RecordedRun(folder, record, history, splits)


def _checked_history(history: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    if words := [name for name in history if not pd.api.types.is_numeric_dtype(history[name])]:
        raise ValueError(f"{HISTORY}: column {words[0]} has other than numbers in it")
    if "epoch" in history and history["epoch"].tolist() != list(range(1, len(history) + 1)):
        raise ValueError(f"{HISTORY}: epochs are not 1, 2, 3 …")
    return history


KINDS = {"ids": "U", "labels": "iu", "probabilities": "f", "also_in_training": "b"}
"""Of the arrays of a split, as `numpy.dtype.kind`."""


def _split(arrays: Mapping[str, np.ndarray], name: str) -> SplitProbabilities:
    found = {field: arrays[f"{name}_{field}"] for field in KINDS}
    for field, kinds in KINDS.items():
        if found[field].dtype.kind not in kinds:
            raise ValueError(f"{PROBABILITIES}: {name}_{field}: {found[field].dtype} is no type for it")
    if found["ids"].ndim != 1:
        raise ValueError(f"{PROBABILITIES}: {name}_ids: expected shape (n,), got {found['ids'].shape}")
    probabilities = found["probabilities"].astype(np.float32)
    if probabilities.ndim != 2 or not (probabilities >= 0).all():
        raise ValueError(f"{PROBABILITIES}: {name}_probabilities: expected rows of numbers from 0 to 1")
    # Float16 rows sum to 1 within rounding.
    sums = probabilities.sum(axis=1, keepdims=True)
    if not np.allclose(sums, 1, atol=0.01):
        raise ValueError(
            f"{PROBABILITIES}: {name}_probabilities: rows sum to {sums.min():.3f} to {sums.max():.3f}, expected 1"
        )
    labels = found["labels"].astype(np.int64)
    return SplitProbabilities(found["ids"], labels, probabilities / sums, found["also_in_training"])
