import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from dreaming.engines.base import DreamCancelled, DreamResult, EngineSession
from dreaming.engines.local import CANDIDATE_LIMIT, LocalEngine
from tests.dreaming.build_sessions import calls, fails, material, says, session
from tests.dreaming.dream_once import canonical_bytes, dream, varied_sessions
from tests.dreaming.engines.corpora import LABEL_TOOL, PLANTED_TOOL, plant, shuffle_ends, told

SEEDS = range(20 if os.environ.get("TEST_TIER") == "soak" else 3)


def ignore(done: int, total: int) -> None:
    return None


def dream_of(sessions: Sequence[EngineSession]) -> DreamResult:
    return LocalEngine().dream(material(sessions), ignore)


def failing(number: int, text: str, tool: str = "find_order", **fields: Any) -> EngineSession:
    return session(number, calls(tool, "1", order=number), fails(tool, text, "1"), **fields)


def test_it_finds_every_kind_in_one_reading_and_keeps_kinds_together():
    kinds = [found.kind for found in dream_of(varied_sessions()).candidates]
    assert set(kinds) >= {"mistake", "preference", "workflow"}
    assert len([kind for kind, after in pairwise([*kinds, ""]) if kind != after]) == len(set(kinds))


def test_the_most_supported_come_first_within_a_kind():
    found = dream_of(varied_sessions()).candidates
    for kind in ("mistake", "preference"):
        sizes = [len(one.matched) for one in found if one.kind == kind]
        assert sizes == sorted(sizes, reverse=True)


def test_it_sends_nothing_anywhere():
    assert LocalEngine.sends_data_to == frozenset()


def test_it_says_how_much_it_read():
    sessions = varied_sessions(12)
    usage = dream_of(sessions).usage
    assert usage == {"sessions": 12, "events": sum(len(s.events) for s in sessions)}


def test_sessions_without_events_are_read_and_say_nothing():
    result = dream_of([session(1), session(2)])
    assert result.candidates == ()
    assert result.usage == {"sessions": 2, "events": 0}


def test_it_reports_while_it_reads():
    told: list[int] = []
    LocalEngine().dream(material(varied_sessions(120)), lambda done, total: told.append(done))
    assert told == [50, 100, 120]


def test_a_cancel_stops_the_reading():
    def cancel(done: int, total: int) -> None:
        raise DreamCancelled

    with pytest.raises(DreamCancelled):
        LocalEngine().dream(material(varied_sessions(60)), cancel)


def test_more_patterns_than_anyone_reads_are_cut_and_said():
    letters = "abcdefghijklmnopqrstuvwxyz"
    tools = [f"tool_{a}{b}" for a in letters for b in letters][: CANDIDATE_LIMIT + 7]
    sessions = [
        failing(2 * n + k, "Error: it is refused", tool=tool)
        for n, tool in enumerate(tools)
        for k in (0, 1)
    ]
    result = dream_of(sessions)
    assert len(result.candidates) == CANDIDATE_LIMIT
    assert result.dropped[-1].why == "7 of least support were not taken further."


def test_no_scope_names_a_store_or_an_agent():
    for found in dream_of(varied_sessions()).candidates:
        assert "agent-" not in found.scope
        assert "store" not in found.scope
        assert "workspace" not in found.scope


def test_the_order_of_sessions_does_not_matter():
    sessions = varied_sessions()
    shuffled = sessions.copy()
    random.Random(7).shuffle(shuffled)  # noqa: S311
    assert canonical_bytes(dream(shuffled)) == canonical_bytes(dream(sessions))


@pytest.mark.parametrize("seed", ["1", "4711"])
def test_equal_sessions_give_equal_bytes_in_every_process(seed):
    done = subprocess.run(
        [sys.executable, "-m", "tests.dreaming.dream_once"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    here = hashlib.sha256(canonical_bytes(dream(varied_sessions()))).hexdigest()
    assert done.stdout.strip() == here


def test_a_planted_mistake_is_found_among_ordinary_sessions():
    planted = [
        failing(n, f"Error: voucher V{n} expired", "book", task_key=f"t{n % 6}") for n in range(12)
    ]
    quiet = [
        session(100 + n, says("Hello."), calls("book", "1", order=n), verdict="success")
        for n in range(40)
    ]
    (found,) = dream_of([*planted, *quiet]).candidates
    assert found.matched == {f"S-{n}" for n in range(12)}


def test_ordinary_sessions_lead_to_nothing():
    quiet = [
        session(n, says("Hello, my order is late."), calls("book", "1", order=n)) for n in range(40)
    ]
    assert dream_of(quiet).candidates == ()


# A mistake planted in 15 of 100 sessions that makes failure three times as likely


@pytest.mark.parametrize("what", ["tool", "form", "error"])
def test_a_planted_mistake_is_told(what):
    named = LABEL_TOOL if what == "form" else PLANTED_TOOL
    hits = 0
    for seed in SEEDS:
        sessions = plant(seed, what)
        found = told(dream_of(sessions).candidates, sessions)
        hits += any(f"`{named}`" in one.statement for one in found)
    assert hits >= len(SEEDS) * 17 // 20


def test_of_shuffled_ends_almost_nothing_is_told():
    found = 0
    for seed in SEEDS:
        sessions = shuffle_ends(plant(seed, "error"), seed)
        found += len(told(dream_of(sessions).candidates, sessions))
    assert found <= len(SEEDS) // 4
