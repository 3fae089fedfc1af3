"""Which sessions and memories a dream reads, written once as its spool.

A whitelist: of an outcome engines see the verdict and the checks the workspace marked as visible.
Sessions that failed for reasons outside the agent, or are quarantined, are counted and left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from agents.memory import heads_of
from agents.models import Check, Event, MemoryRead, MemoryStore, MemoryVersion, SessionRevision
from dreaming.engines.base import EngineCheck, EngineEvent, EngineSession
from dreaming.errors import InputChanged
from dreaming.leases import Lease
from dreaming.models import Dream, DreamInput
from dreaming.spool import Spool, open_spool, session_line, spell_time, write_spool

BATCH = 500
READ_TOGETHER = 100
SHORTEST_REMEMBERED = 24
"""Characters: a shorter line of memory could stand in a session by chance."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A dream's input: the spool, and what was left out in words with counts."""

    spool: Spool
    left_out: tuple[tuple[str, int], ...]


def gather(dream: Dream, lease: Lease) -> Gathered:
    """Return the dream's input, chosen at its first attempt and the same at every later one.

    A missing spool is rebuilt from DreamInput. Raises InputChanged when the material no longer has
    the SHA-256 it began with, LeaseLost when another worker chooses it now.
    """
    if not dream.input_sha256:
        _choose(dream, lease)
    path = spool_path(dream)
    if dream.input_sha256 and path.exists():
        spool = open_spool(path)
    else:
        spool = write_spool(path, _header(dream), _lines(dream))
    if dream.input_sha256 and spool.sha256 != dream.input_sha256:
        raise InputChanged(
            f"The input of {dream} has the SHA-256 {spool.sha256[:12]}… now; it began with "
            f"{dream.input_sha256[:12]}…. Start a new dream."
        )
    return Gathered(spool, _left_out(dream))


def spool_path(dream: Dream) -> Path:
    """Return where the dream's spool lies under the data folder."""
    name = f"{dream.workspace.slug}-{dream}.jsonl"
    return Path(settings.DATA_DIR) / "spool" / "dreams" / name


def drop_spool(dream: Dream) -> None:
    """Remove the spool of a finished dream and what killed workers began; rows can rebuild it."""
    path = spool_path(dream)
    path.unlink(missing_ok=True)
    for part in path.parent.glob(f"{path.name}.*.part"):
        part.unlink(missing_ok=True)


def newest_revisions(store: MemoryStore) -> QuerySet[SessionRevision]:
    """Return the newest revision of every session the store may learn from, kept out or not."""
    revisions = SessionRevision.objects.filter(
        session__workspace=store.workspace, number=F("session__revision")
    )
    if store.agent_id is not None:
        revisions = revisions.filter(session__agent=store.agent_id)
    return revisions


def selectable(store: MemoryStore) -> QuerySet[SessionRevision]:
    """Return the revisions a dream over `store` reads, in the order of their sessions."""
    return (
        newest_revisions(store)
        .filter(session__not_agent_fault="", session__quarantined_at=None)
        .order_by("session__number")
    )


def _choose(dream: Dream, lease: Lease) -> None:
    with transaction.atomic():
        lease.lock()
        DreamInput.objects.filter(dream=dream).delete()
    chosen = list(selectable(dream.store).values_list("pk", flat=True))
    for start in range(0, len(chosen), BATCH):
        with transaction.atomic():
            lease.lock()
            DreamInput.objects.bulk_create(
                DreamInput(dream=dream, revision_id=pk) for pk in chosen[start : start + BATCH]
            )


def _left_out(dream: Dream) -> tuple[tuple[str, int], ...]:
    everything = newest_revisions(dream.store)
    faults = everything.exclude(session__not_agent_fault="").count()
    quarantined = everything.exclude(session__quarantined_at=None).count()
    unjudged = dream.inputs.filter(revision__session__verdict="unknown").count()
    counts = (
        ("failed for reasons outside the agent", faults),
        ("quarantined", quarantined),
        ("read, but without an outcome to compare", unjudged),
    )
    return tuple((words, count) for words, count in counts if count)


def _header(dream: Dream) -> dict[str, Any]:
    return {
        "scope": "agent" if dream.agent_id is not None else "workspace",
        "instructions": dream.instructions,
        "notes": [],
        "memories": [
            {
                "path": head.memory.path,
                "version": head.number,
                "content": head.content,
                "pattern_key": head.pattern_key,
                "pinned": head.memory.pinned,
                "protected": head.memory.protected,
                "taint": head.taint,
                "title": head.title,
                "support": head.support,
                "last_evidence_at": spell_time(head.last_evidence_at),
                "learned_at": spell_time(head.created_at),
            }
            for head in heads_of(dream.store)
        ],
    }


def _lines(dream: Dream) -> Iterator[dict[str, Any]]:
    """Yield the session records in the order of their numbers, a hundred sessions at a time."""
    inputs = list(
        dream.inputs.order_by("revision__session__number").values_list("revision", flat=True)
    )
    visible = frozenset(str(name) for name in dream.workspace.visible_checks)
    given = _Given()
    for start in range(0, len(inputs), READ_TOGETHER):
        yield from _read_together(inputs[start : start + READ_TOGETHER], visible, given)


def _read_together(
    pks: Sequence[int], visible: frozenset[str], given: "_Given"
) -> Iterator[dict[str, Any]]:
    revisions = SessionRevision.objects.filter(pk__in=pks).select_related("session__agent")
    events: dict[int, list[Event]] = {pk: [] for pk in pks}
    for event in Event.objects.filter(revision__in=pks).order_by("revision", "index"):
        events[event.revision_id].append(event)
    checks: dict[int, list[EngineCheck]] = {pk: [] for pk in pks}
    found = Check.objects.filter(outcome__revision__in=pks, name__in=visible).order_by("position")
    for check in found.select_related("outcome"):
        checks[check.outcome.revision_id].append(
            EngineCheck(check.name, check.passed, check.message)
        )
    given.look_up(revisions)
    for revision in revisions.order_by("session__number"):
        remembered = given.lines_of(revision)
        session = EngineSession(
            id=str(revision.session),
            agent=revision.session.agent.slug,
            task_key=revision.session.task_key,
            principal=revision.session.principal,
            verdict=revision.session.verdict,
            events=tuple(_engine_event(event, remembered) for event in events[revision.pk]),
            checks=tuple(checks[revision.pk]),
            trial=revision.session.trial,
            model=revision.session.model,
            environment=revision.session.environment,
            started_at=revision.session.started_at,
        )
        yield session_line(session, revision.number)


def _engine_event(event: Event, remembered: frozenset[str]) -> EngineEvent:
    return EngineEvent(
        index=event.index,
        kind=event.kind,
        role=event.role,
        text=event.text,
        tool=event.tool,
        call_id=event.call_id,
        is_error=event.is_error,
        trust=event.trust,
        person=event.person,
        sub_session=event.sub_session,
        at=event.at,
        remembered=bool(remembered) and repeats(event.text, remembered),
    )


def repeats(text: str, remembered: frozenset[str]) -> bool:
    """Say whether `text` holds a line of what the agent was given from memory."""
    folded = fold(text)
    return any(line in folded for line in remembered)


def fold(text: str) -> str:
    """Return `text` in lower case with every run of white space as one blank."""
    return " ".join(text.lower().split())


def lines_worth_finding(content: str) -> frozenset[str]:
    """Return the lines of a memory that are long enough to be recognised in a transcript."""
    folded = (fold(line.lstrip("#*->0123456789. ")) for line in content.splitlines())
    return frozenset(line for line in folded if len(line) >= SHORTEST_REMEMBERED)


class _Given:
    """What each session was given from memory: text that cannot be evidence for itself."""

    def __init__(self) -> None:
        self._by_rendering: dict[int, frozenset[str]] = {}
        self._by_session: dict[tuple[int, str], frozenset[str]] = {}

    def look_up(self, revisions: Iterable[SessionRevision]) -> None:
        """Find the reads of these sessions; what was looked up before is forgotten."""
        sessions = [revision.session for revision in revisions]
        reads = MemoryRead.objects.filter(
            agent__in={session.agent_id for session in sessions},
            external_session_id__in=[session.external_id for session in sessions],
        ).select_related("rendering")
        self._by_session = {}
        for read in reads:
            if read.rendering_id not in self._by_rendering:
                self._by_rendering[read.rendering_id] = _lines_given(read)
            key = (read.agent_id, read.external_session_id)
            lines = self._by_session.get(key, frozenset())
            self._by_session[key] = lines | self._by_rendering[read.rendering_id]

    def lines_of(self, revision: SessionRevision) -> frozenset[str]:
        """Return the folded lines the session was given; empty when it read nothing."""
        session = revision.session
        return self._by_session.get((session.agent_id, session.external_id), frozenset())


def _lines_given(read: MemoryRead) -> frozenset[str]:
    wanted = [(item["memory"], item["version"]) for item in read.rendering.items if item["in"]]
    versions = MemoryVersion.objects.filter(
        memory__workspace=read.workspace_id, memory__number__in=[memory for memory, _ in wanted]
    ).values_list("memory__number", "number", "content")
    lines: frozenset[str] = frozenset()
    for memory, number, content in versions:
        if (memory, number) in wanted:
            lines |= lines_worth_finding(content)
    return lines
