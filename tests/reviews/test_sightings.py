"""What a person had before them when they decided: theirs alone, and the same whenever it is read.

The page that prints it is held in views/test_sightings.
"""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import decisions
from reviews.audit import sealing
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.models import Proposal
from reviews.sightings import decisions_of, number_of, sighting_of
from tests import build
from tests.reviews.audit.logs import change
from tests.reviews.views.desks import PATH, fresh, member, update

pytestmark = pytest.mark.django_db
RISKY = "Run `sudo rm -rf /var/cache` first.\n"
OLD = "One.\nTwo.\n"


@pytest.fixture
def proposal(cast) -> Proposal:
    """Of high risk, so that it takes two votes; three quotes."""
    session = build.session(cast.agent)
    quotes = [
        build.quote(session, 2, "already shipped"),
        build.quote(session, 0, "cancel order"),
        build.quote(session, 2, "order 1042"),
    ]
    return build.filed(cast.store, content=RISKY, evidence=quotes)


def vote(cast, proposal: Proposal, who: str, *opened: int) -> None:
    opened = opened or (1,)
    now = fresh(proposal)
    shown = Shown(
        now.revision, now.state, opened, {"sha256": now.content_sha256}, is_confirmed=True
    )
    decisions.approve(now, by=member(cast, who), shown=shown)


def seen(proposal: Proposal, number: int):
    found = sighting_of(fresh(proposal), number)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("opened", "marks"),
    [
        ((2,), [False, True, False]),
        ((3, 1), [True, False, True]),
        ((1, 2, 3), [True, True, True]),
    ],
)
def test_a_quote_counts_as_opened_where_the_decision_says_so(cast, proposal, opened, marks) -> None:
    vote(cast, proposal, "reviewer", *opened)

    found = seen(proposal, 1)

    assert [quote.is_opened for quote in found.quotes] == marks
    assert [quote.row.position for quote in found.quotes] == [1, 2, 3]
    assert found.opened == len(opened)


def test_what_one_person_opened_does_not_count_for_another(cast, proposal) -> None:
    vote(cast, proposal, "reviewer", 1, 2)
    vote(cast, proposal, "second_reviewer", 3)

    first, second = seen(proposal, 1), seen(proposal, 2)

    assert [quote.is_opened for quote in first.quotes] == [True, True, False]
    assert [quote.is_opened for quote in second.quotes] == [False, False, True]
    assert (first.decision.person, second.decision.person) == (cast.reviewer, cast.second_reviewer)


def test_a_decision_that_does_not_say_what_was_opened_opened_nothing(cast, proposal) -> None:
    made = proposal.decisions.create(
        revision=1, rule="fold-identical version 1", verdict="approve", shown={}
    )

    found = seen(proposal, 1)

    assert (found.decision, found.opened, found.voted) == (made, 0, None)
    assert found.rule == {}


def test_a_position_that_has_no_quote_opens_none(cast, proposal) -> None:
    proposal.decisions.create(
        revision=1, person=cast.reviewer, verdict="approve", shown={"evidence_opened": [1, 9]}
    )

    assert seen(proposal, 1).opened == 1


def test_reading_it_again_gives_the_same_and_writes_nothing(cast, proposal) -> None:
    vote(cast, proposal, "reviewer", 1)
    entries = Entry.objects.count()

    first, second = seen(proposal, 1), seen(proposal, 1)

    assert first == second
    assert Entry.objects.count() == entries
    assert fresh(proposal).decisions.get().shown["evidence_opened"] == [1]


def test_decisions_are_numbered_from_the_oldest_and_lead_to_each_other(cast, proposal) -> None:
    vote(cast, proposal, "reviewer")
    vote(cast, proposal, "second_reviewer")
    first, second = seen(proposal, 1), seen(proposal, 2)

    assert decisions_of(proposal) == [first.decision, second.decision]
    assert (first.before, first.number, first.after, first.all) == (0, 1, 2, 2)
    assert (second.before, second.number, second.after, second.all) == (1, 2, 0, 2)


@pytest.mark.parametrize("number", [-1, 0, 2, 10**30])
def test_there_is_no_decision_beyond_those_that_were_made(cast, proposal, number) -> None:
    assert sighting_of(proposal, 1) is None
    vote(cast, proposal, "reviewer")

    assert sighting_of(fresh(proposal), number) is None


def test_an_entry_knows_which_decision_it_records(cast, proposal) -> None:
    vote(cast, proposal, "reviewer")
    other = build.filed(cast.store, content="Ask first.\n")
    vote(cast, other, "reviewer")
    vote(cast, proposal, "second_reviewer")

    rows = Entry.objects.filter(object=str(proposal)).order_by("pk")

    assert [(row.action, number_of(row)) for row in rows] == [
        ("proposal.filed", 0),
        ("decision.approved", 1),
        ("decision.approved", 2),
    ]
    assert number_of(Entry.objects.get(object=str(other), action="decision.approved")) == 1


def test_a_proposal_of_the_same_name_elsewhere_is_not_counted(cast) -> None:
    here, there = build.filed(cast.store), build.filed(cast.other_agent.store)
    assert str(here) == str(there)
    vote(cast, here, "reviewer")
    row = Entry.objects.get(object=str(here), action="decision.approved")
    elsewhere = Entry.objects.get(object=str(there), workspace="elsewhere", action="proposal.filed")

    assert (number_of(row), number_of(elsewhere)) == (1, 0)
    assert sighting_of(there, 1) is None


def test_a_new_text_is_compared_with_nothing_and_a_change_with_what_it_was_written_against(
    cast,
) -> None:
    made = build.filed(cast.store, content="New.\n")
    changed = update(cast, "One.\nThree.\n", old=OLD)
    for one in (made, changed):
        vote(cast, one, "reviewer")

    new, change_of = seen(made, 1), seen(changed, 1)

    assert (new.revision.base_version, new.diff.removed_words, new.diff.added_words) == (None, 0, 1)
    assert change_of.revision.base_version == 1
    assert (change_of.diff.removed_words, change_of.diff.added_words) == (1, 1)


def test_what_the_memory_says_later_changes_nothing_of_it(cast, clock) -> None:
    first = update(cast, "One.\nThree.\n", old=OLD)
    vote(cast, first, "reviewer")
    before = seen(first, 1)
    clock.advance(days=1)
    decisions.apply_due(clock())
    later = build.filed(
        cast.store, op=Op.UPDATE, path=PATH, content="Four.\n", base_version=2, title="Later"
    )
    vote(cast, later, "reviewer")
    clock.advance(days=1)
    decisions.apply_due(clock())

    assert seen(first, 1).diff == before.diff
    assert seen(first, 1).revision == before.revision


def test_risk_and_rule_are_those_of_then(cast, proposal) -> None:
    vote(cast, proposal, "reviewer")
    Proposal.objects.filter(pk=proposal.pk).update(risk="low", route={"rule": "later"})
    entry = Entry.objects.get(object=str(proposal), action="decision.approved")

    found = seen(proposal, 1)

    assert (found.risk, found.rule) == ("high", json.loads(entry.body)["rule"])


@pytest.mark.parametrize("action", ["proposal.filed", "decision.approved"])
def test_an_entry_that_is_not_what_was_sealed_says_nothing(cast, proposal, action) -> None:
    vote(cast, proposal, "reviewer", 1)
    sealing.seal()
    row = Entry.objects.get(object=str(proposal), action=action)
    # What waits for the commit is checked now: triggers cannot be taken off a table before.
    connection.check_constraints()
    change("audit_entry", "id", row.pk, body=row.body.replace('"v":1', '"v":2'))

    found = seen(proposal, 1)

    assert (found.judged is None, found.risk == "") == (action == "proposal.filed",) * 2
    assert (found.voted is None, found.rule == {}) == (action == "decision.approved",) * 2
    assert found.opened == 1, "the row is read all the same"


def test_more_decisions_ask_no_more(cast, proposal, django_assert_num_queries) -> None:
    vote(cast, proposal, "reviewer", 1)
    row = fresh(proposal)
    with CaptureQueriesContext(connection) as asked:
        sighting_of(row, 1)
    vote(cast, proposal, "second_reviewer", 2)
    row = fresh(proposal)

    with django_assert_num_queries(len(asked)):
        sighting_of(row, 2)
