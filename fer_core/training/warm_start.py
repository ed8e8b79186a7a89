"""The finished run whose weights another begins with: a warm restart (Loshchilov & Hutter, 2017, arXiv 1608.03983)."""

from pathlib import Path
from typing import Any

from fer_core.training.config import RunConfig
from fer_core.training.folder import CHECKPOINT, best_weights
from fer_core.training.record import RECORD, read_run

SAME_NETWORK = ("network", "activation", "input_size")
SAME_SPLIT = ("split_seed", "validation_share", "holdout", "split_by")


class WarmStartError(ValueError):
    """A run can't begin with the weights of another; the message says why."""


def warm_starts(root: Path) -> list[Path]:
    """Runs in a folder of runs that others can start from, the latest first."""
    found = [file.parent for file in root.glob(f"*/{RECORD}") if best_weights(file.parent / CHECKPOINT)]
    return sorted(found, key=lambda run: (run / RECORD).stat().st_mtime, reverse=True)


def fields_of_warm_start(run: str | Path) -> dict[str, Any]:
    """Fields of `RunConfig` that a run which starts from this one shares with it.

    Raises:
        RecordError: that run is not finished, or its record is damaged.
    """
    return _shared(read_run(run).record.config)


def _shared(config: RunConfig) -> dict[str, Any]:
    return {field: getattr(config, field) for field in SAME_NETWORK + SAME_SPLIT}


def warm_start(config: RunConfig, data_fingerprint: str) -> tuple[Path, str] | None:
    """Weights of the run in `weights_from`, and what they are, for the record; None where the configuration has none.

    Raises:
        RecordError: that run is not finished, or its record is damaged.
        WarmStartError: it is of another network or data set, of another split (its training part would reach into this
            run's validation part), or its weights were not kept.
    """
    if not config.weights_from:
        return None
    folder = Path(config.weights_from)
    record = read_run(folder).record
    for field, theirs in _shared(record.config).items():
        if theirs != (ours := getattr(config, field)):
            raise WarmStartError(f"weights_from: {folder} has {field} {theirs}, expected {ours}, as this run")
    if record.data_fingerprint != data_fingerprint:
        raise WarmStartError(
            f"weights_from: {folder} was trained on the data set {record.data_fingerprint}, expected {data_fingerprint}"
        )
    weights = best_weights(folder / CHECKPOINT)
    if weights is None:
        raise WarmStartError(
            f"weights_from: {folder / CHECKPOINT} keeps no weights; start from a run that was trained here"
        )
    return weights, f"{record.id} ({record.starting_weights}, after epoch {record.kept_epoch})"
