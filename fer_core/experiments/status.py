"""Which experiments of the report are recorded, found by what was trained and not by how a folder is called."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from fer_core.datasets.audit import recorded_audit
from fer_core.experiments.catalogue import Experiment, Variant, experiments
from fer_core.files import runs_root
from fer_core.prediction.card import SHIPPED_CARD
from fer_core.training.record import RECORD, RecordError, read_record

State = Literal["done", "partial", "missing"]
RECORDED = SHIPPED_CARD.parent / "experiments"
"""Where the product's own records of the experiments stand."""


@dataclass(frozen=True)
class Standing:
    """How an experiment stands.

    Attributes:
        folder: of its record; None while it is missing.
        variant: how it was run.
    """

    experiment: Experiment
    folder: Path | None = None
    variant: Variant | None = None

    @property
    def state(self) -> State:
        """`partial` where it was run in another way than the report's."""
        if self.variant is None:
            return "missing"
        return "partial" if self.variant.differs else "done"


def record_folders(roots: Iterable[Path] | None = None) -> list[Path]:
    """Folders with a record, at any depth; by default of the product's own and of one's own."""
    roots = (RECORDED, runs_root()) if roots is None else roots
    return [file.parent for root in roots for file in sorted(root.rglob(RECORD))]


def _what_counts(config: dict) -> tuple:
    """A configuration without what changes no result."""
    return tuple((name, config[name]) for name in sorted(config) if name != "precision")


def standings(roots: Iterable[Path] | None = None) -> list[Standing]:
    """How each experiment stands; the most faithful record of each on FER2013 counts.

    Args:
        roots: folders that are looked through, as for `record_folders`.
    """
    fer2013 = recorded_audit()["fingerprint"]
    known: dict[tuple, Path] = {}
    for folder in record_folders(roots):
        try:
            record = read_record(folder)
        except RecordError:
            continue
        if record.data_fingerprint == fer2013:
            known.setdefault(_what_counts(record.config.model_dump()), folder)
    found = []
    for experiment in experiments():
        run = next((v for v in experiment.variants if _what_counts(v.config.model_dump()) in known), None)
        folder = known[_what_counts(run.config.model_dump())] if run else None
        found.append(Standing(experiment, folder, run))
    return found


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


def _fits(experiment: Experiment, pattern: str) -> bool:
    return fnmatchcase(experiment.id, pattern) or experiment.id.startswith(f"{pattern.rstrip('/')}/")
