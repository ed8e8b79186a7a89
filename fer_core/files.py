"""Files: where they stand, and writing them so that nobody ever reads half of one."""

import contextlib
import os
from pathlib import Path
from uuid import uuid4

from filelock import FileLock


def at_home(path: str | Path) -> Path:
    """The path with a home folder in place of a leading `~`; as it is, and so of nothing, where nobody is called so."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def runs_root() -> Path:
    """Where one's own runs stand: the environment's FER_RUNS, else `runs` in the working folder."""
    return Path(os.environ.get("FER_RUNS") or "runs")


def change_lock(path: Path) -> FileLock:
    """Held while a file that several may change is read, changed and written; reading alone needs no lock.

    Entering it raises OSError where nothing can be written beside the file, or others hold it for 30 seconds.
    """
    path = path.resolve()  # two links to one file are one file
    return FileLock(path.with_name(f".{path.name}.lock"), timeout=30, poll_interval=0.01)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by a complete new one, in UTF-8; of a link, the file it leads to. It is on disk when this returns.

    Raises:
        OSError: it can't be written; what stood there before still does.
    """
    target = path.resolve()
    part = target.with_name(f"{target.name}.{uuid4().hex}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise OSError(f"{path}: can't be written ({error.strerror or error}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
