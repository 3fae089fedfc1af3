"""The queue's search field by keyboard: what is offered, taken and sent; and without a script."""

import pytest
from playwright.sync_api import expect

from tests import build

pytestmark = pytest.mark.browser


@pytest.fixture
def queue(page, live_server, cast, sign_in):
    """The queue of a reviewer, with a proposal of high and one of low risk."""
    build.agent(cast.workspace, "claims", name="Claims review")
    build.proposal(cast.store, risk="high", title="Skip the second call")
    build.proposal(cast.store, risk="low", title="Ask first", content="b\n")
    sign_in(cast.reviewer)
    page.goto(f"{live_server.url}/w/northwind/review/")
    return page


def field(page):
    return page.get_by_role("combobox", name="Filter the queue")


def test_a_search_is_completed_and_sent_by_keyboard_alone(queue, axe) -> None:
    queue.keyboard.press("/")
    expect(field(queue)).to_be_focused()
    queue.keyboard.type("ri")
    options = queue.get_by_role("option")
    expect(options).to_have_count(1)
    expect(field(queue)).to_have_attribute("aria-expanded", "true")
    axe(queue)
    queue.keyboard.press("ArrowDown")
    expect(field(queue)).to_have_attribute("aria-activedescendant", "option-1")
    queue.keyboard.press("Enter")
    expect(field(queue)).to_have_value("risk:")
    expect(options).to_have_count(3)
    queue.keyboard.press("ArrowUp")
    queue.keyboard.press("ArrowUp")
    queue.keyboard.press("ArrowUp")
    expect(queue.get_by_role("option", selected=True)).to_contain_text("risk:high")
    queue.keyboard.press("Enter")
    expect(field(queue)).to_have_value("risk:high ")
    queue.keyboard.press("Enter")
    queue.wait_for_url("**/review/?q=risk%3Ahigh+")
    expect(queue.locator(".queue .row")).to_have_count(1)


def test_escape_closes_the_list_first_and_leaves_the_field_second(queue) -> None:
    field(queue).press_sequentially("is:")
    expect(queue.get_by_role("listbox")).to_be_visible()
    queue.keyboard.press("Escape")
    expect(queue.get_by_role("listbox")).to_be_hidden()
    expect(field(queue)).to_be_focused()
    expect(field(queue)).to_have_value("is:")
    queue.keyboard.press("Escape")
    expect(field(queue)).not_to_be_focused()


def test_an_option_is_taken_by_the_pointer_and_the_caret_stays_in_the_field(queue) -> None:
    field(queue).press_sequentially("agent:re")
    queue.get_by_role("option", name="agent:claims").click()
    expect(field(queue)).to_have_value("agent:claims ")
    expect(field(queue)).to_be_focused()


def test_leaving_the_field_closes_the_list(queue) -> None:
    field(queue).press_sequentially("is:")
    expect(queue.get_by_role("listbox")).to_be_visible()
    queue.keyboard.press("Tab")
    expect(queue.locator("#options")).to_be_hidden()


def test_without_a_script_it_is_a_field_that_is_sent(
    browser, live_server, cast, transactional_db, context, sign_in
) -> None:
    build.proposal(cast.store, risk="high", title="Skip the second call")
    sign_in(cast.reviewer)
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{live_server.url}/w/northwind/review/")
    field(page).fill("risk:low")
    field(page).press("Enter")
    page.wait_for_url("**/review/?q=risk%3Alow")
    expect(page.locator(".queue .row")).to_have_count(0)
    plain.close()
