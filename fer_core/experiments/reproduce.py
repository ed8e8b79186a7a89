"""Running the report's experiments, one after the other, unattended."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import Timeout

from fer_core.datasets.dataset import FaceDataset
from fer_core.experiments.catalogue import Experiment, Variant
from fer_core.experiments.search import ENDED, Search, ranked, search_cells, search_file, search_of
from fer_core.experiments.status import RECORDED, recorded_folder
from fer_core.files import change_lock, runs_root, write_atomically
from fer_core.networks.backbone import PretrainedWeightsError
from fer_core.training.devices import on_gpu, trained_on
from fer_core.training.errors import DivergedError, RunBusyError, RunFailedError
from fer_core.training.folder import copy_run
from fer_core.training.halving import run_halving
from fer_core.training.provenance import code_version
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
    """Run the most faithful variant that can be run here, and keep its record; one that is recorded is not run again.

    A run that was stopped or killed goes on from its last finished epoch.

    Args:
        short: with fewer epochs than the report's.
        work: folder of unfinished runs, by default `reproduce` among one's own.
        to: folder that the record goes to, without the network.
        tell: called with a sentence where a variant can't be run or diverges.

    Raises:
        RunBusyError: another process trains the same.
        RunFailedError, RunStoppedError: as for `train`.
    """
    work, known = work or runs_root() / "reproduce", (to, runs_root())
    reasons = []
    for number, variant in enumerate(experiment.variants):
        if folder := recorded_folder(variant.config, known):
            return Outcome(experiment, folder, variant.differs)
        if variant.short is not short:
            continue
        if reason := _out_of_reach(variant):
            reasons.append(reason)
            tell(f"{experiment.id}: {reason}")
            continue
        name = experiment.id.replace("/", "-") + (f"-{number}" if number else "")
        # Whatever it is called: the grids have the base networks' configurations, too.
        with _alone(work, hashlib.sha256(variant.config.model_dump_json().encode()).hexdigest()[:16]):
            if folder := recorded_folder(variant.config, known):  # by another process meanwhile
                return Outcome(experiment, folder, variant.differs)
            try:
                train(variant.config, dataset, work / name, source=source, verbose=verbose)
            except (PretrainedWeightsError, DivergedError) as error:
                reasons.append(str(error.args[0]))  # of a run that diverged without what to do about it
                tell(f"{experiment.id}: {reasons[-1]}")
                shutil.rmtree(work / name, ignore_errors=True)
                continue
            copy_run(work / name, to / name)
            shutil.rmtree(work / name)
        return Outcome(experiment, to / name, variant.differs)
    return Outcome(experiment, None, "; ".join(reasons))


def search(network: str, dataset: FaceDataset, *, source: str, work: Path | None = None, to: Path = RECORDED) -> Search:
    """Search a network's grid by successive halving on a part of the training images, and record what came out.

    A search that was stopped goes on where it was; its runs are gone once it is recorded.

    Args:
        source: of the data set, as `open_dataset` takes it.
        work, to: as for `reproduce`.

    Raises:
        RunBusyError: another process searches it.
        RunFailedError: runs failed that may not fail again; the others are kept.
        RunStoppedError: SIGTERM or SIGINT came.
    """
    work, cells = work or runs_root() / "reproduce", search_cells(network, accelerator=on_gpu())
    folder, file, config = work / f"search-{network}-{dataset.fingerprint}", to / search_file(network), cells[0].config
    with _alone(work, folder.name):
        if found := search_of(network, [to], dataset.fingerprint):  # by another process meanwhile
            return found
        code, statuses = code_version(), run_halving(cells, Task(folder, source, track=False))
        if failed := [status for status in statuses if not (status.state in ENDED or status.diverged)]:
            reasons = "; ".join(f"{status.cell.name}: {status.reason or status.state}" for status in failed)
            raise RunFailedError(f"{len(failed)} of {len(statuses)} runs failed ({reasons}); start it again to go on")
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
            **trained_on(config),
            finished=datetime.now(UTC),
            points=ranked(statuses),
        )
        to.mkdir(parents=True, exist_ok=True)
        write_atomically(file, found.model_dump_json(indent=1) + "\n")
        shutil.rmtree(folder)
        return found


@contextmanager
def _alone(work: Path, name: str) -> Iterator[None]:
    """While inside, no other process is with this name.

    Raises:
        RunBusyError: one is.
    """
    work.mkdir(parents=True, exist_ok=True)
    try:
        held = change_lock(work / name).acquire(timeout=0)
    except Timeout as error:
        raise RunBusyError("another process trains it") from error
    with held:
        yield


def _out_of_reach(variant: Variant) -> str:
    size = variant.config.size
    if size > LARGEST_WITHOUT_ACCELERATOR and not on_gpu():
        return f"an input of {size} pixels needs an accelerator"
    return ""
