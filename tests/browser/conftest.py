"""A real browser against the real server, with everything it complains about collected."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from agents.models import Person
from tests.chromium import find_chromium
from tests.requires import leave_out

# Playwright's loop runs in this thread, so Django takes every query here for an asynchronous one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
expect.set_options(timeout=10_000)

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BELOW_A_BAR_PX = 90
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP: " + event.violatedDirective + " refused " + (event.blockedURI || "inline"));
});
"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the machine's own Chromium; leave the stories out, with the reason, where it lacks."""
    path = find_chromium()
    if not path:
        leave_out("Chromium is not here: install it, or name it in CHROMIUM.")
    return {
        **browser_type_launch_args,
        "executable_path": path,
        "args": ["--no-sandbox", "--disable-dev-shm-usage"],
    }


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own, which newer pytest warns about; addresses are whole."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Give every page a desk's size; tests of phones set their own."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@dataclass
class Watch:
    """What the browser complained about. `allowed` holds words of complaints a test expects."""

    problems: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Collect from one page: console errors, page errors, refusals of the security rules."""
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def hear(self, message: ConsoleMessage) -> None:
        """Keep a console error."""
        if message.type == "error":
            self.problems.append(f"{message.text} ({message.location.get('url', '')})")

    def expect(self, words: str) -> None:
        """Let complaints pass that hold these words, such as `status of 409`."""
        self.allowed.append(words)

    def unexpected(self) -> list[str]:
        """Return the complaints nobody expected."""
        return [p for p in self.problems if not any(words in p for words in self.allowed)]


@pytest.fixture(autouse=True)
def cspwatch(page: Page) -> Iterator[Watch]:
    """Fail any story in whose course the browser complained."""
    watch = Watch()
    watch.attach(page)
    yield watch
    assert watch.unexpected() == []


@pytest.fixture
def sign_in(
    context: BrowserContext, live_server: Any, transactional_db: None
) -> Callable[[Person], None]:
    """Let the browser be a person, without walking through the sign-in page."""

    def be(person: Person) -> None:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return be


def violations_of(page: Page) -> list[str]:
    """Return what axe finds on the page as it stands, each as `rule: elements`.

    What a bar covers in part looks too small until it is scrolled out from below: the sizes of
    targets are measured again there.
    """
    found = run_axe(page)
    if any(one["id"] == "target-size" for one in found):
        page.mouse.wheel(0, BELOW_A_BAR_PX)
        page.wait_for_timeout(100)
        found = [one for one in found if one["id"] != "target-size"]
        found += [one for one in run_axe(page) if one["id"] == "target-size"]
        page.evaluate("scrollTo(0, 0)")
    return [
        f"{one['id']}: {'; '.join(node['html'][:160] for node in one['nodes'][:3])}"
        for one in found
    ]


def run_axe(page: Page) -> list[dict[str, Any]]:
    """Return the rules axe finds broken; only those, for what passed takes half of the time."""
    options = {"runOnly": AXE_TAGS, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return found


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Assert that axe-core finds nothing on the page as it stands; ask again after each swap."""

    def run(page: Page) -> None:
        assert violations_of(page) == []

    return run


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Assert that nothing sticks out of the page sideways."""

    def check(page: Page) -> None:
        wide, seen = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, f"{page.url} is {wide} px wide in a window of {seen}"

    return check
