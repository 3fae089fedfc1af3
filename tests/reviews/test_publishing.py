"""Verbs: setting when a store is published, what waits, and publishing by hand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from agents import freezes
from agents.errors import BadTimes, Frozen, StaleRelease
from agents.models import MemoryStore, Publishing
from agents.releases import live_release, publish_due, waiting
from reviews import decisions, publishing
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.errors import InvalidChange, MayNotDecide, NotAllowed
from reviews.publishing import Plan
from tests import build
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

BY_HAND = Plan(Publishing.BY_HAND)


@pytest.fixture
def store(cast):
    """The agent's store, published by hand."""
    publishing.set_publishing(cast.store, BY_HAND, by=member(cast, "lead"))
    return MemoryStore.objects.get(pk=cast.store.pk)


def settle(cast, proposal, *names):
    """Let people approve a proposal, and carry it out."""
    for name in names or ("second_reviewer", "lead"):
        if fresh(proposal).state != "scheduled":
            approve(cast, proposal, name)
    type(proposal).objects.filter(pk=proposal.pk).update(apply_at=product_clock.now())
    decisions.apply_due(product_clock.now())
    assert fresh(proposal).state == "applied"
    return fresh(proposal)


def applied(cast, **facts):
    return settle(cast, build.filed(cast.store, **facts))


def parcel(cast, name="reviewer"):
    return publishing.parcel_of(cast.store, member(cast, name))


def publish(cast, name="reviewer", seen=None):
    seen = parcel(cast).seen if seen is None else seen
    return publishing.publish_by_hand(cast.store, by=member(cast, name), seen=seen)


def told(action):
    return read_body(Entry.objects.filter(action=action).latest("pk").body)


def test_what_was_approved_waits_until_somebody_publishes_it(cast, store):
    applied(cast)
    assert publish_due(product_clock.now()) == []
    assert live_release(store).memory_count == 0
    release = publish(cast)
    assert live_release(store) == release
    assert release.published_by == cast.reviewer
    assert release.memory_count == 1
    assert parcel(cast).total == 0


def test_the_entry_names_who_published(cast, store):
    applied(cast)
    publish(cast)
    entry = told("release.published")
    assert entry["actor"]["id"] == cast.reviewer.public_id


def test_lists_each_change_with_who_approved_it(cast, store):
    made = applied(cast, path="/a.md")
    [one] = parcel(cast).changes
    assert (one.path, one.before, one.after) == ("/a.md", None, 1)
    [source] = one.sources
    assert source.proposal == made.number
    assert source.approved_by[0] == "Sven"


def test_names_every_proposal_between_what_is_served_and_what_waits(cast, store):
    first = applied(cast, path="/a.md")
    second = applied(cast, path="/a.md", op=Op.UPDATE, content="Newer.\n", base_version=1)
    [one] = parcel(cast).changes
    assert (one.before, one.after) == (None, 2)
    assert [source.proposal for source in one.sources] == [first.number, second.number]
    publish(cast)
    third = applied(cast, path="/a.md", op=Op.RETIRE, content="", base_version=2)
    [one] = parcel(cast).changes
    assert (one.before, one.after) == (2, None)
    assert [source.proposal for source in one.sources] == [third.number]


def test_what_came_after_the_page_was_shown_is_not_published(cast, store):
    applied(cast)
    seen = parcel(cast).seen
    applied(cast)
    with pytest.raises(StaleRelease, match="other changes wait now"):
        publish(cast, seen=seen)
    assert live_release(store).memory_count == 0


def test_the_same_form_twice_publishes_once(cast, store):
    applied(cast)
    seen = parcel(cast).seen
    first = publish(cast, seen=seen)
    with pytest.raises(StaleRelease):
        publish(cast, seen=seen)
    assert live_release(store) == first


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_decides_nothing_publishes_nothing(cast, store, name):
    applied(cast)
    with pytest.raises(NotAllowed):
        publish(cast, name)
    assert live_release(store).memory_count == 0


def test_one_change_of_ones_own_in_the_list_bars_the_whole_list(cast, store):
    applied(cast)
    mine = build.filed(cast.store)
    type(mine).objects.filter(pk=mine.pk).update(proposer=cast.reviewer)
    settle(cast, mine)
    assert parcel(cast).barred.startswith(f"You filed {mine}")
    assert parcel(cast, "second_reviewer").barred == ""
    with pytest.raises(MayNotDecide, match=str(mine)):
        publish(cast)
    assert publish(cast, "second_reviewer").memory_count == 2


def test_a_freeze_holds_what_waits(cast, store):
    applied(cast)
    freezes.freeze_agent(cast.agent, reason="Odd", by=cast.lead)
    with pytest.raises(Frozen):
        publish(cast)
    assert len(waiting(store)) == 1


def test_more_changes_ask_no_more(cast, store):
    def count():
        with CaptureQueriesContext(connection) as asked:
            parcel(cast)
        return len(asked)

    applied(cast)
    parcel(cast)
    few = count()
    for _ in range(4):
        applied(cast)
    assert count() == few <= 10


# Setting it


def test_a_lead_sets_it_on_the_record(cast):
    publishing.set_publishing(
        cast.store,
        Plan(Publishing.SCHEDULED, " 0  6 * * * ", "Europe/Berlin"),
        by=member(cast, "lead"),
    )
    store = MemoryStore.objects.get(pk=cast.store.pk)
    assert (store.publishing, store.publish_cron) == ("scheduled", "0 6 * * *")
    entry = told("store.changed")
    assert entry["object"] == "store:refund-desk"
    assert entry["before"]["publishing"] == "at_once"
    assert entry["after"] == {"publishing": "scheduled", "zone": "Europe/Berlin"}


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_nobody_else_sets_it(cast, name):
    with pytest.raises(NotAllowed):
        publishing.set_publishing(cast.store, BY_HAND, by=member(cast, name))


@pytest.mark.parametrize(("cron", "zone"), [("", "UTC"), ("soon", "UTC"), ("0 6 * * *", "Moon")])
def test_times_that_are_none_are_refused(cast, cron, zone):
    plan = Plan(Publishing.SCHEDULED, cron, zone)
    with pytest.raises(BadTimes):
        publishing.set_publishing(cast.store, plan, by=member(cast, "lead"))
    assert not Entry.objects.filter(action="store.changed").exists()


def test_setting_what_is_set_is_refused(cast, store):
    with pytest.raises(InvalidChange, match="set so already"):
        publishing.set_publishing(store, BY_HAND, by=member(cast, "lead"))


def test_at_once_again_serves_what_waits(cast, store):
    applied(cast)
    publishing.set_publishing(store, Plan(Publishing.AT_ONCE), by=member(cast, "lead"))
    [release] = publish_due(product_clock.now())
    assert release.memory_count == 1


def test_who_had_a_hand_in_what_waits_cannot_let_it_out_by_the_setting(cast, store):
    mine = build.filed(cast.store)
    type(mine).objects.filter(pk=mine.pk).update(started_by=cast.lead)
    settle(cast, mine, "reviewer", "second_reviewer")
    with pytest.raises(MayNotDecide, match="started the dream"):
        publishing.set_publishing(store, Plan(Publishing.AT_ONCE), by=member(cast, "lead"))
    assert MemoryStore.objects.get(pk=store.pk).publishing == "by_hand"
