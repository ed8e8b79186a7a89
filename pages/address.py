"""Choices that stand in the address by their English names, whatever language they are shown in.

A widget bound to the address would put its label there, and the link would say nothing to someone who reads another
language.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from fer_core.words import N_, _

NOTHING = [""]
"""In the address where everything was taken away of what is chosen at first."""
METRICS = {N_("Accuracy"): "accuracy", N_("Top-2 accuracy"): "top2_accuracy", N_("Loss"): "loss"}
"""Columns of a history by what their curves are called."""


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
    wanted = (_wanted(key), *_remembered(key), start)
    # Set in each run, or the browser goes by its own: by the label in the language before, or by the first option where
    # a rerun came before it had heard of the choice.
    st.session_state[key] = shown = next(name for name in wanted if name in options)
    chosen = widget(label, options, key=key, **{"format_func": _} | more)
    missed = _missed(key, next(name for name in wanted if name is not None), shown)
    _keep(key, _remembered(key) if missed else [] if chosen == start else [chosen])
    return chosen


def choose_metric(widget: Callable[..., Any], *, key: str) -> str:
    """Which column of a history is drawn; see `choose_one`."""
    return METRICS[choose_one(widget, _("Curve"), list(METRICS), key=key, required=True)]


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
    wanted = _wanted(key)
    if wanted is None:
        wanted = [name for name in dict.fromkeys(_remembered(key)) if name] or (
            [] if _remembered(key) == NOTHING else list(start)
        )
    left = [name for name in wanted if name in options][: more.get("max_selections")]
    st.session_state[key] = shown = list(start) if wanted and not left else left
    chosen = widget(label, options, key=key, **{"format_func": _} | more)
    missed = _missed(key, wanted, shown)
    _keep(key, _remembered(key) if missed else [] if set(chosen) == set(start) else chosen or NOTHING)
    return chosen


def _wanted(key: str) -> Any:
    """What was chosen, also where something else is shown as it is not among the options; None for nothing so far."""
    wanted, shown = st.session_state.get(_missing(key), (None, None))
    chosen = st.session_state.get(key)
    return wanted if chosen == shown else chosen


def _missed(key: str, wanted: Any, shown: Any) -> bool:
    """Remember what is wanted while something else is shown; the address goes on saying it."""
    if wanted == shown:
        st.session_state.pop(_missing(key), None)
        return False
    st.session_state[_missing(key)] = wanted, shown
    return True


def _missing(key: str) -> str:
    return f"{key}-missing"


def open_tab(names: Sequence[str], *, key: str) -> tuple[str, Any]:
    """Name and container of the tab that is open; the others are not run."""
    labels = {_(name): name for name in names}
    known = (labels.get(st.session_state.get(key)), *_remembered(key), names[0])
    name = next(name for name in known if name in names)
    drawn = f"{key}-labels"
    # Other labels are other tabs to Streamlit. Set in each run, it would win over a click that follows at once.
    if st.session_state.get(key) != _(name) or st.session_state.get(drawn) != list(labels):
        st.session_state[key] = _(name)
    st.session_state[drawn] = list(labels)
    tabs = st.tabs(list(labels), key=key, on_change="rerun")
    _keep(key, [] if name == names[0] else [name])
    return name, tabs[names.index(name)]


def forget_infinite() -> None:
    """Take numbers without an end out of the address: Streamlit fails on one for a whole number, at each reload."""
    new = [key for key in st.query_params if key not in st.session_state]  # others have been read, and may be words
    endless = [key for key in new if any(map(_is_infinite, st.query_params.get_all(key)))]
    for key in endless:
        del st.query_params[key]
    if endless:
        st.rerun()  # widgets go by what the address said when the run began


def _is_infinite(text: str) -> bool:
    try:
        return math.isinf(float(text))
    except ValueError:
        return False


def kept_in(key: str) -> str:
    """Where the session keeps what the address said last: both a widget's own and the address end with its page."""
    return f"{key}-kept"


def _remembered(key: str) -> list[str]:
    return st.query_params.get_all(key) or st.session_state.get(kept_in(key), [])


def _keep(key: str, values: Sequence[str]) -> None:
    st.session_state[kept_in(key)] = list(values)
    if list(values) == st.query_params.get_all(key):
        return
    if values:
        st.query_params[key] = list(values)
    else:
        del st.query_params[key]
