"""FER+ (Barsoum et al., 2016, arXiv 1608.01041): ten people's votes on each image of FER2013."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError
from fer_core.emotions import ALIASES, EMOTIONS
from fer_core.files import at_home

VOTES: tuple[str, ...] = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf",
)  # fmt: skip
"""What FER+ could be voted for, in the order of its table; `nf` is no face."""
TABLES = ("index.csv", "fer2013new.csv")
"""Names of tables of votes: one by file name, and FER+'s own."""
_OF_EMOTION = np.array(
    [VOTES.index(next(name for name in VOTES if ALIASES.get(name) == emotion)) for emotion in EMOTIONS]
)
_NAMED = len(VOTES) - 2


@dataclass(frozen=True)
class Agreement:
    """How often a label is what most FER+ voters said, over the images that have votes.

    Attributes:
        images: how many these are.
        share: the label has the most votes, alone or tied.
        strict_share: the label has the most votes alone.
        disagreeing: indices of the images whose label has fewer votes than another emotion, the clearest first.
    """

    images: int
    share: float
    strict_share: float
    disagreeing: np.ndarray


def table_beside(path: str | Path) -> Path | None:
    """Where FER+ votes about a data set stand: the first of `TABLES` in its folder, or its file's, that holds votes."""
    place = at_home(path)
    folder = place if place.is_dir() else place.parent
    return next((folder / name for name in TABLES if _holds_votes(folder / name)), None)


def _holds_votes(path: Path) -> bool:
    """Whether it is a table with the columns of votes."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return set(VOTES) <= set(_columns(csv.DictReader(stream)))
    except (OSError, ValueError, csv.Error):
        return False


def _columns(rows: csv.DictReader) -> list[str]:
    return [name.lower().removeprefix("ferplus_") for name in rows.fieldnames or ()]


def read_votes(path: str | Path, dataset: FaceDataset) -> np.ndarray:
    """(n, 10) uint8 votes of each image in the order of `VOTES`; zeros where the table has none.

    Args:
        path: FER+'s own `fer2013new.csv`, whose rows are those of fer2013.csv; or a table with the same columns, as
            they are or with `ferplus_` before them, beside `file` (as the images' names) or `row` (of fer2013.csv).

    Raises:
        DatasetError: no such table, or it is of other images: its rows go beyond those of fer2013.csv or, without
            `file` and `row`, are fewer.
    """
    by_file: dict[str, list[int]] = {}
    by_row: dict[int, list[int]] = {}
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            rows.fieldnames = _columns(rows)
            by_order = not {"file", "row"} & set(rows.fieldnames)
            for number, row in enumerate(rows):
                counts = [int(row[name] or 0) for name in VOTES]
                if "file" in row:
                    by_file[row["file"]] = counts
                if "row" in row or "file" not in row:
                    by_row[int(row.get("row", number))] = counts
        rows = np.full(len(dataset), -1) if dataset.rows is None else dataset.rows
        places = zip(dataset.names.tolist(), rows.tolist(), strict=True)
        found = [by_file.get(name) or by_row.get(row) for name, row in places]
        table = np.array([counts or [0] * len(VOTES) for counts in found], dtype=np.uint8)
    except KeyError as error:
        raise DatasetError(f"{path}: column {error} missing; expected {', '.join(VOTES)}, and file or row") from error
    except (OSError, ValueError, TypeError, OverflowError, csv.Error) as error:
        raise DatasetError(f"{path}: not a readable table of FER+ votes ({error})") from error
    if dataset.rows is not None and by_row and by_file.keys().isdisjoint(dataset.names.tolist()):
        told, there = max(by_row) + 1, int(dataset.rows.max()) + 1
        if told > there or (by_order and told < there):
            raise DatasetError(
                f"{path}: is of {told:,} rows of fer2013.csv, of which there are {there:,} here: votes could go to the "
                "wrong image; get fer2013.csv whole"
            )
    if not any(found):
        hint = "; it goes with fer2013.csv: for pictures give a table with the column file" if by_order else ""
        raise DatasetError(f"{path}: has none of these images; the first is {dataset.names[0]}{hint}")
    return table


def checked_votes(votes: np.ndarray, images: int | None = None) -> np.ndarray:
    """The argument as an array (images, 10).

    Args:
        images: how many it is to be of; any number by default.

    Raises:
        ValueError: another shape.
    """
    values = np.asarray(votes)
    if values.ndim != 2 or values.shape != (len(values) if images is None else images, len(VOTES)):
        expected = f"({'n' if images is None else images}, {len(VOTES)})"
        raise ValueError(f"votes: expected shape {expected} as `read_votes` gives them, got {values.shape}")
    return values


def agreement(labels: np.ndarray, votes: np.ndarray) -> Agreement:
    """Compare labels with votes. Votes for "unknown" and "no face" are left out; contempt counts as another emotion.

    An image that has no other votes stays among the images, as one whose label nobody voted for.

    Args:
        labels: (n,) class indices.
        votes: (n, 10) as from `read_votes`.

    Raises:
        ValueError: the votes have another shape.
    """
    labels, votes = np.asarray(labels), checked_votes(votes, len(labels))
    named = votes[:, :_NAMED].astype(np.int64)
    most = named.max(axis=1)
    mine = named[np.arange(len(labels)), _OF_EMOTION[labels]]
    voted = votes.any(axis=1)
    first = (most > 0) & (mine == most)
    alone = first & ((named == most[:, None]).sum(axis=1) == 1)
    disagreeing = np.flatnonzero(voted & (mine < most))
    clearest = np.argsort(mine[disagreeing] - most[disagreeing], kind="stable")
    n = int(voted.sum())
    return Agreement(n, float(first.sum() / max(n, 1)), float(alone.sum() / max(n, 1)), disagreeing[clearest])


def emotion_votes(votes: np.ndarray) -> np.ndarray:
    """(n, 7) votes for each class; those for contempt, "unknown" and "no face" are left out.

    Args:
        votes: (n, 10) as from `read_votes`.

    Raises:
        ValueError: another shape.
    """
    return checked_votes(votes)[:, _OF_EMOTION]


def majority_labels(votes: np.ndarray) -> np.ndarray:
    """(n,) class that most voters named, as an index; -1 where two are level, or it is none of the seven.

    Args:
        votes: (n, 10) as from `read_votes`; all ten count, so "contempt", "unknown" and "no face" can win too.

    Raises:
        ValueError: another shape.
    """
    votes = checked_votes(votes)
    most = votes.max(axis=1)
    alone = (most > 0) & ((votes == most[:, None]).sum(axis=1) == 1)
    of_vote = np.full(len(VOTES), -1)
    of_vote[_OF_EMOTION] = np.arange(len(EMOTIONS))
    return np.where(alone, of_vote[votes.argmax(axis=1)], -1)
