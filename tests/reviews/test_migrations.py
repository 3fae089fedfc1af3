"""What the proposals of an older installation become."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from hypothesis import given

from agents.group_rules import require_qualification
from agents.people import set_group
from reviews.audit.actors import SYSTEM
from reviews.lifecycle import Needs, Verdict, Vote, settle, slots_of, spell_groups
from reviews.models import Proposal
from tests import build
from tests.clock import FakeClock
from tests.reviews.test_lifecycle import needs, votes
from tests.reviews.views.desks import approve

BEFORE = [("reviews", "0028_find_words_by_trigrams")]
AFTER = [("reviews", "0029_say_who_is_still_asked")]
asked_of = import_module("reviews.migrations.0029_say_who_is_still_asked").asked_of


@pytest.fixture
def _leave_the_newest(migrated: None) -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def migrate(to: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(to)


def both(*groups: str | None) -> dict[str, object]:
    needs = [[group, 1] for group in groups]
    return {"rule": "two", "version": 1, "needs": needs, "mode": "people", "reasons": []}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_leave_the_newest")
def test_what_waits_asks_those_whose_approval_is_still_due(cast, clock: FakeClock) -> None:
    set_group(cast.workspace, "legal", [cast.reviewer, cast.lead], by=SYSTEM)
    set_group(cast.workspace, "clinic", [cast.second_reviewer], by=SYSTEM)
    made = [
        build.proposal(cast.store, route=route, content=f"{at}\n")
        for at, route in enumerate([both(None), both("legal"), both("clinic", "legal")] * 2)
    ]
    for one in made[3:]:
        approve(cast, one, "reviewer")
    anybody = build.proposal(cast.store, route=both("clinic", None), content="a\n")
    approve(cast, anybody, "lead")
    clock.advance(minutes=1)
    # Who voted before their group asked for it counts on; who is not qualified counts no more.
    require_qualification(cast.workspace, "legal", days=365, by=SYSTEM)
    asked = dict(Proposal.objects.values_list("pk", "asked"))
    assert sorted(asked.values()) == [
        "",
        "",
        "",
        " clinic ",
        " clinic ",
        " clinic legal ",
        " legal ",
    ]

    migrate(BEFORE)
    migrate(AFTER)

    assert dict(Proposal.objects.values_list("pk", "asked")) == asked


@given(needs.filter(lambda asked: len(slots_of(asked)) <= 5), votes)
def test_old_rows_are_filled_as_the_verbs_keep_them(wanted: Needs, cast: list[Vote]) -> None:
    given = [
        (one.person, "approve" if one.verdict is Verdict.APPROVE else "reject", one.groups)
        for one in cast
    ]
    old = [(*facts, one.is_owner_of_agent) for facts, one in zip(given, cast, strict=True)]

    assert asked_of(wanted, old) == spell_groups(settle(wanted, cast).groups)
