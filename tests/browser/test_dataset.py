import re
from pathlib import Path

from playwright.sync_api import Page, expect

from fer_core.datasets.drawn import drawn_dataset
from fer_core.emotions import EMOTIONS
from tests.datasets.wrappings import picture_files, write_zip


def test_a_clicked_picture_is_shown_large(dashboard: str, page: Page) -> None:
    page.goto(f"{dashboard}/dataset?data_tab=samples&data_set=drawn")
    name = page.locator("code", has_text="drawn/").first
    expect(name).to_be_visible()
    before = name.inner_text()
    pictures = page.locator("button[aria-pressed]")
    expect(pictures.first).to_have_attribute("aria-pressed", "true")
    pictures.nth(3).click()
    expect(name).not_to_have_text(before)
    expect(pictures.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(pictures.first).to_have_attribute("aria-pressed", "false")


def test_pictures_are_named_in_the_language_that_is_chosen(dashboard: str, page: Page) -> None:
    page.goto(f"{dashboard}/dataset?data_tab=samples&data_set=drawn")
    picture = page.locator("button[aria-pressed] img").first
    expect(picture).to_have_attribute("alt", re.compile("angry,"))
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_text("한국어").click()
    expect(picture).to_have_attribute("alt", re.compile("분노,"))


def test_suspects_are_reviewed_by_keyboard(dashboard: str, page: Page) -> None:
    page.goto(f"{dashboard}/dataset?data_tab=review&data_set=drawn")
    asked = page.get_by_text("What does")
    expect(asked).to_be_visible()
    expect(page.get_by_role("button", name="Skip")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    first = asked.inner_text()
    page.keyboard.press("s")
    expect(asked).not_to_have_text(first)


def test_the_view_that_is_opened_stands_in_the_address(dashboard: str, page: Page) -> None:
    page.goto(f"{dashboard}/dataset?data_tab=samples&data_set=drawn")
    expect(page.locator("button[aria-pressed]").first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.get_by_text("Audit", exact=True).click()
    expect(page).to_have_url(f"{dashboard}/dataset?data_tab=audit&data_set=drawn")


def test_an_archive_is_opened_by_its_path(dashboard: str, page: Page, tmp_path: Path) -> None:
    dataset = drawn_dataset(140, seed=5)
    page.goto(f"{dashboard}/dataset?data_set=path")
    path = page.get_by_role("textbox", name="Folder, zip")
    path.fill(str(write_zip(picture_files(dataset), tmp_path / "archive.zip")))
    path.press("Enter")
    page.get_by_text("Samples", exact=True).click()
    angry = (dataset.labels == EMOTIONS.index("angry")).sum()
    expect(page.get_by_text(f"angry {angry}")).to_be_visible()
