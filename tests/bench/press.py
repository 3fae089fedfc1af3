"""From the press of a key to the next item painted, in a browser on this machine, on PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.house import named, on_database
from tests.bench.lines import Line, at_most, percentile, told
from tests.bench.machine import OBJECTS, meanwhile
from tests.chromium import find_chromium
from tests.cluster import NoCluster, start
from tests.measure import ROOT
from tests.processes import free_port, status_of, wait_for

PROPOSALS = 10_000
DECISIONS = 100
COLD = 5
"""Decisions before those: each of the server's threads connects and prepares its queries once."""
PRESS_MS = 100.0
SERVER = "granian --interface wsgi --no-ws --blocking-threads 4 dreaming.wsgi:application"
WATCH = """
window.pressed = 0; window.painted = [];
document.addEventListener("keydown", (event) => {
  if (event.key === "a") window.pressed = performance.now();
}, true);
document.addEventListener("htmx:afterSettle", () => {
  if (!window.pressed) return;
  const began = window.pressed;
  window.pressed = 0;
  requestAnimationFrame(() => setTimeout(() => window.painted.push(performance.now() - began)));
});
"""
"""After the next frame is drawn a task of its own runs: by then the item is on the screen."""


def measure() -> Iterator[Line]:
    """Yield the times of a hundred decisions; nothing where PostgreSQL or Chromium is missing."""
    if not find_chromium():
        sys.stderr.write("Left out: no Chromium\n")
        return
    try:
        server = start()
    except NoCluster as missing:
        sys.stderr.write(f"Left out: {missing}\n")
        return
    try:
        yield from on_database("tests.bench.press:measure_here", server.url, "PostgreSQL")
    finally:
        server.stop()


def measure_here() -> Iterator[Line]:
    """Yield the times on this process's database."""
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    place = rows.make_place()
    rows.make_proposals(place, PROPOSALS)
    first = place.open_numbers(1)[0]
    cookie = rows.sign_in(place).cookies["sessionid"].value
    with serving() as url:
        page = f"{url}/w/{place.workspace.slug}/review/P-{first}/?q=risk:low"
        every, machine = meanwhile(lambda: press(page, url, cookie))
    cold, painted = every[:COLD], every[COLD:]
    name = f"key to next item painted over {len(painted)} decisions"
    yield at_most("press", named(f"{name}, p95"), percentile(painted, 0.95), "ms", PRESS_MS)
    yield told("press", named(f"{name}, p50"), percentile(painted, 0.5), "ms")
    yield told("press", named(f"the {COLD} before, threads that start, slowest"), max(cold), "ms")
    yield told("press", named(f"{OBJECTS:,} objects meanwhile"), machine, "ms")


@contextmanager
def serving() -> Iterator[str]:
    """Serve the product from a process of its own until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", *SERVER.split(), "--host", "127.0.0.1", "--port", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=quiet, stderr=quiet)
    try:
        wait_for("the server", lambda: status_of(f"http://127.0.0.1:{port}/healthz") == 200)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def press(page_url: str, url: str, cookie: str) -> list[float]:
    """Return the milliseconds of each decision by the key A, as the browser saw them."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (heavy, and only here)

    chromium = find_chromium()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(page_url)
        for count in range(1, COLD + DECISIONS + 1):
            decide(page, count)
        painted: list[float] = page.evaluate("() => window.painted")
        browser.close()
    return painted


def decide(page: Any, count: int) -> None:
    """Press A and wait until the item after it is painted; a person would not be quicker."""
    # What an automatic step onward brought is not decided by the same press: 150 ms are held.
    page.wait_for_timeout(200)
    page.keyboard.press("a")
    page.wait_for_function("(count) => window.painted.length >= count", arg=count, timeout=20_000)
