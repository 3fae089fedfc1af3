"""A dream that asks first: estimate told, nothing spent, its starter answers, or it lapses."""

from datetime import timedelta

import pytest

from agents import clock as product_clock
from agents.people import find_member
from dreaming.answers import agree, why_not_agree
from dreaming.dreams import Wish, cancel_dream, queue_dream, run_due, run_due_dreams, run_to_end
from dreaming.errors import IllegalDreamMove, NotStartable
from dreaming.models import Dream
from dreaming.spending import AGREE_WITHIN_S
from dreaming.standin.messages import count_tokens
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db(transaction=True)
COUNT, ASK = "POST /v1/messages/count_tokens", "POST /v1/messages"
READ_TOKENS, WRITE_TOKENS = 4_000, 16_000


def bodies(vendor, line):
    return [one.asked.body for one in vendor.received if one.line == line]


@pytest.fixture
def asking(house, vendor):
    """A dream with Claude that its starter, the lead, wants an estimate of; it has told it."""
    wish = Wish(engine="claude", started_by=house.lead, asks_first=True)
    queued = queue_dream(house.store, wish)
    assert run_due(queued, product_clock.now())
    return Dream.objects.get(pk=queued.pk)


def as_member(person, workspace):
    return find_member(person, workspace)


def test_the_estimate_is_the_counted_tokens_and_the_most_that_may_come_back(asking, vendor):
    counted = bodies(vendor, COUNT)
    assert len(counted) == 5
    assert asking.estimate["input_tokens"] == sum(map(count_tokens, counted))
    assert asking.estimate["output_tokens"] == 4 * READ_TOKENS + WRITE_TOKENS
    assert asking.estimate["requests"] == 5
    assert asking.estimate["cost_micros"] > 0


def test_what_was_counted_is_what_is_sent_once_it_may(asking, house, vendor):
    counted = sorted(count_tokens(body) for body in bodies(vendor, COUNT))
    agree(asking, by=as_member(house.lead, house.workspace))
    made = run_to_end(asking)
    assert made.state == "completed", made.failure
    asked = bodies(vendor, ASK)
    reads = sorted(count_tokens(body) for body in asked[:-1])
    assert set(reads) <= set(counted)
    assert vendor.messages.input_tokens == sum(map(count_tokens, asked))
    assert made.usage["input_tokens"] == vendor.messages.input_tokens
    assert made.usage["cost_micros"] <= made.estimate["cost_micros"]


def test_nothing_is_asked_of_a_model_before_the_starter_agrees(asking, vendor):
    assert (asking.state, asking.attempt) == ("queued", 0)
    assert asking.asked_at is not None
    assert "5 requests" in asking.failure
    assert run_due_dreams(product_clock.now()) == 0
    assert set(vendor.lines()) == {COUNT}


def test_an_answer_stands_in_the_log_with_what_was_agreed_to(asking, house):
    agree(asking, by=as_member(house.lead, house.workspace))
    entry = Entry.objects.get(action=Action.DREAM_AGREED)
    assert entry.object == str(asking)
    assert f'"cost_micros":{asking.estimate["cost_micros"]}' in entry.body


def test_only_who_started_it_agrees_and_once(asking, house):
    for other in (house.reviewer, house.auditor):
        with pytest.raises(IllegalDreamMove, match="Who started"):
            agree(asking, by=as_member(other, house.workspace))
    lead = as_member(house.lead, house.workspace)
    agree(asking, by=lead)
    with pytest.raises(IllegalDreamMove, match="asks nothing"):
        agree(asking, by=lead)
    assert Dream.objects.get(pk=asking.pk).asked_at is None


def test_a_dream_that_costs_more_than_was_agreed_to_asks_again(asking, house, vendor, settings):
    agreed = agree(asking, by=as_member(house.lead, house.workspace))
    settings.ENGINE_OPTIONS["claude"]["prices"] = "claude-haiku-5-5=9/9,claude-sonnet-5-5=9/9"
    assert run_due(agreed, product_clock.now())
    row = Dream.objects.get(pk=asking.pk)
    assert row.asked_at is not None
    assert row.estimate["cost_micros"] > row.agreed["cost_micros"]
    assert ASK not in vendor.lines()


def test_unanswered_it_is_cancelled_and_its_memory_free_again(asking, house, vendor):
    late = product_clock.now() + timedelta(seconds=AGREE_WITHIN_S + 1)
    assert not run_due(asking, late)
    row = Dream.objects.get(pk=asking.pk)
    assert (row.state, row.asked_at) == ("cancelled", None)
    assert "nothing was spent" in row.failure
    assert ASK not in vendor.lines()
    queue_dream(house.store, Wish())


def test_a_lead_cancels_it_at_its_estimate(asking, house, vendor):
    lead = as_member(house.lead, house.workspace)
    row = cancel_dream(asking, by=lead)
    assert row.failure == "Cancelled at its estimate; nothing was spent."
    assert why_not_agree(row, lead)
    assert ASK not in vendor.lines()


def test_a_ceiling_is_held_before_anybody_is_asked(house, vendor, settings):
    settings.DREAM_CEILING_USD = 0.000001
    wish = Wish(engine="claude", started_by=house.lead, asks_first=True)
    made = run_to_end(queue_dream(house.store, wish))
    assert made.state == "failed"
    assert made.asked_at is None
    assert ASK not in vendor.lines()


@pytest.mark.parametrize(("more", "state"), [(0, "completed"), (-1, "failed")])
def test_a_ceiling_at_the_estimate_lets_it_through_and_one_below_does_not(
    asking, house, vendor, settings, more, state
):
    cancel_dream(asking, by=as_member(house.lead, house.workspace))
    settings.DREAM_CEILING_USD = (asking.estimate["cost_micros"] + more) / 1_000_000
    made = run_to_end(queue_dream(house.store, Wish(engine="claude")))
    assert made.state == state, made.failure
    assert vendor.lines().count(ASK) == (5 if state == "completed" else 0)


def test_the_local_engine_has_nothing_to_ask(house):
    made = run_to_end(queue_dream(house.store, Wish(asks_first=True)))
    assert made.state == "completed"
    assert made.estimate == {}


def test_an_engine_that_cannot_say_beforehand_is_not_started_to_ask(cast, seat):
    engine = FakeEngine(())
    engine.sends_data_to = frozenset({"host:127.0.0.1"})
    seat(engine)
    cast.workspace.regions = ["host:127.0.0.1"]
    cast.workspace.save(update_fields=["regions"])
    with pytest.raises(NotStartable, match="cannot say beforehand"):
        queue_dream(cast.store, Wish(engine="test", asks_first=True))
    queue_dream(cast.store, Wish(engine="test"))
