"""`python -m fer_core soften`: what others say of the training images, for a network to learn from."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from fer_core.commands.evaluate import FAILED, progress_bar

if TYPE_CHECKING:
    from fer_core.datasets.dataset import FaceDataset
    from fer_core.datasets.soft_labels import SoftLabels

CHUNK = 256


def soften(
    to: Annotated[Path, typer.Option(help="file to write (.npz), for `train --soft-labels`")],
    data: Annotated[str, typer.Option(help="FER2013 in any form, or 'drawn' for the drawn sample set")] = "",
    teacher: Annotated[
        Path | None, typer.Option(help="an ensemble card (.json) or a network (.onnx); by default the shipped ensemble")
    ] = None,
    ferplus: Annotated[
        Path | None, typer.Option(help="table of FER+ votes by file name, in place of a teacher's answers")
    ] = None,
) -> None:
    """Write soft labels of the training images: a teacher's answers (knowledge distillation), or FER+'s votes."""
    from fer_core.datasets.ferplus import read_votes
    from fer_core.datasets.soft_labels import voted_labels
    from fer_core.datasets.store import open_dataset

    if teacher and ferplus:
        raise typer.BadParameter("--teacher and --ferplus: give one of them")
    try:
        dataset = open_dataset(data or None)
        found = voted_labels(dataset, read_votes(ferplus, dataset)) if ferplus else _taught(dataset, teacher)
        found.write(to)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(FAILED) from error
    print(f"{to}: soft labels of {len(found.hashes):,} different images by {found.source}", file=sys.stderr)


def _taught(dataset: "FaceDataset", teacher: Path | None) -> "SoftLabels":
    from fer_core.datasets.soft_labels import SoftLabels
    from fer_core.prediction.card import SHIPPED_CARD
    from fer_core.prediction.ensemble import Ensemble

    path = teacher or SHIPPED_CARD
    ensemble = Ensemble.of_model(path) if path.suffix.lower() == ".onnx" else Ensemble.load(path)
    training = dataset.where("Training")
    answers = []
    with progress_bar() as progress:
        task = progress.add_task(ensemble.card.name, total=len(training))
        for start in range(0, len(training), CHUNK):
            answers.append(ensemble.probabilities(dataset.images[training[start : start + CHUNK]]))
            progress.advance(task, len(answers[-1]))
    source = f"{ensemble.card.name} ({', '.join(ensemble.names)}; {ensemble.card.digest()[:12]})"
    return SoftLabels.of(dataset, training, np.concatenate(answers), source)
