"""Files: where they stand, and writing them so that nobody ever reads half of one."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from filelock import FileLock

PARTS = ".parts-"
"""How the names of folders begin in which files are written that move up once they are whole."""
REPLACE_TRIES, REPLACE_PAUSE = 50, 0.02
"""How often, and after how many seconds, Windows is asked again to replace a file."""


def at_home(path: str | Path) -> Path:
    """The path with a home folder in place of a leading `~`; as it is, and so of nothing, where nobody is called so."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def from_here(path: str | Path) -> str:
    """The path from the working folder; as it is where no way leads there, as to another drive of Windows."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return str(path)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: it can't be read.
    """
    return hashlib.sha256(file.read_bytes()).hexdigest()


def walked(folder: Path, most: int | None = None) -> Iterator[tuple[Path, list[str]]]:
    """A folder and those below it, linked ones too, each with the names of its files.

    A link back to a folder above it is not followed.

    Args:
        most: folders that are looked into; by default all, which links across each other can make endless.

    Raises:
        OSError: there are more.
    """
    for number, (at, folders, files) in enumerate(os.walk(folder, followlinks=True), start=1):
        if most and number > most:
            raise OSError(errno.ELOOP, f"more than {most:,} folders in it", str(folder))
        above = {os.path.realpath(place) for place in (at, *Path(at).absolute().parents)}
        folders[:] = [name for name in folders if os.path.realpath(Path(at, name)) not in above]
        yield Path(at), files


def runs_root() -> Path:
    """Where one's own runs stand: the environment's FER_RUNS, else `runs` in the working folder."""
    return Path(os.environ.get("FER_RUNS") or "runs")


def change_lock(path: Path) -> FileLock:
    """Held while a file that several may change is read, changed and written; reading alone needs no lock.

    Entering it raises OSError where nothing can be written beside the file, or others hold it for 30 seconds.
    """
    target = Path(os.path.realpath(path))  # two links to one file are one file
    return FileLock(target.with_name(f".{target.name}.lock"), timeout=30, mode=0o664, poll_interval=0.01)


def bring_to_disk(file: Path) -> None:
    """See to it that a file's content outlives a power cut, before it gets its name: else that could be of nothing."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _take_place(part: Path, target: Path) -> None:
    """Give a file the place of another; Windows refuses that while a process has the other open for a moment.

    Raises:
        OSError: it can't, there after about a second of tries.
    """
    if os.name == "nt":
        for _ in range(REPLACE_TRIES):
            try:
                part.replace(target)
                return
            except PermissionError:
                time.sleep(REPLACE_PAUSE)
    part.replace(target)


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file to write inside of `with`, which then takes the place of `path`; of a link, of the file it leads to.

    Raises:
        OSError: it can't be written; what stood there before still does.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f"{target.name}.{uuid4().hex}.part")
    try:
        yield part
        bring_to_disk(part)
        if target.exists():
            shutil.copymode(target, part)
        _take_place(part, target)
    except OSError as error:
        if error.errno is None:  # a sentence already, as from another file that is written inside
            raise
        raise OSError(f"{path}: can't be written ({error.strerror or error}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def parts_folder(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A temporary folder inside another, for files that move up once they are whole."""
    return tempfile.TemporaryDirectory(dir=folder, prefix=PARTS)


def clear_parts(folder: Path) -> None:
    """Delete what `parts_folder` made there for processes that were killed; call it where nobody else writes."""
    for left in folder.glob(f"{PARTS}*"):
        shutil.rmtree(left, ignore_errors=True)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by a complete new one, in UTF-8; see `replaced`."""
    with replaced(path) as part:
        part.write_text(text, encoding="utf-8")


def copy_whole(source: Path, target: Path) -> None:
    """Replace a file by a copy of another; one that has its content already is left alone.

    Raises:
        OSError: the one can't be read or the other not be written; what stood there before still does.
    """
    content = source.read_bytes()
    if target.exists() and target.read_bytes() == content:
        return
    with replaced(target) as part:
        part.write_bytes(content)
