"""Runs out of the MLflow store, as folders that are read like any other."""

import os
from collections import Counter

from fer_core.comparison.places import Places, find_entries
from fer_core.training.record import RECORD, RecordError
from fer_core.words import _

REQUEST_SECONDS = "10"


def import_tracked(where: Places) -> tuple[list[str], list[str]]:
    """Write the store's finished runs that no folder here holds, or not all of, to `where.imported`.

    Returns:
        names: of the runs that were brought in.
        notes: a sentence for each that could not be, and for each name that several have.

    Raises:
        RecordError: the store can't be reached; the message names it.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", REQUEST_SECONDS)
    from fer_core.training.tracking import (  # a second and more that a page without the store is spared
        EXPERIMENT,
        FOLDER_TAG,
        STORE_ERRORS,
        client,
        export_run,
        first_line,
        tracking_uri,
    )

    try:
        store = client()
        experiment = store.get_experiment_by_name(EXPERIMENT)
        found = store.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'") if experiment else []
    except STORE_ERRORS as error:
        reason = first_line(error)
        raise RecordError(f"{tracking_uri()}: the MLflow store can't be reached ({reason[:200]})") from error
    known = {entry.path.name for entry in find_entries(where) if (entry.path / RECORD).exists()}
    names, notes = [], []
    for name, runs in Counter(run.data.tags.get(FOLDER_TAG) for run in found).items():
        if not name or os.sep in name or name.startswith("."):
            continue
        if runs > 1:
            said = _("{name}: {number} runs of the store have this name; no more than the newest can be brought in")
            notes.append(said.format(name=name, number=runs))
        if name in known:
            continue
        try:
            export_run(name, where.imported)
            names.append(name)
        except (*STORE_ERRORS, RecordError) as error:
            notes.append(f"{name}: {first_line(error)}")
    return names, notes
