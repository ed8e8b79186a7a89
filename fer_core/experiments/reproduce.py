"""Running the report's experiments, one after the other, unattended."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import keras

from fer_core.datasets.dataset import FaceDataset
from fer_core.experiments.catalogue import Experiment, Variant
from fer_core.experiments.search import ENDED, Search, ranked, search_cells, search_file
from fer_core.experiments.status import RECORDED, Standing
from fer_core.files import runs_root, write_atomically
from fer_core.networks.backbone import PretrainedWeightsError
from fer_core.training.fit import devices, on_gpu, precision_policy
from fer_core.training.folder import copy_run
from fer_core.training.halving import run_halving
from fer_core.training.provenance import code_version, hardware, package_versions
from fer_core.training.run import train
from fer_core.training.run_study import Task
from fer_core.training.split import split_of

LARGEST_WITHOUT_ACCELERATOR = 128
"""Pixels a side up to which an experiment is run on a processor."""


@dataclass(frozen=True)
class Outcome:
    """What became of an experiment: its record, or why there is none."""

    experiment: Experiment
    folder: Path | None
    reason: str = ""


def chosen(standings: Iterable[Standing], *, again: bool = False) -> list[Experiment]:
    """Experiments that are to be run.

    Args:
        again: also those whose record differs from the report's way.
    """
    wanted = ("missing", "partial") if again else ("missing",)
    return [standing.experiment for standing in standings if standing.state in wanted]


def reproduce(
    experiment: Experiment,
    dataset: FaceDataset,
    *,
    short: bool = False,
    source: str | None = None,
    work: Path | None = None,
    to: Path = RECORDED,
    verbose: int = 2,
    tell: Callable[[str], None] = lambda text: None,
) -> Outcome:
    """Run the most faithful variant that can be run here, and keep its record.

    A run that was stopped or killed goes on from its last finished epoch.

    Args:
        short: with fewer epochs than the report's.
        work: folder of unfinished runs, by default `reproduce` among one's own.
        to: folder that the record goes to, without the network.
        tell: called with a sentence where a variant can't be run.

    Raises:
        RunFailedError, RunStoppedError: as for `train`.
    """
    work = work or runs_root() / "reproduce"
    reasons = []
    for number, variant in enumerate(experiment.variants):
        if variant.short is not short:
            continue
        if reason := _out_of_reach(variant):
            reasons.append(reason)
            tell(f"{experiment.id}: {reason}")
            continue
        name = experiment.id.replace("/", "-") + (f"-{number}" if number else "")
        try:
            train(variant.config, dataset, work / name, source=source, verbose=verbose)
        except PretrainedWeightsError as error:
            reasons.append(str(error))
            tell(f"{experiment.id}: {error}")
            shutil.rmtree(work / name, ignore_errors=True)
            continue
        copy_run(work / name, to / name)
        shutil.rmtree(work / name)
        return Outcome(experiment, to / name, variant.differs)
    return Outcome(experiment, None, "; ".join(reasons))


def search(
    network: str, dataset: FaceDataset, *, source: str, work: Path | None = None, to: Path = RECORDED
) -> Search | None:
    """Search a network's grid by successive halving on a part of the training images, and record what came out.

    A search that was stopped goes on where it was; its runs are gone once it is recorded.

    Args:
        source: of the data set, as `open_dataset` takes it.
        work, to: as for `reproduce`.

    Returns:
        None where runs are left to be trained, as another process trains them.

    Raises:
        RunStoppedError: SIGTERM or SIGINT came.
        ValueError: as for `run_halving`.
    """
    cells = search_cells(network)
    folder = (work or runs_root() / "reproduce") / f"search-{network}"
    code, config = code_version(), cells[0].config
    statuses = run_halving(cells, Task(folder, source, track=False))
    if any(status.state not in ENDED for status in statuses):
        return None
    split = split_of(config, dataset)
    found = Search(
        network=network,
        input_size=config.size,
        epochs=config.epochs,
        training_share=config.training_share,
        train_images=len(split.train),
        validation_images=len(split.validation),
        data_fingerprint=dataset.fingerprint,
        code_version=code,
        packages=package_versions(),
        hardware=hardware(keras.backend.backend(), ", ".join(devices()), precision_policy(config)),
        finished=datetime.now(UTC),
        points=ranked(statuses),
    )
    to.mkdir(parents=True, exist_ok=True)
    write_atomically(to / search_file(network), found.model_dump_json(indent=1) + "\n")
    shutil.rmtree(folder)
    return found


def _out_of_reach(variant: Variant) -> str:
    size = variant.config.size
    if size > LARGEST_WITHOUT_ACCELERATOR and not on_gpu():
        return f"an input of {size} pixels needs an accelerator"
    return ""
