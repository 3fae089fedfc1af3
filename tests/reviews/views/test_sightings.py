"""A decision as it was shown: text, evidence and rule of then, for who checks it years later."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import decisions
from reviews.audit import sealing
from reviews.audit.models import Entry, Leaf
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.models import Proposal
from reviews.revisions import submit_edit
from reviews.sightings import sighting_of
from tests import build
from tests.reviews.audit.logs import change
from tests.reviews.views.desks import fresh, member

pytestmark = pytest.mark.django_db
OLD = "Refund within 30 days.\nAsk for the number.\n"
NEW = "Refund within 14 days.\nAsk for the number.\n"
PATH = "/refunds/days.md"


def at(proposal: Proposal, number: int = 1) -> str:
    return f"/w/northwind/review/{proposal}/decisions/{number}/"


def text_of(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def proposal(cast) -> Proposal:
    """A change of a live memory with two quotes."""
    build.memory(cast.store, PATH, OLD)
    session = build.session(cast.agent)
    quotes = [build.quote(session, 2, "already shipped"), build.quote(session, 0, "cancel order")]
    return build.filed(
        cast.store, op=Op.UPDATE, path=PATH, content=NEW, base_version=1, evidence=quotes
    )


def vote(cast, proposal: Proposal, who: str = "reviewer", *, opened=(1,), reason: str = ""):
    now = fresh(proposal)
    shown = Shown(
        now.revision, now.state, opened, {"sha256": now.content_sha256}, is_confirmed=True
    )
    return decisions.approve(now, by=member(cast, who), shown=shown, reason=reason)


def settle(clock) -> None:
    clock.advance(days=1)
    decisions.apply_due(clock.at)


def test_the_text_the_evidence_and_the_rule_stand_as_they_were(cast, client_of, proposal, clock):
    vote(cast, proposal, reason="The terms say 14.")
    settle(clock)
    said = text_of(client_of(cast.auditor).get(at(proposal)))
    for words in (
        "30",
        "14",
        "already shipped",
        "1 of 2 opened before the decision",
        "Rosa",
        "The terms say 14.",
        "2026-11-21 06:00:00 UTC",
        "change-or-merge version 1",
        "against version 1",
        proposal.content_sha256,
    ):
        assert words in said


def test_what_was_written_later_is_not_what_was_shown(cast, client_of, proposal, clock):
    vote(cast, proposal)
    settle(clock)
    second = build.filed(
        cast.store, op=Op.UPDATE, path=PATH, content="Never.\n", base_version=2, title="Later"
    )
    vote(cast, second, "second_reviewer", opened=())
    settle(clock)
    assert "Never." not in text_of(client_of(cast.auditor).get(at(proposal)))
    assert "Refund within 14 days." in text_of(client_of(cast.auditor).get(at(second)))


def test_each_decision_shows_the_revision_it_was_about(cast, proposal, clock):
    decisions.request_changes(
        proposal,
        by=member(cast, "reviewer"),
        shown=Shown(1, "pending", is_confirmed=True),
        reason="Name the terms.",
    )
    found = sighting_of(fresh(proposal), 1)
    assert (found.revision.number, found.number, found.all) == (1, 1, 1)
    assert (found.before, found.after) == (0, 0)


def test_an_edit_between_two_decisions_parts_their_texts_and_risks(cast, clock):
    filed = build.filed(cast.store, content="Run `sudo rm -rf /var/cache` first.\n")
    vote(cast, filed, "lead", opened=())
    submit_edit(
        fresh(filed),
        content="Ask first.\n",
        reason="No command.",
        by=member(cast, "reviewer"),
        expected_revision=1,
    )
    vote(cast, filed, "second_reviewer", opened=())
    first, second = sighting_of(fresh(filed), 1), sighting_of(fresh(filed), 2)
    assert "sudo" in first.revision.content
    assert second.revision.content == "Ask first.\n"
    assert (first.risk, second.risk) == ("high", "low")
    assert (first.after, second.before) == (2, 1)
    assert first.decision.person == cast.lead


def test_the_entries_behind_it_are_one_press_away(cast, client_of, proposal, clock):
    vote(cast, proposal)
    settle(clock)
    sealing.seal()
    voted = Entry.objects.get(object=str(proposal), action="decision.approved")
    number = Leaf.objects.get(entry=voted).number
    html = client_of(cast.auditor).get(at(proposal)).content.decode()
    assert f'href="/w/northwind/audit/entry/{number}/"' in html


def test_an_entry_that_was_changed_is_not_believed(cast, client_of, clock):
    proposal = build.filed(cast.store)
    vote(cast, proposal, opened=())
    settle(clock)
    sealing.seal()
    voted = Entry.objects.get(object=str(proposal), action="decision.approved")
    # What waits for the commit is checked now: triggers cannot be taken off a table before.
    connection.check_constraints()
    change("audit_entry", "id", voted.pk, body=voted.body.replace("approved", "rejected"))
    said = text_of(client_of(cast.auditor).get(at(proposal)))
    assert "The entry is not what was sealed. Verify the log." in said


def test_nothing_can_be_pressed_by_an_auditor(cast, client_of, proposal, clock):
    vote(cast, proposal)
    settle(clock)
    main = client_of(cast.auditor).get(at(proposal)).content.decode().split("<main", 1)[1]
    assert "<form" not in main.split("</main>")[0]
    assert "<button" not in main.split("</main>")[0]


def test_who_may_still_decide_does_not_read_what_another_said(cast, client_of):
    filed = build.filed(cast.store, content="Run `sudo rm -rf /var/cache` first.\n")
    vote(cast, filed, "reviewer", opened=())
    assert fresh(filed).state == "awaiting_second"
    assert client_of(cast.lead).get(at(filed)).status_code == 404
    assert client_of(cast.auditor).get(at(filed)).status_code == 200


@pytest.mark.parametrize("number", [0, 2, 10**30])
def test_a_decision_that_was_not_made_is_not_there(cast, client_of, proposal, clock, number):
    vote(cast, proposal)
    settle(clock)
    assert client_of(cast.auditor).get(at(proposal, number)).status_code == 404


def test_hostile_text_is_text(cast, client_of, clock):
    filed = build.filed(cast.store, content="<script>alert(1)</script>\u202egnp\n", title="<b>T")
    for who in ("reviewer", "second_reviewer"):
        if fresh(filed).state != "scheduled":
            vote(cast, filed, who, opened=(), reason="<script>alert(2)</script>")
    settle(clock)
    html = client_of(cast.auditor).get(at(filed)).content.decode()
    assert "<script>alert" not in html
    assert "\u202e" not in html.replace('title="', "")


def test_more_evidence_asks_no_more(cast, client_of, clock):
    session = build.session(cast.agent)
    client = client_of(cast.auditor)

    def asked(count: int) -> int:
        quotes = [build.quote(session, 2, "already shipped")] * count
        path = f"/tool_limit/q-{count:08x}.md"
        filed = build.filed(cast.store, path=path, content=f"Of {count}.\n", evidence=quotes)
        vote(cast, filed)
        settle(clock)
        with CaptureQueriesContext(connection) as queries:
            client.get(at(filed))
        return len(queries)

    assert asked(1) == asked(12)


def test_the_entry_of_a_decision_leads_to_what_was_shown(cast, client_of, clock):
    filed = build.filed(cast.store, content="Run `sudo rm -rf /var/cache` first.\n")
    for who in ("reviewer", "second_reviewer"):
        vote(cast, filed, who, opened=())
    settle(clock)
    sealing.seal()
    votes = Entry.objects.filter(object=str(filed), action="decision.approved").order_by("pk")
    numbers = [Leaf.objects.get(entry=one).number for one in votes]
    for which, number in enumerate(numbers, start=1):
        page = f"/w/northwind/audit/entry/{number}/"
        assert f'href="{at(filed, which)}"' in client_of(cast.auditor).get(page).content.decode()
        assert at(filed, which) not in client_of(cast.admin).get(page).content.decode()


def test_an_entry_that_is_no_decision_leads_to_none(cast, client_of):
    filed = build.filed(cast.store)
    sealing.seal()
    entry = Entry.objects.get(object=str(filed), action="proposal.filed")
    number = Leaf.objects.get(entry=entry).number
    html = client_of(cast.auditor).get(f"/w/northwind/audit/entry/{number}/").content.decode()
    assert "/decisions/" not in html
