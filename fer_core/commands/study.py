"""What the commands that train several runs have in common."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from fer_core.commands.config_flags import before_keras
from fer_core.commands.told import FAILED, STOPPED, told
from fer_core.files import write_atomically
from fer_core.training.study import FINISHED, Cell, CellState, CellStatus, as_json, study_status

Backend = Literal["local", "ray"]

CorrectionsOption = Annotated[Path | None, typer.Option(help="file of decisions about single images")]
StatusOption = Annotated[bool, typer.Option("--status", help="tell how far the runs are; train nothing")]
JsonOption = Annotated[bool, typer.Option("--json", help="how far the runs are, as one JSON object")]
TrackOption = Annotated[bool, typer.Option(help="log to MLflow")]
ThreadsOption = Annotated[int, typer.Option(help="processor threads of a run", min=1)]
BackendOption = Annotated[Backend, typer.Option(help="where runs are trained")]
AddressOption = Annotated[
    str | None, typer.Option(help="of an existing Ray cluster, e.g. auto or ray://head:10001; else one here")
]
WorkersOption = Annotated[int, typer.Option(help="runs side by side, on Ray; 0 for as many as fit", min=0)]
GpusOption = Annotated[float, typer.Option(help="GPUs that a run gets, on Ray; may be a share of one", min=0)]


def print_status(statuses: Sequence[CellStatus], *, as_json_object: bool) -> None:
    """A line a cell, or one JSON object."""
    if as_json_object:
        print(json.dumps(as_json(statuses)))
        return
    for status in statuses:
        best = f"{status.val_accuracy:.4f}" if status.val_accuracy is not None else "-"
        epochs = f"{status.epochs_done}/{status.cell.config.epochs}"
        print(
            "\t".join([status.cell.name, str(status.state), epochs, best, *([status.reason] if status.reason else [])])
        )


@contextmanager
def _cluster(
    backend: Backend, address: str | None, workers: int, gpus_per_run: float, threads: int
) -> Iterator[Callable[[], int]]:
    """Joblib's backend for what happens inside, and how many runs go side by side.

    Raises:
        typer.BadParameter: Ray is not installed, or the cluster can't be reached.
    """
    if backend == "local":
        yield lambda: 1
        return
    from fer_core.training.cluster import ClusterError, ray_cluster

    try:
        with ray_cluster(address, gpus_per_run=gpus_per_run, cpus_per_run=threads) as room:
            yield lambda: min(workers, room()) if workers else room()
    except ClusterError as error:
        raise typer.BadParameter(str(error), param_hint="--backend") from error


def run_cells(
    cells: Sequence[Cell],
    to: Path,
    *,
    data: str,
    corrections: Path | None,
    track: bool,
    threads: int,
    backend: Backend,
    address: str | None,
    workers: int,
    gpus_per_run: float,
    halving: bool = False,
) -> None:
    """Train what is not recorded; ends the program with code 1 where runs failed and 143 where it was stopped."""
    if backend == "local" and (address or gpus_per_run or workers):
        raise typer.BadParameter("--address, --gpus-per-run and --workers need --backend ray")
    if backend == "ray" and halving:
        raise typer.BadParameter("--halving compares runs one after the other; it goes with --backend local")
    before_keras(threads)
    from fer_core.datasets.store import default_source
    from fer_core.training.errors import RunStoppedError
    from fer_core.training.run_study import Task, run_study

    task = Task(to, data or default_source(), str(corrections) if corrections else None, track)
    if backend == "ray":
        task = task.with_full_paths()
    try:
        with told(), _cluster(backend, address, workers, gpus_per_run, threads) as side_by_side:
            if halving:
                from fer_core.training.halving import run_halving

                statuses = run_halving(cells, task)
            else:
                statuses = run_study(cells, task, workers=side_by_side)
    except RunStoppedError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(STOPPED) from error
    failed = [status for status in statuses if status.state not in (CellState.RECORDED, CellState.PRUNED)]
    print_status(statuses, as_json_object=False)
    if halving:
        from fer_core.training.grid import epochs_saved

        print(f"halving saved at most {epochs_saved(statuses)} of {sum(cell.config.epochs for cell in cells)} epochs")
    if failed:
        reasons = "; ".join(f"{status.cell.name}: {status.reason or status.state}" for status in failed)
        print(f"{len(failed)} of {len(statuses)} runs are not recorded: {reasons}", file=sys.stderr)
        raise typer.Exit(FAILED)
    write_atomically(to / FINISHED, json.dumps(as_json(statuses), indent=1) + "\n")


def show_or_run(cells: Sequence[Cell], to: Path, *, status: bool, as_json_object: bool, **options: Any) -> None:
    """Print how far the cells are, or train them."""
    if status or as_json_object:
        print_status(study_status(cells, to), as_json_object=as_json_object)
        return
    run_cells(cells, to, **options)
