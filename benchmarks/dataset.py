"""Time of each choice on the Dataset page, in headless Chromium: on the clock, and of the server's processor.

python -m benchmarks.dataset                          on the drawn set
python -m benchmarks.dataset PATH_OF_FER2013 AUDIT    on FER2013; AUDIT is what `data audit --to AUDIT` wrote
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import psutil
import typer
from playwright.sync_api import Page, sync_playwright

from benchmarks.clicks import WATCH, Spent, click, print_spent
from benchmarks.startup import FLAGS, REPOSITORY, served

CHOICE_SECONDS, PATIENCE = 0.3, 60_000
TIMES = 5
MORE, LESS = "[data-testid=stNumberInputStepUp]", "[data-testid=stNumberInputStepDown]"
ONE_NUMBER = "import streamlit as st\n\nst.write(st.number_input('number', 0))\n"
"""An app that does nothing: what no page can be quicker than, in this browser and on this machine."""


def measure_view(
    page: Page, server: psutil.Process, address: str, name: str, choices: dict[str, Sequence[str]]
) -> None:
    """Open a page, make each choice several times, and print what it cost.

    Args:
        choices: by name, a selector for each time.
    """
    page.goto(address)
    for selectors in choices.values():
        page.locator(selectors[0]).first.wait_for()
    page.wait_for_timeout(3000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    for choice, selectors in choices.items():
        if page.locator(selectors[0]).first.is_disabled():
            print(f"{name}, {choice}: there is one only")
            continue
        spent = []
        for selector in selectors:
            spent.append(click(page, server, page.locator(selector).first))
            page.wait_for_timeout(500)
        half, slowest = Spent(*map(median, zip(*spent, strict=True))), max(one.clock for one in spent)
        print_spent(f"{name}, {choice} (slowest {slowest:.2f} s), median", half, CHOICE_SECONDS)


def measure(page: Page, server: psutil.Process, address: str) -> None:
    """Each choice of each view."""
    more, second = [MORE] * TIMES, [f"{MORE} >> nth=1"] * TIMES
    to_and_fro = [(MORE, LESS)[turn % 2] for turn in range(TIMES)]  # a finding may have few pages
    pictures = [f"[aria-pressed] >> nth={place}" for place in range(2, 2 + TIMES)]
    views = {
        "distribution": {
            "split seed": more,
            "sampling": [f"role=radio[name=/{n}/]" for n in ("full", "mild", "none", "mild", "full")],
        },
        "samples": {"page": second, "order": more, "picture": pictures},
        "audit": {"page": to_and_fro, "picture": pictures},
        "augmentation": {"picture": more, "seed": second},
        "review": {"skip": ["role=button[name=/Skip/]"] * TIMES, "decide": ["role=button[name=/No face/]"] * TIMES},
    }
    for view, choices in views.items():
        measure_view(page, server, f"{address}/dataset?data_tab={view}", view, choices)


def main(
    data: Annotated[str, typer.Argument(help="FER2013 in any form, or 'drawn'")] = "drawn",
    audit: Annotated[Path | None, typer.Argument(help="its audit")] = None,
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="fer-dataset-"))
    if audit:
        kept = folder / "data" / "audits" / f"{json.loads(audit.read_text(encoding='utf-8'))['fingerprint']}.json"
        kept.parent.mkdir(parents=True)
        shutil.copy(audit, kept)
    environment = os.environ | {
        "FER_DATA": data if data == "drawn" else str(Path(data).resolve()),
        "PYTHONPATH": str(REPOSITORY),
    }
    nothing = folder / "nothing.py"
    nothing.write_text(ONE_NUMBER, encoding="utf-8")
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(PATIENCE)
            page.add_init_script(WATCH)
            with served(nothing, folder, environment) as (address, server):
                measure_view(page, server, address, "an app of nothing else", {"number": [MORE] * TIMES})
            with served(REPOSITORY / "streamlit_app.py", folder, environment) as (address, server):
                measure(page, server, address)
            browser.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    typer.run(main)
