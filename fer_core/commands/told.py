"""How a command tells what went wrong."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

FAILED = 1


def check_writable(option: str, file: Path, *, in_place: bool = False) -> None:
    """See to it that a file can be written: that is said before the work, not after it.

    Args:
        option: that named the file.
        in_place: whether a file that is there is written over, rather than replaced as `write_atomically` does.

    Raises:
        ValueError: it can't be.
    """
    if not file.parent.is_dir():
        reason = f"there is no folder {file.parent}"
    elif file.is_dir():
        reason = "it is a folder"
    elif not os.access(file if in_place and file.exists() else file.resolve().parent, os.W_OK):
        reason = "no permission"
    else:
        return
    raise ValueError(f"{option}: {file} can't be written ({reason}); choose another place")


@contextmanager
def told(*more: type[Exception]) -> Iterator[None]:
    """Turn what can go wrong with an argument or a file into a sentence on standard error and an exit code.

    Args:
        more: errors that are told so beside ValueError and OSError.
    """
    try:
        yield
    except (ValueError, OSError, *more) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(FAILED) from error
