"""The data set on this machine: imported once, then opened in a moment."""

import json
import logging
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from fer_core.datasets.dataset import FaceDataset
from fer_core.datasets.drawn import drawn_dataset
from fer_core.datasets.errors import DatasetError, Progress
from fer_core.datasets.fer2013 import counts
from fer_core.datasets.ferplus import read_votes, table_beside
from fer_core.datasets.parts import save_arrays
from fer_core.datasets.report import ImportReport
from fer_core.datasets.sources import read_source
from fer_core.files import at_home, replaced, sha256_of, write_atomically

log = logging.getLogger(__name__)

STORE = Path("data")
"""Folder that imports go to, in the working directory."""
STORE_FILE = "fer2013.npz"
REPORT_FILE = "fer2013.json"
DRAWN = "drawn"
UPLOAD = "upload"
SKIPPED_TOLD = 10
KAGGLE_HANDLES: tuple[str, ...] = ("ananthu017/emotion-detection-fer", "msambare/fer2013")
GET_IT = "import it with `python -m fer_core data import PATH` (or `data import kaggle`), or use the drawn sample set"


def save_dataset(dataset: FaceDataset, path: str | Path) -> None:
    """Write the in-memory form as it is: uncompressed .npz, atomically."""
    arrays = {"images": dataset.images, "labels": dataset.labels, "usage": dataset.usage, "names": dataset.names}
    if dataset.rows is not None:
        arrays["rows"] = dataset.rows
    save_arrays(Path(path), {**arrays, "synthetic": np.array(dataset.synthetic)})


def _load_dataset(path: Path) -> FaceDataset:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            fields = {name: arrays[name] for name in ("images", "labels", "usage", "names")}
            return FaceDataset(**fields, synthetic=bool(arrays["synthetic"]), rows=arrays.get("rows"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path}: not a readable stored data set ({error}); import FER2013 again") from error


def import_source(
    path: str | Path, store: str | Path = STORE, progress: Progress | None = None
) -> tuple[FaceDataset, ImportReport]:
    """Read FER2013 in any form and store it as `fer2013.npz`, with what was done in `fer2013.json` beside it.

    An import that was interrupted goes on where it was when it is repeated. What was stored before stays until the
    new set is complete, and a file that `keep_upload` kept until it was imported.

    Args:
        path: as for `read_source`.
        store: a folder, made if it is not there.
        progress: called with (images done, images in all) now and then.

    Raises:
        DatasetError: the source can't be read, or the store can't be written.
    """
    store = Path(store)
    unfinished = store / "import.part"
    sent = next((kept for kept in kept_uploads(store) if kept.resolve() == at_home(path).resolve()), None)
    try:
        store.mkdir(parents=True, exist_ok=True)
        which = sent.stat().st_ino if sent else None
        dataset, report = read_source(path, progress, keep_parts_in=unfinished)
        save_dataset(dataset, store / STORE_FILE)
        facts = {
            "format": 1,
            "fingerprint": dataset.fingerprint,
            "imported": datetime.now(UTC).isoformat(timespec="seconds"),
            "counts": counts(dataset),
            **asdict(report),
            "votes": _keep_votes(path, store, dataset),
        }
        write_atomically(store / REPORT_FILE, json.dumps(facts, indent=2) + "\n")
    except OSError as error:
        raise DatasetError(f"{store}: can't store the data set ({error}); choose another folder") from error
    shutil.rmtree(unfinished, ignore_errors=True)
    with suppress(OSError):
        if sent and sent.stat().st_ino == which:  # else somebody has sent another one meanwhile
            sent.unlink()
    return dataset, report


def _keep_votes(path: str | Path, store: Path, dataset: FaceDataset) -> str | None:
    """Take FER+ votes along that stand beside a source, so that they are found beside the store.

    Those that an earlier import took along go; a table that somebody else put there stays.

    Returns:
        SHA-256 of the copy; None where there is none.
    """
    kept = table_beside(store / STORE_FILE)
    if kept and sha256_of(kept) == _facts(store).get("votes"):
        kept.unlink()
        kept = None
    table = table_beside(path)
    if kept or table is None or (store / table.name).exists():
        return None
    try:
        read_votes(table, dataset)
    except DatasetError:
        return None  # a table of something else
    shutil.copyfile(table, store / table.name)
    return sha256_of(table)


def _facts(store: Path) -> dict[str, object]:
    """What the last import wrote beside the data; nothing where it can't be read."""
    try:
        facts = json.loads((store / REPORT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def last_import(store: Path = STORE) -> ImportReport | None:
    """What became of the files of the set that is stored; None where that isn't known."""
    facts = _facts(store)
    try:
        return ImportReport(**{field.name: facts[field.name] for field in fields(ImportReport)})
    except KeyError:
        return None


@contextmanager
def _told_bytes(progress: Progress | None) -> Iterator[None]:
    """Hand on what kagglehub's own bar counts while it downloads; it has no other way to be asked."""
    from kagglehub import clients

    own = getattr(clients, "tqdm", None)
    if progress is None or own is None:
        yield
        return

    class Told(own):
        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            progress(int(self.n), int(self.total or 0))
            return shown

    clients.tqdm = Told
    try:
        yield
    finally:
        clients.tqdm = own


def keep_upload(content: bytes, name: str, store: Path = STORE) -> Path:
    """Keep a file that somebody sent, under a name of our own, for an import in another process.

    Raises:
        DatasetError: the store can't be written.
    """
    path = store / f"{UPLOAD}{Path(name).suffix.lower()}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        with replaced(path) as part:
            part.write_bytes(content)
    except OSError as error:
        raise DatasetError(f"{store}: can't keep {name} ({error}); make room or import it by its path") from error
    return path


def kept_uploads(store: Path = STORE) -> list[Path]:
    """Files that somebody sent and that are not imported."""
    return [path for suffix in (".zip", ".csv") if (path := store / f"{UPLOAD}{suffix}").is_file()]


def import_kaggle(
    store: str | Path = STORE,
    progress: Progress | None = None,
    handle: str = KAGGLE_HANDLES[0],
    downloading: Progress | None = None,
) -> tuple[FaceDataset, ImportReport]:
    """Fetch FER2013 from Kaggle and store it. An interrupted download goes on when repeated.

    Args:
        progress: called with (images done, images in all) now and then.
        downloading: before that, called with (bytes done, bytes in all).
        handle: `owner/name` of a Kaggle data set; `KAGGLE_HANDLES` are known to fit.

    Raises:
        DatasetError: no network, Kaggle wants credentials, no such set; the message says what to do instead.
    """
    import kagglehub
    import requests
    from kagglehub import exceptions as kaggle

    page = f"https://www.kaggle.com/datasets/{handle}"
    instead = f"; or download the zip from {page} in a browser and run `python -m fer_core data import archive.zip`"
    try:
        with _told_bytes(downloading):
            folder = kagglehub.dataset_download(handle)
    except (kaggle.UnauthenticatedError, kaggle.CredentialError) as error:
        raise DatasetError(f"{handle}: Kaggle wants you to sign in; set KAGGLE_API_TOKEN{instead}") from error
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        what = "wants you to sign in (set KAGGLE_API_TOKEN)" if status in (401, 403) else f"answered {status}"
        raise DatasetError(f"{handle}: Kaggle {what}{instead}") from error
    except requests.RequestException as error:
        raise DatasetError(f"{handle}: Kaggle can't be reached from here; check the network{instead}") from error
    except kaggle.DataCorruptionError as error:
        raise DatasetError(f"{handle}: the download arrived damaged; start it again{instead}") from error
    except (kaggle.BackendError, kaggle.NotFoundError, OSError, ValueError) as error:
        raise DatasetError(f"{handle}: could not be fetched ({error}){instead}") from error
    return import_source(folder, store, progress)


def default_source() -> str | None:
    """What there is on this machine: the environment's FER_DATA, else the imported set, else None."""
    stored = STORE / STORE_FILE
    return os.environ.get("FER_DATA") or (str(stored) if stored.exists() else None)


def open_dataset(path: str | Path | None = None, progress: Progress | None = None) -> FaceDataset:
    """Open a data set; nothing is written. Files that are skipped are logged as warnings.

    Arguments and errors as for `open_with_report`.
    """
    dataset, report = open_with_report(path, progress)
    if report is None:
        return dataset
    told = [*report.skipped[:SKIPPED_TOLD], *report.warnings]
    if len(report.skipped) > SKIPPED_TOLD:
        told.append(f"{report.source}: {len(report.skipped):,} files skipped in all")
    for sentence in told:
        log.warning(sentence)
    return dataset


def open_with_report(
    path: str | Path | None = None, progress: Progress | None = None
) -> tuple[FaceDataset, ImportReport | None]:
    """Open a data set; nothing is written.

    Args:
        path: the store (its folder or its .npz file), any form that `read_source` takes, or the word `drawn` for the
            drawn sample set. By default what `default_source` finds.
        progress: called with (images done, images in all) now and then.

    Returns:
        The data set, and what became of the files of a source that is no store.

    Raises:
        DatasetError: nothing there, or not readable.
    """
    path = path or default_source()
    if path is None:
        raise DatasetError(f"no data set on this machine: get FER2013 and {GET_IT} ('{DRAWN}')")
    if str(path) == DRAWN:
        return drawn_dataset(), None
    path = at_home(path)
    with suppress(OSError):  # of a path that can't be examined, `read_source` says so
        if (path / STORE_FILE).is_file():
            path = path / STORE_FILE
        if path.suffix == ".npz" and path.is_file():
            return _load_dataset(path), None
    return read_source(path, progress)
