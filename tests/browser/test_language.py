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


def test_what_is_chosen_stays_chosen_in_another_language(dashboard: str, page: Page) -> None:
    page.goto(dashboard)
    page.get_by_text("Two drawn faces", exact=True).click()
    expect(page).to_have_url(f"{dashboard}/?sample=Two+drawn+faces")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_text("한국어").click()
    expect(page.get_by_role("radio", name="얼굴 그림 둘")).to_be_checked()


def test_a_korean_browser_is_answered_in_korean(dashboard: str, browser: object) -> None:
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(dashboard)
    expect(page.get_by_role("heading", name="행복")).to_be_visible()
    context.close()
