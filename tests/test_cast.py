"""The harness itself: who is in the cast and what the builders make."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from agents import clock as product_clock
from agents.releases import contents, live_release
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.audit.report import Status
from reviews.audit.triggers import missing_triggers
from reviews.audit.verify import verify_log
from reviews.models import Proposal
from tests import append_only, build
from tests.append_only import empty, filled_tables, put_back
from tests.cast import KEPT, Cast, stood_at, wrapping_key
from tests.clock import DAYBREAK, FakeClock
from tests.rows import take_rows


def test_outsider_is_no_member_of_northwind(cast: Cast):
    members = set(cast.workspace.memberships.values_list("person", flat=True))
    assert cast.outsider.pk not in members
    assert len(members) == 5


def test_builders_give_each_proposal_its_own_number(cast: Cast):
    first, second = build.proposal(cast.store), build.proposal(cast.store, "applied")
    assert first.number < second.number
    assert Proposal.objects.filter(state="applied").get() == second


def test_a_filed_proposal_has_its_evidence_and_its_entry(cast: Cast):
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    made = build.filed(cast.store, evidence=[quote])
    assert made.evidence.get().quote == "already shipped"
    assert Entry.objects.filter(object=str(made), action=Action.PROPOSAL_FILED).count() == 1


def test_a_filed_proposal_of_a_new_memory_needs_one_approval(cast: Cast):
    assert build.filed(cast.store).route["needs"] == [[None, 1]]


def test_session_keeps_its_events_in_order(cast: Cast):
    stored = build.session(cast.agent)
    texts = list(stored.revisions.get().events.order_by("index").values_list("text", flat=True))
    assert texts == [event.text for event in build.EVENTS]


def test_a_built_memory_is_live_at_once(cast: Cast):
    built = build.memory(cast.store)
    assert [line.path for line in contents(live_release(cast.store))] == [built.path]


def test_clock_stands_until_it_is_moved(clock: FakeClock):
    assert product_clock.now() == DAYBREAK
    assert clock.advance(hours=2) == product_clock.now()


def test_test_database_is_not_the_products_own(db: None):
    assert "test" in str(connection.settings_dict["NAME"])


def test_a_cast_from_rows_is_the_one_the_verbs_made(cast: Cast, client_of):
    kept, rows = KEPT[stood_at(), wrapping_key()]
    assert take_rows() == rows
    assert [one.pk for one in (cast.lead, cast.agent)] == [kept.lead.pk, kept.agent.pk]
    assert client_of(cast.reviewer).get(f"/w/{cast.workspace.slug}/review/").status_code == 200
    sealing.seal()
    sealing.checkpoint(product_clock.now())
    assert verify_log().status is Status.SOUND


def test_a_cast_at_a_time_of_its_own_is_made_then(clock: FakeClock, request):
    clock.advance(days=3)
    request.getfixturevalue("cast")
    assert Entry.objects.latest("pk").at == DAYBREAK + timedelta(days=3)


def test_a_cast_comes_beside_what_a_test_wrote_before(db: None, request):
    mine = build.workspace("mine")
    assert request.getfixturevalue("cast").workspace.pk != mine.pk


@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_writes_is_gone_afterwards(cast: Cast):
    build.filed(cast.store)
    assert "audit_entry" in filled_tables()
    empty()
    put_back()
    assert filled_tables() == []
    assert missing_triggers() == []


@pytest.mark.django_db(transaction=True)
def test_a_row_that_came_while_tables_were_emptied_is_emptied_too(cast: Cast, monkeypatch):
    tries = []

    def refused_once() -> None:
        tries.append(True)
        if len(tries) == 1:
            raise IntegrityError("still referenced")
        empty()

    monkeypatch.setattr(append_only, "empty", refused_once)
    monkeypatch.setattr(append_only, "PAUSE_S", 0.0)
    append_only.empty_in_the_end()
    put_back()
    assert (len(tries), filled_tables()) == (2, [])
