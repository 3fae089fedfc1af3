"""When what was applied is published without a person: at once, at a slot of a schedule, never."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from agents import freezes, releases
from agents.memory import write_memory
from agents.models import Publishing, Release
from agents.numbers import take_number
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from tests import build

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept():
    releases.forget_contents()


@pytest.fixture
def store(db, clock):
    """Nothing of it is published before noon; the clock stands at six."""
    made = build.agent(build.workspace()).store
    return set_to(made, Publishing.SCHEDULED, publish_cron="0 12 * * *")


def set_to(store, mode, **columns):
    columns = {"publishing": mode, "publish_set_at": None} | columns
    for name, value in columns.items():
        setattr(store, name, value)
    store.save()
    return store


def write(store, path="/a.md"):
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        write_memory(store, path, "text", base_version=None, actor=SYSTEM, number=number)
    store.refresh_from_db()


def due(clock):
    return releases.publish_due(clock.at)


def test_what_is_published_at_once_waits_for_nothing(store, clock):
    set_to(store, Publishing.AT_ONCE)
    write(store)
    [release] = due(clock)
    assert (release.slot, release.published_by) == (None, None)


def test_what_is_published_by_hand_is_never_published_by_the_worker(store, clock):
    set_to(store, Publishing.BY_HAND)
    write(store)
    clock.advance(days=400)
    assert due(clock) == []
    assert len(releases.waiting(store)) == 1


@pytest.mark.parametrize(("hours", "published"), [(5.99, 0), (6, 1), (7, 1), (60, 1)])
def test_a_schedule_publishes_at_its_slot_and_late_rather_than_never(
    store, clock, hours, published
):
    write(store)
    clock.advance(hours=hours)
    assert len(due(clock)) == published
    assert due(clock) == []


def test_says_at_which_slot_it_was_due(store, clock):
    write(store)
    clock.advance(hours=6, minutes=3)
    [release] = due(clock)
    assert release.slot == NOON
    entry = Entry.objects.filter(action="release.published").latest("pk")
    said = read_body(entry.body)["on_behalf"]
    assert said == {"kind": "schedule", "id": "2026-11-21T12:00Z"}


def test_a_change_after_the_slot_waits_for_the_next_one(store, clock):
    clock.at = NOON + timedelta(minutes=1)
    write(store)
    assert due(clock) == []
    clock.advance(hours=23)
    assert due(clock) == []
    clock.advance(hours=1)
    assert len(due(clock)) == 1


def test_times_that_are_set_anew_forget_the_slots_before(store, clock):
    write(store)
    clock.advance(hours=7)
    set_to(store, Publishing.SCHEDULED, publish_cron="0 6 * * *", publish_set_at=clock.at)
    assert due(clock) == []
    clock.advance(hours=17)
    assert len(due(clock)) == 1


def test_the_slot_is_that_of_its_zone(store, clock):
    set_to(store, Publishing.SCHEDULED, publish_zone="Asia/Tokyo", publish_cron="0 16 * * *")
    write(store)
    clock.advance(minutes=59)
    assert due(clock) == []
    clock.advance(minutes=1)
    assert len(due(clock)) == 1


@pytest.mark.parametrize(
    ("at", "slot"),
    [
        # The night in March when 02:30 does not come, and the one in October when it comes twice.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_change_of_clocks_neither_skips_nor_doubles_a_slot(store, clock, at, slot):
    clock.at = at
    set_to(store, Publishing.SCHEDULED, publish_zone="Europe/Berlin", publish_cron="30 2 * * *")
    write(store)
    clock.at = slot
    assert [release.slot for release in due(clock)] == [slot]
    write(store, "/b.md")
    clock.advance(hours=2)
    assert due(clock) == []


def test_a_freeze_holds_the_slot_and_it_is_made_up_afterwards(store, clock):
    write(store)
    lead = build.person("Lena", within=store.workspace, role="lead")
    freezes.freeze_agent(store.agent, reason="Odd", by=lead)
    clock.advance(hours=7)
    assert due(clock) == []
    freezes.unfreeze_agent(store.agent, reason="Fine", by=lead)
    [release] = due(clock)
    assert release.slot == NOON


def test_times_this_machine_does_not_know_publish_nothing_and_stop_nobody_else(store, clock):
    other = set_to(build.agent(store.workspace, "other-desk").store, Publishing.AT_ONCE)
    set_to(store, Publishing.SCHEDULED, publish_zone="Moon/Tranquility")
    write(store)
    write(other, "/b.md")
    clock.advance(hours=7)
    assert [release.store for release in due(clock)] == [other]


def test_a_worker_that_looked_before_another_published_publishes_nothing(store, clock):
    """The mark a worker read is looked at again under the store's lock."""
    write(store)
    clock.advance(hours=6)
    releases.publish(store)
    write(store, "/b.md")
    store.unpublished_since = clock.at - timedelta(hours=6)
    assert releases._publish_when_due(store, clock.at) is None
    assert Release.objects.filter(store=store).count() == 2


def test_a_fingerprint_stands_for_exactly_what_waits(store):
    write(store)
    one = releases.fingerprint(releases.waiting(store))
    assert one == releases.fingerprint(releases.waiting(store))
    write(store, "/b.md")
    assert releases.fingerprint(releases.waiting(store)) != one
