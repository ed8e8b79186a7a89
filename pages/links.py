"""Choices that stand in the address. A bound widget would put its label there, in whatever language it is shown."""

from collections.abc import Callable, Sequence

import streamlit as st


def linked_control(label: str, options: Sequence[str], format_func: Callable[[str], str], key: str, **more: str) -> str:
    """A segmented control whose value is kept in the address under its key; the first option is left out there."""
    asked = st.query_params.get(key)
    chosen = st.segmented_control(
        label,
        options,
        default=asked if asked in options else options[0],
        required=True,
        format_func=format_func,
        key=key,
        **more,
    )
    if chosen != st.query_params.get(key, options[0]):
        st.query_params[key] = chosen
    return chosen
