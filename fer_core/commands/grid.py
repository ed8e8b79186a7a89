"""`python -m fer_core grid`: the report's grid search, for any network."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from fer_core.commands import study
from fer_core.commands.told import DataOption
from fer_core.files import runs_root
from fer_core.networks import NETWORKS
from fer_core.training.grid import (
    ACTIVATIONS,
    ALL_OPTIMIZERS,
    LEARNING_RATES,
    OPTIMIZERS,
    begins_pretrained,
    default_name,
    grid_cells,
)
from fer_core.training.presets import REPORT_WAY
from fer_core.training.record import RecordError, run_name
from fer_core.validation import problems


def grid(
    network: Annotated[str, typer.Argument(help=f"one of {', '.join(NETWORKS)}")],
    *,
    learning_rate: Annotated[list[float] | None, typer.Option(help="may be repeated; by default three")] = None,
    optimizer: Annotated[
        list[str] | None, typer.Option(help=f"of {', '.join(ALL_OPTIMIZERS)}; may be repeated; by default three")
    ] = None,
    activation: Annotated[list[str] | None, typer.Option(help="may be repeated; by default relu and elu")] = None,
    epochs: Annotated[int, typer.Option(help="passes over the training part, at most")] = REPORT_WAY["epochs"],
    early_stopping: Annotated[
        int, typer.Option(help="epochs without a better validation accuracy, after which a run ends")
    ] = REPORT_WAY["early_stopping"],
    batch_size: Annotated[int, typer.Option(help="images in one gradient step")] = REPORT_WAY["batch_size"],
    pretrained: Annotated[
        bool | None,
        typer.Option(
            "--pretrained/--no-pretrained", help="start from pretrained weights; by default where the report did"
        ),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option(help="pixels a side that faces are resized to; by default the network's own")
    ] = None,
    training_share: Annotated[
        float, typer.Option(help="share of the training part that is learned from, of each class")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="of weights, order and split")] = 0,
    halving: Annotated[bool, typer.Option(help="successive halving: give up the worse runs early")] = False,
    to: Annotated[Path | None, typer.Option(help="folder of the runs; by default one in runs/")] = None,
    data: DataOption = "",
    corrections: study.CorrectionsOption = None,
    status: study.StatusOption = False,
    as_json: study.JsonOption = False,
    track: study.TrackOption = True,
    threads: study.ThreadsOption = 2,
    backend: study.BackendOption = "local",
    address: study.AddressOption = None,
    workers: study.WorkersOption = 0,
    gpus_per_run: study.GpusOption = 0,
) -> None:
    """Search learning rate x optimizer x activation; what is recorded is not trained again."""
    pretrained = begins_pretrained(network) if pretrained is None else pretrained
    to = to or runs_root() / default_name(network, pretrained=pretrained)
    try:
        cells = grid_cells(
            network,
            learning_rates=learning_rate or LEARNING_RATES,
            optimizers=optimizer or OPTIMIZERS,
            activations=activation or ACTIVATIONS,
            prefix=run_name(to),
            pretrained=pretrained,
            epochs=epochs,
            early_stopping=early_stopping,
            batch_size=batch_size,
            input_size=input_size,
            training_share=training_share,
            seed=seed,
            split_seed=seed,
        )
    except ValidationError as error:
        raise typer.BadParameter(problems(error)) from error
    except RecordError as error:
        raise typer.BadParameter(str(error)) from error
    study.show_or_run(
        cells,
        to,
        status=status,
        as_json_object=as_json,
        data=data,
        corrections=corrections,
        track=track,
        threads=threads,
        backend=backend,
        address=address,
        workers=workers,
        gpus_per_run=gpus_per_run,
        halving=halving,
    )
