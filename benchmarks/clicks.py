"""What a click on a page costs: in the browser's own time, from the click to the last change that it makes there."""

from typing import NamedTuple

import psutil
from playwright.sync_api import Locator, Page

WATCH = """
  const drawn = () => requestAnimationFrame(() => setTimeout(() => { window.changed = performance.now(); }));
  window.WebSocket = class extends WebSocket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", () => { window.answers += 1; drawn(); });
    }
  };
  document.addEventListener("click", () => { window.clicked ??= performance.now(); }, true);
  document.addEventListener("DOMContentLoaded", () => new MutationObserver(drawn).observe(
    document.body, { subtree: true, childList: true, attributes: true, characterData: true }
  ));
"""
"""Runs before the page does: notes in `window` when was clicked, and the frame after the last change."""
POLLING = 250
"""Milliseconds between looks at it: a look at each frame would have the browser draw without end."""
FORGET = "window.clicked = window.changed = null; window.answers = 0;"
SETTLED = """
  window.answers > 3 && window.changed > window.clicked && performance.now() - window.changed > 500
  && document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
  && (window.changed - window.clicked) / 1000
"""


class Spent(NamedTuple):
    """Seconds on the clock, and of the server's processor: what another load on the machine does not change."""

    clock: float
    server: float


def processor(server: psutil.Process) -> float:
    """Seconds that a process has had of the processor."""
    return sum(server.cpu_times()[:2])


def click(page: Page, server: psutil.Process, choice: Locator) -> Spent:
    """Click on what makes the page run anew; `page.add_init_script(WATCH)` must have been called before it was opened.

    Finding the thing and waiting until the page stands still are not in it.
    """
    choice.hover()
    page.evaluate(FORGET)
    before = processor(server)
    choice.click()
    clock = page.wait_for_function(SETTLED, polling=POLLING).json_value()
    return Spent(clock, processor(server) - before)


def print_spent(name: str, spent: Spent, goal: float) -> None:
    share = f"{spent.clock / goal:.2f} of {goal:g} s"
    print(f"{name}: {spent.clock:.2f} s ({share}), of the server's processor {spent.server:.2f} s", flush=True)
