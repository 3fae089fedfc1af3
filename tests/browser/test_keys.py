"""One key, one act: what keys.js presses, and when it keeps still."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.pages")]


@pytest.fixture
def opened(page: Page, live_server: Any) -> Page:
    page.goto(f"{live_server.url}/t/item/1/")
    expect(page.locator("html")).not_to_have_attribute("data-running", "1")
    return page


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def test_a_key_presses_the_element_that_names_it(opened) -> None:
    opened.keyboard.press("j")
    expect(heading(opened)).to_have_text("Item 2")


def test_a_key_posts_the_form_of_its_button(opened) -> None:
    opened.keyboard.press("a")
    expect(heading(opened)).to_have_text("Item 2")
    expect(opened.locator("#live")).to_have_text("Item 1 decided.")


def test_a_key_on_a_field_goes_into_the_field(opened) -> None:
    opened.keyboard.press("/")
    expect(opened.locator("#note")).to_be_focused()


def test_keys_in_a_field_are_text(opened) -> None:
    opened.locator("#mine").press_sequentially("jar")
    expect(heading(opened)).to_have_text("Item 1")
    expect(opened.locator("#mine")).to_have_value("jar")


def test_ctrl_enter_works_from_within_a_field(opened) -> None:
    opened.locator("#mine").fill("text")
    opened.keyboard.press("Control+Enter")
    expect(heading(opened)).to_have_text("Item 2")


def test_escape_leaves_a_field_and_nothing_else(opened) -> None:
    opened.locator("#mine").fill("draft")
    opened.keyboard.press("Escape")
    expect(opened.locator("#mine")).not_to_be_focused()
    expect(opened.locator("#mine")).to_have_value("draft")


def test_a_modified_key_is_the_browsers_own(opened) -> None:
    opened.keyboard.press("Control+j")
    opened.keyboard.press("Alt+j")
    expect(heading(opened)).to_have_text("Item 1")


def test_a_held_key_counts_once(opened) -> None:
    opened.evaluate(
        """() => { for (let n = 0; n < 5; n++) document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key: "j", repeat: n > 0, bubbles: true})); }"""
    )
    expect(heading(opened)).to_have_text("Item 2")
    opened.wait_for_timeout(300)
    expect(heading(opened)).to_have_text("Item 2")


def test_keys_keep_still_while_a_dialog_is_open(opened) -> None:
    opened.keyboard.press("x")
    expect(opened.locator("#why")).to_be_visible()
    opened.keyboard.press("j")
    opened.wait_for_timeout(200)
    expect(heading(opened)).to_have_text("Item 1")


def test_a_second_press_while_the_first_is_under_way_is_no_second_decision(
    page, live_server
) -> None:
    page.goto(f"{live_server.url}/t/item/1/?second=slow")
    posted = []
    page.on(
        "request",
        lambda request: posted.append(request.method) if request.method == "POST" else None,
    )
    page.keyboard.press("r")
    page.keyboard.press("r")
    page.keyboard.press("a")
    expect(heading(page)).to_have_text("Item 2")
    page.wait_for_timeout(300)
    assert posted == ["POST"]
    expect(heading(page)).to_have_text("Item 2")


def test_a_key_right_after_an_advance_does_not_decide_the_next_item(opened) -> None:
    opened.evaluate(
        """() => {
            const press = () => document.body.dispatchEvent(
                new KeyboardEvent("keydown", {key: "a", bubbles: true}));
            document.addEventListener(
                "htmx:afterSettle", () => setTimeout(press, 20), {once: true});
        }"""
    )
    opened.keyboard.press("a")
    expect(heading(opened)).to_have_text("Item 2")
    opened.wait_for_timeout(400)
    expect(heading(opened)).to_have_text("Item 2")


def test_thirty_fast_decisions_decide_thirty_items(opened) -> None:
    for n in range(1, 31):
        expect(opened.locator("#counter")).to_have_text(str(n))
        opened.wait_for_timeout(160)
        opened.keyboard.press("a")
    expect(opened.locator("#counter")).to_have_text("31")
    assert opened.url.endswith("/t/item/1/")


def test_the_sheet_lists_the_keys_of_the_page(page, live_server, cast, sign_in, axe) -> None:
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/t/item/1/")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys on this page")
    expect(sheet).to_be_visible()
    expect(sheet.locator("dd").filter(has_text="Approve change")).to_be_visible()
    expect(sheet.locator("dd").filter(has_text="Next item")).to_be_visible()
    axe(page)


def test_single_keys_can_be_switched_off_and_stay_off(page, live_server, cast, sign_in) -> None:
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/t/item/1/")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use single keys").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.reload()
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    expect(heading(page)).to_have_text("Item 1")
    page.locator("#mine").focus()
    page.keyboard.press("Control+Enter")
    expect(heading(page)).to_have_text("Item 2")
