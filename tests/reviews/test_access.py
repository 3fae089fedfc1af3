"""The rows of a workspace a member may name."""

import pytest
from django.http import Http404

from agents.numbers import take_numbers
from agents.people import find_member
from reviews.access import containment_of, proposal_of
from tests import build

pytestmark = pytest.mark.django_db


def test_a_proposal_is_found_by_its_number_in_its_workspace(cast) -> None:
    member = find_member(cast.reviewer, cast.workspace)
    assert member is not None
    proposal = build.proposal(cast.store)

    assert proposal_of(member, proposal.number) == proposal


def test_a_number_of_another_workspace_is_not_there(cast) -> None:
    member = find_member(cast.outsider, cast.elsewhere)
    assert member is not None
    proposal = build.proposal(cast.store)

    with pytest.raises(Http404, match=f"Elsewhere has no proposal {proposal}"):
        proposal_of(member, proposal.number)


def test_a_containment_of_another_workspace_is_not_there(cast, clock) -> None:
    member = find_member(cast.outsider, cast.elsewhere)
    assert member is not None
    take_numbers(cast.workspace, "C", 1_000)
    made = build.containment(
        workspace=cast.workspace,
        store=cast.store,
        kind="restore",
        target="M-1 version 1",
        by=cast.lead,
        due_at=clock(),
    )

    with pytest.raises(Http404):
        containment_of(member, made.number)

    ours = find_member(cast.reviewer, cast.workspace)
    assert ours is not None
    assert containment_of(ours, 1_001) == made
    with pytest.raises(Http404, match="Northwind has no containment C-1002"):
        containment_of(ours, 1_002)
