"""`python -m fer_core limits`: what an ensemble can bear."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fer_core.commands.told import check_writable, progress_bar, told

if TYPE_CHECKING:
    from fer_core.comparison.limits import Limits


def limits(
    data: Annotated[
        str, typer.Option(help="the data set that the ensemble was trained on, e.g. FER2013 in any form")
    ] = "",
    model: Annotated[
        Path | None, typer.Option(help="an ensemble card (.json) in place of the shipped ensemble")
    ] = None,
    yunet: Annotated[Path | None, typer.Option(help="file of the detector YuNet, measured too")] = None,
    images: Annotated[
        int | None, typer.Option(min=100, help="measure on so many images of the hold-out; by default on all")
    ] = None,
) -> None:
    """Measure an ensemble on disturbed and re-detected faces of the hold-out, for its model card.

    Written beside the card, for ensemble.json as ensemble-limits.json. Half an hour on two cores.
    """
    from fer_core.comparison.limits import LIMITS, write_limits
    from fer_core.comparison.measure_limits import measure_limits
    from fer_core.datasets.store import open_dataset
    from fer_core.prediction.card import SHIPPED_CARD
    from fer_core.prediction.detection import CenterFaceDetector, YuNetDetector
    from fer_core.prediction.ensemble import Ensemble
    from fer_core.training.provenance import code_version

    card = model or SHIPPED_CARD
    with told():
        ensemble = Ensemble.load(card)
        check_writable("--model", card.with_name(f"{card.stem}{LIMITS}"))
        dataset = open_dataset(data or None)
        detectors = [CenterFaceDetector(), *([YuNetDetector(yunet)] if yunet else [])]
        with progress_bar() as progress:
            task = progress.add_task(ensemble.card.name, total=None)
            found = measure_limits(
                ensemble,
                dataset,
                detectors,
                most=images,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
                code_version=code_version(),
            )
        print(write_limits(found, card), file=sys.stderr)
    _print_tables(found)


def _print_tables(found: "Limits") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table("", "accuracy", "95% interval", box=SIMPLE_HEAD, title=f"{found.images:,} hold-out images")
    steps = {field: {f"{field} {step.value:g}": step for step in steps} for field, steps in found.disturbances.items()}
    for pipeline in found.pipelines:
        name = f"{pipeline.detector}, {pipeline.found:,} found"
        steps[name] = (
            {f"{name}: alone": pipeline.alone}
            | {f"{name}: margin {step.value:+g}": step for step in pipeline.margins}
            | {
                f"{pipeline.detector}, {step.found:,} found: tilted by {step.value:g} degrees": step
                for step in pipeline.tilts
            }
        )
    for group in steps.values():
        for label, step in group.items():
            table.add_row(label, f"{step.accuracy:.4f}", " to ".join(f"{bound:.4f}" for bound in step.interval))
        table.add_section()
    Console().print(table)
