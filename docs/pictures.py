"""The README's pictures, taken of a running dashboard: `python docs/pictures.py [ADDRESS]`; needs Chromium."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

WIDTH, HEIGHT = 1280, 1080
PATIENCE = 120_000
"""Milliseconds; a fresh clone measures its records first."""


def predict(page: Page) -> None:
    page.get_by_text("Why: votes and where they looked").click()
    page.get_by_text("What the networks saw").wait_for()


def compare(page: Page) -> None:
    page.get_by_text("Measured on: Test (both)").first.wait_for()
    page.get_by_text("each is measured only once").wait_for(state="hidden")
    page.get_by_role("tab", name="ROC").click()
    page.locator(".js-plotly-plot").first.wait_for()


PICTURES = {"predict": ("", predict), "compare": ("compare", compare)}
"""File -> address of its page, and what is done there first."""


def main(address: str = "http://127.0.0.1:8501") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(PATIENCE)
        for name, (path, prepare) in PICTURES.items():
            page.goto(f"{address}/{path}")
            prepare(page)
            page.wait_for_timeout(3000)
            page.screenshot(path=Path(__file__).with_name(f"{name}.jpg"), type="jpeg", quality=85)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
