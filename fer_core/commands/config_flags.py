"""A flag for every field of `RunConfig`, for the commands that take one."""

import inspect
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import yaml
from pydantic import ValidationError

from fer_core.training.config import RunConfig
from fer_core.training.export_elsewhere import exporting_backend
from fer_core.validation import problems


def with_config_flags(command: Any) -> Any:
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


def configuration(config: Path | None, fields: dict[str, Any]) -> RunConfig:
    """The configuration of a YAML file, if any, with the flags over it; network and split of a run to start from.

    Raises:
        typer.BadParameter: a file can't be read, or a field is wrong; the message names it.
    """
    try:
        base = (yaml.safe_load(config.read_text(encoding="utf-8")) if config else None) or {}
        if not isinstance(base, dict):
            raise typer.BadParameter(f"{config}: expected fields of a configuration, a line each: `epochs: 30`")
        given = {**base, **fields}
        wanted = RunConfig.model_validate({**_of_start(given), **given})
    except ValidationError as error:
        wrong = problems(error)
        raise typer.BadParameter(f"{config}: {wrong}" if config else wrong) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"{config}: {error}") from error
    _check_soft_labels(wanted)
    return wanted


def _check_soft_labels(config: RunConfig) -> None:
    """See to it that the file of soft labels is there before anything of the run is."""
    if not config.soft_labels:
        return
    from fer_core.datasets.errors import DatasetError
    from fer_core.datasets.soft_labels import SoftLabels

    try:
        SoftLabels.read(config.soft_labels)
    except DatasetError as error:
        raise typer.BadParameter(f"soft_labels: {error}") from error


def _of_start(given: dict[str, Any]) -> dict[str, Any]:
    """Network and split of a run that another one starts from; what is no name of a folder is refused later.

    Where that run is gone and they are all given, this may be a run that goes on and needs it no more.
    """
    run = given.get("weights_from")
    if not run or not isinstance(run, str):
        return {}
    from fer_core.training.record import RecordError
    from fer_core.training.warm_start import SAME_NETWORK, SAME_SPLIT, fields_of_warm_start

    try:
        return fields_of_warm_start(run)
    except RecordError as error:
        needed = [name for name in SAME_NETWORK + SAME_SPLIT if RunConfig.model_fields[name].default is not None]
        if all(name in given for name in needed):
            return {}
        raise typer.BadParameter(f"weights_from: {error}") from error


Device = Literal["auto", "cpu", "gpu"]


def before_keras(threads: int, device: Device = "auto") -> None:
    """Settings that the backend and its kernels read when they are imported.

    Raises:
        typer.BadParameter: a GPU is asked for and the backend sees none, or the backend can't record a network.
    """
    if os.environ.get("KERAS_BACKEND") == "jax" and exporting_backend() is None:  # else told after hours of training
        told = "a network trained on JAX is exported with TensorFlow or PyTorch: install one of them, too"
        raise typer.BadParameter(told, param_hint="KERAS_BACKEND=jax")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    elif device == "gpu":
        import keras

        from fer_core.training.devices import on_gpu

        if not on_gpu():
            raise typer.BadParameter(
                f"the {keras.backend.backend()} backend sees no GPU; choose auto or cpu", param_hint="--device"
            )
