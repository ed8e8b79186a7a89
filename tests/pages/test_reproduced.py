from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


def test_the_report_is_walked_through_with_or_without_records() -> None:
    st.cache_data.clear()
    at = AppTest.from_file(APP, default_timeout=120)
    at.switch_page("pages/reproduced.py").run()
    assert not at.exception
    assert at.title[0].value == "The report, reproduced"
    assert len(at.header) == 4
    assert any("16.5 to 1" in element.value for element in at.markdown)
