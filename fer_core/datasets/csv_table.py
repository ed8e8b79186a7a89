"""FER2013 as its original table `fer2013.csv`: columns `emotion`, `pixels` and `Usage`."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE, USAGES, FaceDataset
from fer_core.datasets.errors import DatasetError, Progress
from fer_core.datasets.fer2013 import count_warnings
from fer_core.datasets.parts import PART_SIZE, Part
from fer_core.emotions import EMOTIONS, FER2013_CSV_ORDER

FER2013_ROWS = 35_887


def _face(row: dict[str, str | None]) -> tuple[np.ndarray, int, str]:
    """Image, label and usage of a row.

    Raises:
        ValueError: saying what is wrong with the row.
    """
    texts = (row["pixels"] or "").split()
    try:
        pixels = np.array(texts, dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise ValueError("has pixels that are no numbers of 0 to 255") from error
    if pixels.size != IMAGE_SIZE**2 or pixels.min() < 0 or pixels.max() > 255:
        raise ValueError(f"has {pixels.size} pixels, expected {IMAGE_SIZE**2} of 0 to 255")
    if row["Usage"] not in USAGES:
        raise ValueError(f"has the Usage {row['Usage']!r}, expected one of {', '.join(USAGES)}")
    if row["emotion"] not in map(str, range(len(EMOTIONS))):
        raise ValueError(f"has the emotion {row['emotion']!r}, expected 0 to {len(EMOTIONS) - 1}")
    emotion = FER2013_CSV_ORDER[int(row["emotion"])]
    return pixels.astype(np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE), EMOTIONS.index(emotion), row["Usage"]


def _read_part(rows: list[dict[str, str | None]], start: int) -> Part:
    images, labels, usages, names, skipped = [], [], [], [], []
    for number, row in enumerate(rows, start):
        name = f"fer2013.csv:{number}"
        try:
            image, label, usage = _face(row)
        except ValueError as error:
            skipped.append(f"{name}: {error}; skipped")
            continue
        images.append(image)
        labels.append(label)
        usages.append(usage)
        names.append(name)
    return Part(
        images=np.array(images, dtype=np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE),
        labels=np.array(labels, dtype=np.int64),
        usage=np.array(usages, dtype=np.str_),
        names=np.array(names, dtype=np.str_),
        skipped=np.array(skipped, dtype=np.str_),
    )


def read_table(
    lines: Iterator[str], source: str, keep: Callable[[int, Callable[[], Part]], Part], progress: Progress | None
) -> list[Part]:
    """Read the whole table, part by part; `progress` is called after each part.

    Raises:
        DatasetError: a column lacks, or the table can't be read as text.
    """
    reader = csv.DictReader(lines)
    try:
        reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
        if missing := {"emotion", "pixels", "Usage"} - set(reader.fieldnames):
            names = ", ".join(sorted(missing))
            found = ", ".join(reader.fieldnames)[:200] or "nothing"
            raise DatasetError(f"{source}: column(s) {names} missing; found {found}")
        parts: list[Part] = []
        while rows := list(islice(reader, PART_SIZE)):
            start = len(parts) * PART_SIZE
            parts.append(keep(len(parts), lambda rows=rows, start=start: _read_part(rows, start)))
            if progress:
                done = start + len(rows)
                progress(done, max(done, FER2013_ROWS))
    except csv.Error as error:
        raise DatasetError(f"{source}: line {reader.line_num} is not CSV ({error}); get the table again") from error
    return parts


def as_pictures(dataset: FaceDataset) -> FaceDataset:
    """The complete table with the names and in the order of FER2013's picture files; any other one with its rows only.

    Within a class and split, `im<number>.png` counts the rows of the table. By these names, recorded answers, reviewed
    labels and FER+ votes are found again, and splits are drawn alike, whichever wrapping FER2013 came in.

    Args:
        dataset: in the order of the table, named `fer2013.csv:<row>`.
    """
    rows = np.array([name.rpartition(":")[2] for name in dataset.names]).astype(np.int64)
    dataset = replace(dataset, rows=rows)
    if count_warnings(dataset):
        return dataset
    dataset = dataset.take(np.lexsort((rows, dataset.labels, dataset.usage != "Training")))
    parts = np.where(dataset.usage == "Training", "train", "test")
    folders = np.array([f"{part}/{EMOTIONS[label]}" for part, label in zip(parts, dataset.labels, strict=True)])
    _, first, inverse = np.unique(folders, return_index=True, return_inverse=True)
    numbers = np.arange(len(dataset)) - first[inverse]
    return replace(dataset, names=np.array([f"{folder}/im{n}.png" for folder, n in zip(folders, numbers, strict=True)]))
