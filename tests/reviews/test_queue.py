"""The queue: what is listed, in which order, page by page, and who comes next."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from agents.people import Member, find_member, set_group
from reviews import neighbours, orders, queue
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.models import OPEN_STATES, STATES, Decision, Proposal
from reviews.queue import Place, Row
from reviews.searches import Search, Where, read_search
from tests import build
from tests.reviews import plain


def member_of(cast, person=None) -> Member:
    member = find_member(person or cast.reviewer, cast.workspace)
    assert member is not None
    return member


def numbers(rows: tuple[Row, ...]) -> list[int]:
    return [row.number for row in rows]


def rows_seen(who: Member, search: Search) -> QuerySet[Proposal]:
    """Return the list with what its reader is told of each row."""
    return queue.as_seen_by(who, queue.list_of(who, search))


def listed(cast, text: str, person=None) -> list[int]:
    search, agents = queue.find_agents(cast.workspace, read_search(text))
    who = member_of(cast, person)
    rows = queue.as_seen_by(who, queue.list_of(who, search, agents))
    return numbers(queue.page_of(rows, orders.order_of(search)).rows)


@pytest.fixture
def mixed(cast):
    """Six open proposals of three risks, filed in this order, and one of elsewhere."""
    build.proposal(cast.other_agent.store)
    risks = ("low", "high", "medium", "low", "high", "medium")
    return [
        build.proposal(cast.store, risk=risk, content=f"{risk} {n}\n")
        for n, risk in enumerate(risks)
    ]


def test_what_waits_goes_by_risk_and_then_oldest_first(cast, mixed) -> None:
    low_1, high_1, medium_1, low_2, high_2, medium_2 = (one.number for one in mixed)

    assert listed(cast, "") == [high_1, high_2, medium_1, medium_2, low_1, low_2]


def test_a_proposal_of_another_workspace_is_never_listed(cast, mixed) -> None:
    assert len(listed(cast, "is:all")) == len(mixed)


@pytest.mark.parametrize(
    ("state", "where"),
    [
        ("pending", "open"),
        ("awaiting_second", "open"),
        ("awaiting_second", "second"),
        ("conflicted", "conflicted"),
        ("scheduled", "decided"),
        ("applied", "decided"),
        ("rejected", "decided"),
        ("applied", "applied"),
        ("rejected", "rejected"),
        ("withdrawn", "withdrawn"),
        ("superseded", "all"),
    ],
)
def test_each_list_holds_its_states(cast, state, where) -> None:
    found = build.proposal(cast.store, state)

    assert listed(cast, f"is:{where}") == [found.number]


def test_filters_narrow_together(cast) -> None:
    other = build.agent(cast.workspace, "claims")
    wanted = build.proposal(other.store, risk="high", pattern_kind="mistake", title="Refunds late")
    build.proposal(other.store, risk="low", pattern_kind="mistake", title="Refunds late")
    build.proposal(other.store, risk="high", pattern_kind="preference", title="Refunds late")
    build.proposal(cast.store, risk="high", pattern_kind="mistake", title="Refunds late")
    build.proposal(other.store, risk="high", pattern_kind="mistake", title="Other")

    assert listed(cast, "risk:high agent:claims kind:mistake refunds") == [wanted.number]


def test_words_are_found_in_titles_and_paths_whatever_their_case(cast) -> None:
    by_title = build.proposal(cast.store, title="Quote the LIMIT")
    by_path = build.proposal(cast.store, path="/claims/limits.md", title="Other", content="x\n")
    build.proposal(cast.store, title="Nothing", path="/x.md", content="y\n")

    assert listed(cast, "limit") == [by_title.number, by_path.number]


def test_a_percent_sign_is_only_a_percent_sign(cast) -> None:
    build.proposal(cast.store, title="All of it")

    assert listed(cast, "%") == []


def test_an_id_finds_its_proposal_in_any_state(cast) -> None:
    found = build.proposal(cast.store, "applied")

    assert listed(cast, f"p{found.number}") == [found.number]


def test_the_shared_memory_is_an_agent_of_its_own(cast) -> None:
    build.proposal(cast.store)
    shared = build.proposal(cast.shared_store)

    assert listed(cast, "agent:shared") == [shared.number]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("-risk:high", [1, 2, 3]),
        ("-agent:claims", [0, 3]),
        ("-agent:shared", [0, 1, 2]),
        ("-kind:mistake", [0, 2, 3]),
        ("-op:retire", [0, 1, 3]),
        ("-dream:D-9", [0, 1, 2]),
        ("-quote", [0, 2, 3]),
        ("-agent:claims -agent:shared", [0]),
        ("-agent:nobody", [0, 1, 2, 3]),
        ("agent:claims -kind:mistake", [2]),
    ],
)
def test_a_leading_minus_leaves_out(cast, text, left) -> None:
    claims = build.agent(cast.workspace, "claims").store
    made = [
        build.proposal(cast.store, risk="high"),
        build.proposal(claims, pattern_kind="mistake", title="Quote the limit"),
        build.proposal(claims, op=Op.RETIRE, content="b\n"),
        build.proposal(cast.shared_store, origin_id="D-9"),
    ]

    assert sorted(listed(cast, text)) == [made[at].number for at in left]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("older:2d", [0, 1]),
        ("older:3d", [0]),
        ("newer:2d", [1, 2, 3]),
        ("newer:2h", [3]),
        ("older:1h newer:2d", [1, 2]),
        ("is:all older:1w", [0]),
    ],
)
def test_age_is_counted_from_filing(cast, clock, text, found) -> None:
    ages = [timedelta(days=9), timedelta(days=2), timedelta(hours=3), timedelta(0)]
    made = [build.proposal(cast.store, content=f"{age}\n", filed_at=clock() - age) for age in ages]

    assert listed(cast, text) == [made[at].number for at in found]


def test_an_unknown_agent_is_said_and_finds_nothing(cast) -> None:
    build.proposal(cast.store)

    search, agents = queue.find_agents(cast.workspace, read_search("agent:nobody"))

    assert search.problems == ("Northwind has no agent “nobody”.",)
    assert list(queue.list_of(member_of(cast), search, agents)) == []


def test_an_agent_of_another_workspace_is_unknown_here(cast) -> None:
    search, _ = queue.find_agents(cast.workspace, read_search(f"agent:{cast.other_agent.slug}"))

    assert search.problems


def test_yours_leaves_out_what_others_decide(cast) -> None:
    mine = build.proposal(cast.store, content="a\n")
    build.proposal(cast.store, proposer=cast.reviewer, content="b\n")
    build.proposal(cast.store, started_by=cast.reviewer, content="c\n")
    voted = build.proposal(cast.store, "awaiting_second", content="d\n")
    Decision.objects.create(proposal=voted, revision=1, person=cast.reviewer, verdict="approve")
    edited = build.proposal(cast.store, content="e\n")
    edited.revisions.update(author=cast.reviewer)

    assert listed(cast, "is:yours") == [mine.number]


def test_a_vote_on_an_earlier_revision_leaves_the_newer_one_yours(cast) -> None:
    found = build.proposal(cast.store, revision=2)
    Decision.objects.create(proposal=found, revision=1, person=cast.reviewer, verdict="approve")

    assert listed(cast, "is:yours") == [found.number]


@pytest.mark.parametrize(
    ("needs", "is_yours"),
    [
        ([[None, 1]], True),
        ([["legal", 1], [None, 1]], True),
        ([["legal", 1]], False),
        ([["claims", 1], ["legal", 1]], True),
        ([], True),
    ],
)
def test_what_only_other_groups_approve_is_not_yours(cast, needs, is_yours) -> None:
    set_group(cast.workspace, "claims", [cast.reviewer], by=SYSTEM)
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    found = build.proposal(cast.store, route={"needs": needs})

    assert listed(cast, "is:yours") == ([found.number] if is_yours else [])
    assert listed(cast, "is:yours", cast.lead) == (
        [] if needs == [["claims", 1]] else [found.number]
    )


def test_own_is_what_i_filed(cast) -> None:
    build.proposal(cast.store, content="a\n")
    own = build.proposal(cast.store, "rejected", proposer=cast.reviewer, content="b\n")

    assert listed(cast, "is:own") == [own.number]


def test_what_is_decided_is_listed_newest_first(cast) -> None:
    first = build.proposal(cast.store, "applied", risk="high")
    second = build.proposal(cast.store, "rejected", risk="low")

    assert listed(cast, "is:decided") == [second.number, first.number]


def walk(cast, text: str, size: int) -> list[list[int]]:
    """Return the pages of a list from the first to the last."""
    search = read_search(text)
    who = member_of(cast)
    rows, order = rows_seen(who, search), orders.order_of(search)
    pages, cursor = [], ""
    while True:
        page = queue.page_of(rows, order, cursor, size)
        pages.append(numbers(page.rows))
        if not page.older:
            return pages
        cursor = page.older


@pytest.mark.parametrize("text", ["", "is:all"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
def test_pages_hold_every_proposal_once_and_in_order(cast, mixed, text, size) -> None:
    pages = walk(cast, text, size)

    assert [number for page in pages for number in page] == listed(cast, text)
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("text", ["", "is:all"])
def test_the_way_back_shows_the_same_pages(cast, mixed, text) -> None:
    search = read_search(text)
    who = member_of(cast)
    rows, order = rows_seen(who, search), orders.order_of(search)
    first = queue.page_of(rows, order, size=2)
    second = queue.page_of(rows, order, first.older, 2)
    third = queue.page_of(rows, order, second.older, 2)

    assert queue.page_of(rows, order, third.newer, 2).rows == second.rows
    assert queue.page_of(rows, order, second.newer, 2).rows == first.rows
    assert third.older == ""
    assert first.newer == ""


def test_a_decided_proposal_does_not_shift_the_next_page(cast, mixed) -> None:
    search = read_search("")
    rows = rows_seen(member_of(cast), search)
    first = queue.page_of(rows, orders.BY_RISK, size=2)
    expected = queue.page_of(rows, orders.BY_RISK, first.older, 2).rows
    decided = next(one for one in mixed if one.number == first.rows[0].number)
    decided.state = "applied"
    decided.save()

    assert queue.page_of(rows, orders.BY_RISK, first.older, 2).rows == expected


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "o",
        "o2",
        "o2.5",
        "o2.5.",
        "o.5.5",
        "oa.b.c",
        "z2.5.5",
        "o2.5.6.7",
        "o2.5.٣",
        "o100.5.5",
        "n" + "9" * 30,
        f"o2.{2**63}.5",
        f"o2.5.{2**63}",
    ],
)
def test_a_cursor_that_cannot_be_read_gives_the_first_page(cast, mixed, cursor) -> None:
    rows = rows_seen(member_of(cast), read_search(""))

    assert (
        queue.page_of(rows, orders.BY_RISK, cursor).rows == queue.page_of(rows, orders.BY_RISK).rows
    )


def test_a_deep_page_asks_the_database_no_more_than_the_first(cast, mixed) -> None:
    rows = rows_seen(member_of(cast), read_search(""))
    first = queue.page_of(rows, orders.BY_RISK, size=2)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        queue.page_of(rows, orders.BY_RISK, first.older, 2)

    assert len(asked) <= 2
    assert all("OFFSET" not in one["sql"] for one in asked)


def test_the_page_that_begins_with_a_proposal(cast, mixed) -> None:
    place = queue.place_of(mixed[2])
    rows = rows_seen(member_of(cast), read_search(""))

    page = queue.page_of(rows, orders.BY_RISK, queue.cursor_before(place))

    assert page.rows[0].number == mixed[2].number


def test_counts_are_true_and_one_query(cast, mixed, django_assert_num_queries) -> None:
    build.proposal(cast.store, "conflicted", content="c\n")
    now = product_clock.now()
    build.proposal(cast.store, "applied", decided_at=now, content="d\n")
    build.proposal(cast.store, "applied", decided_at=now - timedelta(days=2), content="e\n")
    member = member_of(cast)
    for text, low, total in (("risk:high,medium", 0, 4), ("", 2, 6)):
        search = read_search(text)
        rows = queue.list_of(member, search)
        with django_assert_num_queries(1):
            counts = plain.count_all(member, rows, search)
        assert (counts.high, counts.medium, counts.low, counts.total) == (2, 2, low, total)
        assert (counts.open, counts.conflicted, counts.decided_today) == (6, 1, 1)


def test_counts_of_a_list_that_cannot_match_are_nought(cast, mixed) -> None:
    member = member_of(cast)
    search, agents = queue.find_agents(cast.workspace, read_search("agent:nobody"))

    rows = queue.list_of(member, search, agents)
    counts = plain.count_all(member, rows, search)

    assert counts.total == 0
    assert counts.open == len(mixed)


def test_counting_stops_where_it_would_cost(cast, mixed, monkeypatch) -> None:
    monkeypatch.setattr(queue, "COUNTED", 3)
    member = member_of(cast)

    rows = queue.list_of(member, read_search(""))
    assert plain.count_all(member, rows, read_search("")).open == 4


def test_an_answered_containment_waits_for_nobody(cast, clock) -> None:
    made = build.containment(
        workspace=cast.workspace,
        store=cast.store,
        kind="roll_back",
        target="R-1",
        by=cast.lead,
        reason="x",
        due_at=clock() + timedelta(hours=48),
    )
    assert list(queue.open_containments(cast.workspace)) == [made]
    made.answer = "confirmed"
    made.save()

    assert list(queue.open_containments(cast.workspace)) == []


def around(cast, proposal, text: str = ""):
    search = read_search(text)
    segments = neighbours.segments_of(member_of(cast), search)
    at = 0 if proposal.state == "conflicted" else len(segments) - 1
    return plain.find_neighbours(segments, at, queue.place_of(proposal))


def test_neighbours_stand_in_the_order_of_the_list(cast, mixed) -> None:
    by_number = {one.number: one for one in mixed}
    order = listed(cast, "")

    for index, number in enumerate(order):
        found = around(cast, by_number[number])
        assert found.previous == (order[index - 1] if index else None)
        assert found.next == (order[index + 1] if index + 1 < len(order) else None)
        assert (found.position, found.total) == (index + 1, len(order))


def test_who_comes_next_is_the_neighbour_after(cast, mixed) -> None:
    conflicted = build.proposal(cast.store, "conflicted", risk="low", content="c\n")
    segments = neighbours.segments_of(member_of(cast), read_search(""))

    for one in (conflicted, *mixed):
        at = 0 if one is conflicted else len(segments) - 1
        found = plain.find_next(segments, at, queue.place_of(one))
        assert found == around(cast, one).next


@pytest.mark.parametrize("state", STATES)
def test_only_open_states_wait(cast, state: str) -> None:
    made = build.proposal(cast.store, state, content="w\n")

    assert Proposal.objects.filter(pk=made.pk, waits=1).exists() == (state in OPEN_STATES)


def test_neighbours_are_one_query(cast, mixed, django_assert_num_queries) -> None:
    member = member_of(cast)
    segments = neighbours.segments_of(member, read_search(""))

    with django_assert_num_queries(1):
        plain.find_neighbours(segments, 1, queue.place_of(mixed[3]))


def test_a_known_total_is_told_and_not_counted_again(cast, mixed) -> None:
    segments = neighbours.segments_of(member_of(cast), read_search(""))[-1:]
    place = queue.place_of(mixed[3])
    counted = plain.find_neighbours(segments, 0, place)

    with CaptureQueriesContext(connection) as asked:
        found = plain.find_neighbours(segments, 0, place, counted.total)
    assert found == counted
    assert "all_0" not in asked.captured_queries[0]["sql"]


def test_without_conflicts_the_front_changes_nothing(cast, mixed) -> None:
    segments = neighbours.segments_of(member_of(cast), read_search(""))
    for one in mixed:
        if one.state in OPEN_STATES:
            alone = plain.find_neighbours(segments[-1:], 0, queue.place_of(one))
            assert alone == around(cast, one)


def test_what_is_in_conflict_stands_in_front_of_what_is_open(cast, mixed) -> None:
    conflicted = build.proposal(cast.store, "conflicted", risk="low", content="c\n")
    first = next(one for one in mixed if one.number == listed(cast, "")[0])

    assert around(cast, conflicted).next == first.number
    assert around(cast, first).previous == conflicted.number
    assert around(cast, first).position == 2


def test_a_decided_proposal_still_has_a_next_one(cast, mixed) -> None:
    order = listed(cast, "")
    decided = next(one for one in mixed if one.number == order[1])
    decided.state = "applied"
    decided.save()

    assert around(cast, decided).next == order[2]


def test_neighbours_keep_to_the_filter(cast, mixed) -> None:
    order = listed(cast, "risk:medium")
    first = next(one for one in mixed if one.number == order[0])

    found = around(cast, first, "risk:medium")

    assert (found.previous, found.next, found.total) == (None, order[1], 2)


def test_every_list_but_all_and_own_names_its_states() -> None:
    assert set(Where) - set(queue.STATES_OF) == {Where.ALL, Where.OWN}


def test_a_place_is_spelled_into_a_cursor_and_read_again() -> None:
    assert queue.read_cursor(queue.cursor_before(Place(2, 8, 10))) == ("o", Place(2, 8, 9))
