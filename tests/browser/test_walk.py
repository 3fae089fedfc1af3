"""Stepping through changes and quotes by key: what walk.js focuses, and in which order."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from agents.models import Person
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import at, update

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OLD = "".join(f"Line {n}.\n" for n in range(12))
NEW = OLD.replace("Line 1.", "First.").replace("Line 2.", "Second.").replace("Line 9.", "Ninth.")


@pytest.fixture
def opened(page: Page, live_server: Any, cast: Cast, sign_in: Callable[[Person], None]) -> Page:
    """A proposal with two changes and three quotes."""
    session = build.session(cast.agent, [build.says(f"Turn {n} of it.") for n in range(5)])
    quotes = [build.quote(session, n, f"Turn {n} of") for n in (0, 2, 4)]
    proposal = update(cast, NEW, old=OLD, evidence=quotes)
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}{at(cast, proposal)}")
    return page


def here(page: Page) -> Locator:
    return page.locator("[data-here]")


def test_n_and_p_step_through_changes_and_lines_together_are_one(opened) -> None:
    opened.keyboard.press("n")
    expect(here(opened)).to_contain_text("First")
    expect(here(opened)).to_be_focused()
    opened.keyboard.press("n")
    expect(here(opened)).to_contain_text("Ninth")
    opened.keyboard.press("n")
    expect(here(opened)).to_contain_text("Ninth")
    opened.keyboard.press("p")
    expect(here(opened)).to_contain_text("First")


def test_a_key_opens_each_quote_and_then_walks_through_them(opened, axe) -> None:
    for count in (1, 2, 3):
        opened.keyboard.press("]")
        expect(opened.locator("#opened")).to_contain_text(f"{count} of 3 opened")
    axe(opened)
    opened.keyboard.press("[")
    expect(here(opened)).to_have_id("quote-2")
    opened.keyboard.press("]")
    expect(here(opened)).to_have_id("quote-3")


def test_a_click_steps_as_the_key_does(opened) -> None:
    opened.get_by_role("link", name="Next change").click()
    expect(here(opened)).to_contain_text("First")
    opened.get_by_role("link", name="Next quote").click()
    expect(opened.locator(".ev[data-here]")).to_have_id("quote-1")
