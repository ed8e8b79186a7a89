"""What was chosen stays chosen: on other tabs and pages, and in another language."""

import pytest
from streamlit.testing.v1 import AppTest

from fer_core.comparison.places import Places
from tests.pages.test_compare import measured, opened


@pytest.fixture
def choices() -> AppTest:
    """A page with two choices of names, which can be hidden, and tabs."""

    def page() -> None:
        import streamlit as st

        from pages.address import choose_many, choose_one, open_tab
        from pages.language import choose_language

        choose_language()
        st.write(open_tab(["Leaderboard", "Curves"], key="tab")[0])
        if not st.toggle("hidden", key="hidden"):
            gone = ["angry"] if st.session_state.get("gone") else []
            options = [name for name in ["happy", "sad", "angry"] if name not in gone]
            choose_one(st.selectbox, "one", options, key="one")
            choose_many(options, "many", key="many", start=["happy"])

    return AppTest.from_function(page).run()


def marked(at: AppTest) -> tuple[str, list[str]]:
    return at.selectbox(key="one").value, at.pills(key="many").value


def test_a_choice_is_there_again_after_a_page_without_it_and_its_address(choices: AppTest) -> None:
    choices.selectbox(key="one").set_value("sad")
    choices.pills(key="many").set_value(["angry", "sad"]).run()
    choices.toggle(key="hidden").set_value(True).run()
    for name in ("one", "many"):
        del choices.query_params[name]
    choices.toggle(key="hidden").set_value(False).run()
    assert marked(choices) == ("sad", ["angry", "sad"])
    assert choices.query_params["one"] == "sad"


@pytest.mark.parametrize("known_by", ["address", "session"])
def test_what_was_emptied_stays_empty(choices: AppTest, known_by: str) -> None:
    choices.pills(key="many").set_value([]).run()
    choices.toggle(key="hidden").set_value(True).run()
    if known_by == "address":
        del choices.session_state["many-kept"]
    else:
        del choices.query_params["many"]
    choices.toggle(key="hidden").set_value(False).run()
    assert marked(choices) == ("happy", [])
    choices.pills(key="many").set_value(["happy"]).run()
    assert "many" not in choices.query_params


def test_where_all_that_was_chosen_is_gone_the_choice_is_that_at_first(choices: AppTest) -> None:
    choices.pills(key="many").set_value(["angry"]).run()
    choices.session_state["gone"] = True
    choices.run()
    assert marked(choices) == ("happy", ["happy"])


def without(choices: AppTest, *, gone: bool) -> None:
    """The page twice, without an option or with it again."""
    choices.session_state["gone"] = gone
    choices.run().run()


def test_what_is_not_among_the_options_for_a_while_stays_chosen_and_in_the_address(choices: AppTest) -> None:
    choices.selectbox(key="one").set_value("angry")
    choices.pills(key="many").set_value(["sad", "angry"]).run()
    address = {name: list(choices.query_params[name]) for name in ("one", "many")}
    without(choices, gone=True)
    assert marked(choices) == ("happy", ["sad"])
    assert {name: list(choices.query_params[name]) for name in address} == address
    without(choices, gone=False)
    assert marked(choices) == ("angry", ["sad", "angry"])


def test_a_link_to_what_is_not_there_yet_is_followed_when_it_is(choices: AppTest) -> None:
    opened_by_link = AppTest(choices._script_path, default_timeout=10)
    opened_by_link.query_params["one"], opened_by_link.query_params["many"] = "angry", ["angry"]
    without(opened_by_link, gone=True)
    assert marked(opened_by_link) == ("happy", ["happy"])
    opened_by_link.toggle(key="hidden").set_value(True).run()
    opened_by_link.query_params.clear()
    opened_by_link.toggle(key="hidden").set_value(False).run()
    without(opened_by_link, gone=False)
    assert marked(opened_by_link) == ("angry", ["angry"])


def test_what_is_chosen_meanwhile_takes_the_place_of_what_is_not_there(choices: AppTest) -> None:
    choices.selectbox(key="one").set_value("angry")
    choices.pills(key="many").set_value(["angry"]).run()
    without(choices, gone=True)
    choices.selectbox(key="one").set_value("sad")
    choices.pills(key="many").set_value([]).run()
    without(choices, gone=False)
    assert marked(choices) == ("sad", [])
    assert "sad" in choices.query_params["one"]


def test_an_address_goes_before_what_was_chosen_earlier(choices: AppTest) -> None:
    choices.selectbox(key="one").set_value("sad").run()
    choices.toggle(key="hidden").set_value(True).run()
    choices.query_params["one"] = "angry"
    choices.toggle(key="hidden").set_value(False).run()
    assert choices.selectbox(key="one").value == "angry"


def test_an_open_tab_stays_open_in_another_language(choices: AppTest) -> None:
    choices.toggle(key="hidden").set_value(True)
    choices.session_state["tab"] = "Curves"
    choices.run()
    assert choices.markdown[0].value == "Curves"
    for language in ("ko", "en"):
        choices.sidebar.segmented_control(key="lang").set_value(language).run()
        assert choices.markdown[0].value == "Curves"
        assert choices.query_params["tab"] == "Curves"


def test_the_tab_that_was_open_last_is_open_after_another_page(recorded: Places) -> None:
    measured(recorded)
    at = opened(cmp_tab="ROC")
    at.session_state["cmp_tab"] = "Confusion"
    at.segmented_control(key="cmp_split").set_value("PublicTest").run()
    at.switch_page("pages/selftest.py").run()
    at.query_params.clear()
    at.switch_page("pages/compare.py").run()
    assert not at.exception
    assert at.selectbox(key="cmp_true").value == "fearful"
    assert at.segmented_control(key="cmp_split").value == "PublicTest"
