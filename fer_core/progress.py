"""How far a command is, told to whoever started it: a small file that is replaced now and then."""

import contextlib
import json
import os
import time
from pathlib import Path

from fer_core.files import write_atomically

VARIABLE = "FER_PROGRESS"
"""Environment variable that names the file; without it nothing is written."""
LEAST_SECONDS = 0.5


class ProgressFile:
    """Writes `{"what", "done", "total", ...}` at most twice a second, and always at the end.

    Work goes on where the file can't be written: it is only looked at.

    Args:
        path: by default what `FER_PROGRESS` names; None for nowhere.
    """

    def __init__(self, path: Path | None = None) -> None:
        named = os.environ.get(VARIABLE)
        self.path = path or (Path(named) if named else None)
        self._last = 0.0

    def write(self, what: str, done: int, total: int, **more: float | str) -> None:
        """Tell how far `what` is; `more` goes into the file as it is, and a `total` of 0 where it is not known."""
        now = time.monotonic()
        if self.path is None or (done != total and now - self._last < LEAST_SECONDS):
            return
        self._last = now
        with contextlib.suppress(OSError):
            write_atomically(self.path, json.dumps({"what": what, "done": done, "total": total, **more}))


def read_progress(path: Path) -> dict[str, object] | None:
    """What a `ProgressFile` last wrote; None before it did, or where the file is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
