from playwright.sync_api import Page, expect


def test_the_language_is_kept_in_the_address(dashboard: str, page: Page) -> None:
    page.goto(f"{dashboard}/?lang=ko")
    expect(page.get_by_role("heading", name="행복")).to_be_visible()
    page.goto(dashboard)
    expect(page.get_by_role("heading", name="Happy")).to_be_visible()
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_text("한국어").click()
    expect(page.get_by_role("heading", name="행복")).to_be_visible()
    expect(page).to_have_url(f"{dashboard}/?lang=ko")


def test_a_korean_browser_is_answered_in_korean(dashboard: str, browser: object) -> None:
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(dashboard)
    expect(page.get_by_role("heading", name="행복")).to_be_visible(timeout=60_000)
    context.close()
