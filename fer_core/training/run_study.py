"""Training the cells of a study, one after the other here or side by side on a Ray cluster."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import joblib
import keras

from fer_core.datasets.corrections import apply_corrections
from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.store import open_dataset
from fer_core.files import write_atomically
from fer_core.training.errors import RunBusyError, RunFailedError
from fer_core.training.folder import read_started
from fer_core.training.progress import Progress, Report, reporter
from fer_core.training.record import RECORD
from fer_core.training.run import train
from fer_core.training.study import (
    FAILURE,
    FINISHED,
    PRUNED,
    Cell,
    CellState,
    CellStatus,
    PrunedError,
    on_other_data,
    study_status,
)
from fer_core.training.tracking import prepare, tracked

ATTEMPTS = 3
"""Times that what is not recorded is given out, the first included."""

LOST_WORKER = {"RayActorError", "WorkerCrashedError", "NodeDiedError", "ObjectLostError", "OutOfMemoryError"}
"""Names of Ray's errors that say so."""


@dataclass(frozen=True)
class Task:
    """What all cells of a study have in common.

    Attributes:
        root: folder of the study; on a cluster one that all machines see under this path.
        source: data set, as `open_dataset` takes it.
        corrections: file of decisions about single images; None for none.
        track: whether runs are logged to MLflow.
    """

    root: Path
    source: str | None
    corrections: str | None = None
    track: bool = True

    def with_full_paths(self) -> "Task":
        """For processes that have another working directory."""
        source = str(Path(self.source).resolve()) if self.source and Path(self.source).exists() else self.source
        corrections = str(Path(self.corrections).resolve()) if self.corrections else None
        return replace(self, root=self.root.resolve(), source=source, corrections=corrections)


@lru_cache(maxsize=1)
def opened(source: str | None, corrections: str | None) -> FaceDataset:
    """The data set of a task, read once in a process."""
    dataset = open_dataset(source)
    return apply_corrections(dataset, Path(corrections)) if corrections else dataset


def train_cell(
    task: Task, cell: Cell, number: int, runs: int, on_epoch: Callable[[dict[str, float]], None] | None = None
) -> str | None:
    """Train one cell, or go on with it; nothing where it is recorded.

    Args:
        number, runs: which of how many cells it is, for the progress.
        on_epoch: called with each new row of the history; may raise PrunedError.

    Returns:
        Why it failed, or None. The other cells of a study don't suffer from one that fails.

    Raises:
        RunStoppedError: SIGTERM or SIGINT came.
        PrunedError: `on_epoch` gave the run up; its folder says so.
        DatasetError: the data set can't be opened.
    """
    folder = task.root / cell.name
    dataset = opened(task.source, task.corrections)
    tell = reporter()

    def report_one_of_many(progress: Progress) -> None:
        tell(replace(progress, run=number, runs=runs, label=cell.label))

    try:
        _train_cell(task, cell, dataset, folder, report_one_of_many, on_epoch)
    except PrunedError as error:
        write_atomically(folder / PRUNED, f"{error}\n")
        raise
    except RunBusyError as error:
        return str(error)  # the folder is the other process's
    except (RunFailedError, ValueError, OSError, MemoryError) as error:
        reason = str(error) or type(error).__name__
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / FAILURE, reason + "\n")
        return reason
    finally:
        keras.backend.clear_session()
    return None


def _train_cell(
    task: Task,
    cell: Cell,
    dataset: FaceDataset,
    folder: Path,
    report: Report,
    on_epoch: Callable[[dict[str, float]], None] | None,
) -> None:
    with tracked(folder, cell.config, dataset.fingerprint, track=task.track) as log:

        def begin() -> None:
            for old in (FAILURE, PRUNED):
                (folder / old).unlink(missing_ok=True)
            log.begin()

        def after_epoch(row: dict[str, float]) -> None:
            log.log_epoch(row)
            if on_epoch:
                on_epoch(row)

        train(
            cell.config,
            dataset,
            folder,
            source=task.source,
            corrections=task.corrections,
            on_begin=begin,
            on_epoch=after_epoch,
            report=report,
            verbose=2,
        )


def unrecorded(cells: Sequence[Cell], root: Path) -> list[Cell]:
    """Cells that still have to be trained."""
    return [status.cell for status in study_status(cells, root) if status.state is not CellState.RECORDED]


def run_study(cells: Sequence[Cell], task: Task, *, workers: Callable[[], int] = lambda: 1) -> list[CellStatus]:
    """Train what is not recorded yet, in joblib's backend that is set (`joblib.parallel_config`).

    A cell that fails is retried the next time, and holds up no other. Where workers are lost, what they had not
    recorded is given out again, `ATTEMPTS` times in all.

    Args:
        workers: asked each time that runs are given out: how many side by side.

    Raises:
        RunStoppedError: SIGTERM or SIGINT came.
        DatasetError: the data set can't be opened.
        ValueError: see `begin_study`.
    """
    begin_study(cells, task)
    if task.track:
        prepare()
    reasons: dict[str, str | None] = {}
    numbers = {cell.name: number for number, cell in enumerate(cells, start=1)}
    for _attempt in range(ATTEMPTS):
        open_cells = unrecorded(cells, task.root)
        jobs = (joblib.delayed(train_cell)(task, cell, numbers[cell.name], len(cells)) for cell in open_cells)
        try:
            told = joblib.Parallel(n_jobs=workers(), batch_size=1)(jobs)
            reasons = dict(zip([cell.name for cell in open_cells], told, strict=True))
            break
        except Exception as error:
            if not _is_lost_worker(error):
                raise
    return with_reasons(study_status(cells, task.root), reasons)


def with_reasons(statuses: Iterable[CellStatus], reasons: Mapping[str, str | None]) -> list[CellStatus]:
    """The same with why they are not recorded, by name: of a run that another process trains its folder tells none."""
    return [
        status
        if status.state is CellState.RECORDED
        else replace(status, reason=status.reason or reasons.get(status.cell.name))
        for status in statuses
    ]


def _is_lost_worker(error: Exception) -> bool:
    """Whether a machine or a process of a cluster went away; Ray is not imported for this where it is not in use."""
    kinds = type(error).__mro__
    return any(kind.__module__ == "ray.exceptions" and kind.__name__ in LOST_WORKER for kind in kinds)


def begin_study(cells: Sequence[Cell], task: Task) -> None:
    """Make a study's folder, which counts as finished no more; where that is refused, nothing was changed.

    Nothing of another study is taken for one of these cells.

    Raises:
        ValueError: a cell's folder holds a run of another configuration or on another data set, finished or not.
        DatasetError: the data set can't be opened.
    """
    statuses = study_status(cells, task.root)
    waiting = [status.folder for status in statuses if status.state is CellState.WAITING]
    others = [folder for folder in waiting if (folder / RECORD).exists() or _is_begun(folder)]
    others += on_other_data(statuses, opened(task.source, task.corrections).fingerprint)
    if others:
        raise ValueError(
            f"{others[0]}: holds a run of another configuration or data set, or with other corrections; "
            "choose another folder with --to"
        )
    task.root.mkdir(parents=True, exist_ok=True)
    (task.root / FINISHED).unlink(missing_ok=True)


def _is_begun(folder: Path) -> bool:
    """Whether a run was begun there; why one that can't be read is refused, `train` tells."""
    try:
        read_started(folder)
    except (OSError, ValueError):
        return False
    return True
