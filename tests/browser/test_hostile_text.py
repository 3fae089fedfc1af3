"""Hostile words in a real browser: nothing runs, with the security rules and without them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from agents.models import Person
from tests import build
from tests.attacks.markup import HIDDEN, PAYLOADS, box_of
from tests.attacks.stored import hostile_memory, hostile_session, missing, poison
from tests.cast import Cast

pytestmark = pytest.mark.browser
COUNT = """window.pwned = [];
window.pwn = (n) => window.pwned.push(n);
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.pwned.push(name);"""
BECAME = """() => [...document.querySelectorAll('*')].filter((one) =>
    one.localName.includes('pwn') ||
    [...one.attributes].some((a) => a.name.includes('pwn') || a.name.startsWith('on'))
  ).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def addresses(cast: Cast, transactional_db: None) -> list[str]:
    """Pages that show what is hostile: all of it in full, and every other word poisoned."""
    session, memory = hostile_session(cast), hostile_memory(cast)
    quotes = [build.quote(session, 0, text) for text in PAYLOADS[1:9] if "\n" not in text]
    proposal = build.filed(
        cast.store, content="\n".join(PAYLOADS) + "\n", evidence=quotes, rationale=PAYLOADS[8]
    )
    dream = build.dream(cast.store, dropped=[{"what": "a b", "why": "c d"}], failure="e f")
    poison()
    root = f"/w/{cast.workspace.slug}"
    return [
        f"{root}/sessions/{session}/",
        f"{root}/memory/{memory}/",
        f"{root}/review/{proposal}/",
        f"{root}/review/{proposal}/?view=full",
        f"{root}/review/{proposal}/edit/",
        f"{root}/review/{proposal}/evidence/1/",
        f"{root}/dreams/{dream}/",
        f"{root}/agents/{cast.agent.slug}/",
        f"{root}/audit/",
        f"{root}/workspace/",
    ]


@pytest.fixture
def unguarded(browser: Browser, cast: Cast, live_server: Any) -> Iterator[Page]:
    """A lead's browser that does not heed the security rules: only escaping protects it."""
    client = Client()
    client.force_login(cast.lead, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(bypass_csp=True)
    context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.add_init_script(COUNT)
    yield page
    context.close()


def test_nothing_runs_even_where_the_browser_would_let_it(
    unguarded: Page, live_server: Any, addresses: list[str]
) -> None:
    for address in addresses:
        answer = unguarded.goto(live_server.url + address)
        assert answer is not None
        assert answer.status == 200, address
        assert unguarded.evaluate("() => window.pwned") == [], address
        assert unguarded.evaluate(BECAME) == [], address


def test_the_browser_has_nothing_to_report_and_all_of_it_is_read(
    page: Page, live_server: Any, cast: Cast, sign_in: Callable[[Person], None]
) -> None:
    """What the browser refuses to run is collected by `cspwatch`, which fails the test."""
    root = f"{live_server.url}/w/{cast.workspace.slug}"
    session, memory = hostile_session(cast), hostile_memory(cast)
    page.add_init_script(COUNT)
    sign_in(cast.lead)
    for address in (f"{root}/sessions/{session}/", f"{root}/memory/{memory}/"):
        page.goto(address)
        assert page.evaluate("() => window.pwned") == []
        text = page.evaluate("() => document.querySelector('main').textContent")
        assert missing(PAYLOADS, text) == []
        assert missing([f"Pay{box_of(char)}now" for char in HIDDEN], text) == []
