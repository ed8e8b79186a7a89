"""Time to a usable Compare page of many recorded runs, and of each choice on it, in headless Chromium.

"From cold" is the first visit to a server that was just started, its statistics computed by an earlier one and kept on
the disk: from asking for the address until the table stands on the page and the page's script is done. "Later" is the
same in a new browser window. What Streamlit and the browser take for a page with nothing but a table of as many rows is
told beside.

python -m benchmarks.compare
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import psutil
import typer
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.clicks import Spent, print_spent, processor
from benchmarks.startup import FLAGS, REPOSITORY, served
from fer_core.comparison.places import find_entries, places
from fer_core.comparison.statistics import compute, measure_answers
from tests.comparison.records import likely_answers, write_ensemble, write_record

SIZES = {"validation": 5168, "holdout": 2871, "public": 3589, "private": 3589}
NETWORKS = ("cnn", "vgg", "compact_vgg", "compact_resnet", "compact_densenet")
PAGE_SECONDS, CHOICE_SECONDS, BOOTSTRAP_SECONDS = 1.5, 0.3, 0.5
PLAIN = "import numpy as np, pandas as pd, streamlit as st; st.dataframe(pd.DataFrame(np.zeros(({rows}, 40))))"
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


def until_done(page: Page, server: psutil.Process, action: Callable[[], None]) -> Spent:
    """What an action costs, to the end of the page's answer to it."""
    began, before = time.perf_counter(), processor(server)
    action()
    page.wait_for_timeout(20)  # until the browser has told the server
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    return Spent(time.perf_counter() - began, processor(server) - before)


def open_page(browser: Browser, address: str, server: psutil.Process) -> tuple[Page, Spent]:
    """The page in a new window, and what it costs until the table stands on it."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()

    def ask() -> None:
        page.goto(address)
        page.get_by_test_id("stDataFrame").first.wait_for()

    return page, until_done(page, server, ask)


def measure_choices(page: Page, server: psutil.Process) -> dict[str, Spent]:
    """What each choice costs on the opened page."""
    page.wait_for_timeout(1000)
    choices = {}
    for name in ("PrivateTest", "Hold-out", "Test (both)"):
        choices[name] = until_done(page, server, page.get_by_role("radio", name=name, exact=True).click)
    choices["New images only"] = until_done(page, server, page.get_by_text("New images only").click)
    for turn in ("first", "again"):
        for name in TABS:
            tab = page.get_by_role("tab", name=name, exact=True)
            choices[f"{name}, {turn}"] = until_done(page, server, tab.click)
    return choices


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
        plain = root / "plain.py"
        plain.write_text(PLAIN.format(rows=len(entries)), encoding="utf-8")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for script, path, name in (
                (plain, "", "a table alone"),
                (REPOSITORY / "streamlit_app.py", "/compare", "page"),
            ):
                with served(script) as (address, server):
                    for when in ("from cold", "later"):
                        page, spent = open_page(browser, address + path, server)
                        print_spent(f"{name} {when}", spent, PAGE_SECONDS)
                    if path:
                        choices = measure_choices(page, server)
            browser.close()
    finally:
        shutil.rmtree(root)
    for name, spent in choices.items():
        print_spent(f"  {name}", spent, CHOICE_SECONDS)


if __name__ == "__main__":
    typer.run(main)
