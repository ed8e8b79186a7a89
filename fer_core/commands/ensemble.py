"""`python -m fer_core ensemble`: recorded runs become an ensemble, or the one that predictions are made with."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fer_core.commands import study
from fer_core.commands.config_flags import before_keras
from fer_core.commands.told import DataOption, told


def ensemble(
    runs: Annotated[list[Path], typer.Argument(help="folders of recorded runs, trained with --holdout")],
    to: Annotated[
        Path | None,
        typer.Option(help="folder of the card, the networks and their records; by default NAME among your own runs"),
    ] = None,
    name: Annotated[str, typer.Option(help="what the ensemble is called")] = "my-ensemble",
    sure_accuracy: Annotated[
        float, typer.Option(help="share of right answers among those that are not “not sure”", min=0, max=1)
    ] = 0.75,
    fast: Annotated[
        bool, typer.Option("--fast", help="write fast.json, of one run: what answers where the ensemble is too slow")
    ] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            help="train each run's configuration anew first, with a hold-out, another split seed each and the review "
            "decisions that the runs were trained with, or those of --corrections"
        ),
    ] = False,
    data: DataOption = "",
    corrections: study.CorrectionsOption = None,
    track: study.TrackOption = True,
    threads: study.ThreadsOption = 2,
) -> None:
    """Join recorded runs; temperature and threshold are fitted on the images that none of them saw."""
    from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD
    from fer_core.training.assemble import assemble, check_count, own_folder

    with told():
        to = to or own_folder(name)
        if retrain:
            check_count(len(runs), fast=fast)  # before the hours of training
            runs = _retrained(runs, to, data=data, corrections=corrections, track=track, threads=threads)
        card = assemble(runs, to, name=name, sure_accuracy=sure_accuracy, fast=fast)
    print(
        f"{to / (FAST_CARD if fast else SHIPPED_CARD.name)}: {', '.join(card.titles)}",
        file=sys.stderr,
    )


def _retrained(
    runs: list[Path], to: Path, *, data: str, corrections: Path | None, track: bool, threads: int
) -> list[Path]:
    """Folders of the new runs, beside the ensemble's; what is recorded there is not trained again.

    Args:
        corrections: by default those that the runs were trained with.
    """
    from fer_core.datasets.store import default_source
    from fer_core.training.candidates import retraining_cells, shared_corrections
    from fer_core.training.leftovers import members_folder
    from fer_core.training.record import read_run

    records = [read_run(run).record for run in runs]
    decisions = str(corrections) if corrections else shared_corrections(records)
    before_keras(threads)
    from fer_core.training.run_study import opened

    dataset = opened(data or default_source(), decisions)
    configs = [record.config for record in records]
    cells = retraining_cells(configs, prefix=to.name, data_fingerprint=dataset.fingerprint)
    members = members_folder(to)
    study.run_cells(
        cells,
        members,
        data=data,
        corrections=Path(decisions) if decisions else None,
        track=track,
        threads=threads,
        backend="local",
        address=None,
        workers=0,
        gpus_per_run=0,
    )
    return [members / cell.name for cell in cells]
