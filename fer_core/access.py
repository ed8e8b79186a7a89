"""Whether this installation may start, change or write anything."""

import os


def read_only() -> bool:
    """True in the public demo mode (`FER_READ_ONLY=1`): all can be looked at, nothing started, changed or written."""
    return os.environ.get("FER_READ_ONLY", "").strip().lower() not in ("", "0", "false", "no")
