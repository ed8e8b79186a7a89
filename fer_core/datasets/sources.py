"""FER2013 in the wrappings it comes in: folder, zip, `msambare` folder, fer2013.csv - told apart by looking."""

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from fer_core.datasets.dataset import IMAGE_SIZE, SPLITS, FaceDataset
from fer_core.emotions import ALIASES, EMOTIONS, FER2013_CSV_ORDER

PUBLIC_TEST_COUNTS: dict[str, int] = dict(zip(EMOTIONS, (467, 56, 496, 895, 607, 653, 415), strict=True))
"""How many of a class's test files, in the order of their numbers, are PublicTest; the rest are PrivateTest."""

EXPECTED_COUNTS: dict[str, tuple[int, ...]] = {
    "train": (3995, 436, 4097, 7215, 4965, 4830, 3171),
    "test": (958, 111, 1024, 1774, 1233, 1247, 831),
}
"""Images of each class in the complete FER2013, in class order."""

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg"}
MAX_FILE_BYTES = 1 << 20

Progress = Callable[[int, int], None]
"""Called with (done, in all)."""


class DatasetError(ValueError):
    """The data set as a whole can't be read; the message says what was found and what to do."""


@dataclass
class ImportReport:
    """What became of the files of a source.

    Attributes:
        source: the path that was read.
        kind: `folder`, `zip` or `csv`.
        read: images taken over.
        skipped: one sentence for each file that was left out.
        warnings: what is unusual about the whole, e.g. counts that differ from FER2013's.
    """

    source: str
    kind: str
    read: int = 0
    skipped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """One image file: where it stands and what its path says about it."""

    path: str
    split: str
    emotion: str
    number: int
    usage: str | None

    @property
    def name(self) -> str:
        return f"{self.split}/{self.emotion}/{PurePosixPath(self.path).name}"


def _entry(path: str) -> _Entry | None:
    """Read split, class and number off `.../train/<emotion>/im12.png` or `.../test/fear/PublicTest_123.jpg`."""
    pure = PurePosixPath(path)
    if pure.suffix.lower() not in IMAGE_SUFFIXES or len(pure.parts) < 3:
        return None
    split, emotion = pure.parts[-3].lower(), ALIASES.get(pure.parts[-2].lower())
    if split not in ("train", "test") or emotion is None:
        return None
    digits = re.search(r"(\d+)$", pure.stem)
    usage = next((usage for usages in SPLITS.values() for usage in usages if pure.stem.startswith(usage)), None)
    return _Entry(path, split, emotion, int(digits[1]) if digits else -1, usage)


def _unsafe(name: str) -> bool:
    pure = PurePosixPath(name.replace("\\", "/"))
    return pure.is_absolute() or ".." in pure.parts or bool(re.match(r"^[A-Za-z]:", name))


def _usages(entries: list[_Entry]) -> list[str]:
    """Official usage of each entry (sorted by class and number): from the file name, else from its place."""
    places: Counter[str] = Counter()
    usages = []
    for entry in entries:
        if entry.split == "train":
            usages.append("Training")
            continue
        by_place = "PublicTest" if places[entry.emotion] < PUBLIC_TEST_COUNTS[entry.emotion] else "PrivateTest"
        usages.append(entry.usage or by_place)
        places[entry.emotion] += 1
    return usages


def _decode(data: bytes) -> np.ndarray:
    """Bytes of a picture -> (48, 48) uint8 grayscale.

    Raises:
        ValueError: not a picture, or another size; the message says which.
    """
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if image is None:
        raise ValueError("can't be decoded as a picture")
    if image.shape != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"is {image.shape[1]}x{image.shape[0]}, expected {IMAGE_SIZE}x{IMAGE_SIZE}")
    return image


def _from_files(
    paths: Iterator[str], read: Callable[[str], bytes], report: ImportReport, progress: Progress | None
) -> FaceDataset:
    entries = sorted(
        filter(None, map(_entry, paths)),
        key=lambda entry: (entry.split != "train", EMOTIONS.index(entry.emotion), entry.number, entry.path),
    )
    if not entries:
        raise DatasetError(
            f"{report.source}: no pictures under train/<emotion>/ or test/<emotion>/ "
            f"(emotions: {', '.join(EMOTIONS)}); give the folder or zip that holds train/ and test/"
        )
    for split in ("train", "test"):
        present = {entry.emotion for entry in entries if entry.split == split}
        if missing := [emotion for emotion in EMOTIONS if emotion not in present]:
            raise DatasetError(f"{report.source}: no pictures in {', '.join(f'{split}/{name}/' for name in missing)}")
    images, kept = [], []
    usages = _usages(entries)
    for position, entry in enumerate(entries):
        try:
            images.append(_decode(read(entry.path)))
            kept.append(position)
        except (ValueError, OSError, zipfile.BadZipFile, cv2.error) as error:
            report.skipped.append(f"{entry.name}: {error}; skipped")
        if progress and (position % 500 == 499 or position == len(entries) - 1):
            progress(position + 1, len(entries))
    if not images:
        raise DatasetError(
            f"{report.source}: none of {len(entries)} pictures could be read; first: {report.skipped[0]}"
        )
    return FaceDataset(
        images=np.stack(images),
        labels=np.array([EMOTIONS.index(entries[i].emotion) for i in kept]),
        usage=np.array([usages[i] for i in kept]),
        names=np.array([entries[i].name for i in kept]),
    )


def _read_folder(path: Path, report: ImportReport, progress: Progress | None) -> FaceDataset:
    files = (file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())

    def read(name: str) -> bytes:
        size = (path / name).stat().st_size
        if size > MAX_FILE_BYTES:
            raise ValueError(f"is {size:,} bytes, too large for a 48x48 picture")
        return (path / name).read_bytes()

    prefix = path.name if path.name.lower() in ("train", "test") else ""
    if prefix:
        raise DatasetError(f"{path}: this is only the {prefix}/ part; give the folder above it, with train/ and test/")
    return _from_files(files, read, report, progress)


def _read_zip(path: Path, report: ImportReport, progress: Progress | None) -> FaceDataset:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DatasetError(f"{path}: not a complete zip file ({error}); download it again") from error
    with archive:
        sizes = {info.filename: info.file_size for info in archive.infolist() if not info.is_dir()}
        if csvs := [name for name in sizes if PurePosixPath(name).name == "fer2013.csv" and not _unsafe(name)]:
            with archive.open(csvs[0]) as stream:
                return _read_csv_lines((line.decode("utf-8", "replace") for line in stream), report)
        unsafe = [name for name in sizes if _unsafe(name)]
        report.skipped += [f"{name}: unsafe path in the archive; skipped" for name in unsafe]

        def read(name: str) -> bytes:
            if sizes[name] > MAX_FILE_BYTES:
                raise ValueError(f"is {sizes[name]:,} bytes, too large for a 48x48 picture")
            return archive.read(name)

        return _from_files((name for name in sizes if name not in set(unsafe)), read, report, progress)


def _read_csv_lines(lines: Iterator[str], report: ImportReport) -> FaceDataset:
    report.kind = "csv"
    reader = csv.DictReader(lines)
    columns = [name.strip() for name in reader.fieldnames or []]
    if missing := {"emotion", "pixels", "Usage"} - set(columns):
        names = ", ".join(sorted(missing))
        raise DatasetError(f"{report.source}: column(s) {names} missing; found {', '.join(columns)}")
    reader.fieldnames = columns
    images, labels, usages, names = [], [], [], []
    for number, row in enumerate(reader):
        name = f"fer2013.csv:{number}"
        try:
            pixels = np.array((row["pixels"] or "").split(), dtype=np.int64)
            if pixels.size != IMAGE_SIZE**2 or pixels.min() < 0 or pixels.max() > 255:
                raise ValueError(f"has {pixels.size} pixels, expected {IMAGE_SIZE**2} of 0 to 255")
            if row["Usage"] not in SPLITS["train"] + SPLITS["test"]:
                raise ValueError(f"has the unknown Usage {row['Usage']!r}")
            emotion = FER2013_CSV_ORDER[int(row["emotion"])]
        except (ValueError, IndexError, TypeError) as error:
            report.skipped.append(f"{name}: {error}; skipped")
            continue
        images.append(pixels.astype(np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE))
        labels.append(EMOTIONS.index(emotion))
        usages.append(row["Usage"])
        names.append(name)
    if not images:
        raise DatasetError(f"{report.source}: no usable row; " + (report.skipped or ["the table is empty"])[0])
    return FaceDataset(np.stack(images), np.array(labels), np.array(usages), np.array(names))


def read_source(path: str | Path, progress: Progress | None = None) -> tuple[FaceDataset, ImportReport]:
    """Read FER2013 from whatever wrapping it is in; nothing is written.

    Args:
        path: a folder with `train/` and `test/` (classes named as in FER2013's Kaggle copies, e.g. `fear` or
            `fearful`), a zip of it, `fer2013.csv`, or a zip that holds that table.
        progress: called with (files done, files in all) now and then.

    Returns:
        The data set, training images first, by class and number; and what was left out and why.

    Raises:
        DatasetError: nothing there, not one of these forms, a class without pictures.
    """
    path = Path(path)
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder")
    if path.is_dir():
        report = ImportReport(str(path), "folder")
        dataset = _read_folder(path, report, progress)
    elif zipfile.is_zipfile(path):
        report = ImportReport(str(path), "zip")
        dataset = _read_zip(path, report, progress)
    elif path.suffix.lower() == ".csv":
        report = ImportReport(str(path), "csv")
        with path.open(encoding="utf-8", errors="replace", newline="") as stream:
            dataset = _read_csv_lines(stream, report)
    else:
        raise DatasetError(f"{path}: not a folder, a complete zip file or a .csv table; give FER2013 as one of these")
    report.read = len(dataset)
    report.warnings = _count_warnings(dataset)
    return dataset, report


def _count_warnings(dataset: FaceDataset) -> list[str]:
    warnings = []
    for split, expected in EXPECTED_COUNTS.items():
        counts = np.bincount(dataset.split(split).labels, minlength=len(EMOTIONS))
        if tuple(counts) != expected:
            differing = [
                f"{name} {have} (FER2013 has {want})"
                for name, have, want in zip(EMOTIONS, counts, expected, strict=True)
                if have != want
            ]
            warnings.append(f"{split}: not the complete FER2013: {', '.join(differing)}")
    return warnings
