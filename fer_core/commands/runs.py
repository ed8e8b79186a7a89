"""`python -m fer_core runs`: recorded runs between their folders and the MLflow store."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fer_core.commands.told import FAILED, told
from fer_core.files import runs_root

app = typer.Typer(help="Recorded runs: list them, move them in and out of the MLflow store.", no_args_is_help=True)


@app.command("list")
def list_runs(
    root: Annotated[Path | None, typer.Argument(help="folder of run folders; by default that of your own")] = None,
) -> None:
    """Recorded runs in a folder and in the studies in it, with the validation accuracy of their recorded answers."""
    from fer_core.evaluation.metrics import accuracy
    from fer_core.training.folder import run_folders
    from fer_core.training.record import RecordError, read_run

    root = root or runs_root()
    if not root.is_dir():
        print(f"{root}: no such folder", file=sys.stderr)
        raise typer.Exit(FAILED)
    folders = run_folders(root)
    if not folders:
        print(f"no recorded run in {root}", file=sys.stderr)
        raise typer.Exit(FAILED)
    for folder in folders:
        try:
            run = read_run(folder)
            split = run.splits["validation"]
        except (RecordError, KeyError) as error:
            reason = error if isinstance(error, RecordError) else f"{folder}: has no answers to validation images"
            print(reason, file=sys.stderr)
            continue
        right = accuracy(split.probabilities, split.labels)
        name, kept = folder.relative_to(root), run.record.kept_epoch
        print(f"{name}\t{run.record.config.network}\tepoch {kept}\tvalidation accuracy {right:.4f}")


@app.command("import")
def import_runs(folders: Annotated[list[Path], typer.Argument(help="folders of recorded runs")]) -> None:
    """Log recorded runs in the MLflow store (`MLFLOW_TRACKING_URI`, else mlflow.db here)."""
    from fer_core.training.tracking import STORE_ERRORS, import_run

    with told(*STORE_ERRORS):
        for folder in folders:
            print(f"{folder}: MLflow run {import_run(folder)}")


@app.command("export")
def export_runs(
    names: Annotated[list[str], typer.Argument(help="names of runs in the store")],
    to: Annotated[
        Path | None, typer.Option(help="folder that run folders are written to; by default that of your own")
    ] = None,
) -> None:
    """Write runs out of the MLflow store into folders of plain files."""
    from fer_core.training.tracking import STORE_ERRORS, export_run

    with told(*STORE_ERRORS):
        for name in names:
            print(export_run(name, to or runs_root()))


@app.command("mark")
def mark_runs(
    folders: Annotated[list[Path], typer.Argument(help="folders of recorded runs")],
    data: Annotated[str, typer.Option(help="the data set they were trained on; by default the imported set")] = "",
    corrections: Annotated[
        Path | None, typer.Option(help="decisions about single images that they were trained with")
    ] = None,
) -> None:
    """Tell anew which images of recorded runs also stand among those trained on; the answers stay as they are.

    Runs that were recorded when only test images were looked at say that no validation image does.
    """
    from fer_core.datasets.corrections import apply_corrections
    from fer_core.datasets.store import open_dataset
    from fer_core.training.answers import mark_copies

    with told():
        dataset = open_dataset(data or None)
        dataset = apply_corrections(dataset, corrections) if corrections else dataset
        for folder in folders:
            print(f"{folder}: {'marked anew' if mark_copies(folder, dataset) else 'as it was'}")


@app.command("quantise")
def quantise_run(
    run: Annotated[Path, typer.Argument(help="folder of a recorded run whose network was kept")],
    to: Annotated[Path | None, typer.Option(help="folder of the new record; by default RUN_int8 beside it")] = None,
    data: Annotated[str, typer.Option(help="the data set it was trained on; by default the imported set")] = "",
    corrections: Annotated[
        Path | None, typer.Option(help="decisions about single images that it was trained with")
    ] = None,
) -> None:
    """Write a run's network in int8, as a run of its own with its own answers, so that both can be compared."""
    from fer_core.datasets.corrections import apply_corrections
    from fer_core.datasets.store import open_dataset
    from fer_core.training.quantise import quantise_run as quantised
    from fer_core.training.record import MODEL

    to = to or run.resolve().with_name(f"{run.resolve().name}_int8")
    with told():
        dataset = open_dataset(data or None)
        quantised(run, apply_corrections(dataset, corrections) if corrections else dataset, to)
        print(f"{to}: {(to / MODEL).stat().st_size / 1e6:.1f} MB")


@app.command("contributions")
def show_contributions(
    card: Annotated[Path | None, typer.Argument(help="card of an ensemble; by default the shipped one")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """What each network brings to an ensemble, and what the other recorded ones would, on the held-out images."""
    from fer_core.comparison.contributions import contributions
    from fer_core.comparison.places import find_entries, places
    from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard

    card = card or places().shipped / SHIPPED_CARD.name
    with told():
        table = contributions(EnsembleCard.read(card), card.parent, find_entries())
    if as_json:
        print(table.to_json(orient="records", indent=2))
        return
    shares = ["accuracy", "difference", "low", "high"]
    print(table.assign(**(100 * table[shares])).to_string(index=False, float_format="{:.2f}".format))


@app.command("time")
def time_runs(
    names: Annotated[
        list[str] | None, typer.Argument(help="runs and ensembles; by default all that have networks")
    ] = None,
    rounds: Annotated[int, typer.Option(help="faces that are answered", min=1)] = 200,
) -> None:
    """Measure milliseconds a face, one at a time, and keep them for the Compare page."""
    from fer_core.comparison.places import entry_of, find_entries, places
    from fer_core.comparison.timing import model_files, record_timing

    with told():
        where = places()
        entries = [entry_of(name) for name in names or []] or [e for e in find_entries(where) if model_files(e)]
        for entry in entries:
            timing = record_timing(entry, where, rounds=rounds)
            print(f"{entry.key}\t{timing.milliseconds:.2f} ms a face\t{timing.threads} threads, {timing.processor}")
