"""`python -m fer_core soften`: what others say of the training images, for a network to learn from."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fer_core.commands.told import DataOption, check_writable, progress_bar, told

if TYPE_CHECKING:
    from fer_core.datasets.dataset import FaceDataset
    from fer_core.datasets.soft_labels import SoftLabels


def soften(
    to: Annotated[Path, typer.Option(help="file to write (.npz), for `train --soft-labels`")],
    data: DataOption = "",
    teacher: Annotated[
        Path | None, typer.Option(help="an ensemble card (.json) or a network (.onnx); by default the shipped ensemble")
    ] = None,
    ferplus: Annotated[
        Path | None,
        typer.Option(help="FER+ votes (fer2013new.csv or a table by file name), in place of a teacher's answers"),
    ] = None,
) -> None:
    """Write soft labels of the training images: a teacher's answers (knowledge distillation), or FER+'s votes."""
    from fer_core.datasets.ferplus import read_votes
    from fer_core.datasets.soft_labels import voted_labels
    from fer_core.datasets.store import open_dataset

    if teacher and ferplus:
        raise typer.BadParameter("--teacher and --ferplus: give one of them")
    with told():
        to.parent.mkdir(parents=True, exist_ok=True)
        check_writable("--to", to)
        dataset = open_dataset(data or None)
        found = voted_labels(dataset, read_votes(ferplus, dataset)) if ferplus else _taught(dataset, teacher)
        found.write(to)
    print(f"{to}: soft labels of {len(found.hashes):,} different images by {found.source}", file=sys.stderr)


def _taught(dataset: "FaceDataset", teacher: Path | None) -> "SoftLabels":
    from fer_core.comparison.measure import member_answers
    from fer_core.datasets.soft_labels import SoftLabels
    from fer_core.prediction.card import SHIPPED_CARD
    from fer_core.prediction.ensemble import Ensemble

    ensemble = Ensemble.of_file(teacher or SHIPPED_CARD)
    training = dataset.where("Training")
    with progress_bar() as progress:
        task = progress.add_task(ensemble.card.name, total=None)
        members = member_answers(
            ensemble, dataset, training, lambda done, total: progress.update(task, completed=done, total=total)
        )
    source = f"{ensemble.card.name} ({', '.join(ensemble.names)}; {ensemble.card.digest()[:12]})"
    return SoftLabels.of(dataset, training, ensemble.combine(members), source)
