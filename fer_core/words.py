"""The languages of the interface: English in the source, the others out of gettext catalogues in `locale/`.

New sentences are collected and the catalogues compiled by Babel:

```sh
pybabel extract -F babel.cfg -k _ -k N_ --no-location -o fer.pot .
pybabel update -D fer -i fer.pot -d fer_core/locale
pybabel compile -D fer -d fer_core/locale
```
"""

import gettext as catalogues
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES: dict[str, str] = {"en": "English", "ko": "한국어"}
"""Codes and own names of the languages that there are."""
LOCALE = Path(__file__).with_name("locale")
DOMAIN = "fer"


def _english() -> str:
    return "en"


_language: Callable[[], str] = _english


def ask_language_of(source: Callable[[], str]) -> None:
    """Let `source` say the language each time a sentence is needed: one process serves people of several languages."""
    global _language
    _language = source


_fixed: ContextVar[str | None] = ContextVar("language", default=None)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Sentences inside are in this language: for work that is done where nobody can be asked any more."""
    token = _fixed.set(code)
    try:
        yield
    finally:
        _fixed.reset(token)


def language() -> str:
    """Code of the language of whoever is asking."""
    return _fixed.get() or _language()


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    return catalogues.translation(DOMAIN, LOCALE, [language], fallback=True)


def _(text: str) -> str:
    """The sentence in the language of whoever is asking; as it is where there is no translation."""
    return _catalogue(language()).gettext(text) if text else text


def N_(text: str) -> str:  # noqa: N802
    """Mark a sentence for the catalogues that is translated later, by `_`."""
    return text


EMOTION_WORDS = (
    N_("angry"),
    N_("disgusted"),
    N_("fearful"),
    N_("happy"),
    N_("neutral"),
    N_("sad"),
    N_("surprised"),
)
"""The classes of `fer_core.emotions`; the names themselves stay English in files and calls."""
METRIC_WORDS = (N_("accuracy"), N_("top2 accuracy"), N_("loss"))
