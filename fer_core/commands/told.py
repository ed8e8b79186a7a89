"""How a command tells what went wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED = 1


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
