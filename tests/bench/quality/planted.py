"""Simulated sessions with one known mistake in them: how often a dream finds it.

A task has trials and a difficulty of its own. The mistake is shown by a chosen share of sessions at
random, and multiplies their chance to fail by the lift. It is either an error a tool answers with
(found: proposed, and its effect told), or a harmful step without any error (found: proposed as one
that harms). Beside it stand errors and steps that do no harm.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from dreaming.engines.base import Candidate, EngineEvent, EngineSession
from tests.bench.quality.dreams import dream_over

SESSIONS = 400
TRIALS = 10
SEEDS = 20
MOST = 0.95
STEPS = ("find_order", "get_customer", "check_stock", "get_invoice", "list_refunds", "get_address")
ERROR_TOOL = "book_slot"
ERROR = "Error: slot {} is outside opening hours"
HARMLESS = (
    ("get_invoice", "Error: invoice {} is archived, ask again"),
    ("check_stock", "Error: stock service timed out after {} ms"),
)
HARMFUL_STEP = "force_close"
IDLE_STEP = "write_note"


@dataclass(frozen=True, slots=True)
class Planted:
    """What is planted. kind: 'error' or 'step'. prevalence: 0..1; lift 1.0 does no harm."""

    kind: str
    prevalence: float
    lift: float


@dataclass(frozen=True, slots=True)
class Recall:
    """Dreams of `seeds` simulations: proposed it, told its effect, told anything else's effect."""

    seeds: int
    proposed: int
    told: int
    told_else: int


TARGETS = tuple(Planted(kind, 0.15, 3.0) for kind in ("error", "step"))
PLANTS = tuple(
    Planted(kind, prevalence, lift)
    for kind in ("error", "step")
    for prevalence, lift in (
        *((0.15, 1.0), (0.15, 2.0), (0.15, 3.0)),
        *((0.05, 2.0), (0.05, 3.0), (0.3, 2.0), (0.3, 3.0)),
    )
)


def measure_recall(plant: Planted, seeds: int = SEEDS) -> Recall:
    """Return how many of the simulated dreams found what was planted."""
    proposed = told = told_else = 0
    for seed in range(seeds):
        dreamt = dream_over(list(simulate(plant, seed)), "agent")
        found = {key for key, one in dreamt.proposed.items() if is_planted(one, plant)}
        proposed += bool(found)
        told += bool(found & dreamt.told)
        told_else += bool(dreamt.told & dreamt.proposed.keys() - found)
    return Recall(seeds, proposed, told, told_else)


def is_planted(candidate: Candidate, plant: Planted) -> bool:
    """Say whether a memory is about the planted mistake."""
    if plant.kind == "error":
        return candidate.kind in {"mistake", "recovery"} and candidate.tool == ERROR_TOOL
    return candidate.claim == "harms" and HARMFUL_STEP in candidate.template


def simulate(plant: Planted, seed: int, sessions: int = SESSIONS) -> Iterator[EngineSession]:
    """Yield the sessions; equal seeds give equal ones."""
    chance = random.Random(f"{plant} {seed}")  # noqa: S311
    hardness = [chance.uniform(0.05, 0.35) for _ in range(sessions // TRIALS)]
    for number in range(1, sessions + 1):
        task = number % len(hardness)
        is_shown = chance.random() < plant.prevalence
        failing = min(MOST, hardness[task] * (plant.lift if is_shown else 1.0))
        yield EngineSession(
            id=f"S-{number}",
            agent="clerk",
            task_key=f"shop:{task}",
            principal=f"person-{chance.randrange(60)}",
            verdict="failure" if chance.random() < failing else "success",
            events=tuple(_list_events(plant, number, chance, is_shown=is_shown)),
            environment="shop",
        )


def _list_events(
    plant: Planted, number: int, chance: random.Random, *, is_shown: bool
) -> Iterator[EngineEvent]:
    steps = chance.sample(STEPS, k=chance.randint(3, 5))
    if chance.random() < 0.2:
        steps.insert(chance.randrange(1, len(steps)), IDLE_STEP)
    steps.insert(chance.randrange(1, len(steps)), ERROR_TOOL)
    if is_shown and plant.kind == "step":
        steps.insert(chance.randrange(1, len(steps)), HARMFUL_STEP)
    texts = {tool: text for tool, text in HARMLESS if chance.random() < 0.08}
    if is_shown and plant.kind == "error":
        texts[ERROR_TOOL] = ERROR
    steps.append("save_order")
    yield _event(0, "message", "user", f"Please settle order {number}.")
    for at, tool in enumerate(steps):
        fault = texts.get(tool, "")
        said = fault.format(chance.randrange(1000, 9999)) if fault else '{"status": "ok"}'
        asked = f'{{"order": "W{number}", "try": {at}}}'
        call = f"c{at}"
        yield _event(2 * at + 1, "tool_call", "assistant", asked, tool, call)
        yield _event(2 * at + 2, "tool_result", "tool", said, tool, call, is_error=bool(fault))


def _event(
    index: int,
    kind: str,
    role: str,
    text: str,
    tool: str = "",
    call: str = "",
    *,
    is_error: bool = False,
) -> EngineEvent:
    trust = {"user": "principal", "assistant": "agent"}.get(role, "tool")
    return EngineEvent(index, kind, role, text, tool, call, is_error=is_error, trust=trust)
