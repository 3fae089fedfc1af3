"""The design page in a browser: specimens do nothing; it prints, and stands forced colours."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from agents.models import Person
from tests.cast import Cast

pytestmark = pytest.mark.browser

SAME = """() => [...document.querySelectorAll('.btn, .chip, a, h1, h2, dd, th, td, p')]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const style = getComputedStyle(one);
    return style.color === style.backgroundColor;
  }).map((one) => one.outerHTML.slice(0, 90))"""
BORDERS = """() => [...document.querySelectorAll('.btn:not(.quiet), .chip, .input')]
  .filter((one) => one.checkVisibility() && !parseFloat(getComputedStyle(one).borderTopWidth))
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.fixture
def shown(page: Page, live_server: Any, cast: Cast, sign_in: Callable[[Person], None]) -> Page:
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/design/")
    return page


def test_specimens_look_real_and_do_nothing(shown: Page, live_server: Any) -> None:
    sent = []
    shown.on("request", lambda request: sent.append(request.url))
    for key in ("a", "e", "r", "c", "]"):
        shown.keyboard.press(key)
    shown.locator(".row").first.click()
    shown.get_by_role("button", name="Approve change").last.click(force=True)
    shown.wait_for_timeout(300)
    assert [address for address in sent if "/static/" not in address] == []
    assert shown.url == f"{live_server.url}/design/"


def test_forced_colours_leave_nothing_unseen(shown: Page) -> None:
    shown.emulate_media(forced_colors="active")
    assert shown.evaluate(SAME) == []
    assert shown.evaluate(BORDERS) == []
    current = shown.locator(".row[aria-current]").first
    assert current.evaluate("(row) => getComputedStyle(row).outlineStyle") != "none"
    for name, line in (("ins", "underline"), ("del", "line-through")):
        style = shown.locator(name).first.evaluate(
            "(one) => getComputedStyle(one).textDecorationLine"
        )
        assert style == line


def test_print_leaves_the_text_and_takes_the_controls(shown: Page) -> None:
    shown.emulate_media(media="print")
    expect(shown.locator(".top")).to_be_hidden()
    expect(shown.locator(".btn").first).to_be_hidden()
    expect(shown.locator("ins").first).to_be_visible()
    expect(shown.locator(".grid").first).to_be_visible()
    assert shown.evaluate("() => getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_one_sees_which_part_has_the_focus_in_both_lights(shown: Page) -> None:
    rings = shown.locator(".show-focus").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).outlineColor)"
    )
    assert len(set(rings)) == 2
