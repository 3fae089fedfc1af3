"""Ctrl K and the keys behind G: where one can go and what one can do, by typing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import build

pytestmark = pytest.mark.browser
SHOWN = "Shipped orders cannot be cancelled."


@pytest.fixture
def desk(page: Page, live_server, cast, sign_in) -> Iterator[Page]:
    proposal = build.filed(cast.store)
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/w/northwind/review/{proposal}/")
    yield page
    # What the page still asks for must not reach rows that are being taken away.
    page.goto("about:blank")


def opened(page: Page):
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Go to or do")
    expect(dialog).to_be_visible()
    return dialog


def test_it_lists_pages_and_what_the_page_can_do_each_with_its_keys(desk, axe) -> None:
    dialog = opened(desk)

    expect(dialog.get_by_role("button", name="Dreams")).to_contain_text("GD")
    expect(dialog.get_by_role("button", name="Approve change")).to_contain_text("A")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    axe(desk)


def test_typing_narrows_it_and_enter_goes_to_the_first(desk) -> None:
    dialog = opened(desk)
    desk.keyboard.type("drea")

    expect(dialog.locator("li:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/w/northwind/dreams/")


def test_arrows_walk_it_and_enter_does_what_is_chosen(desk) -> None:
    dialog = opened(desk)
    desk.keyboard.type("reject")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")

    expect(dialog).to_be_hidden()
    expect(desk.locator("#reject")).to_be_visible()


def test_words_of_no_command_search_the_queue(desk) -> None:
    opened(desk)
    desk.keyboard.type("kind:mistake")
    desk.keyboard.press("Enter")

    desk.wait_for_url("**/review/?q=kind%3Amistake")


def test_g_and_a_key_lead_to_a_page_and_decide_nothing(desk) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("a")

    desk.wait_for_url("**/w/northwind/agents/")
    assert build.Proposal.objects.get().state == "pending"


def test_g_before_a_key_without_a_page_does_nothing_at_all(desk) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("e")
    desk.wait_for_timeout(200)

    expect(desk.get_by_role("heading", level=1)).to_have_text(SHOWN)


def test_without_single_keys_g_is_no_key_and_ctrl_k_still_is(desk) -> None:
    desk.evaluate("() => localStorage.setItem('daybreak.keys', 'off')")
    desk.keyboard.press("g")
    desk.keyboard.press("w")
    desk.wait_for_timeout(200)

    assert "/review/" in desk.url
    opened(desk)


def test_the_sheet_lists_the_keys_behind_g(desk) -> None:
    desk.keyboard.press("?")

    sheet = desk.get_by_role("dialog", name="Keys on this page")
    expect(sheet.locator("dt", has_text="G W")).to_have_count(1)
    expect(sheet.locator("dd").filter(has_text="Agents")).to_be_visible()


def test_the_first_visit_of_an_admin_offers_no_queue(page, live_server, cast, sign_in) -> None:
    sign_in(cast.admin)
    page.goto(f"{live_server.url}/w/northwind/people/")
    dialog = opened(page)

    expect(dialog.get_by_role("button", name="People", exact=False)).to_be_visible()
    expect(dialog.get_by_role("button", name="Review")).to_have_count(0)
