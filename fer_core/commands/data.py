"""`python -m fer_core data`: import FER2013, look at it, audit it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fer_core.commands.told import check_writable, told
from fer_core.emotions import EMOTIONS
from fer_core.files import write_atomically
from fer_core.progress import ProgressFile
from fer_core.words import N_

if TYPE_CHECKING:
    import numpy as np

    from fer_core.datasets.dataset import FaceDataset

app = typer.Typer(help="Import FER2013, look at it, find what is wrong with it.", no_args_is_help=True)

READING, DOWNLOADING = N_("reading images"), N_("downloading, MB")
SHOWN = 10
"""Sentences about single files that are printed; the rest stand in the store's fer2013.json."""


@contextmanager
def _progress(what: str) -> Iterator[object]:
    """A bar on stderr, and what `FER_PROGRESS` names; gives a function of (done, in all, what is being done)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    file = ProgressFile()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, total: int, step: str = what) -> None:
            bar.update(task, completed=done, total=total, description=step)
            file.write(step, done, total)

        yield tell


@app.command("import")
def import_(
    path: Annotated[str, typer.Argument(help="folder, zip or fer2013.csv; or 'kaggle' to fetch it from there")],
    store: Annotated[Path, typer.Option(help="folder to keep the data set in")] = Path("data"),
    kaggle: Annotated[
        str, typer.Option(help="which Kaggle data set 'kaggle' means")
    ] = "ananthu017/emotion-detection-fer",
) -> None:
    """Import FER2013. When interrupted, run it again: it goes on."""
    from fer_core.datasets.store import STORE_FILE, import_kaggle, import_source

    with told(), _progress(READING) as progress:
        if path == "kaggle":
            dataset, report = import_kaggle(
                store, progress, kaggle, lambda done, total: progress(done >> 20, total >> 20, DOWNLOADING)
            )
        else:
            dataset, report = import_source(path, store, progress)
    for sentence in [*report.skipped[:SHOWN], *report.warnings]:
        print(sentence, file=sys.stderr)
    if len(report.skipped) > SHOWN:
        print(
            f"... and {len(report.skipped) - SHOWN} more files skipped, see {store / 'fer2013.json'}", file=sys.stderr
        )
    print(f"{store / STORE_FILE}: {report.read:,} images from {report.source}, {len(report.skipped):,} files skipped")
    print(f"fingerprint {dataset.fingerprint}")


@app.command()
def info(
    path: Annotated[str, typer.Argument(help="store, folder, zip, csv or 'drawn'; by default the imported set")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Images of each class and usage, and the fingerprint."""
    from fer_core.datasets.fer2013 import counts
    from fer_core.datasets.store import open_dataset

    with told(), _progress(READING) as progress:
        dataset = open_dataset(path or None, progress)
    by_usage = counts(dataset)
    if as_json:
        facts = {"images": len(dataset), "fingerprint": dataset.fingerprint, "synthetic": dataset.synthetic}
        print(json.dumps({**facts, "counts": by_usage}, indent=2))
        return
    print(f"{'':<10}" + "".join(f"{usage:>13}" for usage in by_usage))
    for emotion in by_usage["Training"]:
        print(f"{emotion:<10}" + "".join(f"{row[emotion]:>13,}" for row in by_usage.values()))
    print(f"{'all':<10}" + "".join(f"{sum(row.values()):>13,}" for row in by_usage.values()))
    print(f"fingerprint {dataset.fingerprint}" + ("  (synthetic: drawn faces)" if dataset.synthetic else ""))


@app.command()
def audit(
    path: Annotated[str, typer.Argument(help="store, folder, zip, csv or 'drawn'; by default the imported set")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, with the images found")] = False,
    numbers_only: Annotated[bool, typer.Option(help="leave out the names of the images")] = False,
    faces: Annotated[bool, typer.Option(help="look for images without a detectable face")] = True,
    to: Annotated[Path | None, typer.Option(help="file to write the JSON object with the images found to")] = None,
    ferplus: Annotated[Path | None, typer.Option(help="FER+ votes: fer2013new.csv or a table by file name")] = None,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="recorded run whose network judges labels that it was not trained on, if it knows the images; "
            "by default the shipped ones that learned from this data set with a hold-out"
        ),
    ] = None,
    labels: Annotated[bool, typer.Option(help="judge the labels")] = True,
) -> None:
    """Find duplicates, test images in the training part, images without a face, and labels to doubt."""
    from fer_core.datasets.audit import audit as audit_dataset
    from fer_core.datasets.ferplus import read_votes
    from fer_core.datasets.store import open_dataset
    from fer_core.prediction.detection import LOW_SCORE_THRESHOLD, default_detector

    with told(), _progress(READING) as progress:
        dataset = open_dataset(path or None, progress)
        if to:
            to.parent.mkdir(parents=True, exist_ok=True)
            check_writable("--to", to)
        judges, probabilities = [], None
        if labels and (runs := run or _shipped_judges(dataset)):
            judges, probabilities = _judged(dataset, runs)
        elif labels:
            unknown = f"no shipped run learned from this data set ({dataset.fingerprint})"
            print(f"labels are not judged: {unknown}; name one that did with --run", file=sys.stderr)
        findings = audit_dataset(
            dataset,
            detector=default_detector(score_threshold=LOW_SCORE_THRESHOLD) if faces else None,
            probabilities=probabilities,
            judges=judges,
            ferplus_votes=read_votes(ferplus, dataset) if ferplus else None,
            progress=lambda what, done, total: progress(done, total, what),
        )
        if to:
            write_atomically(to, json.dumps(findings.to_json()))
    numbers = findings.numbers()
    if as_json:
        print(json.dumps(numbers if numbers_only else findings.to_json(), indent=2 if numbers_only else None))
        return
    for name, value in numbers.items():
        if value is not None and name not in ("counts", "settings"):
            text = f"{value:,}" if isinstance(value, int) else str(value)
            print(f"{name.replace('_', ' '):<38}{text:>18}")


def _shipped_judges(dataset: "FaceDataset") -> list[Path]:
    """Recorded runs for choosing an ensemble from; the report's way of training gives answers worse than many a label.

    Only those that learned from this very data set: the names of other pictures may be the same.
    """
    from fer_core.comparison.places import places
    from fer_core.training.folder import run_folders
    from fer_core.training.record import RecordError, read_record

    judges = []
    for folder in run_folders(places().shipped):
        try:
            record = read_record(folder)
        except RecordError as error:
            print(f"{error}; it judges no labels", file=sys.stderr)
            continue
        config, same_data = record.config, record.data_fingerprint == dataset.fingerprint
        if config.holdout and config.split_by == "duplicates" and not record.int8_of and same_data:
            judges.append(folder)
    return judges


def _judged(dataset: "FaceDataset", runs: list[Path]) -> tuple[list[str], "np.ndarray | None"]:
    """Names of the runs that know some of these images, and what they say of them; none where a class is not known."""
    from fer_core.datasets.audit import unseen_probabilities
    from fer_core.training.record import read_run

    names, said = [], []
    for folder in runs:
        splits = read_run(folder).splits.values()
        unseen = [(split, ~split.also_in_training) for split in splits]  # copies of training images are known by heart
        answers = [(split.ids[new], split.probabilities[new]) for split, new in unseen]
        if any(name in dataset.positions for ids, _ in answers for name in ids.tolist()):
            names.append(folder.name)
            said += answers
    probabilities = unseen_probabilities(dataset, said)
    known = set(dataset.labels[probabilities[:, 0] >= 0])
    if missing := [emotion for label, emotion in enumerate(EMOTIONS) if label not in known]:
        print(f"labels are not judged: the runs have no answers for images of {', '.join(missing)}", file=sys.stderr)
        return [], None
    return names, probabilities
