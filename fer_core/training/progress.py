"""How far a training is: said by the process that trains, read by whoever watches."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from fer_core.files import write_atomically

PROGRESS_VARIABLE = "FER_PROGRESS"
"""Environment variable that names the file to write to."""
SECONDS_BETWEEN_WRITES = 1.0


@dataclass(frozen=True)
class Progress:
    """A moment of a training, of one run or of several in a row.

    Attributes:
        folder: of the run in work.
        epoch, batch: in work, from 1; `batches` are those of one epoch.
        seconds_left: of the run in work, by its pace so far; None before there is one.
        images_per_second: trained so far, validation included; None before there is a pace.
        run: of how many `runs` this is the one in work, from 1.
        label: of the run in work where there are several, e.g. `mild, focal`.
    """

    folder: str
    epoch: int
    epochs: int
    batch: int
    batches: int
    seconds_left: float | None = None
    images_per_second: float | None = None
    run: int = 1
    runs: int = 1
    label: str = ""

    @property
    def share(self) -> float:
        """Of all epochs of the run in work, 0 to 1."""
        done = (self.epoch - 1 + self.batch / max(1, self.batches)) / max(1, self.epochs)
        return min(1.0, max(0.0, done))

    @property
    def epoch_share(self) -> float:
        """Of the epoch in work, 0 to 1."""
        return min(1.0, self.batch / max(1, self.batches))


Report = Callable[[Progress], None]


class ProgressFile:
    """Writes progress to a file, at most once a second, and the first batch of an epoch at once.

    Training goes on where the file can't be written: it is only looked at.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written = 0.0

    def __call__(self, progress: Progress) -> None:
        """Write, unless the last time is less than a second ago."""
        now = time.monotonic()
        if progress.batch > 1 and now - self._written < SECONDS_BETWEEN_WRITES:
            return
        self._written = now
        with contextlib.suppress(OSError):
            write_atomically(self.path, json.dumps(asdict(progress)))


def reporter() -> Report:
    """Where this process is to say how far it is; nowhere unless the environment's FER_PROGRESS names a file."""
    path = os.environ.get(PROGRESS_VARIABLE)
    return ProgressFile(Path(path)) if path else lambda progress: None


def read_progress(path: Path) -> Progress | None:
    """What was written last; None where nothing readable was."""
    try:
        return Progress(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
