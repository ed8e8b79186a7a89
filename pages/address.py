"""Choices that stand in the address by their English names, whatever language they are shown in.

A widget bound to the address would put its label there, and the link would say nothing to someone who reads another
language.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from fer_core.words import _


def choose_one(widget: Callable[..., Any], label: str, options: Sequence[str], *, key: str, **more: Any) -> str:
    """A selectbox or segmented control; the first option stands for nothing in the address.

    Args:
        widget: e.g. `st.selectbox`, or that of a column.
        options: English names, shown translated.
        key: of the widget and in the address.
        more: for the widget; `start` is the option chosen at first, in place of the first one, and `format_func` shows
            options in place of their translation.
    """
    start = more.pop("start", options[0])
    asked = st.query_params.get(key)
    if st.session_state.get(key) not in options:
        st.session_state[key] = asked if asked in options else start
    chosen = widget(label, options, key=key, **{"format_func": _} | more)
    _keep(key, [] if chosen == start else [chosen])
    return chosen


def choose_many(
    options: Sequence[str],
    label: str,
    *,
    key: str,
    start: Sequence[str] = (),
    widget: Callable[..., Any] | None = None,
    **more: Any,
) -> list[str]:
    """Pills, or the options of another widget, of which any number can be chosen.

    Args:
        options: English names, shown translated.
        key: of the widget and in the address.
        start: chosen at first, which stands for nothing in the address.
        widget: e.g. `st.multiselect`, or that of a column.
        more: for the widget; `format_func` shows options in place of their translation.
    """
    widget = widget or partial(st.pills, selection_mode="multi")
    asked = [name for name in st.query_params.get_all(key) if name in options][: more.get("max_selections")]
    if key not in st.session_state:
        st.session_state[key] = asked or list(start)
    st.session_state[key] = [name for name in st.session_state[key] if name in options]
    chosen = widget(label, options, key=key, **{"format_func": _} | more)
    _keep(key, [] if set(chosen) == set(start) else chosen)
    return chosen


def open_tab(names: Sequence[str], *, key: str) -> tuple[str, Any]:
    """Name and container of the tab that is open; the others are not run."""
    asked = st.session_state.setdefault(f"{key}-at-first", st.query_params.get(key))
    tabs = st.tabs(
        [_(name) for name in names], default=_(asked) if asked in names else None, key=key, on_change="rerun"
    )
    name, tab = next((pair for pair in zip(names, tabs, strict=True) if pair[1].open), (names[0], tabs[0]))
    _keep(key, [] if name == names[0] else [name])
    return name, tab


def _keep(key: str, values: Sequence[str]) -> None:
    if list(values) == st.query_params.get_all(key):
        return
    if values:
        st.query_params[key] = list(values)
    else:
        del st.query_params[key]
