"""Who owns a memory is told a week before its review-by date and on the day, once each."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.memory import retire_memory
from agents.models import Memory, Workspace
from reviews.audit.actors import SYSTEM
from reviews.models import Notice
from reviews.reminders import AHEAD, LATE, remind, step_of
from reviews.review_dates import keep
from tests import build
from tests.reviews.views.desks import member

DAY = date(2031, 5, 10)


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (8, None),
        (7, "2031-05-10.soon"),
        (1, "2031-05-10.soon"),
        (0, "2031-05-10.due"),
        (-40, "2031-05-10.due"),
    ],
)
def test_there_are_two_steps_a_week_before_and_on_the_day(days, step) -> None:
    assert step_of(DAY, DAY - timedelta(days=days)) == step


def test_without_a_day_there_is_no_step() -> None:
    assert step_of(None, DAY) is None


def due_in(cast, clock, days: int, path: str = "/limits.md", store=None) -> Memory:
    row = build.memory(store or cast.store, path)
    row.review_by = clock().date() + timedelta(days=days)
    row.save()
    return row


def own(cast, person) -> None:
    cast.agent.owner = person
    cast.agent.save()


def told() -> list[tuple[str, str]]:
    """Who was told what, in order: name and step."""
    rows = Notice.objects.filter(kind="review_by").order_by("pk")
    return [(row.person.name, row.key.rpartition(".")[2]) for row in rows]


@pytest.mark.django_db
def test_the_owner_is_told_a_week_before_and_on_the_day_once_each(cast, clock) -> None:
    own(cast, cast.reviewer)
    memory = due_in(cast, clock, 10)
    seen = []
    for _ in range(14):
        remind(clock())
        remind(clock())
        seen.append(told())
        clock.advance(days=1)

    assert seen[2] == []
    assert seen[3] == seen[9] == [("Rosa", "soon")]
    assert seen[10] == seen[13] == [("Rosa", "soon"), ("Rosa", "due")]
    soon, due = Notice.objects.filter(kind="review_by").order_by("pk")
    assert (due.object, due.path, due.how) == (str(memory), f"memory/{memory}/", "digest")
    assert soon.settled_at is not None
    assert due.settled_at is None


@pytest.mark.django_db
def test_whose_owner_is_no_member_or_nobody_is_the_leads(cast, clock) -> None:
    own(cast, cast.outsider)
    due_in(cast, clock, 0)
    due_in(cast, clock, 0, "/shared.md", cast.shared_store)

    assert remind(clock()) == 2

    assert told() == [("Lena", "due"), ("Lena", "due")]


@pytest.mark.django_db
def test_who_said_that_it_holds_is_asked_no_more_and_again_at_the_next_day(cast, clock) -> None:
    own(cast, cast.reviewer)
    memory = due_in(cast, clock, 0)
    remind(clock())
    keep(memory, clock().date() + timedelta(days=60), by=member(cast, "reviewer"))

    assert remind(clock()) == 0
    assert not Notice.objects.filter(kind="review_by", settled_at=None).exists()

    clock.advance(days=53)
    assert remind(clock()) == 1
    assert told() == [("Rosa", "due"), ("Rosa", "soon")]


@pytest.mark.django_db
def test_what_is_retired_is_asked_about_no_more(cast, clock) -> None:
    memory = due_in(cast, clock, 0)
    remind(clock())
    with transaction.atomic():
        retire_memory(cast.store, memory.path, base_version=1, actor=SYSTEM)

    assert remind(clock()) == 0
    assert not Notice.objects.filter(kind="review_by", settled_at=None).exists()


@pytest.mark.django_db
def test_what_is_long_past_is_not_told_anew(cast, clock) -> None:
    due_in(cast, clock, -LATE.days - 1)
    assert remind(clock()) == 0
    due_in(cast, clock, -LATE.days, "/b.md")
    assert remind(clock()) == 1


@pytest.mark.django_db
def test_the_same_number_next_door_is_another_memory(cast, clock) -> None:
    here = due_in(cast, clock, 0)
    there = due_in(cast, clock, 3, "/x.md", cast.other_agent.store)
    Memory.objects.filter(pk=there.pk).update(number=here.number)
    remind(clock())

    remind(clock())

    places = Notice.objects.filter(kind="review_by", settled_at=None).values_list("workspace")
    assert {key for (key,) in places} == set(Workspace.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_once_told_more_memories_ask_no_more_queries(cast, clock) -> None:
    def ask() -> int:
        remind(clock())
        with CaptureQueriesContext(connection) as queries:
            assert remind(clock()) == 0
        return len(queries)

    due_in(cast, clock, AHEAD.days)
    few = ask()
    for n in range(5):
        due_in(cast, clock, n, f"/more/{n}.md")
    assert ask() == few
