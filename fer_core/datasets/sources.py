"""FER2013 in the wrappings it comes in: folder, zip, `msambare` folder, fer2013.csv - told apart by looking."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TextIO

import numpy as np

from fer_core.datasets.csv_table import as_pictures, read_table
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.errors import DatasetError, Progress
from fer_core.datasets.fer2013 import count_warnings, require_every_class
from fer_core.datasets.parts import KeptParts, Part, read_directly
from fer_core.datasets.picture_files import (
    MAX_FILE_BYTES,
    MOST_FOLDERS,
    UNREADABLE,
    list_pictures,
    picture_file,
    read_pictures,
)
from fer_core.datasets.report import ImportReport
from fer_core.files import at_home, walked

Keep = Callable[[Iterable[object]], Callable[[int, Callable[[], Part]], Part]]
"""Takes what tells a source from any other (names, sizes, times), gives what reads or finds its parts."""
TABLES = ("fer2013.csv", "icml_face_data.csv")
TABLE_TEXT = {"encoding": "utf-8-sig", "errors": "replace", "newline": ""}
"""How `fer2013.csv` is read; Excel puts a byte order mark before it."""
LONGEST_LINE = 1 << 16
"""Characters; a picture has no more than 10,000."""


def _table(names: Iterable[str]) -> str | None:
    """The original table among files, by the names under which it is handed on."""
    return next((name for name in names if PurePosixPath(name).name in TABLES), None)


def _read_folder(path: Path, report: ImportReport, keep: Keep, progress: Progress | None) -> list[Part]:
    files = (folder / name for folder, names in walked(path, MOST_FOLDERS) for name in names)
    paths = sorted(file.relative_to(path).as_posix() for file in files if file.is_file())
    if table := _table(paths):
        return _read_csv(path / table, report, keep, progress)
    if path.name.lower() in ("train", "test") and not any(picture_file(name) for name in paths):
        raise DatasetError(f"{path}: this is only the {path.name}/ part; give the folder that holds train/ and test/")
    files = list_pictures(paths, report)

    def read(name: str) -> bytes:
        size = (path / name).stat().st_size
        if size > MAX_FILE_BYTES:
            raise ValueError(f"is {size:,} bytes, too large for a 48x48 picture")
        return (path / name).read_bytes()

    def signature(name: str) -> str:
        status = (path / name).stat()
        return f"{name} {status.st_size} {status.st_mtime_ns}"

    return read_pictures(files, read, keep(signature(file.path) for file in files), progress)


def _unsafe(name: str) -> bool:
    pure = PurePosixPath(name)
    return pure.is_absolute() or ".." in pure.parts or bool(re.match(r"^[A-Za-z]:", name))


def _read_zip(path: Path, report: ImportReport, keep: Keep, progress: Progress | None) -> list[Part]:
    with zipfile.ZipFile(path) as archive:
        # Windows PowerShell writes names with backslashes, against the rules of zip files.
        named = {info.filename.replace("\\", "/"): info for info in archive.infolist()}
        members = {name: info for name, info in named.items() if not name.endswith("/")}
        unsafe = {name for name in members if _unsafe(name)}
        report.skipped += [f"{name}: unsafe path in the archive; skipped" for name in sorted(unsafe)]
        names = [name for name in members if name not in unsafe]

        def signature(name: str) -> str:
            return f"{name} {members[name].file_size} {members[name].CRC}"

        if table := _table(names):
            report.kind = "csv"
            with archive.open(members[table]) as stream:
                lines = io.TextIOWrapper(stream, **TABLE_TEXT)
                return read_table(_cut_lines(lines), report.source, keep([signature(table)]), progress)
        files = list_pictures(names, report)

        def read(name: str) -> bytes:
            if members[name].file_size > MAX_FILE_BYTES:
                raise ValueError(f"is {members[name].file_size:,} bytes, too large for a 48x48 picture")
            return archive.read(members[name])

        return read_pictures(files, read, keep(signature(file.path) for file in files), progress)


def _read_csv(path: Path, report: ImportReport, keep: Keep, progress: Progress | None) -> list[Part]:
    report.kind = "csv"
    status = path.stat()
    with path.open(**TABLE_TEXT) as stream:
        return read_table(_cut_lines(stream), report.source, keep([path, status.st_size, status.st_mtime_ns]), progress)


def _cut_lines(stream: TextIO) -> Iterator[str]:
    """Lines, of one that is longer than any of FER2013's its beginning: one of gigabytes would fill the memory."""
    while line := stream.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith("\n"):
            line = stream.readline(LONGEST_LINE)


def read_source(
    path: str | Path, progress: Progress | None = None, keep_parts_in: Path | None = None
) -> tuple[FaceDataset, ImportReport]:
    """Read FER2013 from whatever wrapping it is in.

    Args:
        path: a folder with `train/` and `test/` (classes named as in FER2013's Kaggle copies, e.g. `fear` or
            `fearful`), a zip of it, `fer2013.csv`, or a zip that holds that table.
        progress: called with (images done, images in all) now and then.
        keep_parts_in: a folder for what was read so far, so that an interrupted call goes on when it is repeated.
            By default nothing is written.

    Returns:
        The data set, training images first, by class and number (a table that is not the whole FER2013: in its own
        order); and what was left out and why.

    Raises:
        DatasetError: nothing there, not one of these forms, a class without pictures, or `keep_parts_in` can't be
            written.
    """
    path = at_home(path)

    def keep(listing: Iterable[object]) -> Callable[[int, Callable[[], Part]], Part]:
        return KeptParts(keep_parts_in, listing) if keep_parts_in else read_directly

    try:
        if not path.exists():
            raise DatasetError(f"{path}: no such file or folder")
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror}); choose another file or folder") from error
    if path.is_dir():
        kind, read = "folder", _read_folder
    elif zipfile.is_zipfile(path):
        kind, read = "zip", _read_zip
    elif path.suffix.lower() == ".csv":
        kind, read = "csv", _read_csv
    elif path.suffix.lower() == ".zip":
        raise DatasetError(f"{path}: not a complete zip file ({path.stat().st_size:,} bytes); download it again")
    else:
        raise DatasetError(f"{path}: not a folder, a zip file or a .csv table; give FER2013 as one of these")
    report = ImportReport(str(path), kind)
    try:
        parts = read(path, report, keep, progress)
    except DatasetError:
        raise
    except UNREADABLE as error:
        do = "give the folder that holds train and test" if path.is_dir() else "get the file again"
        raise DatasetError(f"{path}: can't be read ({error}); {do}") from error
    return _joined(parts, report), report


def _joined(parts: list[Part], report: ImportReport) -> FaceDataset:
    report.skipped[:0] = [str(sentence) for part in parts for sentence in part.skipped]
    report.read = sum(len(part.labels) for part in parts)
    if not report.read:
        raise DatasetError(f"{report.source}: no readable image; " + (report.skipped or ["the table is empty"])[0])
    dataset = FaceDataset(*(np.concatenate(arrays) for arrays in list(zip(*parts, strict=True))[:4]))
    if report.kind == "csv":
        dataset = as_pictures(dataset)
    require_every_class(dataset, report.source)
    report.warnings += count_warnings(dataset)
    return dataset
