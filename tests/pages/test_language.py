from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import headings

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


def test_the_language_is_changed_in_the_sidebar() -> None:
    at = AppTest.from_file(APP, default_timeout=60).run()
    assert "Happy" in headings(at)[0]
    at.sidebar.segmented_control(key="lang").set_value("ko").run()
    assert not at.exception
    assert "행복" in headings(at)[0]


@pytest.mark.parametrize(("page", "title"), [("predict", "이 얼굴은 어떤 표정인가요?"), ("selftest", "직접 해 보기")])
def test_each_page_speaks_the_chosen_language(page: str, title: str) -> None:
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state["lang"] = "ko"
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    assert at.title[0].value == title
