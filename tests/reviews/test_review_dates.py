"""By when somebody looks at a memory again: asked for, kept, listed, answered."""

import json
from datetime import date, timedelta

import pytest

from agents.errors import InvalidInput
from reviews import decisions, undos
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.decisions import Shown
from reviews.dossier import dossier_of
from reviews.errors import NotAllowed
from reviews.review_dates import asked_review, day_of, keep, overdue
from tests import build
from tests.reviews.views.desks import LIVE, fresh, member, update

pytestmark = pytest.mark.django_db
HIGH = "Skip the verification.\n"


def approve(cast, proposal, name="reviewer", *, on=None):
    now = fresh(proposal)
    return decisions.approve(
        now,
        by=member(cast, name),
        shown=Shown(now.revision, now.state, is_confirmed=True),
        review_by=on,
    )


def body_of(action):
    return json.loads(Entry.objects.get(action=action).body)


def applied(clock, proposal):
    clock.advance(minutes=1)
    decisions.apply_due(clock())
    return fresh(proposal)


def test_an_approvals_day_is_kept_on_the_memory_and_on_the_record(cast, clock) -> None:
    on = clock().date() + timedelta(days=90)
    proposal = build.filed(cast.store)

    approve(cast, proposal, on=on)
    memory = applied(clock, proposal).memory

    assert memory.review_by == on
    voted = body_of(Action.APPROVED)
    reviewed = body_of(Action.MEMORY_REVIEWED)
    assert voted["shown"]["review_by"] == on.isoformat()
    assert reviewed["after"] == {"review_by": on.isoformat()}
    assert reviewed["object"] == str(memory)


def test_without_a_day_nothing_is_kept_and_nothing_is_logged(cast, clock) -> None:
    proposal = build.filed(cast.store)

    approve(cast, proposal)

    assert applied(clock, proposal).memory.review_by is None
    assert not Entry.objects.filter(action=Action.MEMORY_REVIEWED).exists()


def test_a_change_without_a_day_keeps_the_one_that_was_asked_for(cast, clock) -> None:
    proposal = update(cast, LIVE + "Six.\n")
    on = clock().date() + timedelta(days=30)
    proposal.memory.review_by = on
    proposal.memory.save()
    approve(cast, proposal)

    assert applied(clock, proposal).memory.review_by == on


def test_of_two_approvals_the_earlier_day_counts(cast, clock) -> None:
    today = clock().date()
    proposal = build.filed(cast.store, content=HIGH)
    approve(cast, proposal, on=today + timedelta(days=60))
    approve(cast, proposal, "second_reviewer", on=today + timedelta(days=20))

    assert asked_review(fresh(proposal)) == today + timedelta(days=20)
    assert applied(clock, proposal).memory.review_by == today + timedelta(days=20)


def test_the_day_of_an_approval_that_was_undone_is_gone(cast, clock) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, on=clock().date() + timedelta(days=20))

    undos.undo(fresh(proposal), by=member(cast, "reviewer"), expected_round=0)

    assert asked_review(fresh(proposal)) is None


@pytest.mark.parametrize("days", [0, -1, 3 * 366 + 1])
def test_a_day_past_or_too_far_is_refused_and_nothing_is_decided(cast, clock, days) -> None:
    proposal = build.filed(cast.store)

    with pytest.raises(InvalidInput):
        approve(cast, proposal, on=clock().date() + timedelta(days=days))

    assert fresh(proposal).state == "pending"


def test_the_history_says_what_day_was_asked_for(cast, clock) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, on=date(clock().year + 1, 3, 1))

    steps = dossier_of(fresh(proposal), member(cast, "auditor")).steps

    assert f"approved revision 1, to be reviewed by 1 Mar {clock().year + 1}" in [
        step.what for step in steps
    ]


@pytest.mark.parametrize(
    ("shown", "day"), [({}, None), ({"review_by": "2027-03-01"}, date(2027, 3, 1))]
)
def test_a_day_is_read_back_from_what_a_decision_was_cast_with(shown, day) -> None:
    assert day_of(shown) == day


def test_what_is_overdue_has_a_text_and_a_day_that_has_come(cast, clock) -> None:
    today = clock().date()
    for name, days in (("/past.md", -3), ("/today.md", 0), ("/later.md", 1), ("/gone.md", -9)):
        memory = build.memory(cast.store, name, f"{name}\n")
        memory.review_by = today + timedelta(days=days)
        memory.save()
    memory.head.is_tombstone = True
    memory.head.save()
    build.memory(cast.store, "/none.md", "None.\n")

    assert [one.path for one in overdue(cast.workspace)] == ["/past.md", "/today.md"]


def test_who_says_that_it_still_holds_sets_the_next_day_on_the_record(cast, clock) -> None:
    memory = build.memory(cast.store)
    on = clock().date() + timedelta(days=7)

    keep(memory, on, by=member(cast, "reviewer"))

    memory.refresh_from_db()
    entry = body_of(Action.MEMORY_REVIEWED)
    assert memory.review_by == on
    assert entry["actor"]["kind"] == "person"
    assert entry["after"] == {"review_by": on.isoformat()}


def test_a_role_that_does_not_decide_keeps_nothing(cast, clock) -> None:
    memory = build.memory(cast.store)

    with pytest.raises(NotAllowed):
        keep(memory, clock().date() + timedelta(days=7), by=member(cast, "auditor"))


def test_a_retired_memory_has_no_text_to_keep(cast, clock) -> None:
    memory = build.memory(cast.store)
    memory.head.is_tombstone = True
    memory.head.save()

    with pytest.raises(InvalidInput, match="retired"):
        keep(memory, clock().date() + timedelta(days=7), by=member(cast, "reviewer"))
