"""Text that someone gave, inside the Markdown of a page."""

import re


def as_written(name: str) -> str:
    """A name that someone gave, for Markdown to show as it is."""
    escaped = re.sub(r"([\\`*_\[\]<>$~#|&])", r"\\\1", name)
    return escaped.replace(":", "&#58;")  # after a backslash `:material/delete:` is an icon still
