import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import served
from tests.comparison.records import write_library, write_record

TABS = ("Leaderboard", "Curves", "Confusion", "ROC", "Calibration", "X-ray")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the user's own runs."""
    return tmp_path_factory.mktemp("compare") / "runs"


@pytest.fixture(scope="module")
def compare(runs: Path) -> Iterator[str]:
    """Address of the Compare page of a dashboard with three shipped runs, their ensemble, and two of one's own."""
    models = runs.with_name("models")
    write_library(models, runs)
    write_record(runs / "worst", seed=8, network="cnn", skill=0.5)
    cache, data = (str(runs.with_name(name)) for name in ("cache", "no-data"))
    with served(runs.parent, FER_RUNS=str(runs), FER_MODELS=str(models), FER_CACHE=cache, FER_DATA=data) as address:
        yield f"{address}/compare"


def settled(page: Page) -> None:
    expect(page.get_by_text("each is measured only once")).to_have_count(0)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def leaderboard_drawn(page: Page) -> None:
    """Its figure comes last; a click on a page that still moves can be lost."""
    page.locator(".js-plotly-plot").first.wait_for()
    settled(page)


def select_last_row(page: Page, rows: int) -> None:
    """Tick the check box of the table's last row; the table is drawn on a canvas."""
    leaderboard_drawn(page)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": 35 * rows + 18})
    expect(page.get_by_role("button", name="Compare these")).to_be_visible()


def cell(page: Page, chart: int, true: int, predicted: int) -> Locator:
    plot = page.get_by_test_id("stPlotlyChart").nth(chart)
    return plot.locator(".scatterlayer .point").nth(7 * true + predicted)


def test_each_tab_opens_from_the_keyboard_stands_in_the_address_and_fits_the_screen(compare: str, page: Page) -> None:
    page.goto(compare)
    leaderboard_drawn(page)
    for tab in (*TABS[1:], TABS[0]):
        page.get_by_role("tab", name=tab, exact=True).focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(compare if tab == TABS[0] else re.compile(f"cmp_tab={tab}"))
        settled(page)
        expect(page.get_by_role("tabpanel", name=tab).get_by_test_id("stPlotlyChart").first).to_be_visible()
        expect(page.get_by_text("Traceback")).to_have_count(0)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        for width in (390, 1400):
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_function(f"innerWidth === {width} && document.documentElement.scrollWidth <= {width}")


def test_a_click_on_a_cell_opens_what_is_behind_it(compare: str, page: Page) -> None:
    page.goto(f"{compare}?cmp_tab=Confusion&cmp_second=compact_vgg")
    settled(page)
    expect(page.get_by_text("fearful images answered").first).to_be_visible()
    cell(page, 1, 3, 4).scroll_into_view_if_needed()
    box = cell(page, 1, 3, 4).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("happy images answered").first).to_be_visible()
    assert "cmp_true=happy" in page.url
    assert "cmp_predicted=neutral" in page.url


def test_an_address_shows_the_same_view_to_someone_else(compare: str, page: Page) -> None:
    page.goto(f"{compare}?cmp_tab=ROC&cmp_split=PrivateTest&cmp_models=mine&cmp_threshold=0.8&cmp_new=true")
    settled(page)
    expect(page.get_by_text("From 80% on")).to_be_visible()
    expect(page.get_by_text("of 192 images are answered")).to_be_visible()
    expect(page.get_by_role("radio", name="PrivateTest")).to_be_checked()


def test_tables_and_the_report_can_be_taken_away(compare: str, page: Page) -> None:
    page.goto(compare)
    leaderboard_drawn(page)
    with page.expect_download() as table:
        page.get_by_role("button", name="Table (CSV)").click()
    lines = Path(table.value.path()).read_text().splitlines()
    assert lines[0].startswith("key,title,kind")
    assert any(line.startswith("mine,") for line in lines)
    with page.expect_download() as report:
        page.get_by_role("button", name="Report (HTML)").click()
    page.goto(f"file://{report.value.path().rename(report.value.path().with_suffix('.html'))}")
    expect(page.locator(".plotly-graph-div .main-svg").first).to_be_visible()
    expect(page.get_by_role("heading", name="Provenance")).to_be_visible()


def test_a_name_survives_a_reload(compare: str, page: Page, runs: Path) -> None:
    page.goto(f"{compare}?cmp_search=mine")
    settled(page)
    select_last_row(page, 1)
    page.get_by_role("button", name="Name and note").click()
    page.get_by_role("textbox", name="Name").fill("The small one")
    page.get_by_role("button", name="Save", exact=True).click()
    for _ in range(300):  # the page stands still until the server has been told
        if (runs / "annotations.json").exists():
            break
        page.wait_for_timeout(100)
    settled(page)
    page.goto(f"{compare}?cmp_search=small+one")
    leaderboard_drawn(page)
    with page.expect_download() as table:
        page.get_by_role("button", name="Table (CSV)").click()
    assert Path(table.value.path()).read_text().splitlines()[1].startswith("mine,The small one,run,own")


def test_deleting_asks_first(compare: str, page: Page, runs: Path) -> None:
    page.goto(f"{compare}?cmp_search=worst")
    settled(page)
    select_last_row(page, 1)
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert (runs / "worst" / "run.yaml").exists()
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    assert not (runs / "worst").exists()


def test_what_ships_with_the_product_cannot_be_deleted(compare: str, page: Page) -> None:
    page.goto(f"{compare}?cmp_search=resnet&cmp_kind=run")
    settled(page)
    select_last_row(page, 1)
    expect(page.get_by_role("button", name="Delete …")).to_be_disabled()
