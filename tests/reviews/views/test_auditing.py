"""The auditor's pages as an auditor meets them: nothing on them changes anything."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.rights import Role
from reviews.audit import sealing
from reviews.audit.report import Status
from reviews.auditing.exceptions import QUESTIONS
from reviews.auditing.packet_check import check_packet
from reviews.models import AuditSample, Proposal
from tests import build
from tests.reviews.audit.logs import NOW
from tests.reviews.auditing.scenes import approve, reject, with_evidence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


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


DRAW = {"since": "2026-01-01", "until": "2099-12-31", "size": 5, "seed": "dawn"}


def test_a_sample_is_drawn_packed_and_taken_out(cast, client_of, tmp_path):
    filed = approve(cast, with_evidence(cast))
    client = client_of(cast.auditor)
    drawn = client.post(page("sample_draw"), DRAW)
    assert drawn.headers["Location"] == page("audit_sample", number=1)
    said = text_of(client.get(page("audit_sample", number=1)))
    assert f"{filed} Shipped orders cannot be cancelled. Low Decided, in its grace" in said
    assert "One file with everything the reviewers saw" in said
    sealing.seal()
    sealing.checkpoint(NOW)
    client.post(page("packet_make", number=1))
    said = text_of(client.get(page("audit_sample", number=1)))
    assert "Download X-1" in said
    answer = client.post(page("export_download", number=1))
    (tmp_path / "taken.zip").write_bytes(b"".join(answer.streaming_content))
    assert check_packet(tmp_path / "taken.zip").status is Status.SOUND
    assert answer.headers["Content-Disposition"].endswith('"northwind-X-1.zip"')
    assert "PACKET" in text_of(client.get(page("exports")))
    assert "Sample 1" in text_of(client.get(page("population")))
    assert "Drew a sample" in text_of(client.get(page("audit", "?q=object:audit_sample:1")))


def test_a_packet_before_the_first_checkpoint_says_when_there_is_one(cast, client_of):
    approve(cast, with_evidence(cast))
    client = client_of(cast.auditor)
    client.post(page("sample_draw"), DRAW)
    answer = client.post(page("packet_make", number=1), follow=True)
    assert "the worker signs within a minute" in text_of(answer)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": "two words"}, "Letters, digits, dots"),
        ({"seed": ""}, "This field is required."),
        ({"size": 0}, "greater than or equal to 1"),
        ({"size": 201}, "less than or equal to 200"),
        ({"until": "2026-01-02"}, "there is nothing to draw from"),
        ({"until": "2025-01-02"}, "The last day is before the first one."),
        ({"since": "soon"}, "Enter a valid date."),
    ],
)
def test_a_draw_that_cannot_be_made_is_said_beside_the_form(cast, client_of, given, words):
    approve(cast, with_evidence(cast))
    answer = client_of(cast.auditor).post(page("sample_draw"), DRAW | given)
    assert answer.status_code == 422
    assert words in re.sub(r"<[^>]+>", " ", answer.content.decode())
    assert not AuditSample.objects.exists()


def test_a_sample_of_another_workspace_is_not_there(cast, client_of):
    approve(cast, with_evidence(cast))
    client = client_of(cast.auditor)
    client.post(page("sample_draw"), DRAW)
    assert client.get(page("audit_sample", number=2)).status_code == 404
    cast.outsider.memberships.update(role=Role.AUDITOR)
    address = page("audit_sample", number=1).replace("northwind", "elsewhere")
    assert client_of(cast.outsider).get(address).status_code == 404


@pytest.mark.parametrize("name", ["population", "audit_sample"])
def test_the_queries_of_samples_do_not_grow_with_their_number(cast, client_of, name):
    client = client_of(cast.auditor)
    where = {"number": 1} if name == "audit_sample" else {}

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(name, **where)).status_code == 200
        return len(queries)

    approve(cast, with_evidence(cast))
    client.post(page("sample_draw"), DRAW)
    few = asked()
    for seed in ("a", "b", "c"):
        approve(cast, with_evidence(cast))
        client.post(page("sample_draw"), DRAW | {"seed": seed})
    assert asked() <= few
