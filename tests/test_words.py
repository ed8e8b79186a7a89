"""Each sentence of the interface stands in each language, with the same blanks."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from fer_core import words
from fer_core.charts import probability_bars
from fer_core.emotions import EMOTIONS
from fer_core.words import DOMAIN, LANGUAGES, LOCALE, _, ask_language_of, in_language, language

REPOSITORY = Path(__file__).parents[1]
TRANSLATED = [code for code in LANGUAGES if code != "en"]
REPORTS_WORDS = ("분노", "혐오", "두려움", "행복", "무표정", "슬픔", "놀람")


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(messages: Catalog) -> dict[str, str]:
    return {message.id: message.string for message in messages if message.id}


@pytest.fixture
def sentences() -> set[str]:
    """Every text that the interface marks for translation."""
    found = set()
    places = {"fer_core": (("**.py", "python"), ("**.j2", "jinja2")), "pages": (("**.py", "python"),)}
    for folder, files in (places | {".": (("streamlit_app.py", "python"),)}).items():
        for _file, _line, text, _comments, _context in extract_from_dir(
            REPOSITORY / folder, files, keywords={"_": None, "N_": None}
        ):
            found.add(text)
    return found


@pytest.fixture
def korean():
    ask_language_of(lambda: "ko")
    yield
    ask_language_of(words._english)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_with_the_same_blanks(language: str, sentences: set[str]) -> None:
    known = texts(catalogue(language))
    assert not sorted(text for text in sentences if not known.get(text))
    blanks = re.compile(r"(?<!\{)\{[^{}]*\}(?!\})")
    for text in sentences:
        assert sorted(set(blanks.findall(text))) == sorted(set(blanks.findall(known[text]))), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_readable_one(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        compiled = read_mo(file)
    # The head, without an id, names the version of Babel that wrote it.
    assert texts(compiled) == texts(catalogue(language))


def test_the_classes_have_the_reports_words(korean: None) -> None:
    assert tuple(map(_, EMOTIONS)) == REPORTS_WORDS


def test_charts_speak_the_language_that_is_asked_for(korean: None) -> None:
    assert probability_bars([0.1, 0, 0, 0.9, 0, 0, 0]).data[0].y[0] == "행복"


def test_without_a_translation_the_english_stands(korean: None) -> None:
    assert _("a sentence nobody wrote") == "a sentence nobody wrote"
    assert _("") == ""


def test_a_language_can_be_fixed_for_work_that_is_done_later(korean: None) -> None:
    with in_language("en"):
        assert _("angry") == "angry"
        with in_language("ko"):
            assert language() == "ko"
        assert language() == "en"
    assert _("angry") == "분노"
