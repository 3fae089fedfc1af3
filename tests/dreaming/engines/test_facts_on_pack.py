"""Facts on real sessions of a database agent, where they are at hand.

What is learned from one half of the tasks is held against the other half. The rule of what a
memory covers stands here, apart from the engine, and reads what an agent would read: the text.
- covered: an error says that a table or column is not there, and a memory of that database says so,
  for a column as lacking in a table of the failed query;
- false touch: a session that ended well used, with an answer, a name that a memory of its database
  says is not there. Sessions that ended well but met such an error are no false touches: the memory
  would have spared them a call.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from agents.transcripts import intercode
from agents.transcripts.archives import read_members
from agents.transcripts.base import ParsedSession
from dreaming.consolidation import consolidate
from dreaming.engines.base import EngineEvent, EngineSession
from dreaming.engines.calls import read_arguments, read_calls
from dreaming.engines.facts import FactLedger
from dreaming.evidence import StoredEvent, check_quotes
from dreaming.statistics import measure
from reviews.changes import Change
from tests.dreaming.build_sessions import ledger_of
from tests.dreaming.dream_once import dream
from tests.pack import INTERCODE, require

TRUST = {"user": "principal", "assistant": "agent", "tool": "tool"}
NO_TABLE = re.compile(r"Table '([^'.]+)\.([^']+)' doesn't exist")
NO_COLUMN = re.compile(r"Unknown column '(?:[^']*\.)?([^'.]+)' in '(?!having)")
PLACE = re.compile(r"In database `([^`]+)`")
CODE = re.compile(r"`([^`]+)`")
INSTEAD = re.compile(r"\(use `[^`]+`\)|: use `[^`]+`")
TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")
FROM = re.compile(r"\b(?:from|join)\s+(?:\w+\.)?(\w+)", re.IGNORECASE)
LABEL = re.compile(r"\bas\s+\w+", re.IGNORECASE)


@dataclass
class Told:
    """What the memories of one database say is not there: tables, and columns by table."""

    tables: set[str] = field(default_factory=set)
    columns: dict[str, set[str]] = field(default_factory=dict)


def read_sessions() -> list[EngineSession]:
    with require(INTERCODE[1]).open("rb") as stream:
        parsed = [
            one
            for member in read_members(stream)
            if not member.fault
            for one in intercode.parse(member.content, source_name=member.name)
            if isinstance(one, ParsedSession) and not one.not_agent_fault
        ]
    return [to_engine(number, one) for number, one in enumerate(parsed, start=1)]


def to_engine(number: int, one: ParsedSession) -> EngineSession:
    return EngineSession(
        id=f"S-{number}",
        agent=one.agent,
        task_key=one.task_key,
        principal=one.principal,
        verdict=one.outcome.verdict.value,
        environment=one.environment,
        events=tuple(
            EngineEvent(
                index=index,
                kind=event.kind.value,
                role=event.role.value,
                text=event.text,
                tool=event.tool,
                call_id=event.call_id,
                is_error=event.is_error,
                trust=TRUST[event.role.value],
            )
            for index, event in enumerate(one.events)
        ),
    )


def split_tasks(
    sessions: Sequence[EngineSession], seed: int
) -> tuple[list[EngineSession], list[EngineSession]]:
    tasks = sorted({session.task_key for session in sessions})
    random.Random(seed).shuffle(tasks)  # noqa: S311
    first = set(tasks[: len(tasks) // 2])
    return (
        [s for s in sessions if s.task_key in first],
        [s for s in sessions if s.task_key not in first],
    )


def read_memories(changes: Sequence[Change]) -> dict[str, Told]:
    """Read the proposed facts as an agent does: database -> what is not there, in lower case."""
    told: dict[str, Told] = {}
    for change in changes:
        place = PLACE.search(change.content)
        if change.pattern is None or change.pattern.kind != "fact" or place is None:
            continue
        here = told.setdefault(place[1], Told())
        text = INSTEAD.sub("", PLACE.sub("", change.content)).lower()
        lines = [line for line in text.splitlines() if line.startswith("- ")] or [text]
        for line in lines:
            holder, has_no, names = line.partition(" has no ")
            if has_no:
                lacking = here.columns.setdefault(CODE.findall(holder)[-1], set())
                lacking.update(CODE.findall(names))
            else:
                here.tables.update(CODE.findall(line))
    return told


def steps_of(session: EngineSession) -> Iterator[tuple[str, EngineEvent]]:
    """Each query and its result."""
    query = ""
    for event in session.events:
        if event.kind == "tool_call":
            query = str(read_arguments(event.text).get("query", ""))
        elif event.kind == "tool_result":
            yield query, event


def places_of(sessions: Sequence[EngineSession]) -> dict[str, str]:
    """Task -> the database most errors of its sessions name."""
    named: dict[str, Counter[str]] = {}
    for session in sessions:
        for _, result in steps_of(session):
            if result.is_error and (found := NO_TABLE.search(result.text)):
                named.setdefault(session.task_key, Counter())[found[1]] += 1
    return {task: counts.most_common(1)[0][0] for task, counts in named.items()}


def is_covered(told: Told, query: str, error: str) -> bool:
    if table := NO_TABLE.search(error):
        return table[2].lower() in told.tables
    column = NO_COLUMN.search(error)
    used = set(FROM.findall(query.lower()))
    return column is not None and any(
        column[1].lower() in told.columns.get(table, ()) for table in used
    )


def speaks_against(told: Told, query: str) -> bool:
    """A table it names, or a column where the query has one table only."""
    query = TEXTS.sub("''", query).lower()
    tables = set(FROM.findall(query))
    if tables & told.tables:
        return True
    if len(tables) != 1:
        return False
    bare = LABEL.sub("", FROM.sub("", query))
    words = set(re.findall(r"\w+(?!\w*\s*[.(])", bare))
    return bool(words & told.columns.get(tables.pop(), set()))


@dataclass
class Scores:
    errors: int = 0
    covered: int = 0
    well: int = 0
    false: int = 0
    true: int = 0

    @property
    def coverage(self) -> float:
        return self.covered / self.errors

    @property
    def false_touch(self) -> float:
        return self.false / self.well


def score(told: dict[str, Told], held: Sequence[EngineSession], places: dict[str, str]) -> Scores:
    scores = Scores()
    for session in held:
        known = told.get(places.get(session.task_key, ""))
        if known is None:
            continue
        met = against = False
        for query, result in steps_of(session):
            if not result.is_error:
                against = against or speaks_against(known, query)
            elif NO_TABLE.search(result.text) or NO_COLUMN.search(result.text):
                scores.errors += 1
                hit = is_covered(known, query, result.text)
                scores.covered += hit
                met = met or hit
        if session.verdict == "success":
            scores.well += 1
            scores.false += against
            scores.true += met
    return scores


def read_changes(sessions: Sequence[EngineSession]) -> Sequence[Change]:
    """What a dream that looks for facts only would propose."""
    ledger = FactLedger()
    for session in sessions:
        ledger.read_session(read_calls(session))
    candidates, _ = ledger.summarise(at_least=2)
    measured = measure(candidates, ledger_of(sessions))
    stored = {(s.id, e.index): e.text for s in sessions for e in s.events}
    evidence = {
        one.key: check_quotes(one.candidate, lambda s, e: StoredEvent(stored[s, e], 1))[0]
        for one in measured
    }
    return consolidate(measured, evidence, (), {}, scope="workspace").changes


def test_facts_of_one_half_of_the_tasks_cover_most_such_errors_of_the_other():
    sessions = read_sessions()
    learned, held = split_tasks(sessions, seed=1)
    changes = read_changes(learned)
    assert all(len(change.evidence) >= 2 for change in changes)
    scores = score(read_memories(changes), held, places_of(sessions))
    assert scores.errors > 5000
    assert scores.coverage >= 0.7, scores
    assert scores.false_touch <= 0.05, scores


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_whole_dreams_propose_the_facts_over_any_half(seed):
    sessions = read_sessions()
    learned, held = split_tasks(sessions, seed)
    changes = dream(learned, scope="workspace").consolidated.changes
    scores = score(read_memories(changes), held, places_of(sessions))
    assert scores.coverage >= 0.7, scores
    assert scores.false_touch <= 0.05, scores
