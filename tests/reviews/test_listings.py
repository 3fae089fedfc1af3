"""A desk's list: prepared queries answer what plain ones answer, for every search and reader."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from reviews import kin, orders, queue
from reviews.listings import KEPT, Listing
from reviews.models import Proposal
from reviews.postponements import aside_of, postpone
from reviews.reservations import reserve
from reviews.searches import Where, read_search
from tests import build
from tests.reviews import plain
from tests.reviews.views.desks import fresh, member

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SEARCHES = (
    "",
    *(f"is:{where.value}" for where in Where),
    "is:reserved",
    "is:open is:unreserved",
    "risk:high,medium -agent:shared",
    "op:create agent:{agent}",
    "-risk:low note",
    "older:2d",
    "newer:2d",
    "is:all older:1d newer:9d",
    "dream:D-1",
    "P-3",
    "nothing-is-called-so",
)


@pytest.fixture(autouse=True)
def nothing_kept():
    KEPT._found.clear()


@pytest.fixture
def mixed(cast, clock) -> list[Proposal]:
    """Proposals of every state and risk, of two days, of both stores, some of them kin."""
    made = []
    for at, state in enumerate(("pending", "conflicted", "awaiting_second", "applied", "rejected")):
        for risk in ("high", "low", "medium"):
            store = cast.shared_store if at == 2 else cast.store
            made.append(build.proposal(store, state, risk=risk, content=f"Note {at} {risk}.\n"))
        clock.advance(hours=20)
    build.filed(cast.store, content="Ask twice.\n", path="/a/one.md")
    build.filed(cast.store, content="Ask twice.\n", path="/a/two.md")
    return made


def listing(cast, text="", name="reviewer", *, aside=None) -> Listing:
    who = member(cast, name)
    search, agents = queue.find_agents(cast.workspace, read_search(text.format(agent="helpdesk")))
    return Listing(who, search, agents, aside_of(who) if aside is None else aside)


def plain_page(it: Listing, cursor="", size=50):
    seen = queue.as_seen_by(it.member, it.segments[-1][0])
    return queue.page_of(seen, orders.order_of(it.search, it.aside), cursor, size)


def assert_the_same(it: Listing) -> None:
    """Compare every answer of the list with that of plain queries."""
    rows = it.segments[-1][0]
    assert it.counts() == plain.count_all(it.member, rows, it.search, it.aside)
    cursor = ""
    while True:
        page = it.page(cursor, 4)
        assert page == plain_page(it, cursor, 4)
        assert it.page(page.newer, 4) == plain_page(it, page.newer, 4)
        if it.search.is_by_risk:
            assert it.kin(page) == plain.count_kin(rows, page)
        if not page.older:
            break
        cursor = page.older
    for one in Proposal.objects.filter(workspace=it.member.workspace).order_by("number")[::4]:
        place = queue.place_of(one)
        at = 0 if one.state == "conflicted" else len(it.segments) - 1
        others = kin.kin_of(one)
        assert it.around(place, at) == plain.find_neighbours(it.segments, at, place, kin=others)
        assert it.around(place, at, 7) == plain.find_neighbours(
            it.segments[-1:], 0, place, 7, others
        )
        assert it.after(place, at) == plain.find_next(it.segments, at, place)


@pytest.mark.parametrize("text", SEARCHES)
def test_it_answers_as_plain_queries_do_however_often_it_is_asked(cast, mixed, text) -> None:
    reserve(fresh(mixed[0]), by=member(cast, "second_reviewer"))
    for _ in range(2):
        assert_the_same(listing(cast, text))


@pytest.mark.parametrize("name", ["reviewer", "second_reviewer", "lead", "auditor", "admin"])
def test_each_reader_is_answered_for_themselves(cast, mixed, name) -> None:
    for who in ("lead", name):
        assert_the_same(listing(cast, "is:yours", who))


def test_what_was_put_aside_and_came_back_is_asked_as_it_is(cast, mixed, clock) -> None:
    who = member(cast, "reviewer")
    assert_the_same(listing(cast))
    postpone(fresh(mixed[0]), by=who, until=product_clock.now() + DAY)
    postpone(fresh(mixed[2]), by=who, until=product_clock.now() + 3 * DAY)
    it = listing(cast)
    assert mixed[0].number not in [row.number for row in it.page().rows]
    assert_the_same(it)
    clock.advance(days=2)
    back = listing(cast)
    assert back.aside.back
    assert_the_same(back)


def test_ages_and_reservations_are_measured_when_it_is_asked(cast, mixed, clock) -> None:
    first = [row.number for row in listing(cast, "older:2d").page().rows]
    reserve(fresh(mixed[0]), by=member(cast, "second_reviewer"))
    assert [row.number for row in listing(cast, "is:reserved").page().rows] == [mixed[0].number]
    clock.advance(days=30)
    assert len(listing(cast, "older:2d").page().rows) > len(first)
    assert listing(cast, "is:reserved").page().rows == ()
    assert_the_same(listing(cast, "older:2d"))


def test_days_of_review_come_though_the_list_was_asked_before(cast, clock) -> None:
    made = build.proposal(cast.store, "pending", content="Look again.\n")
    assert listing(cast, "is:overdue-review").page().rows == ()
    memory = build.memory(cast.store)
    Proposal.objects.filter(pk=made.pk).update(
        state="applied", memory=memory, applied_version=memory.head
    )
    memory.review_by = (product_clock.now() + DAY).date()
    memory.save()
    assert listing(cast, "is:overdue-review").page().rows == ()
    clock.advance(days=2)
    assert [row.number for row in listing(cast, "is:overdue-review").page().rows] == [made.number]


def test_another_workspace_is_never_in_it(cast, mixed) -> None:
    assert listing(cast, "is:all").page().rows
    other = Listing(
        member(cast, "reviewer"), read_search("is:all"), {}, aside_of(member(cast, "reviewer"))
    )
    assert {row.number for row in other.page().rows} == {
        one.number for one in Proposal.objects.filter(workspace=cast.workspace)
    }


def test_a_list_that_was_open_before_costs_the_same_queries(cast, mixed) -> None:
    place = queue.place_of(mixed[4])
    asked = []
    for _ in range(2):
        it = listing(cast)
        with CaptureQueriesContext(connection) as found:
            it.counts()
            page = it.page()
            it.around(place, 1)
            it.after(place, 1)
        asked.append(len(found))
        assert page.rows
    assert asked[0] == asked[1] <= 6
