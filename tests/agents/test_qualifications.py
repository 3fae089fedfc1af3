"""Who counts in a group: everybody, or who was qualified at the time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.group_rules import require_qualification, waive_qualification
from agents.models import Qualification
from agents.people import find_member, set_group
from agents.qualifications import (
    Holding,
    Roll,
    due_renewals,
    group_lines,
    holdings_of,
    places_of,
    roll_of,
)
from reviews.audit.actors import SYSTEM
from tests import build
from tests.clock import DAYBREAK

pytestmark = pytest.mark.django_db
ROSA, SVEN = 1, 2
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "spans", "at", "counts"),
    [
        (None, [], 0, True),
        (0, [], -1, True),
        (0, [], 0, False),
        (0, [(1, 10)], 0, False),
        (0, [(1, 10)], 1, True),
        (0, [(1, 10)], 9, True),
        (0, [(1, 10)], 10, False),
        (0, [(1, 10), (12, 20)], 11, False),
        (0, [(1, 10), (9, 20)], 10, True),
    ],
)
def test_a_person_counts_as_they_were_qualified_then(since, spans, at, counts):
    moment = lambda day: DAYBREAK + day * DAY  # noqa: E731
    roll = Roll(
        {ROSA: {"risk": moment(since) if since is not None else None}},
        {(ROSA, "risk"): [(moment(start), moment(end)) for start, end in spans]},
    )
    assert roll.counted(ROSA, moment(at)) == (frozenset({"risk"}) if counts else frozenset())
    assert roll.uncounted(ROSA, moment(at)) == (frozenset() if counts else frozenset({"risk"}))
    assert roll.counted(SVEN, moment(at)) == frozenset()
    assert roll.counted(None, moment(at)) == frozenset()


@pytest.mark.parametrize(
    ("days", "is_current", "is_due"),
    [(None, False, True), (20, True, False), (14, True, True), (1, True, True), (0, False, True)],
)
def test_a_holding_is_due_in_its_last_fortnight_and_after(days, is_current, is_due):
    holding = Holding("risk", None if days is None else DAYBREAK + days * DAY)
    assert holding.is_current(DAYBREAK) is is_current
    assert holding.is_due(DAYBREAK) is is_due


def qualify(cast, person, *, at, days=365, group="risk"):
    """A qualification as a passed run leaves it."""
    count = Qualification.objects.count()
    return Qualification.objects.create(
        workspace=cast.workspace,
        person=person,
        group=group,
        attempt=count + 1,
        score=11,
        of=12,
        caught=2,
        traps=2,
        version=1,
        at=at,
        valid_until=at + days * DAY,
    )


@pytest.fixture
def risk(cast, clock):
    """The group risk of Rosa and Sven, which asks for qualification."""
    set_group(cast.workspace, "risk", [cast.reviewer, cast.second_reviewer], by=SYSTEM)
    return require_qualification(cast.workspace, "risk", days=365, by=SYSTEM)


def test_who_is_not_qualified_stands_in_the_group_and_does_not_count(cast, risk):
    rosa = find_member(cast.reviewer, cast.workspace)
    assert (rosa.groups, rosa.unqualified, rosa.asking) == (
        frozenset(),
        frozenset({"risk"}),
        frozenset({"risk"}),
    )
    lena = find_member(cast.lead, cast.workspace)
    assert (lena.groups, lena.unqualified, lena.asking) == (frozenset(),) * 3


def test_who_is_qualified_counts_until_it_ends(cast, risk, clock):
    qualify(cast, cast.reviewer, at=clock.at, days=30)
    assert find_member(cast.reviewer, cast.workspace).groups == {"risk"}
    clock.advance(days=30)
    assert find_member(cast.reviewer, cast.workspace).unqualified == {"risk"}


def test_a_qualification_of_another_workspace_or_group_counts_nowhere_else(cast, risk, clock):
    qualify(cast, cast.reviewer, at=clock.at, group="other")
    qualify(cast, cast.second_reviewer, at=clock.at)
    Qualification.objects.filter(group="risk").update(workspace=cast.elsewhere)
    for person in (cast.reviewer, cast.second_reviewer):
        assert [place.counts for place in places_of(cast.workspace, person)] == [False]


def test_a_group_that_asks_for_nothing_counts_everybody(cast, risk):
    waive_qualification(cast.workspace, "risk", by=SYSTEM)
    rosa = find_member(cast.reviewer, cast.workspace)
    assert (rosa.groups, rosa.asking) == (frozenset({"risk"}), frozenset())


def test_the_roll_of_a_workspace_says_the_same_of_everybody(cast, risk, clock):
    qualify(cast, cast.reviewer, at=clock.at)
    roll = roll_of(cast.workspace)
    assert roll.counted(cast.reviewer.pk, clock.at) == {"risk"}
    assert roll.uncounted(cast.second_reviewer.pk, clock.at) == {"risk"}


def queries(act):
    with CaptureQueriesContext(connection) as caught:
        act()
    return len(caught)


def test_a_member_costs_no_more_queries_for_groups_that_ask(cast, risk, clock):
    plain = queries(lambda: find_member(cast.lead, cast.workspace))
    qualify(cast, cast.reviewer, at=clock.at)
    assert queries(lambda: find_member(cast.reviewer, cast.workspace)) == plain


def test_the_roll_and_the_notices_cost_the_same_for_many_people(cast, risk, clock):
    few = (
        queries(lambda: roll_of(cast.workspace)),
        queries(lambda: due_renewals(cast.workspace, clock.at)),
    )
    more = [build.person(f"Reviewer {n}", within=cast.workspace) for n in range(5)]
    set_group(cast.workspace, "risk", [cast.reviewer, *more], by=SYSTEM)
    for person in more:
        qualify(cast, person, at=clock.at, days=5)
    many = (
        queries(lambda: roll_of(cast.workspace)),
        queries(lambda: due_renewals(cast.workspace, clock.at)),
    )
    assert few == many == (2, 3)


def test_notices_name_who_has_none_whose_ended_and_whose_ends_soon(cast, risk, clock):
    set_group(cast.workspace, "risk", [cast.reviewer, cast.second_reviewer, cast.lead], by=SYSTEM)
    qualify(cast, cast.reviewer, at=clock.at, days=14)
    qualify(cast, cast.lead, at=clock.at, days=60)
    due = due_renewals(cast.workspace, clock.at)
    assert [(person.name, holding.until) for person, holding in due] == [
        ("Rosa", clock.at + 14 * DAY),
        ("Sven", None),
    ]
    clock.advance(days=60)
    assert [person.name for person, _ in due_renewals(cast.workspace, clock.at)] == [
        "Lena",
        "Rosa",
        "Sven",
    ]
    waive_qualification(cast.workspace, "risk", by=SYSTEM)
    assert due_renewals(cast.workspace, clock.at) == []


def test_the_longest_of_several_qualifications_stands(cast, risk, clock):
    qualify(cast, cast.reviewer, at=clock.at, days=300)
    qualify(cast, cast.reviewer, at=clock.at, days=100)
    (holding,) = holdings_of(cast.workspace, cast.reviewer)
    assert holding.until == clock.at + 300 * DAY


def test_an_admin_reads_each_group_with_who_is_qualified(cast, risk, clock):
    qualify(cast, cast.reviewer, at=clock.at)
    set_group(cast.workspace, "open", [cast.lead], by=SYSTEM)
    plain, asking = group_lines(cast.workspace)
    assert (plain.name, plain.asks, plain.members) == ("open", False, (("Lena", None),))
    assert asking.asks
    assert asking.members == (("Rosa", clock.at + 365 * DAY), ("Sven", None))
