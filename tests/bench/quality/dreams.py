"""One dream of the local engine over sessions in hand: the product's own way, without a database.

Spool, engine, numbers, evidence, consolidation: as `dreaming.dreams` runs them over an empty store.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreaming.consolidation import consolidate
from dreaming.engines.base import Candidate, EngineSession
from dreaming.engines.local import LocalEngine
from dreaming.measures import Measured
from dreaming.mining import mine
from dreaming.spool import session_line, write_spool

HEADER = {"scope": "", "instructions": "", "notes": [], "memories": []}


@dataclass(frozen=True, slots=True)
class Dreamt:
    """What a dream came to. proposed: pattern key -> the candidate a change was made of.

    told: keys of patterns said to have an effect on how sessions end; weakest: the least of these
    effects, whatever its direction, None where none is told. quotes: how many pieces of
    evidence stand on changes, and how many of them are verbatim in the event they name.
    """

    proposed: dict[str, Candidate]
    told: frozenset[str]
    weakest: float | None
    quotes: int
    verbatim: int
    removed: int
    seconds: float


def dream_over(sessions: Sequence[EngineSession], scope: str) -> Dreamt:
    """Return what the local engine and Daybreak make of the sessions for an empty store."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="daybreak-quality-") as folder:
        lines = (session_line(session, 1) for session in sessions)
        spool = write_spool(Path(folder) / "d.jsonl", {**HEADER, "scope": scope}, lines)
        mined = mine(LocalEngine(), spool, lambda done, total: None)
    made = consolidate(mined.measured, mined.evidence, (), {}, scope=scope)
    took = time.perf_counter() - began
    told = [one for one in mined.measured if is_claimed(one)]
    by_key = {one.key: one for one in mined.measured}
    events = {s.id: {event.index: event.text for event in s.events} for s in sessions}
    quotes = [quote for change in made.changes for quote in change.evidence]
    return Dreamt(
        proposed={
            change.pattern.key: by_key[change.pattern.key].candidate
            for change in made.changes
            if change.pattern is not None and change.pattern.key in by_key
        },
        told=frozenset(one.key for one in told),
        weakest=min((abs(one.effect or 0.0) for one in told), default=None),
        quotes=len(quotes),
        verbatim=sum(q.quote in events[q.session].get(q.event, "") for q in quotes),
        removed=sum(change.op.value in {"merge", "retire"} for change in made.changes),
        seconds=took,
    )


def is_claimed(one: Measured) -> bool:
    """Say whether a pattern is told as one that makes sessions end well or badly."""
    return one.is_told


def shuffle_outcomes(sessions: Sequence[EngineSession], seed: int) -> list[EngineSession]:
    """Return the sessions with their verdicts dealt out anew within each task."""
    chance = random.Random(seed)  # noqa: S311
    by_task: dict[str, list[int]] = {}
    for place, session in enumerate(sessions):
        by_task.setdefault(session.task_key or session.id, []).append(place)
    dealt = list(sessions)
    for places in by_task.values():
        verdicts = [sessions[place].verdict for place in places]
        chance.shuffle(verdicts)
        for place, verdict in zip(places, verdicts, strict=True):
            dealt[place] = replace(sessions[place], verdict=verdict)
    return dealt
