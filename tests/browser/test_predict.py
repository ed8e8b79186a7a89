from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SAMPLE = Path(__file__).parents[2] / "fer_core" / "prediction" / "samples" / "astronaut.jpg"


def test_the_first_page_opens_on_an_answered_sample(dashboard: str, page: Page) -> None:
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(dashboard)
    expect(page.get_by_role("heading", name="Happy")).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)
    assert not [url for url in asked if not url.startswith((dashboard, "data:", "blob:"))], "asks another machine"


def test_an_uploaded_photo_is_answered_and_a_broken_one_is_told_beside_it(
    dashboard: str, page: Page, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(SAMPLE.read_bytes()[:2000])
    page.goto(dashboard)
    page.get_by_text("Photo", exact=True).click()
    page.locator("input[type=file]").set_input_files([str(SAMPLE), str(broken)])
    expect(page.get_by_role("heading", name="Happy")).to_be_visible()
    page.get_by_role("combobox", name="Picture").click()
    page.get_by_role("option", name="broken.jpg").click()
    expect(page.get_by_text("broken.jpg:")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_on_a_phone_every_source_of_pictures_can_be_seen(dashboard: str, page: Page, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{dashboard}/?lang={language}")
    sources = page.locator(".st-key-source").get_by_role("radio")
    expect(sources).to_have_count(5)
    for source in sources.all():
        expect(source).to_be_in_viewport(ratio=1)


def test_the_answers_can_be_taken_away_as_a_table(dashboard: str, page: Page) -> None:
    page.goto(dashboard)
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    content = Path(download.value.path()).read_text()
    assert content.splitlines()[0].startswith("file,face,")
    assert "happy" in content


@pytest.mark.slow
def test_a_video_as_large_as_the_page_offers_is_taken(dashboard: str, page: Page, tmp_path: Path) -> None:
    video = tmp_path / "long.mp4"
    with video.open("wb") as file:
        file.truncate(60 * 2**20)
    page.goto(f"{dashboard}/?source=video")
    page.locator("input[type=file]").set_input_files(str(video))
    expect(page.get_by_role("button", name="Analyse this video")).to_be_enabled()
    expect(page.get_by_text("predict long.mp4")).to_be_visible()
