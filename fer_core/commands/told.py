"""What the commands have in common: how they tell what went wrong and how far they are, and the option `--data`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

FAILED, STOPPED = 1, 143

DataOption = Annotated[str, typer.Option(help="FER2013 in any form, or 'drawn' for the drawn sample set")]


def check_writable(option: str, file: Path, *, in_place: bool = False) -> None:
    """See to it that a file can be written: that is said before the work, not after it.

    Args:
        option: that named the file.
        in_place: whether a file that is there is written over, rather than replaced as `write_atomically` does.

    Raises:
        ValueError: it can't be.
    """
    try:
        if not file.parent.is_dir():
            reason = f"there is no folder {file.parent}"
        elif file.is_dir():
            reason = "it is a folder"
        elif not os.access(file if in_place and file.exists() else file.resolve().parent, os.W_OK):
            reason = "no permission"
        else:
            return
    except OSError as error:
        reason = error.strerror
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


def progress_bar() -> "Progress":
    """A bar on stderr, where that is a terminal; it goes when it is done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
