"""Deciding at the desk in a browser: fast, by keys alone, by two people, after a session ended."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect

from agents import freezes
from agents.models import Person
from reviews import decisions
from reviews.changes import Trust
from reviews.decisions import Shown
from reviews.models import Decision, Draft, Proposal, ProposalRevision
from tests import build
from tests.browser.conftest import Watch
from tests.cast import Cast
from tests.reviews.views.desks import approve, at, fresh, member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

POINTERS = """
window.pointers = 0;
for (const name of ["pointerdown", "mousedown", "touchstart", "wheel"]) {
  addEventListener(name, () => { window.pointers += 1; }, true);
}
"""

WHERE = """() => {
  const bar = document.querySelector("#pane .actions").getBoundingClientRect();
  const title = document.querySelector("#pane h1");
  const box = title.getBoundingClientRect();
  const seen = document.elementFromPoint(box.left + 4, box.top + box.height / 2);
  return {bottom: Math.round(bar.bottom), window: innerHeight, on_top: title.contains(seen),
    page: document.documentElement.scrollHeight};
}"""


def file_many(cast: Cast, count: int) -> list[Proposal]:
    """Proposals of low risk that one approval settles, each with a quote."""
    session = build.session(cast.agent)
    return [
        build.filed(
            cast.store,
            content=f"Order type {n} cannot be cancelled once it is shipped.\n",
            evidence=[build.quote(session, 2, "already shipped")],
            taint=Trust.MEMBER,
        )
        for n in range(count)
    ]


def pane(page: Page, proposal: Proposal) -> Any:
    return page.locator(f"#pane[data-row=row-{proposal}]")


def be(page: Page, person: Person, url: str) -> None:
    """Let another browser be a person."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


@pytest.fixture
def desk(
    page: Page, live_server: Any, cast: Cast, sign_in: Callable[[Person], None]
) -> Callable[[Proposal, str], Page]:
    """Open a proposal's page as Rosa."""

    def open_at(proposal: Proposal, part: str = "") -> Page:
        sign_in(cast.reviewer)
        page.goto(f"{live_server.url}{at(cast, proposal, part)}")
        return page

    return open_at


def test_thirty_rapid_decisions_are_thirty_none_lost_and_none_doubled(desk, cast) -> None:
    filed = file_many(cast, 31)
    page = desk(filed[0])
    for proposal in filed[:30]:
        expect(pane(page, proposal)).to_be_visible()
        page.wait_for_timeout(160)
        page.keyboard.press("a")
    expect(pane(page, filed[30])).to_be_visible()
    expect(page.locator(".queue-foot")).to_contain_text("30 of 31 decided today")
    decided = Decision.objects.values_list("proposal", flat=True)
    assert sorted(decided) == sorted(proposal.pk for proposal in filed[:30])
    assert fresh(filed[30]).state == "pending"


def test_a_hammered_key_decides_what_was_shown_and_nothing_twice(desk, cast) -> None:
    filed = file_many(cast, 6)
    page = desk(filed[0])
    expect(pane(page, filed[0])).to_be_visible()
    for _ in range(40):
        page.keyboard.press("a", delay=5)
    page.wait_for_timeout(600)
    decided = list(Decision.objects.order_by("pk").values_list("proposal", flat=True))
    assert decided == [proposal.pk for proposal in filed[: len(decided)]]
    assert 1 <= len(decided) <= 6


def file_apart(cast: Cast, n: int) -> Proposal:
    """A proposal of low risk that has nothing to do with any other."""
    about = sha256(str(n).encode()).hexdigest()
    path = f"/{about[:9]}.md"
    return build.filed(
        cast.store, content=f"{about}\n", path=path, title=about[9:30], taint=Trust.MEMBER
    )


LISTED = """(where) => [
  ...[...where.querySelectorAll("#queue .group, #queue .row")].map((it) => it.id || it.textContent),
  where.querySelector("#queue-count").textContent,
  where.querySelector("#queue-foot > span").textContent,
  where.querySelector("#horizon").getAttribute("aria-label"),
].map((words) => words.trim().replace(/\\s+/g, " "))"""
OF_A_FRESH_PAGE = f"""async () => {{
  const page = await (await fetch(location.href)).text();
  return ({LISTED})(new DOMParser().parseFromString(page, "text/html"));
}}"""


def test_a_list_that_is_sent_in_pieces_reads_as_a_fresh_page_does(desk, cast) -> None:
    low = [file_apart(cast, n) for n in range(18)]
    sent: list[bool] = []
    page = desk(low[0])
    page.on(
        "response",
        lambda answer: "/approve/" in answer.url and sent.append('id="queue"' in answer.text()),
    )
    for at_now, proposal in enumerate(low[:14]):
        expect(pane(page, proposal)).to_be_visible()
        if at_now == 4:
            file_apart(cast, 99)
        page.wait_for_timeout(160)
        page.keyboard.press("a")
        expect(pane(page, low[at_now + 1])).to_be_visible()
        page.wait_for_load_state("networkidle")
        if at_now != 4:
            assert page.evaluate(f"() => ({LISTED})(document)") == page.evaluate(OF_A_FRESH_PAGE)
        current = page.locator(".queue .row[aria-current]")
        assert current.get_attribute("id") == f"row-{low[at_now + 1]}"
    assert sent.count(False) >= 10, "most came in pieces"


def test_of_two_people_on_one_proposal_one_decides_and_the_other_is_told(
    desk, cast, browser: Browser, live_server, cspwatch: Watch
) -> None:
    cspwatch.expect("status of 409")
    filed = file_many(cast, 2)
    mine = desk(filed[0])
    context = browser.new_context()
    theirs = context.new_page()
    be(theirs, cast.second_reviewer, live_server.url)
    theirs.goto(f"{live_server.url}{at(cast, filed[0])}")
    expect(pane(theirs, filed[0])).to_be_visible()
    mine.keyboard.press("a")
    theirs.keyboard.press("a")
    # Whoever the database took first goes on to the next; the other is told.
    for page in (mine, theirs):
        told = page.locator("#pane").get_by_text("Your decision was not recorded.")
        expect(told.or_(pane(page, filed[1]))).to_be_visible()
    (decided,) = Decision.objects.all()
    is_mine = decided.person == cast.reviewer
    first, second = (mine, theirs) if is_mine else (theirs, mine)
    expect(pane(first, filed[1])).to_be_visible()
    expect(second.locator("#pane")).to_contain_text("Your decision was not recorded.")
    expect(second.get_by_role("button", name="Approve change")).to_have_count(0)
    context.close()


def test_a_session_that_ends_in_mid_edit_costs_no_word(desk, cast, axe) -> None:
    (proposal,) = file_many(cast, 1)
    page = desk(proposal, "edit/")
    page.locator("#mine").fill("Ask the warehouse before you cancel.\n")
    expect(page.locator("#livediff")).to_contain_text("warehouse")
    assert Draft.objects.get().text == "Ask the warehouse before you cancel.\n"
    Session.objects.all().delete()
    text = "Ask the warehouse first.\nThen cancel.\n"
    page.locator("#mine").fill(text)
    expect(page.locator("#connection")).to_contain_text("Your session has ended.")
    page.get_by_label("What you changed and why").fill("Plainer.")
    axe(page)
    page.get_by_role("button", name="Submit edited version").click()
    page.wait_for_url("**/accounts/login/**")
    page.get_by_label("Work e-mail").fill(cast.reviewer.email)
    page.get_by_label("Password").fill(build.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#mine")).to_have_value(text)
    expect(page.locator("#pane")).to_contain_text("restored")
    expect(page.get_by_label("What you changed and why")).to_have_value("Plainer.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#pane")).to_contain_text("Revision 2")
    assert ProposalRevision.objects.get(proposal=proposal, number=2).content == text
    assert not Draft.objects.exists()


@pytest.mark.parametrize("who", ["auditor", "reviewer"])
def test_whoever_opens_a_quote_of_what_they_may_not_decide_meets_no_complaint(
    page, live_server, cast, sign_in, who
) -> None:
    session = build.session(cast.agent)
    text = "Skip the identity verification.\n"
    quotes = [build.quote(session, 2, "already shipped")]
    two = build.filed(cast.store, content=text, evidence=quotes)
    seen = Shown(1, "pending", evidence_opened=(1,), is_confirmed=True)
    decisions.approve(two, by=member(cast, "reviewer"), shown=seen)
    sign_in(getattr(cast, who))
    with page.expect_response("**/presence/**") if who != "auditor" else nullcontext():
        page.goto(f"{live_server.url}{at(cast, two)}")
    with page.expect_response("**/evidence/**"):
        page.get_by_role("link", name="Show the turns around it").first.click()
    expect(page.locator("#opened")).to_contain_text("1 of 1 opened")


@pytest.mark.parametrize("above", ["nothing", "a freeze", "no connection", "both"])
def test_what_stands_above_the_desk_takes_room_and_hides_nothing(
    desk, cast, page, context, cspwatch, above
) -> None:
    for words in ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest"):
        cspwatch.expect(words)
    proposal = file_many(cast, 1)[0]
    if above in {"a freeze", "both"}:
        freezes.freeze_workspace(cast.workspace, reason="An odd answer.", by=cast.lead)
    page.set_viewport_size({"width": 1280, "height": 800})
    desk(proposal)
    if above in {"no connection", "both"}:
        context.set_offline(offline=True)
        expect(page.locator("#connection .note")).to_be_visible()
    found = page.evaluate(WHERE)
    assert found["bottom"] == found["window"] == found["page"], "the bar ends where the window does"
    assert found["on_top"], "the title can be read"
    context.set_offline(offline=False)


def test_who_was_here_is_told_to_a_pane_that_has_gone_without_complaint(page, desk, cast) -> None:
    filed, place = file_many(cast, 2), "**/P-1/presence/**"
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route(place, hold)
    with page.expect_request(place):
        desk(filed[0])
    page.keyboard.press("j")
    expect(pane(page, filed[1])).to_be_visible()
    with page.expect_response(place):
        late[0].continue_()
    page.wait_for_timeout(200)
    expect(pane(page, filed[1])).to_be_visible()


def test_z_undoes_within_the_grace_and_opens_it_again(desk, cast, settings, axe) -> None:
    settings.GRACE_S = 10
    filed = file_many(cast, 2)
    page = desk(filed[0])
    page.keyboard.press("a")
    expect(pane(page, filed[1])).to_be_visible()
    expect(page.locator(".queue-foot")).to_contain_text(re.compile(rf"Undo {filed[0]}, \d+ s"))
    axe(page)
    page.wait_for_timeout(200)
    page.keyboard.press("z")
    expect(pane(page, filed[0])).to_be_visible()
    expect(page.locator(".queue-foot .undo")).to_have_count(0)
    assert fresh(filed[0]).state == "pending"


def test_z_undoes_what_the_page_shows_before_what_was_decided_last(
    desk, cast, settings, axe, fits
) -> None:
    settings.GRACE_S = 60
    two = build.filed(cast.store, content="Skip the identity verification.\n")
    approve(cast, two, "reviewer")
    filed = file_many(cast, 2)
    approve(cast, filed[0], "reviewer")
    page = desk(two)
    expect(page.locator(".queue-foot")).to_contain_text(f"Undo {filed[0]}")
    expect(page.locator("#pane .actions")).to_contain_text("Until then you can take")
    axe(page)
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        fits(page)
    page.keyboard.press("z")
    expect(page.locator("#pane")).to_contain_text("Your turn")
    assert (fresh(two).state, fresh(filed[0]).state) == ("pending", "scheduled")


def test_the_offer_to_undo_goes_with_the_grace(desk, cast, settings) -> None:
    settings.GRACE_S = 2
    filed = file_many(cast, 2)
    page = desk(filed[0])
    page.keyboard.press("a")
    expect(page.locator(".queue-foot .undo")).to_have_count(1)
    expect(page.locator(".queue-foot .undo")).to_have_count(0)


def test_without_script_one_approves_and_undoes_by_forms(
    cast, browser: Browser, live_server, settings
) -> None:
    settings.GRACE_S = 10
    filed = file_many(cast, 2)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    be(page, cast.reviewer, live_server.url)
    page.goto(f"{live_server.url}{at(cast, filed[0])}")
    page.get_by_role("button", name="Approve change").click()
    expect(page.locator("#toasts")).to_contain_text(f"{filed[0]} approved.")
    assert fresh(filed[0]).state == "scheduled"
    page.get_by_role("button", name=f"Undo {filed[0]}").click()
    expect(page.locator("#toasts")).to_contain_text("the decision is undone")
    assert fresh(filed[0]).state == "pending"
    context.close()


def test_with_single_keys_off_no_key_decides(desk, cast) -> None:
    filed = file_many(cast, 2)
    page = desk(filed[0])
    page.evaluate("() => localStorage.setItem('daybreak.keys', 'off')")
    page.reload()
    page.keyboard.press("a")
    page.wait_for_timeout(400)
    assert not Decision.objects.exists()
    page.get_by_role("button", name="Approve change").click()
    expect(pane(page, filed[1])).to_be_visible()


DOUBLE = """() => {
  document.documentElement.dataset.settled = String(Date.now());
  document.querySelector("[data-guard]").click();
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "a", bubbles: true}));
}"""
"""The second press of a double one, by pointer and by key, as soon as the row is there."""


def test_high_risk_is_confirmed_by_a_second_key_and_not_by_a_double_press(desk, cast) -> None:
    risky = build.filed(cast.store, content="Skip the identity verification.\n")
    page = desk(risky)
    expect(pane(page, risky)).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Confirm approval")).to_be_visible()
    page.evaluate(DOUBLE)
    page.wait_for_timeout(450)
    assert not Decision.objects.exists()
    expect(page.get_by_role("button", name="Confirm approval")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text(f"{risky} approved.")
    assert Decision.objects.get().shown["confirmed"] is True


def test_a_long_change_counts_as_seen_once_its_end_is_on_the_screen(desk, cast) -> None:
    text = "".join(
        f"Rule {n}: ask for the number of the order, and name it.\n\n" for n in range(60)
    )
    page = desk(build.filed(cast.store, content=text))
    expect(page.locator("#unseen")).to_contain_text("its end was not on your screen")
    page.locator("#change-end").scroll_into_view_if_needed()
    expect(page.locator("#change-end")).to_contain_text("You have seen this change to its end.")
    expect(page.locator("#unseen")).to_have_text("")


def test_a_reason_that_was_typed_stands_there_after_a_reload(desk, cast) -> None:
    (proposal,) = file_many(cast, 1)
    page = desk(proposal)
    page.keyboard.press("r")
    with page.expect_response(re.compile("/draft/reject/")):
        page.get_by_label("In your words").fill("The tone of letters says so.")
    assert Draft.objects.get().text == "The tone of letters says so."
    page.reload()
    page.keyboard.press("r")
    expect(page.get_by_label("In your words")).to_have_value("The tone of letters says so.")
    page.get_by_label("It is wrong").check()
    page.get_by_role("button", name="Reject change").click()
    expect(page.locator("#toasts")).to_contain_text(f"{proposal} rejected.")
    assert Decision.objects.get().reason == "The tone of letters says so."
    assert not Draft.objects.exists()
