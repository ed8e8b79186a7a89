"""`python -m fer_core imbalance`: the report's imbalance matrix, trained here."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from fer_core.commands import study
from fer_core.commands.told import DataOption
from fer_core.files import runs_root
from fer_core.training.config import Augmentation
from fer_core.training.imbalance import COLUMNS, REPORT_COLUMNS, REPORT_ROWS, ROWS, matrix_cells
from fer_core.training.record import run_name
from fer_core.validation import problems


def imbalance(
    *,
    epochs: Annotated[int, typer.Option(help="passes over the training part", min=1)] = 15,
    seed: Annotated[list[int] | None, typer.Option(help="train each cell with this seed; may be repeated")] = None,
    sampling: Annotated[list[str] | None, typer.Option(help=f"a row, of {', '.join(ROWS)}; may be repeated")] = None,
    loss: Annotated[list[str] | None, typer.Option(help=f"a column, of {', '.join(COLUMNS)}; may be repeated")] = None,
    augmentation: Annotated[Augmentation, typer.Option(help="of the copies")] = "report",
    batch_size: Annotated[int, typer.Option(help="images in one gradient step")] = 32,
    learning_rate: Annotated[float, typer.Option(help="of Adam")] = 1e-3,
    to: Annotated[Path | None, typer.Option(help="folder of the runs; by default `imbalance` among your own")] = None,
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
    """Train sampling x loss on the report's simple CNN; what is recorded is not trained again."""
    to = to or runs_root() / "imbalance"
    try:
        cells = matrix_cells(
            rows=sampling or REPORT_ROWS,
            columns=loss or REPORT_COLUMNS,
            seeds=seed or (0,),
            augmentation=augmentation,
            prefix=run_name(to),
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
        )
    except ValidationError as error:
        raise typer.BadParameter(problems(error)) from error
    except ValueError as error:
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
    )
