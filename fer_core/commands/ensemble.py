"""`python -m fer_core ensemble`: recorded runs become the ensemble that predictions are made with."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def ensemble(
    runs: Annotated[list[Path], typer.Argument(help="folders of recorded runs, trained with --holdout")],
    to: Annotated[Path, typer.Option(help="folder of the card, the networks and their records")] = Path("models"),
    name: Annotated[str, typer.Option(help="what the ensemble is called")] = "ensemble",
    sure_accuracy: Annotated[
        float, typer.Option(help="share of right answers among those that are not “not sure”", min=0, max=1)
    ] = 0.75,
) -> None:
    """Join recorded runs; temperature and threshold are fitted on the images that none of them saw."""
    from fer_core.training.assemble import assemble

    try:
        card = assemble(runs, to, name=name, sure_accuracy=sure_accuracy)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    print(f"{to / 'ensemble.json'}: {', '.join(member.name for member in card.members)}", file=sys.stderr)
