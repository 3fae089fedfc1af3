"""What waits for whom: each section for itself, capped, and at the same price whatever it holds.

How the page prints them is held in views/test_work.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Memory, WorkspaceRole
from agents.people import Member, add_person, find_member
from reviews.audit.actors import SYSTEM
from reviews.comments import add_comment
from reviews.lines import Reader
from reviews.models import Decision, Mention, Proposal
from reviews.postponements import aside_of, postpone
from reviews.reservations import reserve
from reviews.workday import (
    MOST,
    Named,
    Section,
    Upkeep,
    containments_for,
    names_for,
    sections_of,
    upkeep_of,
)
from tests import build
from tests.reviews.views.desks import fresh, member

pytestmark = pytest.mark.django_db


def reader_of(who: Member) -> Reader:
    return Reader(who, lambda page, number=None: f"/{page}/{number}/", aside_of(who))


def sections(who: Member) -> dict[str, Section]:
    return {one.name: one for one in sections_of(who, aside_of(who), reader_of(who))}


def ids(section: Section) -> list[str]:
    return [line.id for line in section.lines]


def test_in_an_empty_workspace_nothing_waits_for_anybody(cast) -> None:
    for name in ("reviewer", "second_reviewer", "lead"):
        who = member(cast, name)
        found = sections(who)
        assert list(found) == ["turn", "second", "reserved", "later", "back"]
        assert {(one.count, one.lines) for one in found.values()} == {("0", ())}
        assert names_for(who, reader_of(who)) == ()
        assert list(containments_for(who, reader_of(who))) == []
    assert upkeep_of(cast.workspace) == Upkeep("0", ())


def test_every_section_leads_to_the_list_it_is_the_beginning_of(cast) -> None:
    found = sections(member(cast, "reviewer"))

    assert {name: one.search for name, one in found.items()} == {
        "turn": "is:yours",
        "second": "is:second",
        "reserved": "is:reserved",
        "later": "is:later",
        "back": "is:own",
    }


def test_ones_own_proposal_waits_for_everybody_else(cast) -> None:
    made = build.proposal(cast.store, proposer=cast.reviewer)

    turns = {name: ids(sections(member(cast, name))["turn"]) for name in ("reviewer", "lead")}

    assert turns == {"reviewer": [], "lead": [str(made)]}


def test_a_second_vote_waits_for_both_lists_and_not_for_who_gave_the_first(cast) -> None:
    made = build.proposal(cast.store, "awaiting_second")
    Decision.objects.create(
        proposal=made, revision=1, person=cast.second_reviewer, verdict="approve"
    )

    other, first = (sections(member(cast, name)) for name in ("reviewer", "second_reviewer"))

    assert ids(other["second"]) == ids(other["turn"]) == [str(made)]
    assert ids(first["second"]) == ids(first["turn"]) == []


@pytest.mark.parametrize(
    ("state", "is_back"),
    [
        ("changes_requested", True),
        ("conflicted", True),
        ("pending", False),
        ("rejected", False),
        ("applied", False),
    ],
)
def test_what_came_back_is_ones_own_and_needs_an_answer(cast, state, is_back) -> None:
    made = build.proposal(cast.store, state, proposer=cast.reviewer)
    build.proposal(cast.store, state, proposer=cast.lead, content="Of another.\n")

    assert ids(sections(member(cast, "reviewer"))["back"]) == ([str(made)] if is_back else [])


def test_a_reservation_is_its_holders_until_it_ends_or_the_proposal_is_decided(cast, clock) -> None:
    who, lead = member(cast, "reviewer"), member(cast, "lead")
    first, second = (build.proposal(cast.store, content=f"{n}\n") for n in range(2))
    for one in (first, second):
        reserve(one, by=who)
    assert ids(sections(who)["reserved"]) == [str(first), str(second)]
    assert ids(sections(lead)["reserved"]) == []

    Proposal.objects.filter(pk=first.pk).update(state="applied", waits=None)
    assert ids(sections(who)["reserved"]) == [str(second)]
    clock.advance(hours=1)
    assert ids(sections(who)["reserved"]) == []


def test_what_is_put_aside_moves_to_later_and_comes_back_in_front(cast, clock) -> None:
    who = member(cast, "reviewer")
    first, second = (build.proposal(cast.store, content=f"{n}\n") for n in range(2))
    postpone(second, by=who, until=clock() + timedelta(days=2))
    away = sections(who)

    clock.advance(days=3)
    back = sections(who)

    assert (ids(away["turn"]), ids(away["later"])) == ([str(first)], [str(second)])
    assert (ids(back["turn"]), ids(back["later"])) == ([str(second), str(first)], [])


@pytest.mark.parametrize("count", [MOST - 1, MOST, MOST + 1])
def test_a_section_shows_the_first_and_counts_all(cast, count) -> None:
    made = [build.proposal(cast.store, content=f"{n}\n") for n in range(count)]

    turn = sections(member(cast, "reviewer"))["turn"]

    assert ids(turn) == [str(one) for one in made[:MOST]]
    assert turn.count == str(count)


def test_the_sections_cost_the_same_whatever_they_hold(cast, clock) -> None:
    who, asked = member(cast, "reviewer"), []
    for more in (MOST, 3 * MOST):
        for n in range(more):
            build.proposal(cast.store, content=f"{more} {n}\n")
            build.proposal(cast.store, "awaiting_second", content=f"s {more} {n}\n")
            build.proposal(
                cast.store, "changes_requested", proposer=cast.reviewer, content=f"c {more} {n}\n"
            )
        with CaptureQueriesContext(connection) as queries:
            sections(who)
        asked.append(len(queries))

    assert asked[0] == asked[1]


def mention(cast, text: str, by: str = "lead") -> Proposal:
    proposal = build.filed(cast.store)
    add_comment(proposal, text, by=member(cast, by))
    return proposal


def test_a_mention_names_who_wrote_it_and_leads_to_the_comment(cast, clock) -> None:
    proposal = mention(cast, "@Rosa which terms?")
    who = member(cast, "reviewer")

    assert names_for(who, reader_of(who)) == (
        Named(
            str(proposal),
            f"/proposal/{proposal.number}/#c-1",
            proposal.title,
            cast.lead.name,
            clock(),
        ),
    )
    for other in ("second_reviewer", "lead"):
        reader = member(cast, other)
        assert names_for(reader, reader_of(reader)) == ()


def test_a_mention_that_was_opened_waits_no_more(cast, clock) -> None:
    mention(cast, "@Rosa look.")
    Mention.objects.update(seen_at=clock())
    who = member(cast, "reviewer")

    assert names_for(who, reader_of(who)) == ()


def test_a_mention_in_another_workspace_waits_there(cast) -> None:
    add_person(
        cast.elsewhere,
        email=cast.reviewer.email,
        name=cast.reviewer.name,
        role=WorkspaceRole.REVIEWER,
        by=SYSTEM,
    )
    there = find_member(cast.outsider, cast.elsewhere)
    mine = find_member(cast.reviewer, cast.elsewhere)
    assert there is not None
    assert mine is not None
    add_comment(build.filed(cast.other_agent.store), "@Rosa look.", by=there)

    here = member(cast, "reviewer")

    assert names_for(here, reader_of(here)) == ()
    assert len(names_for(mine, reader_of(mine))) == 1


def test_mentions_are_the_newest_few_in_one_query(cast, django_assert_num_queries) -> None:
    made = [mention(cast, f"@Rosa {n}?") for n in range(MOST + 2)]
    who = member(cast, "reviewer")
    reader = reader_of(who)

    with django_assert_num_queries(1):
        found = names_for(who, reader)

    assert [one.id for one in found] == [str(one) for one in reversed(made[2:])]


def memory(cast, days: int, clock, name: str, store=None) -> Memory:
    made = build.memory(store or cast.store, f"/terms/{name}.md", f"Text of {name}.\n")
    row = Memory.objects.get(store=made.store, path=f"/terms/{name}.md")
    row.review_by = clock().date() + timedelta(days=days)
    row.save(update_fields=["review_by"])
    return row


def test_memories_are_looked_at_again_from_their_day_on_the_oldest_first(cast, clock) -> None:
    memory(cast, 1, clock, "tomorrow")
    today, late = memory(cast, 0, clock, "today"), memory(cast, -5, clock, "late")
    memory(cast, -9, clock, "foreign", store=cast.other_agent.store)

    assert upkeep_of(cast.workspace) == Upkeep("2", (late, today))


@pytest.mark.parametrize(("count", "queries"), [(MOST - 1, 1), (MOST, 2), (MOST + 3, 2)])
def test_upkeep_shows_the_first_and_counts_all(
    cast, clock, django_assert_num_queries, count, queries
) -> None:
    made = [memory(cast, -1, clock, f"m{n}") for n in range(count)]

    with django_assert_num_queries(queries):
        found = upkeep_of(cast.workspace)
        assert [str(one.store.agent) for one in found.memories]

    assert found == Upkeep(str(count), tuple(made[:MOST]))


def test_a_containment_waits_for_everybody_but_who_made_it(cast, clock) -> None:
    build.containment(
        workspace=cast.workspace,
        store=cast.store,
        kind="roll_back",
        target="R-7",
        by=cast.lead,
        reason="x",
        due_at=clock() + timedelta(hours=2),
    )
    counts = {}
    for name in ("lead", "reviewer", "second_reviewer"):
        who = member(cast, name)
        counts[name] = len(containments_for(who, reader_of(who)))

    assert counts == {"lead": 0, "reviewer": 1, "second_reviewer": 1}


def test_reading_ones_day_changes_nothing(cast) -> None:
    proposal = mention(cast, "@Rosa look.")
    who = member(cast, "reviewer")
    before = fresh(proposal).__dict__ | {"_state": None}

    for _ in range(2):
        sections(who)
        assert len(names_for(who, reader_of(who))) == 1

    assert fresh(proposal).__dict__ | {"_state": None} == before
    assert Mention.objects.get().seen_at is None
