import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import REPOSITORY, free_port, wait_until_answering

ADDRESSES = sorted(
    path.stem
    for path in (REPOSITORY / "pages").glob("*.py")
    if f'"pages/{path.name}"' in (REPOSITORY / "streamlit_app.py").read_text() and path.stem != "predict"
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_opened_first_after_the_start_has_the_apps_frame(address: str, page: Page, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output, env=os.environ)
    try:
        wait_until_answering(f"http://127.0.0.1:{port}", process, log)
        page.goto(f"http://127.0.0.1:{port}/{address}")
        expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)
    finally:
        process.terminate()
        process.wait(timeout=20)
