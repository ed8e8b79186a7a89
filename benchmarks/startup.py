"""Time from `streamlit run` answering to an answered first page, in headless Chromium.

python -m benchmarks.startup
"""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer
from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).parents[1]
PAGE_SECONDS = 3.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_answering(address: str, process: subprocess.Popen) -> None:
    while True:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise typer.Exit("the dashboard did not start") from None
            time.sleep(0.02)


@contextmanager
def served(
    app: Path = REPOSITORY / "streamlit_app.py", folder: Path = REPOSITORY, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of an app that answers and was not visited yet; what it writes goes into the folder."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.headless", "true"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_answering(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


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
