"""Answers that replace a part of the page: focus, busy, refusals, an ended session."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.pages")]


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


@pytest.fixture
def opened(page: Page, live_server: Any) -> Callable[..., Page]:
    def open_with(second: str = "no") -> Page:
        page.goto(f"{live_server.url}/t/item/1/?second={second}")
        return page

    return open_with


def test_focus_goes_to_the_new_pane_and_the_title_with_it(opened) -> None:
    page = opened()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#pane")).to_be_focused()
    expect(page).to_have_title("Item 2 · Daybreak")


def test_an_answer_fills_the_live_line_the_counter_and_a_toast(opened, axe) -> None:
    page = opened()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#live")).to_have_text("Item 1 decided.")
    expect(page.locator("#counter")).to_have_text("2")
    expect(page.locator(".toast")).to_have_text("Item 1: yes")
    axe(page)


def test_the_queue_is_changed_in_place_not_replaced(opened) -> None:
    page = opened()
    page.locator("#counter").evaluate("(counter) => { counter.kept = true; }")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#counter")).to_have_text("2")
    assert page.locator("#counter").evaluate("(counter) => counter.kept") is True
    expect(page.locator("#queue")).to_have_count(1)


def test_a_toast_goes_when_its_time_is_over(opened) -> None:
    page = opened()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".toast")).to_have_count(1)
    page.mouse.move(0, 0)
    expect(page.locator(".toast")).to_have_count(0)


def test_the_pane_is_busy_and_the_button_says_so_while_a_decision_is_sent(opened) -> None:
    page = opened("slow")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#pane")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Approve")).to_have_attribute("aria-disabled", "true")
    expect(heading(page)).to_have_text("Item 2")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert page.evaluate("() => document.documentElement.dataset.running") is None


def test_a_conflict_replaces_the_pane_and_is_no_error(opened, cspwatch) -> None:
    cspwatch.expect("status of 409")
    page = opened("409")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Changed meanwhile.")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_failure_leaves_the_pane_and_says_so(opened, cspwatch) -> None:
    cspwatch.expect("status of 500")
    cspwatch.expect("Response Status Error Code 500")
    page = opened("500")
    page.locator("#mine").fill("my draft")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("500")
    expect(page.locator("#mine")).to_have_value("my draft")
    expect(page.get_by_role("button", name="Reject")).not_to_have_attribute("aria-disabled", "true")


def test_a_lost_connection_is_told_and_nothing_is_lost(opened, cspwatch, context) -> None:
    cspwatch.expect("ERR_INTERNET_DISCONNECTED")
    cspwatch.expect("htmx:sendError")
    cspwatch.expect("htmx:afterRequest")
    page = opened()
    page.locator("#mine").fill("my draft")
    context.set_offline(offline=True)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.locator("#mine")).to_have_value("my draft")


def test_an_ended_session_leads_to_the_sign_in_page_not_into_the_pane(opened) -> None:
    page = opened("signin")
    page.get_by_role("button", name="Reject").click()
    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_without_script_a_decision_is_a_plain_form(browser, live_server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/t/item/1/")
    page.get_by_role("button", name="Approve").click()
    expect(heading(page)).to_have_text("Item 2")
    expect(page.locator(".toast")).to_contain_text("Item 1 decided")
    context.close()


def test_polling_ends_with_the_fragment_that_is_done(page, live_server) -> None:
    page.goto(f"{live_server.url}/t/progress/1/")
    expect(page.locator("#progress")).to_have_text("3 of 3")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_500)
    assert asked == []


def test_going_back_asks_the_server_again(opened) -> None:
    page = opened()
    page.get_by_role("link", name="Next").click()
    expect(heading(page)).to_have_text("Item 2")
    page.go_back()
    expect(heading(page)).to_have_text("Item 1")
    stored = page.evaluate("() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert "Shown" not in stored


def test_a_menu_closes_on_escape_and_outside(page, live_server, cast, sign_in) -> None:
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/t/item/1/")
    menu = page.locator("details.menu.end-side")
    menu.locator("summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("#counter").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_without_a_connection_nothing_is_decided_and_what_is_written_stays(
    opened, axe, cspwatch, context
) -> None:
    for words in ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest"):
        cspwatch.expect(words)
    page = opened()
    page.locator("#mine").fill("Half a thought")
    context.set_offline(offline=True)
    expect(page.locator("#connection")).to_contain_text("Decisions are off")
    axe(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#connection")).to_contain_text("Decisions are off")
    expect(page.locator("#counter")).to_have_text("1")
    expect(page.locator("#mine")).to_have_value("Half a thought")
    context.set_offline(offline=False)
    expect(page.locator("#connection")).to_be_empty()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#counter")).to_have_text("2")
