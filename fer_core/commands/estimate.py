"""`python -m fer_core estimate`: how long a run would take here."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from fer_core.commands.config_flags import Device, before_keras, configuration, with_config_flags
from fer_core.commands.told import DataOption, told
from fer_core.training.errors import RunFailedError


@with_config_flags
def estimate(
    *,
    data: DataOption = "",
    config: Annotated[Path | None, typer.Option(help="YAML file of configuration fields; flags win over it")] = None,
    seconds: Annotated[float, typer.Option(help="how long to measure", min=0)] = 5.0,
    threads: Annotated[int, typer.Option(help="processor threads", min=1)] = 2,
    device: Annotated[Device, typer.Option(help="auto: a GPU where the backend sees one")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    fields: dict[str, Any],
) -> None:
    """Measure a few steps of a run and tell how long all of it would take."""
    from fer_core.datasets.store import open_dataset

    wanted = configuration(config, fields)
    before_keras(threads, device)
    with told(RunFailedError):
        dataset = open_dataset(data or None)
        from fer_core.training.estimate import estimate as measure
        from fer_core.training.split import split_of

        found = measure(wanted, dataset, split_of(wanted, dataset), seconds=seconds)
    if as_json:
        print(json.dumps(asdict(found)))
        return
    print(f"parameters         {found.parameters:>12,}")
    print(f"images an epoch    {found.images:>12,}")
    print(f"images a second    {found.images_per_second:>12,.0f}")
    print(f"seconds an epoch   {found.epoch_seconds:>12,.0f}")
    print(f"minutes in all     {found.total_seconds / 60:>12,.1f}")
    print(f"memory, MiB        {found.memory_bytes / 2**20:>12,.0f}")
