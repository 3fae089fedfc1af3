"""What is claimed of outcomes: real effects are found, and what only looks like one is not."""

from dataclasses import replace

import pytest

from dreaming.engines.base import Candidate
from dreaming.measures import Measured
from dreaming.statistics import measure
from dreaming.tables import LedgerRow
from tests.dreaming.build_sessions import candidate
from tests.dreaming.ledgers import World, shuffle_within_tasks

HARMS = World(effect=0.3)
SEVERAL = World(effect=0.3, agents=3, runs=2, skills=(0.0, 0.1, 0.2))


def claimed(matched: list[int], claim: str = "harms", **fields: object) -> Candidate:
    return candidate(matched, kind="workflow", claim=claim, **fields)


def judge(world: World, seed: int = 1, claim: str = "harms") -> Measured:
    rows, shown = world.sessions(seed)
    (one,) = measure([claimed(shown, claim)], rows)
    return one


def is_claimed(one: Measured) -> bool:
    return bool(one.candidate.claim) and not one.shortfall


# Real effects


@pytest.mark.parametrize("world", [HARMS, SEVERAL], ids=["one agent", "several agents"])
def test_a_real_effect_is_found(world: World):
    assert sum(is_claimed(judge(world, seed)) for seed in range(10)) >= 9


def test_a_habit_that_helps_is_found_as_such():
    world = World(effect=-0.3, hardness=(0.4, 0.8), runs=6)
    assert sum(is_claimed(judge(world, seed, "helps")) for seed in range(10)) >= 9


def test_a_planted_mistake_of_threefold_risk_is_told():
    """Lift 3 at 15 % of 400 sessions, as engines meet it: fifty tasks, eight runs each."""
    world = World(lambda hardness, agent: 0.15, 0.4, tasks=50, runs=8, hardness=(0.1, 0.3))
    told = 0
    for seed in range(20):
        rows, shown = world.sessions(seed)
        (one,) = measure([candidate(shown)], rows)
        told += one.is_told
    assert told >= 17


def test_the_other_way_round_it_is_not_claimed():
    one = judge(HARMS, claim="helps")
    assert one.is_told
    assert one.shortfall == "Sessions with it ended worse than others on the same task, not better."


# What only looks like one


@pytest.mark.parametrize("claim", ["helps", "harms"])
@pytest.mark.parametrize("agents", [1, 3])
def test_what_is_done_on_harder_tasks_is_no_effect(agents: int, claim: str):
    world = World(
        lambda hardness, agent: hardness,
        tasks=60,
        agents=agents,
        runs=6 // agents,
        skills=(0.0, 0.15, 0.3),
        hardness=(0.05, 0.95),
    )
    found = [judge(world, seed, claim) for seed in range(20)]
    assert sum(map(is_claimed, found)) <= 2
    assert sum((one.compared.p_across or 1.0) < 0.001 for one in found) >= 15


def test_hard_tasks_are_given_as_the_reason():
    world = World(lambda hardness, agent: hardness, tasks=400, runs=6, hardness=(0.05, 0.95))
    words = "It looks that way only because it is done on harder tasks."
    assert judge(world).shortfall == words
    assert judge(replace(world, tasks=40), 3).shortfall == words.replace("looks", "may look")


@pytest.mark.parametrize("claim", ["helps", "harms"])
def test_a_habit_of_good_agents_is_no_effect(claim: str):
    world = World(
        lambda hardness, agent: (0.9, 0.5, 0.1)[agent],
        tasks=60,
        agents=3,
        runs=2,
        skills=(0.3, 0.15, 0.0),
        hardness=(0.4, 0.9),
    )
    found = [judge(world, seed, claim) for seed in range(20)]
    assert sum(map(is_claimed, found)) <= 2
    assert sum((one.compared.p_alike or 1.0) < 0.01 for one in found) >= 15


def test_good_agents_are_given_as_the_reason():
    world = World(
        lambda hardness, agent: (0.9, 0.1)[agent],
        tasks=300,
        agents=2,
        runs=3,
        skills=(0.4, 0.0),
        hardness=(0.45, 0.9),
    )
    words = "It may look that way only because better agents do it."
    assert judge(world, claim="helps").shortfall == words


def test_where_agents_always_or_never_do_it_no_cause_is_claimed():
    world = World(lambda hardness, agent: (1.0, 0.0)[agent], agents=2, runs=2, skills=(0.4, 0.0))
    one = judge(world, claim="helps")
    assert one.q is None
    assert one.shortfall == (
        "Some agents always do it and the others never; how good they are may explain it."
    )


def by_agents(seed: int, *effects: float) -> Measured:
    """One claim over agents of equal skill, each with its own effect of the habit."""
    rows: list[LedgerRow] = []
    matched: list[int] = []
    for agent, effect in enumerate(effects):
        world = World(effect=effect, tasks=60, runs=3, hardness=(0.4, 0.6))
        found, shown = world.sessions(10 * seed + agent, 1 + len(rows))
        rows += [replace(one, agent=f"agent-{agent}") for one in found]
        matched += shown
    (one,) = measure([claimed(matched)], rows)
    return one


def test_what_shows_at_one_agent_only_is_not_claimed_for_all():
    words = "It shows at one agent only; at the others it made no difference."
    found = [by_agents(seed, 0.5, 0.0, 0.0) for seed in range(20)]
    assert sum(map(is_claimed, found)) <= 2
    assert sum(one.shortfall == words for one in found) >= 12
    assert sum(map(is_claimed, (by_agents(seed, 0.4, 0.4, 0.0) for seed in range(20)))) >= 17


def test_agents_it_does_opposite_things_to_are_given_as_the_reason():
    one = by_agents(1, 0.4, 0.4, -0.4)
    assert one.shortfall == "It helps at some agents and hurts at others."


# No effect at all


@pytest.mark.parametrize("world", [HARMS, SEVERAL], ids=["one agent", "several agents"])
def test_shuffled_ends_give_a_tenth_of_the_real_claims_at_most(world: World):
    """A hundred habits, thirty of them real; each claim as the ends of its own sessions lean."""
    real = shuffled = 0
    for seed in range(4):
        rows, shown = world.sessions(seed)
        numbers = range(1, len(rows) + 1)
        habits = [shown] * 3 + [
            [n for n in numbers if (n * 2654435761 >> 7) % 97 < 11 + 3 * k] for k in range(17)
        ]
        real += count_claims(habits, rows)
        shuffled += sum(
            count_claims(habits, shuffle_within_tasks(rows, 100 * seed + again))
            for again in range(5)
        )
    assert real >= 9
    assert shuffled / 5 <= 0.1 * real


def count_claims(habits: list[list[int]], rows: list[LedgerRow]) -> int:
    """How many habits are claimed, each in the direction its own sessions lean."""
    failed = {n for n, one in enumerate(rows, start=1) if one.verdict == "failure"}
    base = len(failed) / len(rows)
    candidates = [
        claimed(
            habit,
            "harms" if len(failed & set(habit)) > base * len(habit) else "helps",
            template=f"habit {place}",
        )
        for place, habit in enumerate(habits)
    ]
    return sum(map(is_claimed, measure(candidates, rows)))


def test_a_precise_nothing_is_said_to_be_none():
    one = judge(World(tasks=200, runs=8), claim="helps")
    assert one.shortfall == "Sessions with it did not end better than others on the same task."


def test_a_common_path_is_called_that_and_never_proposed():
    one = judge(World(tasks=200, runs=8), claim="common")
    assert one.shortfall == (
        "Common path; sessions with it did not end better than others on the same task."
    )
    few = judge(World(tasks=3), claim="common")
    assert few.shortfall == "Common path; not enough sessions to tell whether it helps."
    good = judge(World(effect=-0.3, hardness=(0.4, 0.8)), claim="common")
    assert good.shortfall == "Common path; it is listed only."


def test_few_sessions_are_said_to_be_few():
    assert judge(World(effect=0.2, tasks=4)).shortfall == "Not enough sessions to tell."


# Tasks that were not repeated


def test_without_repeated_tasks_harder_tasks_may_explain_it():
    one = judge(World(effect=0.4, is_repeated=False))
    assert (one.compared.within, one.numbers["compared"]) == ("agent", "agent")
    assert one.q <= 0.1
    assert not one.is_told
    assert one.shortfall == "Tasks were not repeated, so harder tasks may explain this."


def test_where_tasks_are_repeated_what_shows_across_them_only_is_not_told():
    rows, matched = World(tasks=40, runs=6, hardness=(0.0, 1.0)).sessions(3)
    by_task: dict[str, list[int]] = {}
    for number, session in enumerate(rows, start=1):
        by_task.setdefault(session.task, []).append(number)
    hardest = sorted(by_task.values(), key=lambda ns: -sum(is_failure(rows, n) for n in ns))
    matched = [n for ns in hardest[:15] for n in ns[:5]] + [hardest[-1][0]]
    (one,) = measure([claimed(matched)], rows)
    assert one.compared.p_across < 0.001
    assert one.compared.within == "task"
    assert not one.is_told


def is_failure(rows: list[LedgerRow], number: int) -> bool:
    return rows[number - 1].verdict == "failure"
