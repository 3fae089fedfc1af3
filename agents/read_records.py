"""The record of reads: which session was given which releases, and the spool behind it.

An agent that reads must not wait for a writer. A read that finds the database busy goes to a file
of its own in the spool; the next read or the worker files it, and filing twice is filing once.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, OperationalError

from agents.locks import transaction_waiting_at_most
from agents.models import MemoryRead, Rendering

logger = logging.getLogger(__name__)

READER_WAIT_MS = 10
WORKER_WAIT_MS = 5_000

Session = tuple[int, str]
"""Primary key of the agent, external id: what a session is known by."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """Everything the rows of one read need; releases, agent and workspace are primary keys.

    items: as `Rendering.items` holds them. at: ISO 8601 with an offset.
    """

    workspace: int
    agent: int
    session: str
    release: int
    shared_release: int
    budget_tokens: int
    key: str
    sha256: str
    tokens: int
    items: list[dict[str, Any]]
    at: str


def record_read(record: ReadRecord) -> None:
    """Write the read down: in the database, or in the spool when that is busy for too long."""
    try:
        _file(record, READER_WAIT_MS)
    except OperationalError as error:
        logger.info("read_spooled agent=%s cause=%s", record.agent, error)
        _spool(record)


def file_spooled_reads(wait_ms: int = WORKER_WAIT_MS) -> int:
    """File the reads that found the database busy, until it is again; return how many.

    wait_ms: how long to wait for a lock; READER_WAIT_MS for whoever an agent waits for.
    """
    filed = 0
    for path in _waiting_files():
        try:
            record = _load(path)
            if record is None:
                continue
            _file(record, wait_ms)
        except OperationalError:
            break
        except (IntegrityError, ValueError, TypeError):
            # What it names is gone, or the file is no read: kept beside for whoever looks.
            logger.exception("spooled_read_refused file=%s", path.name)
            path.rename(path.with_suffix(".refused"))
            continue
        path.unlink(missing_ok=True)
        filed += 1
    return filed


def count_spooled() -> int:
    """Return how many reads wait in the spool to be filed."""
    return len(_waiting_files())


def spooled_reads(agent: int, session: str) -> list[ReadRecord]:
    """Return the reads of a session that wait in the spool, the oldest first."""
    found: list[ReadRecord] = []
    for path in _waiting_files():
        try:
            record = _load(path)
        except (ValueError, TypeError):
            continue
        if record is not None and (record.agent, record.session) == (agent, session):
            found.append(record)
    return found


def begun_with(sessions: Iterable[Session]) -> dict[Session, tuple[int, int]]:
    """Return the releases each session began with, own and shared, as primary keys.

    Sessions that never read are left out.
    """
    wanted = set(sessions)
    reads = MemoryRead.objects.filter(
        agent__in={agent for agent, _ in wanted},
        external_session_id__in={external_id for _, external_id in wanted},
    )
    begun: dict[Session, tuple[int, int]] = {}
    for agent, external_id, own, shared in reads.order_by("pk").values_list(
        "agent_id", "external_session_id", "release_id", "shared_release_id"
    ):
        if (agent, external_id) in wanted:
            begun.setdefault((agent, external_id), (own, shared))
    return begun


def _file(record: ReadRecord, wait_ms: int) -> None:
    at = datetime.fromisoformat(record.at)
    with transaction_waiting_at_most(wait_ms):
        rendering = Rendering(
            workspace_id=record.workspace,
            key=record.key,
            sha256=record.sha256,
            tokens=record.tokens,
            items=record.items,
            created_at=at,
        )
        MemoryRead.objects.bulk_create(
            [
                MemoryRead(
                    workspace_id=record.workspace,
                    agent_id=record.agent,
                    external_session_id=record.session,
                    release_id=record.release,
                    shared_release_id=record.shared_release,
                    budget_tokens=record.budget_tokens,
                    rendering_id=_find_or_add(rendering),
                    created_at=at,
                )
            ],
            ignore_conflicts=True,
        )


def _find_or_add(rendering: Rendering) -> int:
    """Return the primary key of the shared row; sessions that read the same have the same one."""
    rows = Rendering.objects.filter(key=rendering.key).values_list("pk", flat=True)
    found = rows.first()
    if found is None:
        Rendering.objects.bulk_create([rendering], ignore_conflicts=True)
        found = rows.get()
    return found


def _spool_folder() -> Path:
    return Path(settings.DATA_DIR) / "spool" / "reads"


def _spool(record: ReadRecord) -> None:
    """Keep one read as a file of its own, which appears whole or not at all."""
    folder = _spool_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time_ns():020d}-{uuid4().hex}"
    unfinished = folder / f"{name}.part"
    unfinished.write_text(json.dumps(asdict(record)), encoding="utf-8")
    unfinished.rename(folder / f"{name}.json")


def _waiting_files() -> list[Path]:
    """Return the files of the spool, the oldest first."""
    try:
        return sorted(path for path in _spool_folder().iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return []


def _load(path: Path) -> ReadRecord | None:
    """Return the read of a file, None when another process has filed it meanwhile.

    Raises ValueError or TypeError for a file that is no read.
    """
    try:
        return ReadRecord(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
