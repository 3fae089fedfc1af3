"""A dream's input as one file: canonical JSON lines, named by their SHA-256.

The first line is the header (scope, instructions, notes, memories), each further line one session
with its events and checks as lists in the order of their fields. The file is written once; its
hash is the input's identity, so a later attempt reads the same material or fails. Names a vendor
gave stand only where there are some: what was hashed before there were any keeps its hash.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sys import intern
from typing import Any

from dreaming.engines.base import (
    DreamMaterial,
    EngineCheck,
    EngineEvent,
    EngineMemory,
    EngineSession,
    Note,
)

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Located:
    """Where a session's line stands in the spool, and which revision it is."""

    offset: int
    revision: int


class Spool:
    """A written spool: iterates its sessions as often as asked and finds single events."""

    def __init__(self, path: Path, sha256: str, located: Mapping[str, Located]) -> None:
        self.path = path
        self.sha256 = sha256
        self.located = located

    def __iter__(self) -> Iterator[EngineSession]:
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                yield session_of(json.loads(line))

    def material(self) -> DreamMaterial:
        """Return what an engine is given; sessions stay on disk and are read as it asks."""
        with self.path.open("rb") as file:
            header = json.loads(file.readline())
        return DreamMaterial(
            sessions=self,
            memories=tuple(memory_of(memory) for memory in header["memories"]),
            scope=header["scope"],
            session_count=len(self.located),
            input_sha256=self.sha256,
            instructions=header["instructions"],
            notes=tuple(Note(**note) for note in header["notes"]),
            hosted_store=header.get("hosted_store", ""),
        )

    def session(self, session: str) -> EngineSession | None:
        """Return one session by its human id, or None when the dream did not read it."""
        place = self.located.get(session)
        if place is None:
            return None
        with self.path.open("rb") as file:
            file.seek(place.offset)
            return session_of(json.loads(file.readline()))


def write_spool(
    path: Path, header: Mapping[str, Any], sessions: Iterable[Mapping[str, Any]]
) -> Spool:
    """Write header and sessions (as `session_line` makes them) and return the finished spool.

    The file appears under `path` only when it is whole.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    located: dict[str, Located] = {}
    # Of its own name: a worker that was thought dead may still be writing its own.
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with part.open("wb") as file:
        for record in _chain(header, sessions):
            line = canonical_line(record)
            if "id" in record:
                located[str(record["id"])] = Located(file.tell(), int(record["revision"]))
            digest.update(line)
            file.write(line)
    part.replace(path)
    return Spool(path, digest.hexdigest(), located)


def open_spool(path: Path) -> Spool:
    """Return the spool kept at `path`, its hash computed anew. Raises FileNotFoundError."""
    digest = hashlib.sha256()
    located: dict[str, Located] = {}
    with path.open("rb") as file:
        offset = 0
        for line in file:
            digest.update(line)
            if offset:
                record = json.loads(line)
                located[record["id"]] = Located(offset, record["revision"])
            offset += len(line)
    return Spool(path, digest.hexdigest(), located)


def canonical_line(record: Mapping[str, Any]) -> bytes:
    """Return one line: sorted keys, no blanks, UTF-8, a line feed at the end."""
    return _ENCODER.encode(record).encode() + b"\n"


def session_line(session: EngineSession, revision: int) -> dict[str, Any]:
    """Return the record of one session; the inverse of `session_of`."""
    return {
        "id": session.id,
        "revision": revision,
        "agent": session.agent,
        "task_key": session.task_key,
        "principal": session.principal,
        "verdict": session.verdict,
        "events": [_event_row(event) for event in session.events],
        "checks": [(check.name, check.passed, check.message) for check in session.checks],
        "trial": session.trial,
        "model": session.model,
        "environment": session.environment,
        "started_at": spell_time(session.started_at),
        **({"external_id": session.external_id} if session.external_id else {}),
    }


def _event_row(event: EngineEvent) -> tuple[object, ...]:
    return (
        event.index,
        event.kind,
        event.role,
        event.text,
        event.tool,
        event.call_id,
        event.is_error,
        event.trust,
        event.person,
        event.sub_session,
        spell_time(event.at),
        event.remembered,
    )


def session_of(record: Mapping[str, Any]) -> EngineSession:
    """Return the session a line of the spool holds."""
    return EngineSession(
        id=record["id"],
        agent=intern(record["agent"]),
        task_key=intern(record["task_key"]),
        principal=intern(record["principal"]),
        verdict=intern(record["verdict"]),
        events=tuple([_event_of(*row) for row in record["events"]]),
        checks=tuple([EngineCheck(*row) for row in record["checks"]]),
        trial=record["trial"],
        model=record["model"],
        environment=record["environment"],
        started_at=read_time(record["started_at"]),
        external_id=record.get("external_id", ""),
    )


def _event_of(*row: Any) -> EngineEvent:
    index, kind, role, text, tool, *facts, at, remembered = row
    # What engines keep of many sessions is mostly names of tools: one string for each.
    names = (intern(kind), intern(role), text, intern(tool))
    return EngineEvent(*(index, *names, *facts, read_time(at), remembered))


def memory_of(record: Mapping[str, Any]) -> EngineMemory:
    """Return the memory a header holds."""
    times = {name: read_time(record[name]) for name in ("last_evidence_at", "learned_at")}
    return EngineMemory(**{**record, **times})


def _chain(
    header: Mapping[str, Any], sessions: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    yield header
    yield from sessions


def spell_time(at: datetime | None) -> str | None:
    """Return a moment as JSON keeps it."""
    return at.isoformat() if at else None


def read_time(at: str | None) -> datetime | None:
    """Return the moment `spell_time` wrote."""
    return datetime.fromisoformat(at) if at else None
