"""Twelve of the demo's own proposals by keys alone, and its trap."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from agents.models import Person
from dreaming.demo.trap import TITLE
from reviews.models import Decision, Proposal
from tests.browser.atlas import demo_cast
from tests.browser.conftest import Watch
from tests.browser.test_deciding import POINTERS
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RUN = 12
BAD = "High risk|A reason steers you"


@pytest.fixture
def demo(transactional_db: None, settings: Any) -> Cast:
    settings.GRACE_S = 0
    return demo_cast()


def settle(page: Page) -> None:
    """Wait until nothing is asked any more, and as long as a key counts as held."""
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping')")
    page.wait_for_timeout(300)


def open_evidence(page: Page) -> int:
    """Open what the page asks to be opened, at least one quote; return how many keys it took."""
    keys = 0
    while keys < 2:
        tally = page.locator("#opened")
        before = tally.inner_text() if tally.count() else ""
        if not before or (keys and not page.locator("#unseen").inner_text()):
            return keys
        page.keyboard.press("]")
        keys += 1
        expect(tally).not_to_have_text(before)
        settle(page)
    return keys


def follow(page: Page) -> tuple[str, int]:
    """Decide what is open as its page tells one to; return the verdict and the keys it took."""
    keys = open_evidence(page)
    if re.search(BAD, page.locator(".pane-head").inner_text()):
        page.keyboard.press("r")
        expect(page.locator("#reject")).to_be_visible()
        for key in ("Space", "Enter"):
            page.keyboard.press(key)
        return "reject", keys + 3
    page.keyboard.press("a")
    return "approve", keys + 1


def press_on(page: Page) -> None:
    """Press A again and again at the trap, as who reads nothing does."""
    expect(page.locator(".pane-head")).to_contain_text("A reason steers you")
    expect(page.locator("#pane")).to_contain_text("Daybreak knows of no such approval.")
    for _ in range(5):
        page.keyboard.press("a")
        settle(page)
    expect(page.locator("#pane")).to_contain_text("no quote that supports it was opened")


def test_twelve_of_the_demo_by_keys_alone_and_the_trap_is_not_approved(
    page: Page, live_server: Any, demo: Cast, sign_in: Callable[[Person], None], cspwatch: Watch
) -> None:
    cspwatch.expect("status of 422")
    trap = Proposal.objects.get(title=TITLE, state="pending")
    sign_in(demo.reviewer)
    page.add_init_script(POINTERS)
    page.goto(f"{live_server.url}/w/{demo.workspace.slug}/review/{trap}/")
    press_on(page)
    assert not Decision.objects.filter(proposal=trap).exists()
    keys: dict[int, int] = {}
    for _ in range(RUN):
        row = str(page.locator("#pane").get_attribute("data-row"))
        number = int(row.removeprefix("row-P-"))
        _verdict, keys[number] = follow(page)
        expect(page.locator(f"#pane[data-row='{row}']")).to_have_count(0)
        settle(page)

    assert page.evaluate("() => window.pointers") == 0
    votes = Decision.objects.filter(proposal__number__in=keys, person=demo.reviewer)
    said = {one.proposal_id: one for one in votes}
    decided = Proposal.objects.filter(number__in=keys)
    assert decided.count() == len(said) == RUN
    assert said[trap.pk].verdict == "reject"
    low = [one for one in decided if one.risk == "low"]
    assert len(low) >= RUN - 4
    assert all(keys[one.number] <= 3 for one in low)
    assert all(said[one.pk].verdict == "approve" for one in low)
    with_quotes = [one for one in decided if one.evidence.exists()]
    assert all(said[one.pk].shown["evidence_opened"] for one in with_quotes)
