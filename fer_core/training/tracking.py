"""MLflow as the store that runs are looked up in: live while they train, and from their folders afterwards."""

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read at the import: it would send usage data to its makers

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from fer_core.training.config import RunConfig
from fer_core.training.errors import RunStoppedError
from fer_core.training.folder import copy_run
from fer_core.training.record import MODEL, RECORD, RUN_FILES, RecordedRun, RecordError, RunRecord, read_run, run_name
from fer_core.training.study import PrunedError

EXPERIMENT = "fer"
DEFAULT_URI = "sqlite:///mlflow.db"
FOLDER_TAG, STARTED_TAG = "fer.run", "started"
UNTRACKED = {"epoch"}
STORE_ERRORS = (MlflowException, SQLAlchemyError, OSError)
"""What a store raises that is away, damaged or locked."""


def tracking_uri() -> str:
    """Where runs are logged: `MLFLOW_TRACKING_URI`, else an SQLite file in the working folder."""
    return os.environ.get("MLFLOW_TRACKING_URI", DEFAULT_URI)


def first_line(error: Exception) -> str:
    """What an error says first; its type where it says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]


def full_tracking_uri() -> str:
    """`tracking_uri` for processes that have another working folder."""
    database = _database()
    return f"sqlite:///{database}" if database else tracking_uri()


def _database() -> Path | None:
    """The SQLite file of the store, if it is one."""
    scheme, _, database = tracking_uri().partition(":///")
    return Path(database).resolve() if scheme == "sqlite" and database else None


def client() -> MlflowClient:
    """A client of the store; makes the SQLite file and the experiment at the first use.

    Raises:
        MlflowException: the store can't be reached.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    return MlflowClient(tracking_uri())


def _experiment(store: MlflowClient) -> str:
    found = store.get_experiment_by_name(EXPERIMENT)
    return found.experiment_id if found else store.create_experiment(EXPERIMENT, _place_of_files())


def _place_of_files() -> str | None:
    """Beside an SQLite file: MLflow's own choice is the working folder, which the next command may not share."""
    database = _database()
    return (database.parent / "mlruns").as_uri() if database else None


def find(
    store: MlflowClient, run: str, config: RunConfig | None = None, tags: Mapping[str, str] | None = None
) -> Run | None:
    """The run that was recorded in a folder of this name, of several the newest finished one; None when there is none.

    Args:
        config, tags: see `_logged`.
    """
    found = _logged(store, run, config, tags or {})
    return next((each for each in found if each.info.status == "FINISHED"), found[0] if found else None)


def _logged(store: MlflowClient, run: str, config: RunConfig | None, tags: Mapping[str, str]) -> list[Run]:
    """Runs of folders of this name, the newest first.

    Args:
        config: what they were trained with; another run that was called the same is not meant.
        tags: that none of them has another value of; what was logged before there was a tag has none.
    """
    quote = '"' if "'" in run else "'"
    found = store.search_runs([_experiment(store)], f"tags.`{FOLDER_TAG}` = {quote}{run}{quote}")
    found = [each for each in found if config is None or each.data.params.items() <= _params(config).items()]
    return [each for each in found if all(each.data.tags.get(name, value) == value for name, value in tags.items())]


def _params(config: RunConfig) -> dict[str, str]:
    return {name: str(value) for name, value in config.model_dump().items()}


def prepare() -> None:
    """Make the store before several processes log to it, which would all make its tables at once."""
    try:
        _experiment(client())
    except STORE_ERRORS:
        return  # each run says so by itself


def _row_metrics(row: dict[str, float], timestamp: int) -> list[Metric]:
    step = int(row["epoch"])
    return [Metric(name, float(value), timestamp, step) for name, value in row.items() if name not in UNTRACKED]


def _guarded(action: Callable[..., None]) -> Callable[..., None]:
    """Of `Tracker`: do nothing where nothing is logged, or no more because the store could not be used."""

    @wraps(action)
    def guarded(self: "Tracker", *arguments: Any) -> None:
        if self.off:
            return
        try:
            action(self, *arguments)
        except STORE_ERRORS as error:
            self.off = True
            reason = first_line(error)
            print(f"MLflow at {tracking_uri()} can't be used ({reason}); training goes on unlogged", file=sys.stderr)

    return guarded


class Tracker:
    """Logs one run while it trains; before `begin` it leaves the store alone.

    A store that is away must not end a training that has run for hours: the first failure is told on standard error,
    and the run goes on untracked; `import_run` brings it in later.

    Args:
        run: name of the run's folder.
        data_fingerprint: of what it is trained on.
        off: log nothing.
    """

    def __init__(self, run: str, config: RunConfig, data_fingerprint: str, *, off: bool = False) -> None:
        self.run, self.config, self.off = run, config, off
        self._tags = {"data_fingerprint": data_fingerprint}
        self._id: str | None = None

    @_guarded
    def begin(self) -> None:
        """Make the run in the store, or go on with one that did not finish."""
        self._store = client()
        logged = _logged(self._store, self.run, self.config, self._tags)
        if unfinished := [each for each in logged if each.info.status != "FINISHED"]:
            self._id = unfinished[0].info.run_id
            self._store.update_run(self._id, status="RUNNING")
            return
        tags = {FOLDER_TAG: self.run, **self._tags}
        self._id = self._store.create_run(_experiment(self._store), run_name=self.run, tags=tags).info.run_id
        self._store.log_batch(self._id, params=[Param(*param) for param in _params(self.config).items()])

    @_guarded
    def log_epoch(self, row: dict[str, float]) -> None:
        """Log the metrics of a finished epoch; `row["epoch"]` counts from 1."""
        self._store.log_batch(self._id, metrics=_row_metrics(row, _now()))

    @_guarded
    def finish(self, folder: Path) -> None:
        """Add the record and its files to the logged run; all of it, where nothing was left to be trained."""
        if self._id:
            _finish(self._store, self._id, folder)
        else:
            import_run(folder)

    @_guarded
    def end(self, status: str) -> None:
        """Mark the run as ended without a result, if it has begun: `FAILED` or `KILLED`."""
        if self._id:
            self._store.set_terminated(self._id, status=status)


@contextmanager
def tracked(folder: Path, config: RunConfig, data_fingerprint: str, *, track: bool = True) -> Iterator[Tracker]:
    """Log how what is trained in a folder inside of `with` ended.

    A training that is refused, as beside another one, does not begin, and the log of that one is left alone.

    Args:
        data_fingerprint: of what it is trained on.
        track: False for logging nothing.

    Yields:
        What `train` is to tell when it begins, and of each epoch.
    """
    tracker = Tracker(run_name(folder), config, data_fingerprint, off=not track)
    try:
        yield tracker
    except BaseException as error:
        tracker.end("KILLED" if isinstance(error, RunStoppedError | PrunedError | KeyboardInterrupt) else "FAILED")
        raise
    tracker.finish(folder)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _finish(store: MlflowClient, run_id: str, folder: Path) -> None:
    run = read_run(folder)
    record = run.record
    _log_missing(store, run_id, run)
    tags = _marks(record) | {"code_version": record.code_version, "hardware": json.dumps(record.hardware)}
    store.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
    for name in (*RUN_FILES, MODEL):
        if (folder / name).exists():
            store.log_artifact(run_id, str(folder / name))
    store.set_terminated(run_id, status="FINISHED")


def _log_missing(store: MlflowClient, run_id: str, run: RecordedRun) -> None:
    """Log what the store lacks of a run's history: all, or epochs of a time when it was away or nothing was tracked."""
    start = int(run.record.started.timestamp() * 1000)
    names = [name for name in run.history if name not in UNTRACKED]
    logged = {(name, metric.step) for name in names for metric in store.get_metric_history(run_id, name)}
    metrics = [metric for row in run.history.to_dict("records") for metric in _row_metrics(row, start)]
    missing = [metric for metric in metrics if (metric.key, metric.step) not in logged]
    for first in range(0, len(missing), 1000):  # MLflow takes 1,000 metrics a call
        store.log_batch(run_id, metrics=missing[first : first + 1000])


def _marks(record: RunRecord) -> dict[str, str]:
    """Tags that tell a finished run from others of its name and configuration."""
    return {"data_fingerprint": record.data_fingerprint, STARTED_TAG: record.started.isoformat()}


def import_run(folder: Path) -> str:
    """Log a recorded run from its folder; nothing is logged twice, and what was logged of it in part is made whole.

    Returns:
        MLflow's id of the run.

    Raises:
        RecordError: the folder holds no complete recorded run.
        MlflowException: the store can't be reached.
    """
    run = read_run(folder)
    store = client()
    if known := find(store, run.record.id, run.record.config, _marks(run.record)):
        if known.info.status == "FINISHED":
            _log_missing(store, known.info.run_id, run)
            return known.info.run_id
        store.delete_run(known.info.run_id)
    start = int(run.record.started.timestamp() * 1000)
    created = store.create_run(
        _experiment(store), start_time=start, run_name=run.record.id, tags={FOLDER_TAG: run.record.id}
    )
    run_id = created.info.run_id
    params = [Param(*param) for param in _params(run.record.config).items()]
    store.log_batch(run_id, params=params)
    _finish(store, run_id, folder)
    return run_id


def export_run(run: str, root: str | Path) -> Path:
    """Write a logged run's files to `root/<run>`, from where it can be read without MLflow.

    What an earlier export did not finish, or was damaged since, is written anew.

    Raises:
        RecordError: the store has no such run, it has no record because it did not finish, or the folder holds another
            run.
    """
    store = client()
    found = find(store, run)
    if found is None:
        raise RecordError(f"{run}: not in the MLflow store {tracking_uri()}")
    run_id = found.info.run_id
    folder = Path(root) / run
    mlflow.set_tracking_uri(tracking_uri())
    names = [file.path for file in store.list_artifacts(run_id)]
    if RECORD not in names:
        raise RecordError(f"{run}: has no {RECORD} in the MLflow store; it did not finish")
    with tempfile.TemporaryDirectory() as part:
        record = Path(store.download_artifacts(run_id, RECORD, part)).read_bytes()
        if _holds_another(folder, record, names):
            raise RecordError(f"{folder}: holds another run; choose another folder with --to")
        for name in names:
            store.download_artifacts(run_id, name, part)
        copy_run(Path(part), folder, names)
    read_run(folder)
    return folder


def _holds_another(folder: Path, record: bytes, names: Sequence[str]) -> bool:
    """Whether a folder holds something else than files of this name of the run with this record."""
    if (folder / RECORD).exists():
        return (folder / RECORD).read_bytes() != record
    return folder.exists() and any(path.name not in names for path in folder.iterdir())
