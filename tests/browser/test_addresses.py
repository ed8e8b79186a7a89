from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import served


def test_a_page_opened_first_after_the_start_has_the_apps_frame(page: Page, tmp_path: Path) -> None:
    with served(tmp_path) as started:
        page.goto(f"{started}/compare")
        expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)
