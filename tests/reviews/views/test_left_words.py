"""Reasons and comments that were typed and not sent: they stand there after a reload, a sign-in."""

import pytest
from django.test import Client

from agents.stores import MAX_MEMORY_BYTES
from reviews.decisions import Shown, approve
from reviews.models import Comment, Decision, Draft
from tests import build
from tests.reviews.views.desks import LIVE, at, conflict, member, post, shown, text_of

pytestmark = pytest.mark.django_db

WORDS = "The tone of letters says so already."
KINDS = {
    "reject": ("reject/", "reason", {"code": "wrong"}),
    "request": ("request-changes/", "reason", {}),
    "comment": ("comment/", "text", {}),
}


@pytest.fixture
def proposal(cast):
    return build.filed(cast.store)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_typed_stands_there_after_a_reload(cast, client_of, proposal, kind: str) -> None:
    client, field = client_of(cast.reviewer), KINDS[kind][1]
    assert post(client, at(cast, proposal, f"draft/{kind}/"), {field: WORDS}).status_code == 204
    assert WORDS in text_of(client.get(at(cast, proposal)))
    if kind != "comment":
        assert WORDS in text_of(client.get(at(cast, proposal, KINDS[kind][0])))


def test_it_is_its_writers_alone(cast, client_of, proposal) -> None:
    post(client_of(cast.reviewer), at(cast, proposal, "draft/reject/"), {"reason": WORDS})
    assert WORDS not in text_of(client_of(cast.lead).get(at(cast, proposal)))


def test_each_field_has_its_own(cast, client_of, proposal) -> None:
    client = client_of(cast.reviewer)
    for kind, (_, field, _more) in KINDS.items():
        post(client, at(cast, proposal, f"draft/{kind}/"), {field: f"Of {kind}."})
    assert sorted(Draft.objects.values_list("kind", "text")) == sorted(
        (kind, f"Of {kind}.") for kind in KINDS
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_is_a_draft_no_more(cast, client_of, proposal, kind: str) -> None:
    client = client_of(cast.reviewer)
    page, field, more = KINDS[kind]
    post(client, at(cast, proposal, f"draft/{kind}/"), {field: WORDS})
    post(client, at(cast, proposal, page), shown(proposal, **more) | {field: WORDS})
    assert Decision.objects.count() + Comment.objects.count() == 1
    assert not Draft.objects.exists()


def test_an_emptied_field_is_no_draft(cast, client_of, proposal) -> None:
    client = client_of(cast.reviewer)
    for words in (WORDS, "  "):
        post(client, at(cast, proposal, "draft/comment/"), {"text": words})
    assert not Draft.objects.exists()


def test_an_unknown_field_is_none(cast, client_of, proposal) -> None:
    for kind in ("edit", "other"):
        answer = post(client_of(cast.reviewer), at(cast, proposal, f"draft/{kind}/"), {"text": "A"})
        assert answer.status_code == 404


def send_late(cast, proposal, kind: str) -> Client:
    """Send a form as Rosa's browser does whose session has ended."""
    page, field, more = KINDS[kind]
    client = Client()
    sent = shown(proposal, **more) | {field: WORDS, "writer": cast.reviewer.public_id}
    answer = post(client, at(cast, proposal, page), sent)
    assert answer.status_code == 302
    assert "/accounts/login/" in answer.url
    return client


def come_in(client: Client, person) -> None:
    client.post("/accounts/login/", {"login": person.email, "password": build.PASSWORD})


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_of_an_ended_session_comes_back_after_signing_in(cast, proposal, kind: str) -> None:
    client = send_late(cast, proposal, kind)
    assert not Decision.objects.exists()
    come_in(client, cast.reviewer)
    assert WORDS in text_of(client.get(at(cast, proposal)))
    assert Draft.objects.get().kind == kind
    assert WORDS in text_of(client.get(at(cast, proposal)))


def test_a_form_that_names_nobody_we_know_is_not_kept(cast, proposal) -> None:
    client, sent = Client(), shown(proposal, code="wrong") | {"reason": WORDS, "writer": "nobody"}
    post(client, at(cast, proposal, "reject/"), sent)
    assert not client.session.keys()


def test_an_edited_text_comes_back_with_its_reason(cast, proposal) -> None:
    client, text = Client(), "One.\r\nTwo.\r\n"
    sent = {"revision": "1", "text": text, "reason": WORDS, "writer": cast.reviewer.public_id}
    post(client, at(cast, proposal, "edit/"), sent)
    come_in(client, cast.reviewer)
    page = client.get(at(cast, proposal, "edit/"))
    assert page.context["text"] == "One.\nTwo.\n"
    assert WORDS in text_of(page)
    assert Draft.objects.get().text == "One.\nTwo.\n"


def test_an_edited_text_is_there_to_copy_where_the_proposal_was_decided_meanwhile(
    cast, proposal
) -> None:
    client = Client()
    sent = {"revision": "1", "text": "One.\r\n", "writer": cast.reviewer.public_id}
    post(client, at(cast, proposal, "edit/"), sent)
    approve(proposal, by=member(cast, "lead"), shown=Shown(1, "pending"))
    come_in(client, cast.reviewer)
    page = client.get(at(cast, proposal, "edit/"))
    assert page.status_code == 409
    assert page.context["notice"]["left"] == "One.\n"
    assert "copy from it what you need" in text_of(page)


def test_a_text_longer_than_a_memory_may_be_is_not_kept(cast, proposal) -> None:
    client, text = Client(), "x" * (2 * MAX_MEMORY_BYTES + 1)
    post(client, at(cast, proposal, "edit/"), {"text": text, "writer": cast.reviewer.public_id})
    assert not client.session.keys()


@pytest.mark.parametrize("part", ["conflict/", "edit/"])
def test_a_conflict_settled_by_hand_comes_back(cast, part: str) -> None:
    proposal = conflict(cast, LIVE.replace("Two.", "2."), LIVE.replace("Two.", "II."))
    client = Client()
    sent = {"by_hand": "on", "text": "By hand.\r\n", "writer": cast.reviewer.public_id}
    post(client, at(cast, proposal, part), sent)
    come_in(client, cast.reviewer)
    shown_then = client.get(at(cast, proposal, part), follow=True)
    assert shown_then.context["draft"] == "By hand.\n"
    assert shown_then.context["by_hand"]


def test_whoever_else_signs_in_there_is_not_shown_it(cast, proposal) -> None:
    client = send_late(cast, proposal, "reject")
    come_in(client, cast.second_reviewer)
    assert WORDS not in text_of(client.get(at(cast, proposal)))
    assert not Draft.objects.exists()


def test_it_waits_for_its_own_proposal(cast, proposal) -> None:
    other = build.filed(cast.store, content="Two.\n")
    client = send_late(cast, proposal, "reject")
    come_in(client, cast.reviewer)
    assert WORDS not in text_of(client.get(at(cast, other)))
    assert WORDS in text_of(client.get(at(cast, proposal)))
