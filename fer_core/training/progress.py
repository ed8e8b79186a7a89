"""How far a training is: said by the process that trains, read by whoever watches."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from fer_core.progress import ProgressFile, read_progress


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


def reporter() -> Report:
    """Tells it to whoever started this process (see `fer_core.progress`)."""
    file = ProgressFile()

    def report(progress: Progress) -> None:
        done = (progress.epoch - 1) * progress.batches + progress.batch
        file.write("training", done, progress.epochs * progress.batches, **asdict(progress))

    return report


def training_progress(path: Path) -> Progress | None:
    """What a training wrote last; None where nothing readable was."""
    content = read_progress(path)
    names = [field.name for field in fields(Progress)]
    try:
        return Progress(**{name: content[name] for name in names})
    except (KeyError, TypeError):
        return None
