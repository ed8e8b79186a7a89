from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import REPOSITORY, served

ADDRESSES = sorted(
    path.stem
    for path in (REPOSITORY / "pages").glob("*.py")
    if f'"pages/{path.name}"' in (REPOSITORY / "streamlit_app.py").read_text() and path.stem != "predict"
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_opened_first_after_the_start_has_the_apps_frame(address: str, page: Page, tmp_path: Path) -> None:
    with served(tmp_path) as started:
        page.goto(f"{started}/{address}")
        expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)
