"""What tables of several pages share: how shares are written, and what the parts of the data are called."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from fer_core.words import N_

if TYPE_CHECKING:  # the first page is spared the import
    import pandas as pd

SHARE = "%.1f%%"
"""Format of a share in percent: everywhere with one decimal."""
SPLIT_NAMES = {
    "test": N_("Test (both)"),
    "private": N_("PrivateTest"),
    "public": N_("PublicTest"),
    "holdout": N_("Hold-out"),
    "validation": N_("Validation"),
}


def shares_written(frame: "pd.DataFrame", columns: Iterable[str]) -> "pd.DataFrame":
    """The table with these shares of 0 to 1 in percent, for `share_column`."""
    return frame.assign(**{name: frame[name].astype(float) * 100 for name in columns})


def share_column(label: str, text: str | None = None) -> object:
    """A share in percent; `text` is its help."""
    return st.column_config.NumberColumn(label, format=SHARE, help=text)
