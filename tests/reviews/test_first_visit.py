"""The checklist of a first visit: ticked by what was done, put away once for good."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.people import find_member
from reviews import decisions, first_visit, practice, revisions, undos
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.decisions import Shown
from reviews.first_visit import STEPS, steps_of
from reviews.practice import Reply
from reviews.quotes import find_evidence
from reviews.reading import record_evidence_opened
from reviews.samples.base import Answer
from tests import build
from tests.reviews.views.desks import text_of

pytestmark = pytest.mark.django_db


def rosa(cast):
    return find_member(cast.reviewer, cast.workspace)


def done(cast):
    return {step.name for step in steps_of(rosa(cast)) if step.is_done}


def test_nothing_is_ticked_at_first(cast):
    assert [step.name for step in steps_of(rosa(cast))] == list(STEPS)
    assert done(cast) == set()


def test_opening_a_quote_ticks_the_first(cast):
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    proposal = build.filed(cast.store, evidence=[quote])
    record_evidence_opened(proposal, find_evidence(proposal, 1), rosa(cast))
    assert done(cast) == {"evidence"}


def test_an_edit_ticks_and_what_others_did_does_not(cast):
    proposal = build.filed(cast.store)
    revisions.submit_edit(
        proposal,
        content="Shipped orders stay shipped.\n",
        reason="Said more plainly.",
        by=find_member(cast.second_reviewer, cast.workspace),
        expected_revision=1,
    )
    assert done(cast) == set()
    revisions.submit_edit(
        proposal,
        content="What is shipped stays so.\n",
        reason="Shorter.",
        by=rosa(cast),
        expected_revision=2,
    )
    assert done(cast) == {"edit"}


def test_rejecting_and_undoing_tick(cast, settings):
    settings.GRACE_S = 10
    proposal = build.filed(cast.store)
    shown = Shown(proposal.revision, proposal.state)
    decided = decisions.reject(
        proposal, by=rosa(cast), shown=shown, code="wrong", reason="It is not so."
    )
    assert done(cast) == {"reject"}
    undos.undo(decided, by=rosa(cast), expected_round=decided.round)
    assert {"reject", "undo"} <= done(cast)


def test_the_sample_queue_ticks_evidence_and_rejecting(cast):
    run = practice.start_practice(by=rosa(cast))
    practice.record_quote_opened(run, 1, 1, by=rosa(cast))
    practice.answer_sample(run, 1, Reply(Answer.REJECT, "wrong"), by=rosa(cast))
    assert done(cast) == {"evidence", "reject"}


def test_looking_at_the_log_ticks_and_is_written_once(cast, client_of):
    client = client_of(cast.reviewer)
    for _ in range(2):
        client.get("/w/northwind/audit/")
    assert done(cast) == {"log"}
    assert Entry.objects.filter(action=Action.AUDIT_OPENED).count() == 1


def test_what_was_done_in_another_workspace_ticks_nothing_here(cast):
    build.proposal(cast.store)
    run = practice.start_practice(by=find_member(cast.outsider, cast.elsewhere))
    practice.record_quote_opened(run, 1, 1, by=find_member(cast.outsider, cast.elsewhere))
    assert done(cast) == set()


def test_it_is_put_away_once_and_costs_nothing_then(cast):
    practice.start_practice(by=rosa(cast))
    for _ in range(2):
        first_visit.settle_in(by=rosa(cast))
    member = rosa(cast)
    with CaptureQueriesContext(connection) as caught:
        assert steps_of(member) == ()
        first_visit.note_log_opened(member)
    assert len(caught) == 0
    (entry,) = Entry.objects.filter(action=Action.FIRST_VISIT_ENDED)
    assert json.loads(entry.body)["after"] == {"done": []}


def test_the_list_costs_one_query(cast):
    member = rosa(cast)
    with CaptureQueriesContext(connection) as caught:
        steps_of(member)
    assert len(caught) == 1


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_has_no_list(cast, name):
    member = find_member(getattr(cast, name), cast.workspace)
    assert steps_of(member) == ()
    first_visit.note_log_opened(member)
    assert not Entry.objects.filter(action=Action.AUDIT_OPENED).exists()


def test_the_queue_shows_it_until_it_is_put_away(cast, client_of):
    client = client_of(cast.reviewer)
    page = text_of(client.get("/w/northwind/review/"))
    assert "Your first visit" in page
    assert "Try it on the sample queue" in page
    gone = client.post("/w/northwind/practice/settled-in/", follow=True)
    assert "Your first visit" not in text_of(gone)
