"""Milliseconds a face: measured by a command, kept beside the networks, and only read by pages."""

import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from fer_core.comparison.places import Entry, Places
from fer_core.files import change_lock, write_atomically
from fer_core.training.record import kept_model, model_of, read_record
from fer_core.validation import Frozen

ROUNDS, WARM_UP = 200, 20


class Timing(Frozen):
    """Speed of one face at a time, its mirror image included where the model asks for it.

    Attributes:
        digest: of the entry whose speed it is; another content makes it void.
        milliseconds: median over the rounds.
        processor, threads: that it was measured with.
    """

    digest: str
    milliseconds: float
    processor: str
    threads: int
    measured: datetime

    @property
    def where(self) -> str:
        """What times have in common that can be compared."""
        return f"{self.processor}, {self.threads}"


_FILE = TypeAdapter(dict[str, Timing])


def read_timings(path: Path) -> dict[str, Timing]:
    """By key of the entry; empty where nothing was measured, or the file can't be read (measuring writes it anew)."""
    try:
        return _FILE.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}


def model_files(entry: Entry) -> list[Path]:
    """All networks behind an entry; empty unless every one is there."""
    from fer_core.prediction.card import EnsembleCard

    if entry.kind == "run":
        file = model_of(entry.path)
        return [file] if file else []
    try:
        files = [entry.path.parent / member.file for member in EnsembleCard.read(entry.path).members]
    except ValueError:
        return []
    return files if all(file.is_file() for file in files) else []


def measure_timing(entry: Entry, *, rounds: int = ROUNDS) -> Timing:
    """Answer one face again and again.

    Raises:
        ModelError: a network is missing or can't be run.
        RecordError: no network was kept.
    """
    from fer_core.prediction.ensemble import THREADS, Ensemble

    if entry.kind != "run":
        ensemble = Ensemble.load(entry.path)
    else:
        mirrored = read_record(entry.path).config.flip_averaging
        ensemble = Ensemble.of_model(kept_model(entry.path), flip_averaging=mirrored)
    face = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    seconds = []
    for _ in range(WARM_UP + rounds):
        began = time.perf_counter()
        ensemble.probabilities(face)
        seconds.append(time.perf_counter() - began)
    return Timing(
        digest=entry.digest,
        milliseconds=round(float(np.median(seconds[WARM_UP:])) * 1000, 3),
        processor=_processor(),
        threads=THREADS,
        measured=datetime.now(UTC),
    )


def record_timing(entry: Entry, where: Places, *, rounds: int = ROUNDS) -> Timing:
    """Measure an entry and keep the result beside it.

    Raises:
        ValueError: it can't be measured (see `measure_timing`).
        OSError: the file can't be written.
    """
    timing = measure_timing(entry, rounds=rounds)
    path = where.timings(entry.origin)
    path.parent.mkdir(parents=True, exist_ok=True)
    with change_lock(path):
        kept = read_timings(path) | {entry.key: timing}
        write_atomically(path, _FILE.dump_json(dict(sorted(kept.items())), indent=2).decode() + "\n")
    return timing


def _processor() -> str:
    """Name of the processor, as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
