"""The finished run whose weights another begins with: a warm restart (Loshchilov & Hutter, 2017, arXiv 1608.03983)."""

from pathlib import Path

from fer_core.training.checkpoint import BEST
from fer_core.training.config import RunConfig
from fer_core.training.folder import CHECKPOINT
from fer_core.training.record import read_run

SAME_NETWORK = ("network", "activation", "input_size")
SAME_SPLIT = ("split_seed", "validation_share", "holdout", "split_by")


class StartError(ValueError):
    """A run can't begin with the weights of another; the message says why."""


def start_of(config: RunConfig, data_fingerprint: str) -> tuple[Path, str] | None:
    """Weights of the run in `start_from`, and what they are, for the record; None where the configuration has none.

    Raises:
        RecordError: that run is not finished, or its record is damaged.
        StartError: it is of another network or data set, of another split (its training part would reach into this
            run's validation part), or its weights were not kept.
    """
    if not config.start_from:
        return None
    folder = Path(config.start_from)
    record = read_run(folder).record
    for field in SAME_NETWORK + SAME_SPLIT:
        theirs, ours = getattr(record.config, field), getattr(config, field)
        if theirs != ours:
            raise StartError(f"start_from: {folder} has {field} {theirs}, expected {ours}, as this run")
    if record.data_fingerprint != data_fingerprint:
        raise StartError(
            f"start_from: {folder} was trained on the data set {record.data_fingerprint}, expected {data_fingerprint}"
        )
    weights = folder / CHECKPOINT / BEST
    if not weights.is_file():
        raise StartError(f"start_from: {weights} is missing; only runs that were trained here can be gone on from")
    return weights, f"{record.id} ({record.starting_weights}, {record.config.epochs} epochs)"
