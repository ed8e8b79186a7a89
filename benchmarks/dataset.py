"""Time of each choice on the Dataset page, in headless Chromium: on the clock, and of the server's processor.

python -m benchmarks.dataset                          on the drawn set
python -m benchmarks.dataset PATH_OF_FER2013 AUDIT    on FER2013; AUDIT is what `data audit --to AUDIT` wrote
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import psutil
import typer
from playwright.sync_api import Page, sync_playwright

from benchmarks.compare import Spent, print_spent, until_done
from benchmarks.startup import FLAGS, REPOSITORY, free_port, wait_until_answering

CHOICE_SECONDS, PATIENCE = 0.3, 120_000


def measure_tab(page: Page, server: psutil.Process, address: str, tab: str, choices: dict[str, str]) -> None:
    """Open a tab, then click each of the selectors three times and print what that cost."""
    page.goto(f"{address}/dataset?data_tab={tab}")
    for selector in choices.values():
        page.locator(selector).first.wait_for()
    page.wait_for_timeout(3000)
    for name, selector in choices.items():
        spent = []
        for _turn in range(3):
            spent.append(until_done(page, server, page.locator(selector).first.click))
            page.wait_for_timeout(500)
        print_spent(f"{tab}, {name}", Spent(*map(max, zip(*spent, strict=True))), CHOICE_SECONDS)


def measure(page: Page, server: psutil.Process, address: str) -> None:
    """Each choice, the slowest of three times."""
    more = "[data-testid=stNumberInputStepUp]"
    measure_tab(page, server, address, "distribution", {"split seed": more, "sampling": "role=radio[name=/full/]"})
    of_samples = {"page": f"{more} >> nth=1", "order": more, "picture": "[aria-pressed=false] >> nth=4"}
    measure_tab(page, server, address, "samples", of_samples)
    measure_tab(page, server, address, "audit", {"page": more, "picture": "[aria-pressed=false] >> nth=4"})
    measure_tab(page, server, address, "augmentation", {"picture": more, "seed": f"{more} >> nth=1"})
    measure_tab(
        page, server, address, "review", {"skip": "role=button[name=/Skip/]", "decide": "role=button[name=/No face/]"}
    )


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
    port = free_port()
    app = str(REPOSITORY / "streamlit_app.py")
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.port", str(port), "--server.headless", "true"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        # Decisions and jobs of the page go into its working directory.
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_answering(address, process)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(PATIENCE)
            measure(page, psutil.Process(process.pid), address)
        finally:
            process.terminate()
            process.wait()
            browser.close()
            shutil.rmtree(folder)


if __name__ == "__main__":
    typer.run(main)
