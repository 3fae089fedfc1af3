"""Proposing by hand: create, change, retire; the proposer does not decide."""

import pytest

from agents.models import Memory
from reviews.models import Proposal
from tests import build
from tests.reviews.views.desks import at, text_of

pytestmark = pytest.mark.django_db

ADDRESS = "/w/northwind/review/new/"


def typed(**more: str) -> dict[str, str]:
    return {
        "store": "refund-desk",
        "path": "/notes/a.md",
        "text": "Ask for the number.\r\n",
        "rationale": "It helps.",
        **more,
    }


def test_a_new_text_is_filed_with_its_reason(cast, client_of) -> None:
    response = client_of(cast.reviewer).post(ADDRESS, typed())

    proposal = Proposal.objects.get()
    assert response.status_code == 303
    assert response.url == at(cast, proposal)
    assert (proposal.op, proposal.proposer, proposal.store) == ("create", cast.reviewer, cast.store)
    revision = proposal.revisions.get()
    assert (revision.content, revision.rationale) == ("Ask for the number.\n", "It helps.")


def test_the_form_starts_from_what_the_path_says(cast, client_of) -> None:
    memory = build.memory(cast.store)
    query = {"store": "refund-desk", "path": memory.path}

    html = text_of(client_of(cast.reviewer).get(ADDRESS, query))

    assert "Shipped orders cannot be cancelled." in html
    assert '<option value="refund-desk" selected>' in html


def test_a_link_to_retire_starts_with_an_empty_text(cast, client_of) -> None:
    memory = build.memory(cast.store)
    query = {"store": "refund-desk", "path": memory.path, "retire": "1"}

    html = text_of(client_of(cast.reviewer).get(ADDRESS, query))

    assert "Shipped orders" not in html


def test_an_empty_text_retires_the_path(cast, client_of) -> None:
    memory = build.memory(cast.store)

    client_of(cast.reviewer).post(ADDRESS, typed(path=memory.path, text=""))

    assert Proposal.objects.get().op == "retire"
    assert Memory.objects.get().head is not None


def test_a_changed_text_is_an_update_on_the_head(cast, client_of) -> None:
    memory = build.memory(cast.store)

    client_of(cast.reviewer).post(ADDRESS, typed(path=memory.path))

    proposal = Proposal.objects.get()
    assert (proposal.op, proposal.base_version) == ("update", 1)


def test_the_shared_memory_can_be_proposed_for(cast, client_of) -> None:
    client_of(cast.lead).post(ADDRESS, typed(store="shared"))

    assert Proposal.objects.get().store == cast.shared_store


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rationale": ""}, "This field is required."),
        ({"path": ""}, "This field is required."),
        ({"path": "notes"}, "does not start with"),
        ({"path": "/a/../b"}, "has an empty segment"),
        ({"text": ""}, "is not in this memory"),
        ({"text": "x" * 102_401}, "a memory holds 102,400"),
        ({"store": "other-desk"}, "is not one of the available choices"),
    ],
)
def test_what_cannot_be_filed_keeps_what_was_typed(cast, client_of, more, said) -> None:
    response = client_of(cast.reviewer).post(ADDRESS, typed(**more))

    html = text_of(response)
    assert response.status_code == 422
    assert said in html
    assert Proposal.objects.count() == 0
    assert more.get("rationale", "It helps.") in html


def test_the_same_text_is_not_filed_twice(cast, client_of) -> None:
    client = client_of(cast.reviewer)
    client.post(ADDRESS, typed())

    response = client.post(ADDRESS, typed())

    assert response.status_code == 422
    assert "already waiting" in text_of(response)


def test_a_link_to_another_workspace_s_memory_finds_nothing(cast, client_of) -> None:
    query = {"store": "other-desk", "path": "/a.md"}

    assert client_of(cast.reviewer).get(ADDRESS, query).status_code == 404


@pytest.mark.parametrize("query", ["store=%00&path=/a.md", "store=shared&path=%00"])
def test_a_nul_in_the_address_is_no_failure(client_of, cast, query: str) -> None:
    assert client_of(cast.lead).get(f"/w/northwind/review/new/?{query}").status_code in {200, 404}
