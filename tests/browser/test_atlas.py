"""Every page in light and dark, wide and narrow, empty, full and complaining."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from agents.models import Person
from tests.browser.atlas import (
    LOOKS,
    PARTS,
    SHEETS,
    Sheet,
    Sight,
    by_pairs,
    demo_cast,
    in_full,
)
from tests.browser.conftest import Watch, violations_of
from tests.cast import Cast

NARROWEST = 320
# The bar of a page or a dialog may lie over what has the focus; then nobody sees where they are.
UNSEEN_FOCUS = """() => {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const lost = [];
  for (const one of document.querySelectorAll(wanted)) {
    if (one.tabIndex < 0 || one.disabled || !one.checkVisibility()) continue;
    if (one.closest('dialog:not([open])') || one.type === 'hidden') continue;
    one.focus({focusVisible: true});
    if (document.activeElement !== one) continue;
    const name = one.outerHTML.slice(0, 110);
    const ringed = [one, one.parentElement, one.closest('label, .filter')].some((near) => {
      const style = near && getComputedStyle(near);
      return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    });
    if (!ringed) lost.push('no ring: ' + name);
    const box = one.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + Math.min(box.width, 40) / 2, 1), innerWidth - 1);
    const top = Math.max(box.top, 0);
    const bottom = Math.min(box.bottom, innerHeight);
    const y = (top + bottom) / 2;
    const over = document.elementFromPoint(x, y);
    const within = over && (one.contains(over) || over.contains(one));
    if (!within) lost.push('covered: ' + name);
  }
  document.activeElement?.blur();
  scrollTo(0, 0);
  return lost;
}"""
TOO_SMALL = """() => [...document.querySelectorAll('a[href], button, summary, input, select')]
  .filter((one) => one.checkVisibility() && !one.closest('p, .vh, .skip, dd, li .g, small'))
  .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
  .filter(([one, box]) => box.width && (box.height < 23.5 || box.width < 23.5))
  .map(([one, box]) => Math.round(box.width) + 'x' + Math.round(box.height) + ' '
    + one.outerHTML.slice(0, 90))"""
MOVING = """() => document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().duration > 0).length"""
SEND_EMPTY = """(form) => {
  for (const field of form.elements) {
    if (['hidden', 'submit', 'button', 'select-one'].includes(field.type)) continue;
    if (['checkbox', 'radio'].includes(field.type)) field.checked = false;
    else field.value = '';
  }
  HTMLFormElement.prototype.submit.call(form);
}"""
pytestmark = pytest.mark.browser


def test_each_page_meets_each_light_and_width_and_every_two_meet_somewhere() -> None:
    sights = list(by_pairs())
    for sheet in SHEETS:
        mine = [sight for sight in sights if sight.sheet is sheet]
        assert {sight.scheme for sight in mine} == {"light", "dark"}, sheet
        assert {sight.width for sight in mine} == {390, 1280}, sheet
        assert {sight.state for sight in mine} == set(sheet.states), sheet
    assert {(sight.scheme, sight.width) for sight in sights} == set(LOOKS)
    for state in ("bare", "full", "wrong"):
        met = {(sight.scheme, sight.width) for sight in sights if sight.state == state}
        assert met == set(LOOKS), state


class Onlooker:
    """Somebody who opens page after page and writes down what is wrong with each."""

    def __init__(self, page: Page, url: str, cast: Cast, sign_in: Callable[[Person], None]) -> None:
        self.page, self.url, self.cast, self.sign_in = page, url, cast, sign_in
        self.who = ""
        self.stands: tuple[Sheet, str] | None = None
        self.wrong: list[str] = []

    def look(self, sight: Sight) -> None:
        """Open the page and note everything that is wrong with it."""
        self.become(sight.sheet.who)
        self.page.emulate_media(color_scheme=sight.scheme, reduced_motion="reduce")
        self.page.set_viewport_size({"width": sight.width, "height": 844})
        again = self.stands == (sight.sheet, sight.state)
        self.stands = (sight.sheet, sight.state)
        try:
            found = [*([] if again else self.open(sight)), *self.measure()]
        except Error as error:
            found = [str(error).splitlines()[0]]
        self.wrong += [
            f"{sight.sheet} ({sight.state}, {sight.scheme}, {sight.width}): {what}"
            for what in found
        ]

    def become(self, who: str) -> None:
        """Sign in as another of the cast; '' is a stranger."""
        if who != self.who:
            self.page.context.clear_cookies()
            if who:
                self.sign_in(getattr(self.cast, who))
            self.who = who

    def open(self, sight: Sight) -> Iterator[str]:
        """Go there; yield what is wrong with the answer."""
        address = self.url + sight.sheet.address(sight.state, self.cast)
        answer = self.page.goto(address)
        if (
            answer is None
            or answer.status >= 400
            or answer.url.split("?")[0] != address.split("?")[0]
        ):
            yield f"answered {answer and answer.status} at {self.page.url}"
        if sight.state == "wrong" and not sight.sheet.wrong.startswith("?"):
            with self.page.expect_navigation():
                self.page.locator(sight.sheet.wrong).first.evaluate(SEND_EMPTY)
            if not self.page.locator(
                ".errors, .errorlist, .note.bad, .toast.bad, .toast.error"
            ).count():
                yield "an empty form was not refused in words"

    def measure(self) -> Iterator[str]:
        """Yield what is wrong with the page as it stands."""
        yield from violations_of(self.page)
        yield from self.page.evaluate(UNSEEN_FOCUS)
        yield from (f"small: {what}" for what in self.page.evaluate(TOO_SMALL))
        if moving := self.page.evaluate(MOVING):
            yield f"{moving} parts move although motion is reduced"
        for width in (self.page.viewport_size["width"], NARROWEST):
            self.page.set_viewport_size({"width": width, "height": 844})
            wide = self.page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                yield f"{wide} px wide in a window of {width}"


@pytest.mark.parametrize("part", PARTS)
def test_every_page_holds_in_both_lights_at_both_widths(
    page: Page,
    live_server: Any,
    transactional_db: None,
    cspwatch: Watch,
    sign_in: Callable[[Person], None],
    part: str,
) -> None:
    cspwatch.expect("status of 4")
    sights = list(in_full() if os.environ.get("TEST_TIER") == "soak" else by_pairs())
    onlooker = Onlooker(page, live_server.url, demo_cast(), sign_in)
    for sight in sights:
        if sight.state != "bare" and sight.sheet in PARTS[part]:
            onlooker.look(sight)
    assert not onlooker.wrong, "\n".join(onlooker.wrong)


def test_every_page_holds_before_anything_happened(
    page: Page, live_server: Any, cast: Cast, cspwatch: Watch, sign_in: Callable[[Person], None]
) -> None:
    sights = in_full() if os.environ.get("TEST_TIER") == "soak" else by_pairs()
    onlooker = Onlooker(page, live_server.url, cast, sign_in)
    for sight in sights:
        if sight.state == "bare":
            onlooker.look(sight)
    assert not onlooker.wrong, "\n".join(onlooker.wrong)
