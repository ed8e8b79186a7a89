"""One run from its configuration to its record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import yaml
from filelock import Timeout

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.soft_labels import SoftLabels
from fer_core.datasets.splits import Split
from fer_core.files import clear_parts, sha256_of, write_atomically
from fer_core.training.answers import recorded_answers
from fer_core.training.config import RunConfig
from fer_core.training.devices import trained_on
from fer_core.training.errors import RunBusyError
from fer_core.training.export import export_onnx
from fer_core.training.export_elsewhere import export_elsewhere
from fer_core.training.fit import best_network, fit
from fer_core.training.folder import CHECKPOINT, CONFIG, Started, read_started, read_state, training_lock
from fer_core.training.progress import Report
from fer_core.training.provenance import code_version
from fer_core.training.record import (
    MODEL,
    RECORD,
    RunRecord,
    read_record,
    run_name,
    write_run,
)
from fer_core.training.split import split_of
from fer_core.training.warm_start import warm_start


def train(
    config: RunConfig,
    dataset: FaceDataset,
    folder: str | Path,
    *,
    source: str | None = None,
    corrections: str | None = None,
    corrections_size: int | None = None,
    on_begin: Callable[[], None] = lambda: None,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
    report: Report = lambda progress: None,
    verbose: int = 1,
) -> RunRecord:
    """Train and record a run; a run that was stopped or killed goes on from its last finished epoch.

    Args:
        folder: of this run alone, and while it trains of this process alone; made if need be.
        source, corrections, corrections_size: where `dataset` was opened, the file of decisions that was applied to
            it, and how many of its bytes; noted for a resume.
        on_begin: called once the folder is this process's, before it trains; not where the run is recorded already.
        on_epoch, report, verbose: see `fit`.

    Raises:
        RunFailedError: the loss is not a number, or as for `fit`.
        RunBusyError: another process trains in the folder.
        RecordError, WarmStartError: see `warm_start`; nothing was written yet.
        DatasetError: the soft labels can't be read; nothing was written yet.
        RunStoppedError: SIGTERM or SIGINT came.
        ValueError: the folder holds another run, or a class has too few images to stand in each part.
    """
    folder = Path(folder)
    run_name(folder)
    started, code = datetime.now(UTC), code_version()
    started_with = Started(
        config,
        dataset.fingerprint,
        source,
        corrections,
        corrections_size,
        soft_labels_sha256=_soft_labels_sha256(config),
    )
    if record := _finished(folder, started_with):
        return record
    weights, weights_from = _first_weights(config, dataset, folder)
    softened_by = SoftLabels.read(config.soft_labels).source if config.soft_labels else None
    split = split_of(config, dataset)
    told = {
        "corrections": corrections,
        "soft_labels": softened_by,
        "weights_from": weights_from,
        "code_version": code,
        "started": started,
    }
    with _alone_in(folder) as checkpoint:
        if record := _finished(folder, started_with):  # another process may have been here meanwhile
            return record
        if not (folder / CONFIG).exists():
            content = asdict(replace(started_with, weights_from=weights_from)) | {
                "config": config.model_dump(mode="json")
            }
            write_atomically(folder / CONFIG, yaml.safe_dump(content, sort_keys=False))
        on_begin()
        history = fit(
            config, dataset, split, checkpoint, start=weights, on_epoch=on_epoch, report=report, verbose=verbose
        )
        return _record(config, dataset, split, folder, history, told)


def _soft_labels_sha256(config: RunConfig) -> str | None:
    try:
        return sha256_of(Path(config.soft_labels)) if config.soft_labels else None
    except OSError:  # a recorded run needs them no more; before another one trains, reading them says what is wrong
        return None


def _first_weights(config: RunConfig, dataset: FaceDataset, folder: Path) -> tuple[Path | None, str | None]:
    """Weights of another run that this one begins with, and what they are; its own once it has finished an epoch.

    Raises:
        RecordError, WarmStartError: see `warm_start`.
        RunFailedError: the checkpoint is damaged.
    """
    goes_on = (folder / CONFIG).exists() and read_state(folder / CHECKPOINT) is not None
    if noted := read_started(folder).weights_from if goes_on else None:
        return None, noted
    return warm_start(config, dataset.fingerprint) or (None, None)


def _finished(folder: Path, started_with: Started) -> RunRecord | None:
    """The record of a run, None where it is not finished or not begun.

    Raises:
        ValueError: the folder holds another run.
    """
    recorded = (folder / RECORD).exists()
    if (folder / CONFIG).exists():
        if not read_started(folder).is_same_run(started_with):
            raise ValueError(
                f"{folder}: holds a run of another configuration or data set, or with other corrections or soft "
                "labels; choose another folder"
            )
        return read_record(folder) if recorded else None
    if recorded:
        raise ValueError(f"{folder}: holds a recorded run; choose another folder")
    return None


@contextmanager
def _alone_in(folder: Path) -> Iterator[Path]:
    """The folder of a run's checkpoints, made if need be, while no other process trains there.

    Raises:
        RunBusyError: another process trains there.
    """
    checkpoint = folder / CHECKPOINT
    checkpoint.mkdir(parents=True, exist_ok=True)
    try:
        held = training_lock(folder).acquire(timeout=1)  # who only looks whether somebody trains has it for a moment
    except Timeout as error:
        raise RunBusyError(f"another process trains in {folder}; wait for it, or choose another folder") from error
    with held:
        yield checkpoint


def _record(
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    folder: Path,
    history: list[dict[str, float]],
    told: dict[str, Any],
) -> RunRecord:
    clear_parts(folder)
    state = read_state(folder / CHECKPOINT)
    network = best_network(config, folder / CHECKPOINT)
    if keras.backend.backend() == "jax":
        export_elsewhere(folder)
    else:
        export_onnx(network, folder / MODEL, data_fingerprint=dataset.fingerprint, run=run_name(folder))
    parts = {
        "validation": split.validation,
        "holdout": split.holdout,
        "public": dataset.where("PublicTest"),
        "private": dataset.where("PrivateTest"),
    }
    splits = recorded_answers(folder / MODEL, dataset, parts, config)
    record = RunRecord(
        id=run_name(folder),
        config=config,
        data_fingerprint=dataset.fingerprint,
        synthetic=dataset.synthetic,
        **told,
        train_images=len(split.train),
        **(state.get("trained_on") or trained_on(config)),
        finished=datetime.now(UTC),
        train_seconds=round(sum(row["seconds"] for row in history), 1),
        kept_epoch=state["kept_epoch"],
        parameters=network.count_params(),
    )
    return write_run(folder, record, history, splits)
