from datetime import timedelta

import pytest

from agents.models import HostedStore
from dreaming.errors import LeaseLost
from dreaming.hosted.tending import PERIOD, is_due, tend, tend_due
from dreaming.hosted.tending import linked as linked_stores
from dreaming.hosted.turns import end_turn, keep_turn, length, take_turn
from tests.clock import DAYBREAK


def test_one_worker_at_a_time_has_the_turn(linked, clock):
    token = take_turn(linked.hosted)
    assert token
    assert not take_turn(linked.hosted)
    assert not tend(linked.again())
    end_turn(linked.hosted, token)
    assert take_turn(linked.hosted)


def test_a_silent_worker_loses_its_turn_and_cannot_go_on(linked, clock):
    silent = take_turn(linked.hosted)
    clock.advance(seconds=length().seconds + 1)
    assert take_turn(linked.hosted)
    with pytest.raises(LeaseLost):
        keep_turn(linked.hosted, silent)
    end_turn(linked.hosted, silent)
    assert linked.again().turn


def test_a_store_is_due_when_asked_for_and_every_period(linked, clock):
    assert tend_due(DAYBREAK) == 1
    hosted = linked.again()
    assert not is_due(hosted, hosted.tried_at + PERIOD - timedelta(seconds=1))
    assert is_due(hosted, hosted.tried_at + PERIOD)
    hosted.wake_at = hosted.tried_at
    assert is_due(hosted, hosted.tried_at)


def test_what_is_asked_for_during_a_sync_is_not_lost(linked):
    linked.tend()
    HostedStore.objects.update(wake_at=linked.again().tried_at)
    assert is_due(linked.again(), linked.again().tried_at)


def test_nobody_linked_is_one_query(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert linked_stores() == []
