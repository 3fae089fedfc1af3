"""One pattern's numbers: what stands in them, and where they come from."""

import json
from datetime import UTC, datetime

import pytest

from dreaming.measures import count_noun
from dreaming.statistics import measure
from dreaming.tables import LedgerRow
from tests.dreaming.build_sessions import candidate, row
from tests.dreaming.ledgers import World


def days() -> list[LedgerRow]:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    return [
        row(n, domain=("airline", "retail")[n % 2], started_at=at.replace(day=n) if n < 5 else None)
        for n in range(1, 9)
    ]


def test_a_pattern_says_when_and_where_it_was_seen():
    (one,) = measure([candidate([2, 3, 4, 7], conditions=("on Mondays",))], days())
    assert (one.first.isoformat(), one.last.isoformat()) == ("2026-06-02", "2026-06-04")
    assert one.domains == ("airline", "retail")
    assert one.numbers["first"] == "2026-06-02"
    assert one.numbers["last"] == "2026-06-04"
    assert one.numbers["domains"] == ["airline", "retail"]
    assert one.numbers["conditions"] == ["on Mondays"]


def test_without_times_there_are_no_dates():
    (one,) = measure([candidate([5, 6, 7])], days())
    assert (one.first, one.last, one.numbers["last"]) == (None, None, None)


def test_the_numbers_name_the_comparison_and_what_it_told():
    rows, shown = World(effect=0.4, agents=2, runs=3).sessions(1)
    (one,) = measure([candidate(shown, claim="harms")], rows)
    assert one.numbers["compared"] == "task"
    assert one.numbers["claim"] == "harms"
    assert one.numbers["told"] is True
    assert float(str(one.numbers["effect_within_agents"])) > 0.2
    assert one.numbers["agents"] == 2


def test_everything_in_the_numbers_is_json_without_floats():
    rows, shown = World(effect=0.4, agents=2, runs=3, domain="shop").sessions(1)
    for one in measure([candidate(shown, claim="helps"), candidate(shown, signal="words")], rows):
        text = json.dumps(one.numbers)
        assert json.loads(text, parse_float=pytest.fail) == one.numbers


def test_of_many_fields_a_dozen_are_named():
    rows = [row(n, domain=f"field {n:02}") for n in range(30)]
    (one,) = measure([candidate(range(30))], rows)
    assert len(one.domains) == 30
    assert one.numbers["domains"] == [f"field {n:02}" for n in range(12)]


def test_a_claim_is_tested_on_both_sides_whatever_its_kind():
    """A direction read off the ends of sessions has two ways to be wrong."""
    rows, shown = World(effect=0.12, tasks=30).sessions(4)
    plain, claimed = measure([candidate(shown), candidate(shown, claim="harms")], rows)
    assert claimed.p == pytest.approx(2 * plain.p, abs=2e-6)


def test_the_weaker_of_two_comparisons_counts():
    world = World(lambda hardness, agent: (0.8, 0.2)[agent], agents=2, runs=3, skills=(0.4, 0.0))
    rows, shown = world.sessions(1)
    (one,) = measure([candidate(shown, claim="helps")], rows)
    assert one.compared.p_alike < one.compared.p_within_agents
    assert one.p == pytest.approx(one.compared.p_within_agents, abs=1e-6)


def test_sessions_an_engine_says_it_could_not_show_in_are_no_comparison():
    rows = [row(n, task_key="a") for n in range(1, 7)]
    (one,) = measure([candidate([1, 2], exposed=frozenset({"S-3"}))], rows)
    assert (one.of, one.known_with, one.known_without) == (3, 2, 1)


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [(1, "session", "1 session"), (2, "task", "2 tasks"), (0, "person", "0 people")],
)
def test_nouns_agree_with_their_numbers(number: int, noun: str, words: str):
    assert count_noun(number, noun) == words
