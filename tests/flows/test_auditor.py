"""An auditor reads everything a reviewer saw, and changes nothing that is judged."""

import re

import pytest
from django.urls import reverse

from reviews.decisions import apply_due
from tests.flows.routes import ROUTES
from tests.reviews.auditing.scenes import approve, fresh, with_evidence

REFUSED = {"in", "401", "403", "404", "405"}
FOR_DECIDING = {
    "batch",
    "practice",
    "practice_sample",
    "proposal_edit",
    "proposal_later",
    "proposal_reject",
    "proposal_request_changes",
    "propose",
    "sample_evidence",
    "sample_reject",
    "sample_request_changes",
    "work",
}
"""Forms to decide with, and samples, which are no proposals: nothing stands on them that was seen
of a proposal and not on its own page."""

OWN_OR_PROOF = {
    "absence_set": "refused in words: an auditor is away for nobody",
    "audit_verify": "an entry that says what was found",
    "export_download": "an entry that says who took it",
    "export_make": "a file and its entry",
    "notices_read": "their own notices",
    "notifications_set": "their own mails",
    "packet_make": "a file and its entry",
    "sample_draw": "a draw and its entry",
    "set_theme": "a cookie",
    "turn_reveal": "an entry that says which turn was read in plain words",
    "view_save": "a saved search of their own",
}
"""All an auditor may send, and what it leaves behind."""


def told(route, who: str) -> set[str]:
    return set(route.expected[who].split("|"))


def test_every_page_a_reviewer_reads_is_one_an_auditor_reads():
    kept_back = {
        route.name
        for route in ROUTES
        if route.method == "GET"
        and "200" in told(route, "reviewer")
        and "200" not in told(route, "auditor")
    }
    assert kept_back == FOR_DECIDING


def test_an_auditor_sends_nothing_that_changes_what_is_judged():
    sent = {
        route.name
        for route in ROUTES
        if route.method == "POST" and not told(route, "auditor") & REFUSED
    }
    assert sent == set(OWN_OR_PROOF)


@pytest.fixture
def decided(cast, clock):
    """A proposal that was read, approved and applied."""
    filed = with_evidence(cast)
    approve(cast, filed, opened=(1,))
    clock.advance(days=1)
    apply_due(clock.at)
    return fresh(filed)


def addresses_of(decided) -> list[str]:
    quote = decided.evidence.select_related("event__revision__session").get()
    session = quote.event.revision.session
    version = decided.applied_version
    places = [
        ("proposal", {"number": decided.number}),
        ("proposal_evidence", {"number": decided.number, "position": 1}),
        ("proposal_reads", {"number": decided.number}),
        ("decision", {"number": decided.number, "decision": 1}),
        ("session", {"number": session.number}),
        ("memory", {"number": version.memory.number}),
        ("release", {"number": decided.store.releases.latest("sequence").number}),
        ("rule", {"rule": decided.route["rule"]}),
    ]
    return [reverse(name, kwargs={"workspace": "northwind", **where}) for name, where in places]


@pytest.mark.django_db
def test_what_lies_behind_a_decision_is_read_page_by_page_without_a_form_to_change_it(
    cast, client_of, decided
):
    client = client_of(cast.auditor)
    saved = reverse("view_save", kwargs={"workspace": "northwind"})
    own = {reverse("account_logout"), reverse("set_theme"), saved}
    for address in addresses_of(decided):
        answer = client.get(address)
        assert answer.status_code == 200, address
        forms = re.findall(r"<form[^>]*>", answer.content.decode())
        posts = [form for form in forms if 'method="post"' in form]
        aims = {re.search(r'action="([^"]*)"', form)[1] for form in posts}
        assert {aim.partition("?")[0] for aim in aims} <= own, address
