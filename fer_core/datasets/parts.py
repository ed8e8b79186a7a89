"""A source is read in parts; parts that are kept on disk let an interrupted import go on where it was."""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fer_core.datasets.errors import DatasetError

PART_SIZE = 2000
"""Images in a part."""


class Part(NamedTuple):
    """The readable images of one part, as in `FaceDataset`, and a sentence for each that is not readable."""

    images: np.ndarray
    labels: np.ndarray
    usage: np.ndarray
    names: np.ndarray
    skipped: np.ndarray


def read_directly(number: int, read: Callable[[], Part]) -> Part:
    """Read a part and keep nothing."""
    return read()


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an uncompressed .npz so that the path holds either the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as stream:
            np.savez(stream, **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


class KeptParts:
    """Parts of one source in a folder; parts of a source that has changed are not used."""

    def __init__(self, folder: Path, listing: Iterable[object]) -> None:
        digest = hashlib.sha256("\n".join(map(str, listing)).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.folder = folder / digest

    def __call__(self, number: int, read: Callable[[], Part]) -> Part:
        """The part from disk, or read and then kept.

        Raises:
            DatasetError: the folder can't be written.
        """
        path = self.folder / f"{number}.npz"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Part(**{name: arrays[name] for name in Part._fields})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            part = read()
        try:
            save_arrays(path, part._asdict())
        except OSError as error:
            raise DatasetError(
                f"{self.folder}: can't keep what was read so far ({error}); make room there or choose another folder"
            ) from error
        return part
