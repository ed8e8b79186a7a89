"""Time from `streamlit run` answering to an answered first page, in headless Chromium.

python -m benchmarks.startup
"""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS, REPOSITORY, answering

PAGE_SECONDS = 3.0


@contextmanager
def served(
    app: Path = REPOSITORY / "streamlit_app.py", folder: Path = REPOSITORY, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of an app that answers and was not visited yet; what it writes goes into the folder."""
    with answering(app, folder, Path(os.devnull), environment or os.environ) as (address, process):
        yield address, psutil.Process(process)


def seconds_to_answer(browser: Browser, address: str, answer: str) -> float:
    """From opening the page to the answer about the first sample standing on it."""
    page = browser.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.get_by_role("heading", name=answer).wait_for()
    seconds = time.perf_counter() - began
    page.close()
    return seconds


def main(
    answer: Annotated[str, typer.Option(help="heading that the first sample is answered with")] = "Happy",
    repeats: Annotated[int, typer.Option(help="page loads after the first", min=1)] = 3,
) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        began = time.perf_counter()
        with served() as (address, _server):
            answering = time.perf_counter() - began
            first = seconds_to_answer(browser, address, answer)
            later = min(seconds_to_answer(browser, address, answer) for _ in range(repeats))
        browser.close()
    print(f"`streamlit run` answers after {answering:.2f} s")
    print(f"first page answered {first:.2f} s later ({first / PAGE_SECONDS:.2f} of {PAGE_SECONDS:g} s)")
    print(f"later pages {later:.2f} s ({first / later:.1f} times faster than the first)")


if __name__ == "__main__":
    typer.run(main)
