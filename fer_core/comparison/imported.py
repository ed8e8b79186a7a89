"""Runs out of the MLflow store, as folders that are read like any other."""

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.comparison.places import Places, find_entries
from fer_core.training.record import RECORD, RecordError, read_record
from fer_core.words import _

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

REQUEST_SECONDS = "10"


def import_tracked(where: Places) -> tuple[list[str], list[str]]:
    """Write the store's finished runs that no folder here holds, or not all of, to `where.imported`.

    Returns:
        names: of the runs that were brought in.
        notes: a sentence for each that could not be, and for each name that several have, here or in the store.

    Raises:
        RecordError: the store can't be reached; the message names it.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", REQUEST_SECONDS)
    from fer_core.training.tracking import (  # a second and more that a page without the store is spared
        EXPERIMENT,
        FOLDER_TAG,
        STARTED_TAG,
        STORE_ERRORS,
        client,
        export_run,
        first_line,
        tracking_uri,
    )

    try:
        store = client()
        experiment = store.get_experiment_by_name(EXPERIMENT)
        found = _finished(store, experiment.experiment_id) if experiment else []
    except STORE_ERRORS as error:
        reason = first_line(error)
        raise RecordError(f"{tracking_uri()}: the MLflow store can't be reached ({reason[:200]})") from error
    known = {entry.path.name: entry.path for entry in find_entries(where) if (entry.path / RECORD).exists()}
    named: defaultdict[str | None, list[Run]] = defaultdict(list)
    for run in found:
        named[run.data.tags.get(FOLDER_TAG)].append(run)
    names, notes = [], []
    for name, runs in named.items():
        if not name or os.sep in name or name.startswith("."):
            continue
        if len(runs) > 1:
            said = _("{name}: {number} runs of the store have this name; no more than the newest can be brought in")
            notes.append(said.format(name=name, number=len(runs)))
        if name in known:
            started = {run.data.tags[STARTED_TAG] for run in runs if STARTED_TAG in run.data.tags}
            if started and started.isdisjoint(_started(known[name])):
                said = _("{name}: another run here has this name; rename its folder to bring in the store's")
                notes.append(said.format(name=name))
            continue
        try:
            export_run(name, where.imported)
            names.append(name)
        except (*STORE_ERRORS, RecordError) as error:
            notes.append(f"{name}: {first_line(error)}")
    return names, notes


def _finished(store: "MlflowClient", experiment: str) -> list["Run"]:
    found, token = [], None
    while True:
        page = store.search_runs([experiment], "attributes.status = 'FINISHED'", page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _started(folder: Path) -> set[str]:
    """When the run in a folder was started, as the store has it; nothing where its record can't be read."""
    try:
        return {read_record(folder).started.isoformat()}
    except RecordError:
        return set()
