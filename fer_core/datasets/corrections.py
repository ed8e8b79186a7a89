"""What people decided about single images: kept beside the data, never in it.

A table that only ever grows, a line a decision; two people can write at once, and nothing that was written is lost. The
last decision about an image counts; `undo` takes it back and brings the one before into force. An image is its name and
its pixels: another data set can use the same names.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.emotions import EMOTIONS
from fer_core.files import change_lock, write_atomically

CORRECTIONS = Path("data") / "corrections.csv"
"""Where corrections are kept, in the working directory."""
Decision = Literal["keep", "relabel", "exclude"]
_UNDO = "undo"


class CorrectionsError(DatasetError):
    """A corrections file can't be read or written; the message names the line and what to do."""


@dataclass(frozen=True)
class Correction:
    """One line of a corrections file.

    Attributes:
        file: name of the image.
        image_hash: of its pixels, as in `FaceDataset.image_hashes`.
        decision: `keep`, `relabel` or `exclude`.
        label: the right emotion where the decision is `relabel`, else empty.
        time: when it was decided, ISO 8601, UTC.
    """

    file: str
    image_hash: str
    decision: str
    label: str
    time: str

    @property
    def image(self) -> "Image":
        """What it is about."""
        return self.file, self.image_hash


Image = tuple[str, str]
"""Name and hash."""
HEAD = tuple(field.name for field in fields(Correction))


def decide(
    path: Path,
    dataset: FaceDataset,
    index: int,
    decision: Decision,
    label: str | None = None,
    *,
    only_open: bool = False,
) -> Correction:
    """Write down a decision about an image; it is in the file when this returns.

    Args:
        path: the corrections file, made if it is not there.
        index: of the image in `dataset`.
        label: the right emotion, for `relabel`.
        only_open: refuse where a decision is in force, for somebody who was asked before it was made.

    Raises:
        ValueError: unknown decision or label, a label without `relabel`, or a test image: these stay as they are.
        CorrectionsError: the file can't be read or written, or `only_open` refused; it is left as it is.
    """
    if decision not in get_args(Decision):
        raise ValueError(f"decision: expected one of {get_args(Decision)}, got {decision!r}")
    if decision == "relabel" and label not in EMOTIONS:
        raise ValueError(f"label: expected one of {EMOTIONS}, got {label!r}")
    if decision != "relabel" and label:
        raise ValueError(f"label: goes with 'relabel' only, got {label!r} with {decision!r}")
    file, image_hash = str(dataset.names[index]), str(dataset.image_hashes[index])
    if dataset.usage[index] != "Training":  # in a wrapping with other names it would be about copies in training
        raise ValueError(f"index: {file} is a test image, and these stay as they are")
    with _changing(path, file):
        made = read_corrections(path).get((file, image_hash))
        if only_open and made:
            raise CorrectionsError(
                f"{path}: somebody else decided about {file} meanwhile ({_told(made)}); "
                "that stands, yours was not written"
            )
        return _append(path, file, image_hash, decision, label or "")


def undo(path: Path, made: Correction) -> Correction | None:
    """Take back the last decision about an image.

    Args:
        made: the decision that is meant; where another one is in force by now, nothing is taken back.

    Returns:
        The decision that is in force now, or None.

    Raises:
        CorrectionsError: as for `decide`, nothing was decided about this image, or not what was meant.
    """
    with _changing(path, made.file):
        current = read_corrections(path).get(made.image)
        if current is None:
            raise CorrectionsError(f"{path}: no decision about {made.file} to take back")
        if made != current:
            raise CorrectionsError(
                f"{path}: somebody else changed the decision about {made.file} meanwhile ({_told(current)}); that "
                "stands"
            )
        _append(path, *made.image, _UNDO, "")
        return read_corrections(path).get(made.image)


def read_corrections(path: Path, size: int | None = None) -> dict[Image, Correction]:
    """The decisions in force, by name and hash of the image, in the order in which they were first made.

    Args:
        size: bytes of the file that are read, from its beginning; by default all. As the file only grows, those it had
            at some time are the decisions up to then.

    Raises:
        CorrectionsError: not such a file, or a line in it is damaged.
    """
    decided: dict[Image, list[Correction]] = {}
    for number, line in enumerate(_lines(path, size), start=2):
        correction = _parsed(path, number, line)
        stack = decided.setdefault(correction.image, [])
        if correction.decision != _UNDO:
            stack.append(correction)
        elif stack:
            stack.pop()
    return {image: stack[-1] for image, stack in decided.items() if stack}


def apply_corrections(dataset: FaceDataset, path: Path, size: int | None = None) -> FaceDataset:
    """Training images relabelled or left out as decided.

    Test images stay as they are, so that results stay comparable. An image is known by name and pixels; in another
    wrapping, with other names, a decision counts for every image with these pixels, unless there is one about the image
    itself.

    Args:
        size: as for `read_corrections`.

    Raises:
        CorrectionsError: no such file, a damaged line, or no decision is about an image of this data set.
    """
    if not Path(path).is_file():
        raise CorrectionsError(f"{path}: no such corrections file")
    corrections = read_corrections(path, size)
    hashes = dataset.image_hashes
    labels, kept, known = dataset.labels.copy(), np.ones(len(dataset), dtype=bool), 0
    own = {(name, hashes[place]): place for name, place in dataset.positions.items()}
    for correction in sorted(corrections.values(), key=lambda each: each.image in own):
        named = correction.image in own
        places = np.array([own[correction.image]]) if named else np.flatnonzero(hashes == correction.image_hash)
        known += len(places) > 0
        places = places[dataset.usage[places] == "Training"]
        if named:
            labels[places], kept[places] = dataset.labels[places], True
        if correction.decision == "relabel":
            labels[places] = EMOTIONS.index(correction.label)
        elif correction.decision == "exclude":
            kept[places] = False
    if corrections and not known:
        raise CorrectionsError(f"{path}: none of its {len(corrections)} decisions is about an image of this data set")
    corrected = replace(dataset, labels=labels)
    return corrected if kept.all() else corrected.take(np.flatnonzero(kept))


def _told(correction: Correction) -> str:
    return f"{correction.decision} {correction.label}".strip()


def _lines(path: Path, size: int | None) -> list[list[str]]:
    try:
        text = Path(path).read_bytes()[:size].decode("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise CorrectionsError(f"{path}: can't be read ({error}); it is left as it is, move it away") from error
    try:
        head, *lines = [line for line in csv.reader(io.StringIO(text, newline=None)) if line] or [[]]
    except csv.Error as error:
        raise CorrectionsError(f"{path}: not CSV ({error}); it is left as it is, move it away") from error
    if tuple(head) != HEAD:
        raise CorrectionsError(
            f"{path}: not a corrections file, its first line is {','.join(head)[:80]!r}, expected {','.join(HEAD)!r}; "
            "move it away, it is left as it is"
        )
    return lines


def _parsed(path: Path, number: int, line: list[str]) -> Correction:
    if len(line) == len(HEAD):
        correction = Correction(*line)
        relabels = correction.decision == "relabel"
        known = correction.decision in (*get_args(Decision), _UNDO)
        if known and (correction.label in EMOTIONS if relabels else not correction.label):
            return correction
    raise CorrectionsError(
        f"{path}: line {number} is no decision: {','.join(line)[:80]!r}; mend or delete it, the file is left as it is"
    )


@contextmanager
def _changing(path: Path, file: str) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with change_lock(path):
            yield
    except OSError as error:
        raise CorrectionsError(f"{path}: the decision about {file} could not be saved ({error})") from error


def _append(path: Path, file: str, image_hash: str, decision: str, label: str) -> Correction:
    correction = Correction(file, image_hash, decision, label, datetime.now(UTC).isoformat(timespec="milliseconds"))
    so_far = path.read_text(encoding="utf-8") if path.exists() else ""
    line = io.StringIO()
    rows = csv.writer(line, lineterminator="\n")
    rows.writerows([] if so_far else [HEAD])
    rows.writerow(astuple(correction))
    end = "" if so_far.endswith("\n") or not so_far else "\n"
    write_atomically(path, so_far + end + line.getvalue())
    return correction
