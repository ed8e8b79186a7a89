"""A running dashboard and a headless Chromium to open it with."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 120
PATIENCE = 120_000
"""Milliseconds: two browsers, two dashboards and a training may share two slow cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    # Playwright leaves an event loop running in the main thread, where no other test could start its own; of the files
    # that come last the longest begins, so that no process waits for it at the end.
    items.sort(key=lambda item: (here in item.path.parents, item.path != here / "test_training.py"))
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_answering(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the dashboard did not start: {log.read_text()}")
            time.sleep(0.02)


@contextmanager
def answering(app: Path, folder: Path, log: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Address and process id of an app that answers and was not visited yet.

    Args:
        folder: that it works in.
        environment: all variables that it gets.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--server.headless", "true"], cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        wait_until_answering(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[str]:
    """Address of a dashboard that was started as the README says, on a machine without FER2013.

    Args:
        folder: for its log.
        environment: variables that it gets beside those of this process that are not its own.
    """
    around = {name: value for name, value in os.environ.items() if not name.startswith("FER_")}
    log = folder / "dashboard.log"
    with answering(REPOSITORY / "streamlit_app.py", REPOSITORY, log, around | environment) as (address, _):
        yield address


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard that many tests share."""
    with served(tmp_path_factory.mktemp("dashboard")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A fresh page, 1400 pixels wide."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
