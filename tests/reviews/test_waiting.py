"""How much waits for a member, as the navigation says it on every page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.people import find_member_at
from reviews.postponements import postpone, take_back
from reviews.queue import list_of
from reviews.searches import Search
from reviews.waiting import count_waiting
from tests import build

pytestmark = pytest.mark.django_db


def test_it_counts_what_waits_in_the_members_own_workspace(cast):
    rosa, lena = (find_member_at(one, cast.workspace.slug) for one in (cast.reviewer, cast.lead))
    assert count_waiting(rosa) == 0
    build.proposal(cast.store)
    build.proposal(cast.store, state="rejected")
    assert count_waiting(rosa) == count_waiting(lena) == 1
    assert count_waiting(rosa) == list_of(rosa, Search()).count()


@pytest.mark.django_db(transaction=True)
def test_what_somebody_put_aside_waits_for_the_others_alone(cast, clock):
    rosa, lena = (find_member_at(one, cast.workspace.slug) for one in (cast.reviewer, cast.lead))
    proposal = build.proposal(cast.store)
    postpone(proposal, by=rosa, until=clock() + timedelta(days=2))
    assert (count_waiting(rosa), count_waiting(lena)) == (0, 1)
    clock.advance(days=3)
    assert (count_waiting(rosa), count_waiting(lena)) == (1, 1)
    postpone(proposal, by=rosa, until=clock() + timedelta(days=2))
    take_back(proposal, by=rosa)
    assert count_waiting(rosa) == 1


def test_it_asks_one_query_however_much_waits(cast):
    rosa = find_member_at(cast.reviewer, cast.workspace.slug)
    for _ in range(7):
        build.proposal(cast.store)
    count_waiting(rosa)
    with CaptureQueriesContext(connection) as asked:
        assert count_waiting(rosa) == 7
    assert len(asked) == 1
