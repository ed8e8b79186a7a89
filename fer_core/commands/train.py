"""`python -m fer_core train`: one run, with a flag for every field of `RunConfig`."""

import inspect
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from fer_core.training.config import RunConfig

FAILED, STOPPED = 1, 143


def _with_config_flags(command: Any) -> Any:
    """Add a Typer option for each field of `RunConfig`; those given arrive in the argument `fields`."""
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "fields"]
    flags = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                field.annotation | None,
                typer.Option(
                    help=(field.description or "").capitalize(),
                    show_default=str(field.default),
                    rich_help_panel="Run configuration",
                ),
            ],
        )
        for name, field in RunConfig.model_fields.items()
    ]

    def run(**arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in RunConfig.model_fields}
        command(**arguments, fields={name: value for name, value in given.items() if value is not None})

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(own + flags)
    run.__annotations__ = {p.name: p.annotation for p in own + flags}
    return run


def _configuration(config: Path | None, fields: dict[str, Any]) -> RunConfig:
    try:
        base = yaml.safe_load(config.read_text(encoding="utf-8")) if config else {}
        return RunConfig.model_validate({**(base or {}), **fields})
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc'])) or 'configuration'}: {e['msg']}" for e in error.errors()]
        raise typer.BadParameter("; ".join(problems)) from error
    except (OSError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"{config}: {error}") from error


@_with_config_flags
def train(
    *,
    data: Annotated[str, typer.Option(help="FER2013 in any form, or 'drawn' for the drawn sample set")] = "",
    config: Annotated[Path | None, typer.Option(help="YAML file of configuration fields; flags win over it")] = None,
    corrections: Annotated[
        Path | None, typer.Option(help="file of decisions about single images (the Dataset page's review writes one)")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="folder of the run; by default a new one in runs/")] = None,
    resume: Annotated[Path | None, typer.Option(help="folder of a run to go on with")] = None,
    threads: Annotated[int, typer.Option(help="processor threads", min=1)] = 2,
    track: Annotated[bool, typer.Option(help="log to MLflow")] = True,
    quiet: Annotated[bool, typer.Option(help="a line an epoch instead of a progress bar")] = False,
    fields: dict[str, Any],
) -> None:
    """Train a network and record the run."""
    from fer_core.datasets.corrections import apply_corrections
    from fer_core.datasets.report import DatasetError
    from fer_core.datasets.store import default_source, open_dataset

    if resume and (fields or config or to or corrections):
        raise typer.BadParameter(
            "--resume goes on with a run as it was begun; give no other configuration, corrections or folder"
        )
    wanted = None if resume else _configuration(config, fields)
    _before_keras(threads)
    from fer_core.training.run import new_folder, read_started

    folder = resume or to or new_folder(wanted)
    try:
        started = read_started(folder) if resume else None
        source = data or (started.source if started else None) or default_source()
        dataset = open_dataset(source)
        corrected_by = str(corrections or "") or (started.corrections if started else None)
        if corrected_by:
            dataset = apply_corrections(dataset, Path(corrected_by))
    except (DatasetError, OSError, ValueError, KeyError) as error:
        print(f"{folder}: no run to go on with ({error})" if resume and not data else error, file=sys.stderr)
        raise typer.Exit(FAILED) from error
    run_config = started.config if started else wanted
    _train(run_config, dataset, folder, source, corrected_by, track=track, quiet=quiet)


def _before_keras(threads: int) -> None:
    """Settings that TensorFlow and its kernels read when they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))


def _train(
    config: RunConfig,
    dataset: Any,
    folder: Path,
    source: str | None,
    corrections: str | None,
    *,
    track: bool,
    quiet: bool,
) -> None:
    from fer_core.training.checkpoint import RunFailedError, RunStoppedError
    from fer_core.training.progress import reporter
    from fer_core.training.run import train as train_run
    from fer_core.training.tracking import Tracker

    print(f"{folder}: {config.network}, {config.epochs} epochs", file=sys.stderr)
    tracker = Tracker(folder.name, config) if track else None
    try:
        record = train_run(
            config,
            dataset,
            folder,
            source=source,
            corrections=corrections,
            on_epoch=tracker.log_epoch if tracker else lambda row: None,
            report=reporter(),
            verbose=2 if quiet else 1,
        )
    except (RunFailedError, RunStoppedError, ValueError, OSError) as error:
        stopped = isinstance(error, RunStoppedError)
        if tracker:
            tracker.end("KILLED" if stopped else "FAILED")
        print(error, file=sys.stderr)
        raise typer.Exit(STOPPED if stopped else FAILED) from error
    if tracker:
        tracker.finish(folder)
    print(f"{folder}: recorded; best validation accuracy in epoch {record.kept_epoch}", file=sys.stderr)
