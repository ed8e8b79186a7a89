"""The language of the interface: chosen in the sidebar, kept in the address."""

import streamlit as st

from fer_core.words import LANGUAGES, ask_language_of

KEY = "lang"


def language() -> str:
    """Code of the language that this session reads."""
    if (chosen := st.session_state.get(KEY)) in LANGUAGES:  # asked for each sentence of a page
        return chosen
    return _at_first()


def _at_first() -> str:
    """The language of the address, else of the browser, else English."""
    preferred = (st.context.locale or "").split("-")[0]
    return next((code for code in (st.query_params.get(KEY), preferred) if code in LANGUAGES), "en")


def choose_language() -> None:
    """The control, and from here on the session's sentences in what was chosen."""
    ask_language_of(language)
    chosen = st.sidebar.segmented_control(
        "Language · 언어",
        list(LANGUAGES),
        default=language(),
        required=True,
        format_func=LANGUAGES.get,
        key=KEY,
    )
    # A bound widget would put its label into the address, in place of the code. Without one it reads English to most
    # people, but not to whoever has a browser of another language.
    if chosen != st.query_params.get(KEY, "en") or chosen != _at_first():
        st.query_params[KEY] = chosen
