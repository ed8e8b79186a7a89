"""`python -m fer_core networks`: what each network takes, gives and costs."""

import json
import os
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from fer_core.networks import NETWORKS


def networks(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    layers_of: Annotated[
        str | None, typer.Option("--layers", metavar="NAME", help="the layers of this network instead")
    ] = None,
) -> None:
    """List the networks with their inputs, parameters and multiply-adds."""
    if layers_of is not None and layers_of not in NETWORKS:
        raise typer.BadParameter(f"expected one of {', '.join(NETWORKS)}, got {layers_of!r}", param_hint="--layers")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    print("Building with Keras, whose first import takes some seconds ...", file=sys.stderr, flush=True)
    found = _layers(layers_of) if layers_of else {"networks": [_network(name) for name in NETWORKS]}
    if as_json:
        print(json.dumps(found))
    elif layers_of:
        _print_table(found["layers"], ("name", "kind", "output_shape", "parameters", "multiply_adds"))
    else:
        shown = ("name", "network_input", "parameters", "multiply_adds", "output_shape", "description")
        _print_table(found["networks"], shown)
        print("Every network takes 48x48 grayscale in [0, 255]; network_input is what it is resized to inside.")


def _network(name: str) -> dict[str, Any]:
    from fer_core.networks.cost import network_cost

    spec = NETWORKS[name]
    cost = network_cost(spec.build())
    return {
        "name": name,
        "title": spec.title,
        "description": spec.description,
        "report": spec.report,
        "pretrained": spec.pretrained,
        "class_maps": spec.class_maps,
        "input_shape": cost.input_shape,
        "network_input": (spec.input_size, spec.input_size, spec.channels),
        "output_shape": cost.output_shape,
        "parameters": cost.parameters,
        "multiply_adds": cost.multiply_adds,
    }


def _layers(name: str) -> dict[str, Any]:
    from fer_core.networks.cost import network_cost

    cost = network_cost(NETWORKS[name].build())
    return {"name": name, "layers": [asdict(layer) for layer in cost.layers]}


def _print_table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    cells = [columns, *(tuple(_text(row[column]) for column in columns) for row in rows)]
    numeric = [isinstance(rows[0][column], int) for column in columns]
    widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
    for line in cells:
        aligned = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]
        print("  ".join(aligned).rstrip())


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
