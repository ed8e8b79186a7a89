"""How far reading a data set is, and that it failed."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (done, in all)."""


class DatasetError(ValueError):
    """The data set as a whole can't be read; the message says what was found and what to do."""
