"""Time to a usable Compare page of many recorded runs, and of each choice on it, in headless Chromium.

"From cold" is the first visit to a server that was just started, its statistics computed by an earlier one and kept on
the disk: from asking for the address until the table stands on the page and the page's script is done. "Later" is the
same in a new browser window. What Streamlit and the browser take for a title alone, and for a table of as many rows
alone, is told beside; so is what a choice costs where nothing but such a table and one figure is drawn anew.

python -m benchmarks.compare
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import psutil
import typer
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.clicks import POLLING, WATCH, Spent, click, print_spent, processor
from benchmarks.startup import FLAGS, REPOSITORY, served
from fer_core.comparison.places import find_entries, places
from fer_core.comparison.statistics import compute, measure_answers
from tests.comparison.records import likely_answers, write_ensemble, write_record

SIZES = {"validation": 5168, "holdout": 2871, "public": 3589, "private": 3589}
NETWORKS = ("cnn", "vgg", "compact_vgg", "compact_resnet", "compact_densenet")
PAGE_SECONDS, CHOICE_SECONDS, BOOTSTRAP_SECONDS = 1.5, 0.3, 0.5
TITLE = "import streamlit as st; st.title('Title')"
TABLE = """
import numpy as np, pandas as pd, plotly.express as px, streamlit as st
number = st.number_input("number", 0)
table = pd.DataFrame(np.random.default_rng(number).random(({rows}, 18))).rename(columns=str)
st.dataframe(table)
if {figure}:
    st.plotly_chart(px.scatter(table, x="0", y="1"), key="figure")
"""
"""Apps that no page can be quicker than, in this browser and on this machine."""
DRAWN = "[data-testid=stDataFrame] canvas"
READY = """
  document.addEventListener("DOMContentLoaded", () => new MutationObserver(() => {{
    window.done ||= document.querySelector("[data-test-script-state=notRunning]");
    if (window.done && document.querySelector("{selector}")) window.ready ??= performance.now() / 1000;
  }}).observe(document.body, {{ subtree: true, childList: true, attributes: true }}));
"""
"""Runs before the page does: notes when the page's script has been done and the selector's thing stands."""
PATIENCE, STILL = 60_000, 7_000
"""Milliseconds: the longest wait, and after which a page just opened stands still."""
SPLITS = ("PrivateTest", "Hold-out", "Test (both)")
TABS = ("Curves", "Confusion", "ROC", "Calibration", "X-ray", "Leaderboard")


def write_all(root: Path, runs: int, ensembles: int) -> None:
    folders = [
        write_record(
            root / "runs" / f"run-{number:03d}",
            seed=number,
            network=NETWORKS[number % len(NETWORKS)],
            skill=0.6 + 0.3 * (number % 17) / 17,
            sizes=SIZES,
            learning_rate=(1 + number % 5) / 100,
        )
        for number in range(runs)
    ]
    for number in range(ensembles):
        write_ensemble(root / "runs" / f"ensemble-{number}", folders[3 * number : 3 * number + 3], name=f"E{number}")


def open_page(browser: Browser, address: str, server: psutil.Process, ready: str) -> tuple[Page, Spent]:
    """The page in a new window, and what it costs until it is ready: by the browser's clock, from asking for it."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(READY.format(selector=ready))
    before = processor(server)
    page.goto(address, wait_until="commit")
    clock = page.wait_for_function("window.ready", polling=POLLING).json_value()
    return page, Spent(clock, processor(server) - before)


def open_twice(browser: Browser, address: str, server: psutil.Process, ready: str, name: str) -> Page:
    """Tell what the page costs from cold and later; the page, opened."""
    page, spent = open_page(browser, address, server, ready)
    print_spent(f"{name}, from cold", spent, PAGE_SECONDS)
    page.wait_for_timeout(STILL)
    page.context.close()
    page, spent = open_page(browser, address, server, ready)
    print_spent(f"{name}, later", spent, PAGE_SECONDS)
    return page


def choices_of(page: Page) -> dict[str, Locator]:
    """What can be clicked on the Compare page."""
    splits = {name: page.get_by_role("radio", name=name, exact=True) for name in SPLITS}
    tabs = {name: page.get_by_role("tab", name=name, exact=True) for name in TABS}
    return splits | {"New images only": page.get_by_text("New images only", exact=True)} | tabs


def measure_choices(page: Page, server: psutil.Process, choices: dict[str, Locator]) -> dict[str, Spent]:
    """What each choice costs on the opened page, when it is made for the first time and after that."""
    page.add_init_script(WATCH)
    page.reload()
    page.wait_for_timeout(STILL)
    spent = {}
    for turn in ("first", "again"):
        for name, choice in choices.items():
            spent[f"{name}, {turn}"] = click(page, server, choice)
            page.wait_for_timeout(500)
    return spent


def print_choices(choices: dict[str, Spent]) -> None:
    for name, spent in choices.items():
        print_spent(f"  {name}", spent, CHOICE_SECONDS)


def main(
    runs: Annotated[int, typer.Option(help="recorded runs", min=3)] = 200,
    ensembles: Annotated[int, typer.Option(help="ensembles of three of them", min=0)] = 10,
) -> None:
    split = likely_answers("test", SIZES["public"] + SIZES["private"], seed=0, skill=0.8)
    measure_answers(split.probabilities, split.labels)
    began = time.perf_counter()
    measure_answers(split.probabilities, split.labels)
    seconds = time.perf_counter() - began
    print(
        f"scores and 2,000 resamples of {len(split.ids):,} images {seconds:.2f} s ({seconds / BOOTSTRAP_SECONDS:.2f})"
    )
    root = Path(tempfile.mkdtemp(prefix="fer-compare-"))
    environment = {"FER_RUNS": str(root / "runs"), "FER_MODELS": str(root / "models"), "FER_CACHE": str(root / "cache")}
    os.environ |= environment
    try:
        write_all(root, runs, ensembles)
        began = time.perf_counter()
        entries = find_entries(places())
        for entry in entries:
            compute(entry)
        total = time.perf_counter() - began
        print(f"{len(entries)} entries measured once in {total:.0f} s ({total / len(entries):.2f} s each)")
        apps = {
            "a title alone": TITLE,
            "a table alone": TABLE.format(rows=len(entries), figure=False),
            "a table and a figure alone": TABLE.format(rows=len(entries), figure=True),
        }
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for number, (name, script) in enumerate(apps.items()):
                path = root / f"app{number}.py"
                path.write_text(script, encoding="utf-8")
                with served(path) as (address, server):
                    page = open_twice(browser, address, server, "h1" if script == TITLE else DRAWN, name)
                    if name == "a table and a figure alone":
                        more = page.locator("[data-testid=stNumberInputStepUp]")
                        print_choices(measure_choices(page, server, {f"{name}: number": more}))
            with served(REPOSITORY / "streamlit_app.py") as (address, server):
                page = open_twice(browser, f"{address}/compare", server, DRAWN, "page")
                print_choices(measure_choices(page, server, choices_of(page)))
            browser.close()
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    typer.run(main)
