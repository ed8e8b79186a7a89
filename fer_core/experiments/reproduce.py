"""Running the report's experiments, one after the other, unattended."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fer_core.datasets.dataset import FaceDataset
from fer_core.experiments.catalogue import Experiment, Variant
from fer_core.experiments.status import RECORDED, Standing
from fer_core.files import runs_root
from fer_core.networks.backbone import PretrainedWeightsError
from fer_core.training.fit import on_gpu
from fer_core.training.folder import copy_run
from fer_core.training.run import train

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


def _out_of_reach(variant: Variant) -> str:
    size = variant.config.size
    if size > LARGEST_WITHOUT_ACCELERATOR and not on_gpu():
        return f"an input of {size} pixels needs an accelerator"
    return ""
