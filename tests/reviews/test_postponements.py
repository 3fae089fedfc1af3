"""Later: a proposal put aside by one person until a date."""

from datetime import timedelta

import pytest

from agents.errors import InvalidInput
from reviews import neighbours, orders, postponements, queue
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.errors import NotAllowed, StaleProposal
from reviews.models import Postponement
from reviews.postponements import aside_of, find_postponement, postpone, take_back
from reviews.searches import Where, read_search
from tests import build
from tests.reviews import plain
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def three(cast):
    return [build.filed(cast.store, content=f"Note {'abc'[n] * 5}.\n") for n in range(3)]


def listed(cast, text: str = "", name: str = "reviewer", size: int = 50) -> list[int]:
    """The numbers of a person's list, walked page by page."""
    who, search = member(cast, name), read_search(text)
    aside = aside_of(who)
    rows = queue.as_seen_by(who, queue.list_of(who, search, aside=aside))
    order = orders.order_of(search, aside)
    found, cursor = [], ""
    while True:
        page = queue.page_of(rows, order, cursor, size)
        found += [row.number for row in page.rows]
        if not page.older:
            return found
        cursor = page.older


def test_it_leaves_ones_own_queue_and_nobody_elses(cast, three, clock) -> None:
    first, second, third = (one.number for one in three)
    postpone(three[0], by=member(cast, "reviewer"), until=clock() + DAY)

    assert listed(cast) == [second, third]
    assert listed(cast, "is:yours") == [second, third]
    assert listed(cast, "is:later") == [first]
    assert listed(cast, name="lead") == [first, second, third]
    assert listed(cast, "is:later", name="lead") == []


def test_what_is_late_is_listed_though_it_was_put_aside(cast, three, clock) -> None:
    postpone(three[0], by=member(cast, "reviewer"), until=clock() + 300 * DAY)
    due = fresh(three[0]).due_at
    clock.advance(days=200)

    assert three[0].number in listed(cast, "is:late")
    assert three[0].number not in listed(cast)
    assert fresh(three[0]).due_at == due


def test_it_comes_back_by_itself_on_top_of_its_group(cast, three, clock) -> None:
    high = build.proposal(cast.store, risk="high", content="h\n")
    first, second, third = (one.number for one in three)
    postpone(three[2], by=member(cast, "reviewer"), until=clock() + DAY)
    assert listed(cast) == [high.number, first, second]
    clock.advance(days=1)

    assert listed(cast) == [high.number, third, first, second]
    assert listed(cast, "is:later") == []
    assert listed(cast, name="lead") == [high.number, first, second, third]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pages_and_neighbours_agree_on_what_is_back(cast, clock, size) -> None:
    made = [
        build.proposal(cast.store, risk=risk, content=f"{n}\n")
        for n, risk in enumerate(["low", "high", "low", "medium", "high", "low", "medium"])
    ]
    who = member(cast, "reviewer")
    for at in (4, 5, 2):
        postpone(made[at], by=who, until=clock() + DAY)
    clock.advance(days=2)
    order = [made[at].number for at in (4, 1, 3, 6, 2, 5, 0)]

    assert listed(cast, size=size) == order
    aside = aside_of(who)
    segments = neighbours.segments_of(who, read_search(""), aside=aside)
    for at, number in enumerate(order):
        one = next(p for p in made if p.number == number)
        found = plain.find_neighbours(segments, 1, queue.place_of(one))
        assert found.previous == (order[at - 1] if at else None)
        assert found.next == (order[at + 1] if at + 1 < len(order) else None)
        assert (found.position, found.total) == (at + 1, len(order))


def test_a_page_can_be_walked_back_over_what_is_back(cast, clock) -> None:
    made = [build.proposal(cast.store, content=f"{n}\n") for n in range(5)]
    who = member(cast, "reviewer")
    postpone(made[3], by=who, until=clock() + DAY)
    clock.advance(days=2)
    aside = aside_of(who)
    rows = queue.as_seen_by(who, queue.list_of(who, read_search(""), aside=aside))
    order = orders.order_of(read_search(""), aside)
    first = queue.page_of(rows, order, size=2)
    second = queue.page_of(rows, order, first.older, 2)

    assert [row.number for row in first.rows] == [made[3].number, made[0].number]
    third = queue.page_of(rows, order, second.older, 2)
    assert queue.page_of(rows, order, third.newer, 2).rows == second.rows


def test_counts_are_those_of_ones_own_queue(cast, three, clock) -> None:
    who = member(cast, "reviewer")
    postpone(three[0], by=who, until=clock() + DAY)
    aside, search = aside_of(who), read_search("")

    counts = plain.count_all(who, queue.list_of(who, search, aside=aside), search, aside)

    assert (counts.total, counts.open) == (2, 2)


def test_it_is_on_the_record_and_its_note_is_a_value(cast, three, clock) -> None:
    postpone(three[0], by=member(cast, "reviewer"), until=clock() + DAY, note=" Ask Ana. ")

    body = read_body(Entry.objects.get(action=Action.PROPOSAL_POSTPONED).body)
    assert body["after"] == {"until": "2026-11-22T06:00:00Z"}
    assert "Ask Ana" not in str(body)
    assert "note" in body["values"]
    assert find_postponement(three[0], member(cast, "reviewer")).note == "Ask Ana."


def test_it_can_be_taken_back_and_that_is_on_the_record_once(cast, three, clock) -> None:
    who = member(cast, "reviewer")
    postpone(three[0], by=who, until=clock() + DAY)

    take_back(three[0], by=member(cast, "lead"))
    assert find_postponement(three[0], who)
    take_back(three[0], by=who)
    take_back(three[0], by=who)

    assert listed(cast)[0] == three[0].number
    assert Entry.objects.filter(action=Action.PROPOSAL_TAKEN_BACK).count() == 1


def test_again_sets_another_day(cast, three, clock) -> None:
    who = member(cast, "reviewer")
    for days in (1, 5):
        postpone(three[0], by=who, until=clock() + days * DAY)

    assert Postponement.objects.get().until == clock() + 5 * DAY


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_day_that_makes_no_sense_is_refused(cast, three, clock, days) -> None:
    with pytest.raises(InvalidInput, match="from tomorrow on"):
        postpone(three[0], by=member(cast, "reviewer"), until=clock() + days * DAY)


def test_what_waits_no_more_is_not_put_aside(cast, three, clock) -> None:
    decided = approve(cast, three[0])

    with pytest.raises(StaleProposal):
        postpone(decided, by=member(cast, "reviewer"), until=clock() + DAY)


def test_roles_that_do_not_decide_put_nothing_aside(cast, three, clock) -> None:
    with pytest.raises(NotAllowed):
        postpone(three[0], by=member(cast, "auditor"), until=clock() + DAY)


def test_nobody_puts_everything_aside(cast, three, clock, monkeypatch) -> None:
    monkeypatch.setattr(postponements, "MOST", 1)
    who = member(cast, "reviewer")
    postpone(three[0], by=who, until=clock() + DAY)

    with pytest.raises(InvalidInput, match="put 1 proposals aside"):
        postpone(three[1], by=who, until=clock() + DAY)
    postpone(three[0], by=who, until=clock() + 2 * DAY)


def test_what_was_decided_meanwhile_does_not_come_back(cast, three, clock) -> None:
    postpone(three[0], by=member(cast, "reviewer"), until=clock() + DAY)
    approve(cast, three[0])
    clock.advance(days=2)

    assert aside_of(member(cast, "reviewer")).back == {}


def test_what_was_put_aside_is_one_query(cast, three, clock, django_assert_num_queries) -> None:
    who = member(cast, "reviewer")
    for one in three:
        postpone(one, by=who, until=clock() + DAY)

    with django_assert_num_queries(1):
        assert len(aside_of(who).away) == 3


def test_only_lists_of_what_waits_for_oneself_leave_it_out() -> None:
    assert {Where.OPEN, Where.YOURS, Where.SECOND} == queue.LEAVES_ASIDE
