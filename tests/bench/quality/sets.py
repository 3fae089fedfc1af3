"""The sets of real sessions that quality is measured on, as engines read them.

Nothing is stored: parser, the rules of what may be stored, engine values. What failed for reasons
outside the agent is left out, as a dream leaves it out. Needs the data pack.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agents.intake import clean_session
from agents.transcripts.archives import is_archive, read_members
from agents.transcripts.base import ParsedSession, Refused
from agents.transcripts.registry import parser_for
from dreaming.engines.base import EngineEvent, EngineSession
from tests import pack

DATABASE = re.compile(r"Table '([\w-]+)\.[^']*' doesn't exist")
RETAIL = tuple(name for name in pack.TAU_FILES if name.startswith("tau_retail"))


@dataclass(frozen=True, slots=True)
class SetOfSessions:
    """Files of one kind. scope: of the dream; 'workspace' where several agents share the tasks."""

    name: str
    form: str
    files: tuple[str, ...]
    scope: str
    seeds: int = 5


SETS = (
    SetOfSessions("tau airline", "tau", ("tau_airline__gpt-4o__4trials.json.gz",), "agent"),
    SetOfSessions("tau retail, four agents", "tau", RETAIL, "workspace"),
    *(
        SetOfSessions(f"tau retail {file.split('__')[1].split('.')[0]}", "tau", (file,), "agent")
        for file in RETAIL
    ),
    SetOfSessions(
        "tau2, three agents",
        "tau2",
        (
            "tau2_airline__toolorchestra.json.gz",
            "tau2_airline__whissle.json.gz",
            "tau2_retail__toolorchestra.json.gz",
        ),
        "workspace",
    ),
    SetOfSessions("MedAgentBench", "medagentbench", ("whissle_medagentbench.tar.gz",), "workspace"),
    SetOfSessions("InterCode SQL", "intercode", ("intercode_sql.tar.gz",), "workspace"),
    SetOfSessions("InterCode Bash", "intercode", ("intercode_bash.tar.gz",), "workspace"),
)


def find_pack() -> Path | None:
    """Return the folder of the pack, None where there is none."""
    return pack.DATA if pack.DATA.is_dir() else None


@cache
def read_set(one: SetOfSessions, folder: Path) -> tuple[EngineSession, ...]:
    """Return the sessions of a set, numbered in the order of the files."""
    parsed = (session for name in one.files for session in _parse(folder / name, one.form))
    kept = [session for session in parsed if not session.not_agent_fault]
    return tuple(_engine_session(session, number) for number, session in enumerate(kept, 1))


def _parse(path: Path, form: str) -> Iterator[ParsedSession]:
    parse = parser_for(form)
    with path.open("rb") as stream:
        if not is_archive(path.name):
            yield from _sessions(parse(stream, source_name=path.name))
            return
        for member in read_members(stream):
            if not member.fault:
                yield from _sessions(parse(member.content, source_name=member.name))


def _sessions(read: Iterable[ParsedSession | Refused]) -> Iterator[ParsedSession]:
    return (one for one in read if isinstance(one, ParsedSession))


def _engine_session(parsed: ParsedSession, number: int) -> EngineSession:
    clean = clean_session(parsed, ())
    if isinstance(clean, Refused):
        raise TypeError(clean.reason)
    return EngineSession(
        id=f"S-{number}",
        agent=parsed.agent,
        task_key=parsed.task_key,
        principal=parsed.principal,
        verdict=parsed.outcome.verdict.value,
        events=tuple(
            EngineEvent(
                index=row.position,
                kind=row.kind,
                role=row.role,
                text=row.text,
                tool=row.tool,
                call_id=row.call_id,
                is_error=row.is_error,
                trust=row.trust,
                person=row.person,
                sub_session=row.sub_session,
                at=row.at,
            )
            for row in clean.events
        ),
        trial=parsed.trial,
        model=parsed.model,
        environment=parsed.environment,
        started_at=parsed.started_at,
    )


def split_tasks(
    sessions: Sequence[EngineSession], seed: int
) -> tuple[list[EngineSession], list[EngineSession]]:
    """Return two halves that share no task: the tasks shuffled by `seed`, the first half first."""
    tasks = sorted({session.task_key or session.id for session in sessions})
    random.Random(seed).shuffle(tasks)  # noqa: S311
    first = set(tasks[: len(tasks) // 2])
    halves: tuple[list[EngineSession], list[EngineSession]] = ([], [])
    for session in sessions:
        halves[(session.task_key or session.id) not in first].append(session)
    return halves


def places_of(sessions: Iterable[EngineSession]) -> dict[str, frozenset[str]]:
    """Return task key -> the databases errors of its sessions name, in lower case."""
    places: dict[str, set[str]] = {}
    for session in sessions:
        known = places.setdefault(session.task_key, set())
        for event in session.events:
            if event.is_error:
                known.update(name.lower() for name in DATABASE.findall(event.text[:600]))
    return {task: frozenset(names) for task, names in places.items()}
