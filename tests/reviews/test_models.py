"""What the database itself refuses about proposals, whoever writes the row."""

import pytest
from django.db import IntegrityError, transaction

from reviews.lifecycle import OPEN, State
from reviews.models import OPEN_STATES, STATES, Proposal, ProposalRevision
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db

CLOSED = sorted(set(State) - OPEN)


def test_states_of_the_rows_are_those_of_the_table() -> None:
    assert set(STATES) == set(State)
    assert set(OPEN_STATES) == set(OPEN)


@pytest.mark.parametrize("state", ["", "open", "approved", "PENDING"])
def test_a_state_that_is_not_known_is_refused(cast: Cast, state: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        build.proposal(cast.store, state)


@pytest.mark.parametrize("state", sorted(OPEN))
def test_one_text_waits_once_on_a_path(cast: Cast, state: str) -> None:
    build.proposal(cast.store, path="/a.md")
    with pytest.raises(IntegrityError), transaction.atomic():
        build.proposal(cast.store, state, path="/a.md")
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize("state", CLOSED)
def test_a_text_that_no_longer_waits_stands_in_nobodys_way(cast: Cast, state: str) -> None:
    build.proposal(cast.store, state, path="/a.md")
    build.proposal(cast.store, path="/a.md")
    assert Proposal.objects.filter(path="/a.md").count() == 2


def test_a_number_is_given_once_in_a_workspace(cast: Cast) -> None:
    first = build.proposal(cast.store)
    second = build.proposal(cast.store)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=second.pk).update(number=first.number)
    other = build.proposal(cast.other_agent.store)
    Proposal.objects.filter(pk=other.pk).update(number=first.number)
    assert Proposal.objects.filter(number=first.number).count() == 2


def test_a_revision_has_one_text(cast: Cast) -> None:
    proposal = build.proposal(cast.store)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProposalRevision.objects.create(proposal=proposal, number=1, content="x", sha256="x")


def test_a_proposal_goes_by_its_number(cast: Cast) -> None:
    proposal = build.proposal(cast.store)
    assert str(proposal) == f"P-{proposal.number}"
