"""Which experiments of the report are recorded, found by what was trained and not by how a folder is called."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from fer_core.datasets.audit import recorded_audit
from fer_core.evaluation.references import REPORT_NETWORKS
from fer_core.experiments.catalogue import Experiment, Variant, experiments
from fer_core.experiments.search import Search, search_of
from fer_core.files import runs_root
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.training.config import RunConfig
from fer_core.training.record import RECORD, RecordError, read_record
from fer_core.words import _

State = Literal["done", "partial", "missing"]
RECORDED = SHIPPED_CARD.parent / "experiments"
"""Where the product's own records of the experiments stand."""


@dataclass(frozen=True)
class Standing:
    """How an experiment stands.

    Attributes:
        folder: of its record; None while it is missing.
        variant: how it was run.
        searched: how a search tried it, a phrase; empty where none did, or it is recorded.
    """

    experiment: Experiment
    folder: Path | None = None
    variant: Variant | None = None
    searched: str = ""

    @property
    def differs(self) -> str:
        """How it was run otherwise than the report's, a phrase."""
        return self.variant.differs if self.variant else self.searched

    @property
    def state(self) -> State:
        """`partial` where it was run in another way than the report's, also where only a search tried it."""
        if self.differs:
            return "partial"
        return "done" if self.variant else "missing"


def recorded_search(network: str, roots: Iterable[Path] | None = None) -> Search | None:
    """The search of a network's grid on FER2013; None where none is recorded.

    Args:
        roots: folders that are looked into, by default of the product's own records and of one's own.

    Raises:
        RecordError: it can't be read.
    """
    roots = (RECORDED, runs_root()) if roots is None else roots
    return search_of(network, roots, recorded_audit()["fingerprint"])


def record_folders(roots: Iterable[Path] | None = None) -> list[Path]:
    """Folders with a record, at any depth; by default of the product's own and of one's own."""
    roots = (RECORDED, runs_root()) if roots is None else roots
    # os.walk, which passes over what another process removes meanwhile.
    return [
        folder for root in roots for folder in sorted(Path(at) for at, _, files in os.walk(root) if RECORD in files)
    ]


def recorded_folder(config: RunConfig, roots: Iterable[Path]) -> Path | None:
    """Folder of the record of a run with this configuration on FER2013; None where there is none."""
    return _known(roots).get(_what_counts(config))


def _known(roots: Iterable[Path]) -> dict[tuple, Path]:
    """Folders of the records on FER2013, by what was trained."""
    fer2013 = recorded_audit()["fingerprint"]
    known: dict[tuple, Path] = {}
    for folder in record_folders(roots):
        with suppress(RecordError):
            record = read_record(folder)
            if record.data_fingerprint == fer2013:
                known.setdefault(_what_counts(record.config), folder)
    return known


def _what_counts(config: RunConfig) -> tuple:
    """A configuration without what changes no result."""
    return tuple((name, value) for name, value in sorted(config.model_dump().items()) if name != "precision")


def standings(roots: Iterable[Path] | None = None) -> list[Standing]:
    """How each experiment stands; the most faithful record of each on FER2013 counts.

    Args:
        roots: folders that are looked through, as for `record_folders`.
    """
    roots = (RECORDED, runs_root()) if roots is None else tuple(roots)
    known = _known(roots)
    searched = {}
    for network in REPORT_NETWORKS:
        with suppress(RecordError):
            searched |= _points_of(recorded_search(network, roots))
    found = []
    for experiment in experiments():
        run = next((variant for variant in experiment.variants if _what_counts(variant.config) in known), None)
        folder = known[_what_counts(run.config)] if run else None
        found.append(Standing(experiment, folder, run, "" if run else searched.get(experiment.id, "")))
    return found


def _points_of(search: Search | None) -> dict[str, str]:
    """How a search tried each run of a grid, a phrase, by the id of its experiment."""
    if search is None:
        return {}
    told = {point: f"{search.how}; " + _("epochs: {epochs}").format(epochs=point.epochs) for point in search.points}
    return {f"grid/{search.network}/{point.experiment}": text for point, text in told.items()}


def matching(standings: Iterable[Standing], patterns: Iterable[str]) -> list[Standing]:
    """Those of experiments with these ids, in these groups, or that fit shell patterns such as `base/*`; none for all.

    Raises:
        ValueError: a pattern fits no experiment.
    """
    standings, patterns = list(standings), list(patterns)
    for pattern in patterns:
        if not any(_fits(standing.experiment, pattern) for standing in standings):
            raise ValueError(f"{pattern}: no such experiment; `reproduce --status` lists them")
    return [s for s in standings if not patterns or any(_fits(s.experiment, pattern) for pattern in patterns)]


def chosen(standings: Iterable[Standing], *, again: bool = False) -> list[Experiment]:
    """Experiments that are to be run: those without a record, also where a search tried them.

    Args:
        again: also those whose record differs from the report's way.
    """
    return [each.experiment for each in standings if each.folder is None or (again and each.state == "partial")]


def unsearched(standings: Iterable[Standing]) -> list[str]:
    """Networks of grids among these experiments with runs that are neither recorded nor tried by a search."""
    grids = [each for each in standings if each.experiment.group == "grid" and each.state == "missing"]
    return list(dict.fromkeys(each.experiment.id.split("/")[1] for each in grids))


def _fits(experiment: Experiment, pattern: str) -> bool:
    return fnmatchcase(experiment.id, pattern) or experiment.id.startswith(f"{pattern.rstrip('/')}/")
