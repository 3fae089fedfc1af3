"""Who has a proposal's page open."""

import pytest

from reviews.models import Presence
from reviews.presence import ALIVE, MOST_NAMED, be_at, others_at
from tests import build
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(cast):
    return build.proposal(cast.store)


def test_others_are_told_and_oneself_is_not(cast, proposal, clock) -> None:
    be_at(proposal, member(cast, "reviewer"))
    be_at(proposal, member(cast, "lead"))

    assert others_at(proposal, member(cast, "reviewer")) == ["Lena"]
    assert others_at(proposal, member(cast, "second_reviewer")) == ["Lena", "Rosa"]


def test_an_open_page_says_so_again_and_is_one_row(cast, proposal, clock) -> None:
    for _ in range(5):
        be_at(proposal, member(cast, "lead"))
        clock.advance(seconds=30)

    assert Presence.objects.count() == 1
    assert others_at(proposal, member(cast, "reviewer")) == ["Lena"]


def test_a_closed_page_is_forgotten_by_itself(cast, proposal, clock) -> None:
    be_at(proposal, member(cast, "lead"))
    clock.advance(seconds=ALIVE.total_seconds() + 1)

    assert others_at(proposal, member(cast, "reviewer")) == []


def test_nobody_keeps_more_rows_than_open_pages(cast, clock) -> None:
    for n in range(10):
        be_at(build.proposal(cast.store, content=f"{n}\n"), member(cast, "lead"))
        clock.advance(seconds=40)

    assert Presence.objects.count() == 2


def test_a_crowd_is_cut(cast, proposal, clock) -> None:
    for n in range(6):
        person = build.person(f"Guest {n}", within=cast.workspace)
        Presence.objects.create(proposal=proposal, person=person, seen_at=clock())

    assert len(others_at(proposal, member(cast, "reviewer"))) == MOST_NAMED + 1
