"""The clock everyone asks; rules are given the time instead."""

from datetime import timedelta
from threading import Thread

from django.utils import timezone

from agents import clock as product_clock
from tests.clock import DAYBREAK, FakeClock


def test_without_a_test_it_tells_the_time_of_day_aware_in_utc():
    now = product_clock.now()
    assert timezone.is_aware(now)
    assert now.utcoffset() == timedelta(0)
    assert abs(now - timezone.now()) < timedelta(seconds=5)


def test_a_clock_put_in_its_place_is_told_in_every_thread(clock: FakeClock):
    told = []
    thread = Thread(target=lambda: told.append(product_clock.now()))
    thread.start()
    thread.join()
    assert told == [DAYBREAK]


def test_the_inner_of_two_clocks_tells_the_time():
    with product_clock.told_by(FakeClock()):
        with product_clock.told_by(FakeClock(DAYBREAK + timedelta(days=1))):
            assert product_clock.now() == DAYBREAK + timedelta(days=1)
        assert product_clock.now() == DAYBREAK
