"""Command lines for people to copy."""

import os
import shlex
import subprocess
from pathlib import Path

from fer_core.access import read_only
from fer_core.words import _


def shown_command(words: list[str]) -> str:
    """`python -m fer_core WORDS`, as this system's shell takes it."""
    command = ["python", "-m", "fer_core", *words]
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def typed_path(text: str) -> str:
    """A path as somebody typed or pasted it, without what stands around it: Explorer copies paths in double quotes."""
    return text.strip().strip('"')


def shown_path(path: str | Path) -> str:
    """A path as pages name it; the public demo tells no more than what it is called."""
    return Path(path).name if read_only() else str(path)


def public_demo() -> str:
    """Why a command stands there without a button, in a sentence."""
    return _("This is a public demo: nothing can be started here. The command works on your own machine.")
