"""Successive halving: of a grid's runs only the better ones are trained on, by Optuna's pruner."""

from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from fer_core.training.folder import history_of
from fer_core.training.run_study import Task, refuse_others, train_cell
from fer_core.training.study import Cell, CellState, CellStatus, PrunedError, study_status

JOURNAL = "halving.journal"
REDUCTION = 3


def run_halving(cells: Sequence[Cell], task: Task) -> list[CellStatus]:
    """Train a grid, giving up the runs that are not among the best third after 1, 3, 9 ... epochs.

    Asynchronous successive halving (Li et al., 2020, arXiv 1810.05934): a run is compared with those that came as far
    before it. What is recorded or given up stays so when it is started again; Optuna's journal stands in the folder.

    Raises:
        RunStoppedError: SIGTERM or SIGINT came.
        DatasetError: the data set can't be opened.
        ValueError: see `refuse_others`.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    task.root.mkdir(parents=True, exist_ok=True)
    refuse_others(cells, task)
    study = _study(task.root)
    for number, status in enumerate(study_status(cells, task.root), start=1):
        if status.state not in (CellState.RECORDED, CellState.PRUNED):
            _train(study, task, status.cell, number, len(cells))
    return study_status(cells, task.root)


def _study(root: Path) -> optuna.Study:
    return optuna.create_study(
        study_name="halving",
        storage=JournalStorage(JournalFileBackend(str(root / JOURNAL))),
        direction="maximize",
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION),
        load_if_exists=True,
    )


def _train(study: optuna.Study, task: Task, cell: Cell, number: int, runs: int) -> None:
    trial = study.ask()
    trial.set_user_attr("run", cell.name)
    values: list[float] = []
    for row in history_of(task.root / cell.name).to_dict("records"):  # of a run that was stopped
        values.append(row["val_accuracy"])
        trial.report(row["val_accuracy"], int(row["epoch"]))
        trial.should_prune()

    def report(row: dict[str, float]) -> None:
        values.append(row["val_accuracy"])
        trial.report(row["val_accuracy"], int(row["epoch"]))
        if row["epoch"] < cell.config.epochs and trial.should_prune():
            raise PrunedError(f"given up after {int(row['epoch'])} epochs: others were better by then")

    state = TrialState.FAIL
    try:
        reason = train_cell(task, cell, number, runs, on_epoch=report)
        state = TrialState.FAIL if reason or not values else TrialState.COMPLETE
    except PrunedError:
        state = TrialState.PRUNED
    finally:
        study.tell(trial, max(values) if state is TrialState.COMPLETE else None, state)
