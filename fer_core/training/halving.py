"""Successive halving: of a grid's runs only the better ones are trained on, by Optuna's pruner."""

from collections.abc import Sequence

import optuna

from fer_core.files import write_atomically
from fer_core.training.folder import history_of
from fer_core.training.run_study import Task, begin_study, train_cell, with_reasons
from fer_core.training.study import PRUNED, Cell, CellState, CellStatus, PrunedError, study_status

REDUCTION = 3


def run_halving(cells: Sequence[Cell], task: Task) -> list[CellStatus]:
    """Train a grid, giving up the runs that are not among the best third after 1, 3, 9 ... epochs.

    Asynchronous successive halving (Li et al., 2020, arXiv 1810.05934): a run is compared with those that came as far
    before it. What is recorded or given up stays so when it is started again. The runs' folders tell what each was
    worth after which epoch, so a grid that was stopped goes on as if it had not been.

    Raises:
        RunStoppedError: SIGTERM or SIGINT came.
        DatasetError: the data set can't be opened.
        ValueError: see `begin_study`.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    begin_study(cells, task)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
    study = optuna.create_study(direction="maximize", pruner=pruner)
    left: list[tuple[int, Cell]] = []
    for number, status in enumerate(study_status(cells, task.root), start=1):
        if status.state in (CellState.RECORDED, CellState.PRUNED):
            _trial_of(study, task, status.cell)
        else:
            left.append((number, status.cell))
    reasons = {cell.name: _train(study, task, cell, number, len(cells)) for number, cell in left}
    return with_reasons(study_status(cells, task.root), reasons)


def _trial_of(study: optuna.Study, task: Task, cell: Cell) -> tuple[optuna.Trial, str]:
    """A trial that has been told the epochs which the run has finished, and takes part in comparisons by them.

    Returns:
        The trial, and why the run is to be given up after the last of these; empty where it goes on.
    """
    trial, verdict = study.ask(), ""
    for row in history_of(task.root / cell.name).to_dict("records"):
        verdict = _verdict(trial, cell, row)
    return trial, verdict


def _verdict(trial: optuna.Trial, cell: Cell, row: dict[str, float]) -> str:
    """Tell a finished epoch; why the run is to be given up after it, empty where it goes on."""
    epoch = int(row["epoch"])
    trial.report(row["val_accuracy"], epoch)
    if trial.should_prune() and epoch < cell.config.epochs:
        return f"given up after {epoch} epochs: others were better by then"
    return ""


def _train(study: optuna.Study, task: Task, cell: Cell, number: int, runs: int) -> str | None:
    """Train a run until it ends or is given up; why it failed, or None."""
    trial, verdict = _trial_of(study, task, cell)
    if verdict:  # it was stopped between the epoch and the verdict
        write_atomically(task.root / cell.name / PRUNED, f"{verdict}\n")
        return None

    def report(row: dict[str, float]) -> None:
        if verdict := _verdict(trial, cell, row):
            raise PrunedError(verdict)

    try:
        return train_cell(task, cell, number, runs, on_epoch=report)
    except PrunedError:
        return None
