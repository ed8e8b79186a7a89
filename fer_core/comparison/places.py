"""Where recorded runs and ensembles stand on this machine."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from fer_core.files import runs_root, sha256_of
from fer_core.prediction.card import FAST_CARD, SHIPPED_CARD, EnsembleCard
from fer_core.prediction.errors import ModelError
from fer_core.training.folder import folders_in, holds_run, run_folders
from fer_core.training.record import RUN_FILES
from fer_core.words import _

Kind = Literal["run", "ensemble", "fast"]
Origin = Literal["shipped", "own", "imported"]

CARD = SHIPPED_CARD.name
CARDS: Mapping[str, Kind] = {CARD: "ensemble", FAST_CARD: "fast"}
"""Files of cards; the fast one is of a single network, which stands in for the ensemble beside it."""


@dataclass(frozen=True)
class Places:
    """Folders that are looked through.

    Attributes:
        shipped: holds `ensemble.json`, `fast.json`, `runs/<id>/` and `experiments/<id>/`; further ensembles each in a
            folder of their own.
        own: holds `<id>/` for each run of the user's own, `<study>/<id>/` for those of a grid or a matrix, and
            ensembles each in a folder of their own.
        imported: holds `<id>/` for each run that was taken from the MLflow store.
    """

    shipped: Path
    own: Path
    imported: Path

    @property
    def annotations(self) -> Path:
        """File of the names, notes and pins that a person gave."""
        return self.own / "annotations.json"

    def timings(self, origin: Origin) -> Path:
        """File of the measured speeds of what stands in one of the folders."""
        return {"shipped": self.shipped, "own": self.own, "imported": self.imported}[origin] / "timings.json"


def places() -> Places:
    """The folders of this machine; the environment's FER_MODELS and FER_RUNS stand for `models` and `runs`."""
    own = runs_root()
    return Places(Path(os.environ.get("FER_MODELS") or SHIPPED_CARD.parent), own, own / ".imported")


@dataclass(frozen=True)
class Entry:
    """One recorded run or ensemble.

    Attributes:
        key: its name in addresses: that of its folder (`ensemble` for the shipped one), with `-fast` for a fast card.
        path: folder of a run, file of a card.
        digest: of everything that its numbers follow from; the same content has the same digest.
        problem: why it can't be used, as far as its place alone tells.
    """

    key: str
    kind: Kind
    origin: Origin
    path: Path
    digest: str
    problem: str | None = None


_digests: dict[tuple[str, int, int], str] = {}


def _file_digest(path: Path) -> str:
    """SHA-256 of a file, read again only when its size or time is another; empty for no file."""
    try:
        found = path.stat()
        key = (str(path), found.st_size, found.st_mtime_ns)
        if key not in _digests:
            _digests[key] = sha256_of(path)
        return _digests[key]
    except OSError:
        return ""


def _joined(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def run_digest(folder: Path) -> str:
    """Of the three files of a recorded run."""
    return _joined([_file_digest(folder / name) for name in RUN_FILES])


def _card_entry(card: Path, origin: Origin, root: Path | None = None) -> Entry:
    """An ensemble, or the network that stands in for one; called by its folder, and in `root` by its file."""
    kind = CARDS[card.name]
    key = card.stem if card.parent == root else card.absolute().parent.name + ("-fast" if kind == "fast" else "")
    try:
        runs = [member.run for member in EnsembleCard.read(card).members if member.run]
    except (ModelError, ValidationError):
        runs = []
    digest = _joined([_file_digest(card), *(run_digest(card.parent / run) for run in runs)])
    return Entry(key, kind, origin, card, digest)


def _all(where: Places) -> Iterator[Entry]:
    for root, origin in ((where.shipped, "shipped"), (where.own, "own")):
        for folder in [*([root] if origin == "shipped" else []), *folders_in(root)]:
            for name in CARDS:
                if (folder / name).exists():
                    yield _card_entry(folder / name, origin, root)
    for root, origin in (
        (where.shipped / "runs", "shipped"),
        (where.shipped / "experiments", "shipped"),
        (where.own, "own"),
        (where.imported, "imported"),
    ):
        for folder in run_folders(root):
            yield Entry(folder.name, "run", origin, folder, run_digest(folder))


def find_entries(where: Places | None = None) -> tuple[Entry, ...]:
    """What is recorded, shipped first; the same content in two places is one entry.

    Another record of a name that is taken gets a name of its own and a problem: which of the two is meant by the name
    can't be known.
    """
    found: dict[str, Entry] = {}
    known: set[tuple[str, str]] = set()
    for entry in _all(where or places()):
        if (entry.kind, entry.digest) in known:
            continue
        known.add((entry.kind, entry.digest))
        first = found.get(entry.key)
        if first is None:
            found[entry.key] = entry
        else:
            key, number = f"{entry.key} ({entry.origin})", 1
            while key in found:
                number += 1
                key = f"{entry.key} ({entry.origin} {number})"
            problem = _("{path}: {first} has the same name and other numbers; rename one of the two folders")
            found[key] = replace(entry, key=key, problem=problem.format(path=entry.path, first=first.path))
    return tuple(found.values())


def entry_of(name: str, where: Places | None = None) -> Entry:
    """The entry of this key, or the one that stands at this path (a run's folder, a card, or an ensemble's folder).

    A path tells also which of two records of one name is meant. What stands outside of all places is `own`.

    Raises:
        ValueError: there is none; the message names those that there are.
    """
    where = where or places()
    found = find_entries(where)
    by_key = {entry.key: entry for entry in found}
    if name in by_key:
        return by_key[name]
    path = Path(name)
    card = path / CARD if path.is_dir() else path
    at = {entry.path.resolve(): entry for entry in _all(where)}
    if card.name in CARDS and card.is_file():
        return at.get(card.resolve()) or _card_entry(card, "own")
    if holds_run(path):
        return at.get(path.resolve()) or Entry(path.resolve().name, "run", "own", path, run_digest(path))
    raise ValueError(f"{name}: no recorded run or ensemble; there are: {', '.join(by_key) or 'none'}")
