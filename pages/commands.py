"""Command lines for people to copy."""

import shlex

from fer_core.words import _


def shown_command(words: list[str]) -> str:
    """`python -m fer_core WORDS`, as a shell takes it."""
    return shlex.join(["python", "-m", "fer_core", *words])


def public_demo() -> str:
    """Why a command stands there without a button, in a sentence."""
    return _("This is a public demo: nothing can be started here. The command works on your own machine.")
