"""Directions on real sessions: what helps in one kind of work is not proposed for another.

Looking at the schema first helps in InterCode SQL; looking around first is no help in InterCode
Bash. Asking for a human looks good in airline and is no advice for retail.
"""

import re
from collections.abc import Callable, Sequence

import pytest

from dreaming.engines.base import Candidate, EngineSession
from dreaming.engines.calls import name_step, pair_calls, read_calls
from dreaming.engines.workflows import WorkflowLedger
from dreaming.measures import Measured
from dreaming.mining import ledger_row
from dreaming.statistics import measure
from tests.bench.quality.dreams import shuffle_outcomes
from tests.bench.quality.sets import SETS, find_pack, read_set
from tests.dreaming.build_sessions import candidate
from tests.dreaming.ledgers import World

LOOKS_FIRST = re.compile(r"sql: (show|describe|desc)|bash: (ls|find|cat|tree|pwd)")
HUMAN = "transfer_to_human_agents"

Sessions = Sequence[EngineSession]


def read(*names: str) -> list[EngineSession]:
    """The sessions of some sets of the pack, numbered anew."""
    folder = find_pack()
    if folder is None:
        pytest.skip("no data pack; set DAYBREAK_SHARED to the folder of data/")
    found = [s for one in SETS if one.name in names for s in read_set(one, folder)]
    return [renumber(one, number) for number, one in enumerate(found, start=1)]


def renumber(one: EngineSession, number: int) -> EngineSession:
    values = {name: getattr(one, name) for name in EngineSession.__dataclass_fields__}
    return EngineSession(**{**values, "id": f"S-{number}"})


def claims_about(
    sessions: Sessions, shows: Callable[[EngineSession], bool]
) -> tuple[Measured, ...]:
    """What Daybreak makes of an engine that claims both: that it helps, and that it harms."""
    matched = frozenset(one.id for one in sessions if shows(one))
    return measure(
        [claim(matched, "helps"), claim(matched, "harms")], [ledger_row(one) for one in sessions]
    )


def claim(matched: frozenset[str], way: str) -> Candidate:
    numbers = [int(name.removeprefix("S-")) for name in matched]
    return candidate(numbers, kind="workflow", claim=way, template=way, tool="", quotes=())


def proposed(found: Sequence[Measured]) -> list[tuple[str, str]]:
    """Claim and scope of what would become a change."""
    return [(one.candidate.claim, one.candidate.scope) for one in found if not one.shortfall]


def looks_first(session: EngineSession) -> bool:
    calls = pair_calls(session.events)
    return bool(calls) and LOOKS_FIRST.fullmatch(name_step(calls[0])) is not None


def asks_for_human(session: EngineSession) -> bool:
    return any(event.kind == "tool_call" and event.tool == HUMAN for event in session.events)


# The same traps in made-up worlds


@pytest.mark.parametrize("seed", range(5))
def test_what_helps_in_airline_is_not_proposed_for_retail(seed: int):
    airline = World(effect=-0.4, tasks=40, runs=6, domain="airline", hardness=(0.5, 0.9))
    retail = World(effect=0.3, tasks=40, runs=6, domain="retail", hardness=(0.1, 0.5))
    rows, matched = airline.sessions(seed)
    more, others = retail.sessions(seed + 50, first=1 + len(rows))
    found = measure(
        [
            claim(frozenset(f"S-{n}" for n in [*matched, *others]), way)
            for way in ("helps", "harms")
        ],
        [*rows, *more],
    )
    assert proposed(found) == [("helps", "domain:airline"), ("harms", "domain:retail")]


def test_a_strategy_of_good_agents_is_no_advice_for_the_others():
    """Some always look first, and are the good ones: nobody can say that looking helps."""
    world = World(
        lambda hardness, agent: (1.0, 1.0, 0.0, 0.0)[agent],
        agents=4,
        runs=1,
        tasks=100,
        skills=(0.3, 0.3, 0.0, 0.0),
        hardness=(0.4, 0.9),
    )
    rows, matched = world.sessions(1)
    (one,) = measure([claim(frozenset(f"S-{n}" for n in matched), "helps")], rows)
    assert one.compared.p_alike < 1e-6
    assert one.shortfall.startswith("Some agents always do it and the others never")


# On the pack


def test_looking_at_the_schema_first_helps_in_sql():
    found = claims_about(read("InterCode SQL"), looks_first)
    assert proposed(found) == [("helps", "")]
    one = found[0]
    assert one.sessions > 1000
    assert one.effect < -0.1
    assert one.effect_within_agents < -0.03
    assert one.q <= 0.01


def test_looking_around_first_is_no_advice_for_bash():
    assert proposed(claims_about(read("InterCode Bash"), looks_first)) == []


def test_over_both_looking_first_is_advice_for_sql_only():
    found = claims_about(read("InterCode SQL", "InterCode Bash"), looks_first)
    assert proposed(found) == [("helps", "domain:InterCode SQL")]
    assert found[1].candidate.statement.startswith("In InterCode SQL sessions: ")


def test_asking_for_a_human_is_no_advice_for_retail():
    tau = read("tau airline", "tau retail, four agents", "tau2, three agents")
    found = claims_about(tau, asks_for_human)
    assert found[0].sessions > 30
    assert [one for one in proposed(found) if one[0] == "helps"] == []


def test_the_workflows_of_the_local_engine_keep_these_directions():
    sessions = read("InterCode SQL", "InterCode Bash")
    found = list_claims(sessions)
    assert ("helps", "begin: sql: show") in found
    assert not [template for _, template in found if "bash" in template]


def list_claims(sessions: Sessions) -> list[tuple[str, str]]:
    ledger = WorkflowLedger()
    for one in sessions:
        ledger.read_session(read_calls(one))
    candidates, _ = ledger.summarise(at_least=2)
    found = measure(candidates, [ledger_row(one) for one in sessions])
    return [(one.candidate.claim, one.candidate.template) for one in found if not one.shortfall]


@pytest.mark.parametrize("name", ["tau airline", "tau retail, four agents", "InterCode Bash"])
def test_shuffled_ends_lead_to_no_advice(name: str):
    sessions = read(name)
    assert [list_claims(shuffle_outcomes(sessions, seed)) for seed in range(4)] == [[]] * 4


@pytest.mark.soak
def test_shuffled_ends_of_sql_lead_to_a_tenth_of_its_advice_at_most():
    sessions = read("InterCode SQL")
    real = len(list_claims(sessions))
    shuffled = sum(len(list_claims(shuffle_outcomes(sessions, seed))) for seed in range(20))
    assert real >= 2
    assert shuffled / 20 <= 0.1 * real
