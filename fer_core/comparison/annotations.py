"""What a person says of recorded runs: names, notes, pins. And taking away a run of one's own."""

import shutil
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fer_core.access import read_only
from fer_core.comparison.places import Entry, Places, find_entries
from fer_core.files import change_lock, write_atomically
from fer_core.validation import Frozen
from fer_core.words import _


class AnnotationError(ValueError):
    """A name, note or pin can't be kept, or a run not be deleted; the message says why."""


class Annotation(Frozen):
    """What is said of one run or ensemble; empty texts are nothing said."""

    name: str = ""
    note: str = ""
    pinned: bool = False


_FILE = TypeAdapter(dict[str, Annotation])


def read_annotations(path: Path) -> dict[str, Annotation]:
    """By key of the entry; empty where nothing was said yet.

    Raises:
        AnnotationError: the file is damaged.
    """
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        said = _("{path}: names, notes and pins can't be read; mend it or move it away").format(path=path)
        raise AnnotationError(said) from error


def annotate(path: Path, key: str, **changes: str | bool) -> None:
    """Change what is said of one entry; the others stay.

    Args:
        changes: fields of `Annotation`.

    Raises:
        AnnotationError: the file can't be read or written, or nothing may be written here.
    """
    _refuse_when_read_only()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with change_lock(path):
            everything = read_annotations(path)
            everything[key] = everything.get(key, Annotation()).model_copy(update=changes)
            kept = {name: said for name, said in everything.items() if said != Annotation()}
            write_atomically(path, _FILE.dump_json(kept, indent=2).decode() + "\n")
    except OSError as error:
        said = _("{reason}; nothing was changed").format(reason=error)
        raise AnnotationError(said) from error


def deletable(entry: Entry) -> bool:
    """Whether it is the user's own to delete: what ships with the product is not."""
    return entry.origin != "shipped" and not read_only()


def _folder(entry: Entry) -> Path:
    return entry.path if entry.kind == "run" else entry.path.parent


def deleted_with(entry: Entry, where: Places) -> list[str]:
    """Keys of what else lies in the folder of a run or an ensemble: the fast model beside it, for one."""
    if entry.kind == "fast":
        return []
    others = (other for other in find_entries(where) if other.path != entry.path)
    return [other.key for other in others if other.path.is_relative_to(_folder(entry))]


def delete(entry: Entry, where: Places) -> None:
    """Delete a run or an ensemble of the user's own with its folder, and what was said of all in it.

    Of a fast card only the file is deleted.

    Raises:
        AnnotationError: it is shipped, stands elsewhere than it should, or can't be deleted.
    """
    _refuse_when_read_only()
    folder = _folder(entry)
    root = where.imported if entry.origin == "imported" else where.own
    inside = root.resolve() in folder.resolve().parents[:2]  # of the runs themselves, or of a study
    if entry.origin == "shipped" or not inside or folder.is_symlink():
        said = _("{folder}: is no folder of your own in {root}; it was not deleted").format(folder=folder, root=root)
        raise AnnotationError(said)
    gone = [entry.key, *deleted_with(entry, where)]
    try:
        if entry.kind == "fast":
            entry.path.unlink()
        else:
            shutil.rmtree(folder)
    except OSError as error:
        said = _("{folder}: not all of it could be deleted ({reason})").format(folder=folder, reason=error.strerror)
        raise AnnotationError(said) from error
    for key in read_annotations(where.annotations).keys() & gone:
        annotate(where.annotations, key, **Annotation().model_dump())


def _refuse_when_read_only() -> None:
    if read_only():
        raise AnnotationError(_("this is a public demo: nothing can be changed here; start your own to do so"))
