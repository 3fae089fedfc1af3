"""The population: what was decided in a period, counted by the log and held against the rows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import decisions
from reviews.audit import sealing
from reviews.audit.actors import Actor
from reviews.audit.models import Entry, Leaf
from reviews.auditing.population import Share, names_in, population_of
from reviews.auditing.spans import USUAL_DAYS, Span, usual_span
from reviews.decisions import Shown
from reviews.errors import InvalidChange
from reviews.models import Decision, Proposal
from tests import build
from tests.reviews.audit.logs import NOW, write
from tests.reviews.auditing.scenes import ALL, approve, fresh, member, reject

pytestmark = pytest.mark.django_db
TODAY = Span(date(2026, 11, 21), date(2026, 11, 21))


def test_a_period_is_whole_days_in_utc():
    span = Span(date(2026, 2, 27), date(2026, 2, 28))
    assert span.begins == datetime(2026, 2, 27, tzinfo=UTC)
    assert span.ends == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(InvalidChange, match="2026-02-27, before 2026-02-28"):
        Span(date(2026, 2, 28), date(2026, 2, 27))


def test_the_usual_period_ends_today_and_has_ninety_days():
    span = usual_span(NOW)
    assert span.until == NOW.date()
    assert (span.until - span.since).days + 1 == USUAL_DAYS


def test_what_nobody_decided_is_not_in_it(cast):
    build.filed(cast.store)
    found = population_of(cast.workspace, ALL)
    assert (found.proposals, found.decisions, found.kinds) == (0, 0, ())
    assert found.agrees


def test_every_decided_proposal_is_in_it_once_however_many_decided(cast, clock):
    twice, no, back = (build.filed(cast.store) for _ in range(3))
    Proposal.objects.filter(pk=twice.pk).update(route=twice.route | {"needs": [[None, 2]]})
    approve(cast, twice)
    approve(cast, twice, "second_reviewer")
    reject(cast, no)
    shown = Shown(1, "pending")
    decisions.request_changes(fresh(back), by=member(cast, "lead"), shown=shown, reason="Which?")
    found = population_of(cast.workspace, TODAY)
    assert (found.proposals, found.decisions) == (3, 4)
    assert found.kinds == (Share("create", 3),)
    assert set(found.fates) == {Share("scheduled", 2), Share("changes_requested", 1)}
    assert [(one.name, one.approved, one.rejected, one.sent_back) for one in found.deciders] == [
        ("Rosa", 1, 1, 0),
        ("Lena", 0, 0, 1),
        ("Sven", 1, 0, 0),
    ]
    assert [(one.name, one.logged, one.stored) for one in found.tallies] == [
        ("proposals", 3, 3),
        ("approve", 2, 2),
        ("reject", 1, 1),
        ("send_back", 1, 1),
    ]
    assert names_in(cast.workspace, TODAY) == [str(twice), str(no), str(back)]


def test_only_what_was_decided_on_its_days_is_in_it(cast, clock):
    before, within, after = (build.filed(cast.store) for _ in range(3))
    clock.at = datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC)
    approve(cast, before)
    clock.at = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)
    approve(cast, within)
    clock.at += timedelta(microseconds=1)
    approve(cast, after)
    assert names_in(cast.workspace, TODAY) == [str(within)]
    assert population_of(cast.workspace, TODAY).agrees


def test_another_workspace_has_its_own(cast):
    elsewhere = build.filed(cast.other_agent.store)
    write(elsewhere.number, workspace="elsewhere", object=str(elsewhere))
    assert population_of(cast.workspace, ALL).proposals == 0


def test_a_row_the_log_knows_nothing_of_makes_the_totals_differ(cast):
    row = build.filed(cast.store)
    Decision.objects.create(proposal=row, revision=1, person=cast.reviewer, verdict="approve")
    found = population_of(cast.workspace, ALL)
    assert not found.agrees
    assert [one.name for one in found.tallies if not one.agrees] == ["approve"]


def test_an_entry_without_a_row_makes_the_totals_differ(cast):
    write(9_999, workspace="northwind", object="P-9999")
    found = population_of(cast.workspace, ALL)
    assert {one.name for one in found.tallies if not one.agrees} == {"proposals", "approve"}


def test_a_rule_that_decided_alone_is_named_as_such(cast):
    write(1, workspace="northwind", object="P-1", actor=Actor("rule", "fold-identical"))
    (decider,) = population_of(cast.workspace, ALL).deciders
    assert (decider.kind, decider.name, decider.approved) == ("rule", "fold-identical", 1)


def test_the_extent_says_from_which_number_to_which(cast, clock):
    clock.at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    write(1, workspace="northwind")
    clock.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    first, last = write(2, workspace="northwind"), write(3, workspace="northwind")
    sealing.seal()
    extent = population_of(cast.workspace, TODAY).extent
    numbers = [Leaf.objects.get(entry=entry.pk).number for entry in (first, last)]
    assert [extent.first, extent.last] == numbers
    assert (extent.within, extent.beside, extent.covering) == (2, 0, None)
    signed = sealing.checkpoint(NOW)
    assert population_of(cast.workspace, TODAY).extent.covering == signed


def test_numbers_dated_outside_are_counted(cast, clock):
    clock.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    write(1, workspace="northwind")
    clock.at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    write(2, workspace="northwind")
    clock.at = datetime(2026, 11, 21, 13, tzinfo=UTC)
    write(3, workspace="northwind")
    sealing.seal()
    extent = population_of(cast.workspace, TODAY).extent
    assert extent.beside == 1


@pytest.mark.postgresql
def test_entries_that_wait_for_a_number_are_counted(cast):
    write(1, workspace="northwind")
    assert population_of(cast.workspace, ALL).extent.waiting >= 1
    sealing.seal()
    assert population_of(cast.workspace, ALL).extent.waiting == 0


def test_the_queries_do_not_grow_with_what_was_decided(cast):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            population_of(cast.workspace, ALL)
        return len(queries)

    approve(cast, build.filed(cast.store))
    few = asked()
    for name in ("reviewer", "second_reviewer", "lead"):
        approve(cast, build.filed(cast.store), name)
    assert asked() == few <= 10
    assert Entry.objects.filter(action="decision.approved").count() == 4
