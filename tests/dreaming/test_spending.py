"""Ceilings held before anything is spent."""

from dataclasses import asdict

import pytest

from agents import clock
from dreaming.dreams import Wish, queue_dream
from dreaming.engines.base import EngineError, Estimate
from dreaming.journals import RowJournal, spent_in
from dreaming.leases import take_lease
from dreaming.models import Dream
from dreaming.spending import (
    is_agreed,
    permit_for,
    spell_cost,
    spell_estimate,
    why_too_dear,
)
from tests import build

ESTIMATE = Estimate(requests=5, input_tokens=900, output_tokens=100, cost_micros=2_000_000)


@pytest.mark.parametrize(
    ("dream", "day", "spent", "words"),
    [
        (0, 0, 10**9, ""),
        (2_000_000, 0, 0, ""),
        (1_999_999, 0, 0, "one dream may cost 2.00 USD"),
        (0, 5_000_000, 3_000_000, ""),
        (0, 5_000_000, 3_000_001, "3.01 USD of today's 5.00 USD"),
    ],
)
def test_an_estimate_is_held_against_both_ceilings(dream, day, spent, words):
    told = why_too_dear(ESTIMATE, dream_micros=dream, day_micros=day, spent=spent)
    assert words in told
    assert bool(told) == bool(words)


def test_a_ceiling_without_a_price_lets_nothing_through():
    unknown = Estimate(1, 1, 1, None)
    assert "No price" in why_too_dear(unknown, dream_micros=1, day_micros=0, spent=0)
    assert why_too_dear(unknown, dream_micros=0, day_micros=0, spent=0) == ""


@pytest.mark.parametrize(
    ("micros", "words"), [(0, "0.00 USD"), (1, "0.01 USD"), (1_234_567, "1.24 USD")]
)
def test_amounts_are_rounded_up_to_the_cent(micros, words):
    assert spell_cost(micros) == words


@pytest.fixture
def lease(cast):
    lease = take_lease(queue_dream(cast.store, Wish()), clock.now())
    Dream.objects.filter(pk=lease.dream_id).update(started_at=clock.now())
    return lease


@pytest.mark.django_db(transaction=True)
def test_what_is_permitted_stands_on_the_row_before_it_is_spent(lease, settings):
    settings.DREAM_CEILING_USD = 2.0
    permit_for(lease)(ESTIMATE)
    assert Dream.objects.get(pk=lease.dream_id).estimate["cost_micros"] == 2_000_000


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_stands_there_too(lease, settings):
    settings.DREAM_CEILING_USD = 1.0
    with pytest.raises(EngineError) as told:
        permit_for(lease)(ESTIMATE)
    assert told.value.permanent
    assert Dream.objects.get(pk=lease.dream_id).estimate["input_tokens"] == 900


@pytest.mark.django_db(transaction=True)
def test_a_day_counts_what_was_spent_and_what_runs(cast, lease, settings):
    settings.DREAM_CEILING_USD, settings.DAY_CEILING_USD = 0.0, 5.0
    now = clock.now()
    build.dream(cast.shared_store, "failed", started_at=now, usage={"cost_micros": 1_500_000})
    permit_for(lease)(ESTIMATE)
    build.dream(cast.shared_store, "running", started_at=now, estimate={"cost_micros": 2_000_000})
    with pytest.raises(EngineError):
        permit_for(lease)(ESTIMATE)


@pytest.mark.django_db(transaction=True)
def test_another_workspace_has_a_day_of_its_own(cast, lease, settings):
    settings.DREAM_CEILING_USD, settings.DAY_CEILING_USD = 0.0, 2.0
    other = cast.other_agent.store
    build.dream(other, "completed", started_at=clock.now(), usage={"cost_micros": 9_000_000})
    permit_for(lease)(ESTIMATE)


@pytest.mark.django_db(transaction=True)
def test_a_journal_keeps_its_lines_in_order_and_adds_up_what_they_used(lease):
    journal = RowJournal(lease)
    journal.write("S-2_1", session="S-2", usage={"input_tokens": 3})
    journal.write("S-1_1", session="S-1", usage={"input_tokens": 4, "cost_micros": 1})
    journal.write("S-2_1", session="S-2", usage={"input_tokens": 5})
    assert list(RowJournal(lease).read()) == ["S-2_1", "S-1_1"]
    assert spent_in(lease.dream_id) == {"input_tokens": 9, "cost_micros": 1}


@pytest.mark.parametrize(
    ("more", "is_within"),
    [
        ({}, True),
        ({"requests": 1}, False),
        ({"cost_micros": 1}, False),
        ({"input_tokens": -1}, True),
    ],
)
def test_an_estimate_is_agreed_to_number_by_number(more, is_within):
    agreed = asdict(ESTIMATE)
    estimate = {name: number + more.get(name, 0) for name, number in agreed.items()}
    assert is_agreed(estimate, agreed) == is_within
    assert not is_agreed(estimate, {})


def test_without_a_price_only_an_agreement_without_one_holds():
    priced, unpriced = asdict(ESTIMATE), asdict(ESTIMATE) | {"cost_micros": None}
    assert is_agreed(unpriced, unpriced)
    assert not is_agreed(unpriced, priced)
    assert not is_agreed(priced, unpriced)


def test_an_estimate_is_told_in_a_sentence():
    assert spell_estimate(asdict(ESTIMATE)) == (
        "5 requests with 900 tokens, answers of at most 100 tokens: at most 2.00 USD."
    )
    one = asdict(ESTIMATE) | {"requests": 1, "cost_micros": None}
    assert spell_estimate(one).startswith("1 request with")
    assert spell_estimate(one).endswith("no price is known.")
