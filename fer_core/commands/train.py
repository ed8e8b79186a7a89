"""`python -m fer_core train`: one run, with a flag for every field of `RunConfig`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer_core.commands.config_flags import Device, before_keras, configuration, with_config_flags
from fer_core.commands.told import FAILED, STOPPED, DataOption
from fer_core.training.config import RunConfig

if TYPE_CHECKING:
    from fer_core.training.folder import Started


@with_config_flags
def train(
    *,
    data: DataOption = "",
    config: Annotated[Path | None, typer.Option(help="YAML file of configuration fields; flags win over it")] = None,
    corrections: Annotated[
        Path | None, typer.Option(help="file of decisions about single images (the Dataset page's review writes one)")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="folder of the run; by default a new one in runs/")] = None,
    resume: Annotated[Path | None, typer.Option(help="folder of a run to go on with")] = None,
    threads: Annotated[int, typer.Option(help="processor threads", min=1)] = 2,
    device: Annotated[Device, typer.Option(help="auto: a GPU where the backend sees one")] = "auto",
    track: Annotated[bool, typer.Option(help="log to MLflow")] = True,
    quiet: Annotated[
        bool, typer.Option(help="a line an epoch instead of a progress bar, as where no terminal looks on")
    ] = False,
    fields: dict[str, Any],
) -> None:
    """Train a network and record the run."""
    from fer_core.datasets.corrections import apply_corrections
    from fer_core.datasets.store import default_source, open_dataset

    if resume and (fields or config or to or corrections):
        raise typer.BadParameter(
            "--resume goes on with a run as it was begun; give no other configuration, corrections or folder"
        )
    wanted = None if resume else configuration(config, fields)
    before_keras(threads, device)
    from fer_core.training.folder import new_folder, read_started

    folder = resume or to or new_folder(wanted)
    try:
        started = read_started(folder) if resume else None
        source = data or (started.source if started else None) or default_source()
        dataset = open_dataset(source)
        corrected_by = str(corrections or "") or (started.corrections if started else None)
        size = None
        if corrected_by:
            size = _size_to_apply(corrected_by, started or _unfinished(folder))
            dataset = apply_corrections(dataset, Path(corrected_by), size)
    except (ValueError, OSError) as error:
        print(f"{folder}: no run to go on with ({error})" if resume else error, file=sys.stderr)
        raise typer.Exit(FAILED) from error
    run_config = started.config if started else wanted
    _train(run_config, dataset, folder, source, corrected_by, size, track=track, quiet=quiet)


def _unfinished(folder: Path) -> "Started | None":
    """What the run in a folder was begun with, where it is not recorded yet; None where there is none."""
    from fer_core.training.folder import read_started
    from fer_core.training.record import RECORD

    try:
        return None if (folder / RECORD).exists() else read_started(folder)
    except (OSError, ValueError):  # what is wrong with it, the training tells
        return None


def _size_to_apply(corrections: str, begun: "Started | None") -> int | None:
    """Bytes of a file of decisions that count: those that a run was begun with which goes on, else all so far."""
    if begun and begun.corrections == corrections:
        return begun.corrections_size
    return Path(corrections).stat().st_size if Path(corrections).is_file() else None


def _train(
    config: RunConfig,
    dataset: Any,
    folder: Path,
    source: str | None,
    corrections: str | None,
    corrections_size: int | None,
    *,
    track: bool,
    quiet: bool,
) -> None:
    from fer_core.training.errors import RunFailedError, RunStoppedError
    from fer_core.training.progress import reporter
    from fer_core.training.run import train as train_run
    from fer_core.training.tracking import tracked

    print(f"{folder}: {config.network}, {config.epochs} epochs", file=sys.stderr)
    try:
        with tracked(folder, config, dataset.fingerprint, track=track) as log:
            record = train_run(
                config,
                dataset,
                folder,
                source=source,
                corrections=corrections,
                corrections_size=corrections_size,
                on_begin=log.begin,
                on_epoch=log.log_epoch,
                report=reporter(),
                verbose=2 if quiet or not sys.stdout.isatty() else 1,
            )
    except (RunFailedError, RunStoppedError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(STOPPED if isinstance(error, RunStoppedError) else FAILED) from error
    print(f"{folder}: recorded; best validation accuracy in epoch {record.kept_epoch}", file=sys.stderr)
