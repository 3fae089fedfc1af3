"""Who stands around a proposal where the list is short, long, gone or in two parts.

The walk along a whole list, its filter and its one query are held in test_queue.
"""

from datetime import timedelta

import pytest

from agents.people import Member
from reviews import neighbours, queue
from reviews.models import Proposal
from reviews.neighbours import Neighbours, segments_of
from reviews.postponements import aside_of, postpone
from reviews.queue import Place, place_of
from reviews.searches import read_search
from tests import build
from tests.reviews import plain
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db
BEFORE_ALL = Place(2, 0, 0)
AFTER_ALL = Place(0, 2**62, 2**62)


def around(who: Member, at: int, place: Place, text: str = "") -> Neighbours:
    return plain.find_neighbours(segments_of(who, read_search(text)), at, place)


@pytest.fixture
def who(cast) -> Member:
    return member(cast, "reviewer")


@pytest.fixture
def parts(cast) -> tuple[list[Proposal], list[Proposal]]:
    """Two in conflict, and three that are open, each in the order of its list."""
    front = [
        build.proposal(cast.store, "conflicted", risk=risk, content=f"c {risk}\n")
        for risk in ("high", "low")
    ]
    main = [build.proposal(cast.store, content=f"o {n}\n") for n in range(3)]
    return front, main


@pytest.mark.parametrize("state", ["pending", "conflicted"])
def test_one_that_is_alone_is_the_first_of_one(cast, who, state) -> None:
    made = build.proposal(cast.store, state)
    at = 0 if state == "conflicted" else 1

    assert around(who, at, place_of(made)) == Neighbours(None, None, 1, 1)


def test_one_that_was_decided_as_the_last_has_nobody_around_it(cast, who) -> None:
    made = build.proposal(cast.store, "applied")

    assert around(who, 1, place_of(made)) == Neighbours(None, None, 1, 0)
    assert plain.find_next(segments_of(who, read_search("")), 1, place_of(made)) is None


def test_the_walk_goes_through_both_parts_and_back(who, parts) -> None:
    walked = [(0, one) for one in parts[0]] + [(1, one) for one in parts[1]]
    numbers = [None, *(one.number for _, one in walked), None]

    for position, (at, one) in enumerate(walked, start=1):
        found = around(who, at, place_of(one))
        assert (found.previous, found.next) == (numbers[position - 1], numbers[position + 1])
        assert (found.position, found.total) == (position, 5)


def test_one_that_left_the_list_stands_between_those_it_stood_between(who, parts) -> None:
    _, main = parts
    Proposal.objects.filter(pk=main[1].pk).update(state="rejected", waits=None)

    found = around(who, 1, place_of(main[1]))

    assert found == Neighbours(main[0].number, main[2].number, 4, 4)


def test_one_that_left_the_front_leads_from_its_part_into_the_other(who, parts) -> None:
    front, main = parts
    Proposal.objects.filter(pk=front[1].pk).update(state="withdrawn")

    assert around(who, 0, place_of(front[1])) == Neighbours(front[0].number, main[0].number, 2, 4)


@pytest.mark.parametrize(
    ("at", "place", "expected"),
    [
        (0, BEFORE_ALL, (None, 0, 1)),
        (0, AFTER_ALL, (1, 2, 3)),
        (1, BEFORE_ALL, (1, 2, 3)),
        (1, AFTER_ALL, (4, None, 6)),
    ],
)
def test_a_place_at_an_end_of_a_part_looks_into_the_other(who, parts, at, place, expected) -> None:
    numbers = [one.number for one in (*parts[0], *parts[1])]
    before, after, position = expected

    found = around(who, at, place)

    assert found.previous == (None if before is None else numbers[before])
    assert found.next == (None if after is None else numbers[after])
    assert (found.position, found.total) == (position, 5)


@pytest.mark.parametrize("count", [3, 4, 9])
def test_counting_stops_one_after_the_limit(cast, who, monkeypatch, count) -> None:
    for module in (neighbours, queue):
        monkeypatch.setattr(module, "COUNTED", 3)
    made = [build.proposal(cast.store, content=f"{n}\n") for n in range(count)]

    found = around(who, 1, place_of(made[-1]))

    assert (found.total, found.position) == (min(count, 4), min(count, 5))
    assert found.previous == made[-2].number, "who stands before is told however far it is"


def test_nobody_of_another_workspace_is_a_neighbour(cast, who) -> None:
    made = build.proposal(cast.store)
    for n in range(3):
        build.proposal(cast.other_agent.store, content=f"{n}\n")

    assert around(who, 1, place_of(made)) == Neighbours(None, None, 1, 1)


def test_what_the_person_put_aside_is_stepped_over_and_for_others_it_is_not(
    cast, who, parts, clock
) -> None:
    _, main = parts
    postpone(main[1], by=who, until=clock() + timedelta(days=2))
    place = place_of(main[0])
    lead = member(cast, "lead")

    for reader, expected in ((who, main[2]), (lead, main[1])):
        segments = segments_of(reader, read_search(""), aside=aside_of(reader))
        assert plain.find_neighbours(segments, 1, place).next == expected.number


@pytest.mark.parametrize("text", ["is:conflicted", "is:all", "is:decided", "is:yours"])
def test_only_the_open_list_has_a_part_in_front(who, text) -> None:
    assert len(segments_of(who, read_search(text))) == 1
    assert len(segments_of(who, read_search(""))) == 2


def test_the_front_keeps_to_the_search(cast, who, parts) -> None:
    front, _ = parts

    assert around(who, 0, place_of(front[0]), "risk:high") == Neighbours(None, None, 1, 1)


def test_kin_are_counted_where_they_are_asked_for_and_capped(
    cast, who, parts, monkeypatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(queue, "COUNTED", 2)
    segments, place = segments_of(who, read_search("")), place_of(parts[1][0])

    with django_assert_num_queries(1):
        found = plain.find_neighbours(segments, 1, place, kin=Proposal.objects.all())

    assert found.kin == 3
    assert plain.find_neighbours(segments, 1, place).kin == 0
