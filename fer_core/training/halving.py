"""Successive halving: of a grid's runs only the better ones are trained on, by Optuna's pruner."""

import contextlib
from collections.abc import Sequence

import optuna

from fer_core.training.folder import history_of
from fer_core.training.run_study import Task, refuse_others, train_cell
from fer_core.training.study import Cell, CellState, CellStatus, PrunedError, study_status

REDUCTION = 3


def run_halving(cells: Sequence[Cell], task: Task) -> list[CellStatus]:
    """Train a grid, giving up the runs that are not among the best third after 1, 3, 9 ... epochs.

    Asynchronous successive halving (Li et al., 2020, arXiv 1810.05934): a run is compared with those that came as far
    before it. What is recorded or given up stays so when it is started again. The runs' folders tell what each was
    worth after which epoch, so a grid that was stopped goes on as if it had not been.

    Raises:
        RunStoppedError: SIGTERM or SIGINT came.
        DatasetError: the data set can't be opened.
        ValueError: see `refuse_others`.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    task.root.mkdir(parents=True, exist_ok=True)
    refuse_others(cells, task)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
    study = optuna.create_study(direction="maximize", pruner=pruner)
    left: list[tuple[int, Cell]] = []
    for number, status in enumerate(study_status(cells, task.root), start=1):
        if status.state in (CellState.RECORDED, CellState.PRUNED):
            _trial_of(study, task, status.cell)
        else:
            left.append((number, status.cell))
    for number, cell in left:
        _train(study, task, cell, number, len(cells))
    return study_status(cells, task.root)


def _trial_of(study: optuna.Study, task: Task, cell: Cell) -> optuna.Trial:
    """A trial that has been told the epochs which the run has finished, and takes part in comparisons by them."""
    trial = study.ask()
    for row in history_of(task.root / cell.name).to_dict("records"):
        trial.report(row["val_accuracy"], int(row["epoch"]))
        trial.should_prune()
    return trial


def _train(study: optuna.Study, task: Task, cell: Cell, number: int, runs: int) -> None:
    trial = _trial_of(study, task, cell)

    def report(row: dict[str, float]) -> None:
        trial.report(row["val_accuracy"], int(row["epoch"]))
        if row["epoch"] < cell.config.epochs and trial.should_prune():
            raise PrunedError(f"given up after {int(row['epoch'])} epochs: others were better by then")

    with contextlib.suppress(PrunedError):
        train_cell(task, cell, number, runs, on_epoch=report)
