"""The desk after each piece that is swapped into it: no violation, and focus is somewhere."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import build

pytestmark = pytest.mark.browser
TEXT = "Never call cancel_order for what is shipped."


@pytest.fixture
def desk(page: Page, live_server, cast, sign_in) -> Iterator[Page]:
    """The second of three proposals open, with a quote, a twin and a past session."""
    session = build.session(cast.agent)
    build.memory(cast.shared_store, "/twin.md", f"{TEXT} Say so.")
    filed = [
        build.filed(
            cast.store,
            path=f"/orders/{n}.md",
            content=f"{TEXT}{'!' * n}",
            title=f"Orders {n}",
            evidence=[build.quote(session, 2, "already shipped")],
        )
        for n in range(3)
    ]
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/w/northwind/review/{filed[1]}/")
    yield page
    # What the page still asks for must not reach rows that are being taken away.
    page.goto("about:blank")


def test_what_is_opened_in_its_place_has_no_violation(desk, axe) -> None:
    for link, place in (
        ("Difference to M-1", "#beside h2"),
        ("What is read now, and would be after", "#reads h2"),
        ("Past sessions that would have met it", "#past h2"),
        ("Show the turns around it", ".ev .turn.cited"),
    ):
        desk.get_by_role("link", name=link).first.click()
        expect(desk.locator(place).first).to_be_visible()
        # What is being replaced is dimmed until it is.
        expect(desk.locator("[aria-busy=true]")).to_have_count(0)
        axe(desk)


def test_another_view_the_next_proposal_and_the_editor_have_no_violation(desk, axe) -> None:
    desk.keyboard.press("v")
    expect(desk.locator(".diff.two-up")).to_be_visible()
    axe(desk)

    desk.keyboard.press("j")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Orders 2")
    expect(desk.locator("#pane")).to_be_focused()
    axe(desk)

    desk.keyboard.press("e")
    expect(desk.locator("#mine")).to_be_focused()
    desk.locator("#mine").fill("Ask pay.example first.")
    expect(desk.locator("#livediff").get_by_text("New host")).to_be_visible()
    axe(desk)


def test_a_decision_and_its_undo_have_no_violation(desk, axe) -> None:
    desk.keyboard.press("a")
    expect(desk.locator("#decided .toast")).to_be_visible()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Orders 2")
    axe(desk)

    desk.wait_for_timeout(200)
    desk.keyboard.press("z")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Orders 1")
    axe(desk)
