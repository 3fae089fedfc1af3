"""The auditor's pages as an auditor meets them: nothing on them changes anything."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.rights import Role
from reviews.audit import sealing
from reviews.auditing.exceptions import QUESTIONS
from reviews.models import Proposal
from tests import build
from tests.reviews.audit.logs import NOW
from tests.reviews.auditing.scenes import approve, reject, with_evidence

pytestmark = pytest.mark.django_db


def page(name: str, query: str = "", **where) -> str:
    return reverse(name, kwargs={"workspace": "northwind", **where}) + query


def text_of(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_population_says_what_was_decided_and_how_complete_that_is(cast, client_of):
    approve(cast, build.filed(cast.store))
    reject(cast, build.filed(cast.store), "lead")
    client = client_of(cast.auditor)
    sealing.seal()
    sealing.checkpoint(NOW)
    said = text_of(client.get(page("population")))
    for words in (
        "Proposals decided 2 2 decisions on them",
        "Agree",
        "New memory 2",
        "Decided, in its grace 2",
        "Rosa 1 1 0 0",
        "Lena 1 0 1 0",
        "by the checkpoint of",
    ):
        assert words in said


def test_a_difference_between_log_and_rows_is_said(cast, client_of):
    filed = approve(cast, build.filed(cast.store))
    filed.decisions.model.objects.create(proposal=filed, revision=1, round=7, verdict="approve")
    said = text_of(client_of(cast.auditor).get(page("population")))
    assert "Differ" in said
    assert "Approvals differs 1 2" in said


def test_days_choose_the_period_and_stay_with_the_links(cast, client_of, clock):
    approve(cast, with_evidence(cast))
    query = "?since=2026-11-20&until=2026-11-21"
    answer = client_of(cast.auditor).get(page("population", query))
    assert "from 2026-11-20 to 2026-11-21" in text_of(answer)
    assert f"{page('exceptions')}{query.replace('&', '&amp;')}" in answer.content.decode()
    listed = client_of(cast.auditor).get(page("exceptions", query)).content.decode()
    assert f"{page('exception')}{query.replace('&', '&amp;')}&question=unopened" in listed


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?since=2026-11-21&until=2026-11-20", "The last day is before the first one."),
        ("?since=soon&until=2026-11-20", "Enter a valid date."),
        ("?since=2026-11-20", "This field is required."),
    ],
)
@pytest.mark.parametrize("name", ["population", "exceptions"])
def test_days_that_make_no_period_are_said_beside_the_usual_one(
    cast, client_of, clock, name, query, words
):
    said = text_of(client_of(cast.auditor).get(page(name, query)))
    assert words in said
    assert "from 2026-08-24 to 2026-11-21" in said.replace("From", "from")


def test_an_exception_leads_to_the_decision_as_it_was_shown(cast, client_of):
    filed = approve(cast, with_evidence(cast))
    client = client_of(cast.auditor)
    listed = client.get(page("exceptions")).content.decode()
    assert "&question=unopened" in listed
    answer = client.get(page("exception", "?question=unopened"))
    said = text_of(answer)
    assert f"Rosa Approved {filed}" in said
    address = page("decision", number=filed.number, decision=1)
    assert address in answer.content.decode()
    assert client.get(address).status_code == 200


def test_an_exception_of_the_log_leads_to_its_entry(cast, client_of):
    answer = client_of(cast.auditor).get(page("exception", "?question=rules"))
    sealing.seal()
    answer = client_of(cast.auditor).get(page("exception", "?question=rules"))
    address = re.search(r'href="(/w/northwind/audit/entry/\d+/)"', answer.content.decode())
    assert client_of(cast.auditor).get(address[1]).status_code == 200


def test_a_question_without_an_answer_says_so(cast, client_of):
    said = text_of(client_of(cast.auditor).get(page("exception", "?question=own")))
    assert "Nothing in this period" in said


def test_a_question_nobody_asks_is_not_there(cast, client_of):
    assert client_of(cast.auditor).get(page("exception", "?question=odd")).status_code == 404


def test_hostile_titles_are_text(cast, client_of):
    filed = approve(cast, with_evidence(cast))
    Proposal.objects.filter(pk=filed.pk).update(title="<script>alert(1)</script>\u202e")
    said = client_of(cast.auditor).get(page("exception", "?question=unopened")).content.decode()
    assert "<script>alert" not in said
    assert "U+202E" in said


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.ADMIN])
@pytest.mark.parametrize("name", ["population", "exceptions"])
def test_whoever_is_judged_by_it_does_not_read_it(cast, client_of, role, name):
    assert client_of(getattr(cast, role)).get(page(name)).status_code == 403


@pytest.mark.parametrize("key", [one.key for one in QUESTIONS])
def test_the_queries_of_a_list_do_not_grow_with_its_rows(cast, client_of, key):
    client = client_of(cast.auditor)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page("exception", f"?question={key}")).status_code == 200
        return len(queries)

    def happen() -> None:
        approve(cast, with_evidence(cast))
        reject(cast, with_evidence(cast))

    happen()
    few = asked()
    for _ in range(3):
        happen()
    assert asked() <= few
