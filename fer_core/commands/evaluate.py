"""`python -m fer_core evaluate`: how good an ensemble or a network is on a split of a data set."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fer_core.commands.told import DataOption, progress_bar, told

if TYPE_CHECKING:
    from fer_core.datasets.dataset import FaceDataset
    from fer_core.evaluation.report import Evaluation, Scores
    from fer_core.prediction.ensemble import Ensemble


def evaluate(
    data: DataOption = "",
    split: Annotated[
        Literal["validation", "public", "private", "test"],
        typer.Option(help="validation is the held-out tenth of the training images, test is public and private"),
    ] = "test",
    model: Annotated[
        Path | None,
        typer.Option(
            help="an ensemble card (.json), a network (.onnx) or a folder of either, in place of the shipped ensemble"
        ),
    ] = None,
    ferplus: Annotated[
        Path | None,
        typer.Option(help="FER+ votes (fer2013new.csv or a table by file name): their majority in place of the labels"),
    ] = None,
    log: Annotated[
        bool, typer.Option(help="write the reading of test images into readings.jsonl beside the ensemble's card")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of tables")] = False,
) -> None:
    """Measure the shipped ensemble, or another model, on labelled images."""
    from fer_core.comparison.measure import evaluate_ensemble
    from fer_core.comparison.readings import log_reading
    from fer_core.datasets.ferplus import read_votes
    from fer_core.datasets.store import open_dataset
    from fer_core.prediction.card import SHIPPED_CARD
    from fer_core.prediction.ensemble import Ensemble, is_network, model_file
    from fer_core.training.provenance import code_version

    with told():
        path = model_file(model or SHIPPED_CARD)
        ensemble = Ensemble.of_file(path)
        dataset = open_dataset(data or None)
        for note in _notes(ensemble, dataset):
            print(note, file=sys.stderr)
        with progress_bar() as progress:
            task = progress.add_task(f"{ensemble.card.name} on {split}", total=None)
            result = evaluate_ensemble(
                ensemble,
                dataset,
                split,
                votes=read_votes(ferplus, dataset) if ferplus else None,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
                code_version=code_version(),
            )
    if as_json:
        print(result.to_json())
    else:
        _print_tables(result)
    if log and not is_network(path) and split != "validation" and not dataset.synthetic:
        try:
            log_reading(result, ensemble.card, path.parent)
        except OSError as error:
            print(error, file=sys.stderr)


def _notes(ensemble: "Ensemble", dataset: "FaceDataset") -> list[str]:
    """What one has to know to take the numbers for what they are."""
    from fer_core.comparison.measure import trained_on

    notes = []
    if dataset.synthetic:
        notes.append("The faces of this data set are drawn: its numbers say nothing about photographed ones.")
    if not trained_on(ensemble, dataset):
        notes.append(
            f"{ensemble.card.name} was trained on the data set {ensemble.card.data_fingerprint or 'unknown'}, this is "
            f"{dataset.fingerprint}: it may have been trained on images that it is measured on here."
        )
    return notes


def _print_tables(result: "Evaluation") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from fer_core.evaluation.report import OWN_LABELS

    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}"

    columns: dict[str, Scores] = {"all": result}
    if result.without_train_duplicates:
        columns["not in training too"] = result.without_train_duplicates
    title = f"{result.model} on {result.split}"
    if result.labels_by != OWN_LABELS:
        title += f", labels: {result.labels_by}"
    scores = Table("", *columns, box=SIMPLE_HEAD, title=title, title_justify="left")
    scores.add_row("images", *(f"{part.images:,}" for part in columns.values()))
    scores.add_row("accuracy", *(share(part.accuracy) for part in columns.values()))
    scores.add_row("  95% interval", *(" to ".join(map(share, part.interval)) for part in columns.values()))
    for label, name in (
        ("top-2 accuracy", "top2_accuracy"),
        ("precision (weighted)", "precision"),
        ("recall (weighted)", "recall"),
        ("F1 (weighted)", "f1"),
        ("F1 (macro)", "macro_f1"),
        ("mean AUC", "mean_auc"),
        ("calibration error", "ece"),
    ):
        scores.add_row(label, *(share(getattr(part, name)) for part in columns.values()))
    for position, member in enumerate(result.members):
        scores.add_row(f"accuracy of {member.name}", *(share(p.members[position].accuracy) for p in columns.values()))

    short = [emotion[:4] for emotion in result.auc]
    classes = Table("true \\ predicted", *short, "AUC", box=SIMPLE_HEAD, title="images", title_justify="left")
    for (emotion, area), row in zip(result.auc.items(), result.confusion, strict=True):
        classes.add_row(emotion, *(str(count) for count in row), share(area))
    console = Console()
    console.print(scores)
    console.print(classes)
