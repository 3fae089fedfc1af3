"""Which sessions and memories a dream reads, written once as its spool.

A whitelist: of an outcome engines see the verdict and the checks the workspace marked as visible;
names of a vendor's only where the store is linked to one there.
Sessions that failed for reasons outside the agent, or are quarantined, are counted and left out.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from agents.memory import heads_of
from agents.models import (
    Check,
    Event,
    HostedStore,
    MemoryRead,
    MemoryStore,
    MemoryVersion,
    Outcome,
    Rendering,
    Session,
    SessionRevision,
)
from agents.releases import quarantined
from dreaming.echoes import NOTHING_GIVEN, Echoes, lines_worth_finding
from dreaming.engines.base import EngineCheck, EngineEvent, EngineSession
from dreaming.errors import InputChanged
from dreaming.leases import Lease
from dreaming.models import Dream, DreamInput
from dreaming.notes import choose_requests, notes_of
from dreaming.spool import Spool, open_spool, session_line, spell_time, write_spool

BATCH = 500
LOOK_UP_TOGETHER = 2_000
READ_TOGETHER = 40
"""Sessions held at once; each may have ten megabytes."""

KEPT_RENDERINGS = 32
_EVENT_FIELDS = (
    *("index", "kind", "role", "text", "tool", "call_id", "is_error", "trust", "person"),
    *("sub_session", "at"),
)
"""As EngineEvent has them, up to `remembered`."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A dream's input: the spool, and what was left out in words with counts."""

    spool: Spool
    left_out: tuple[tuple[str, int], ...]


def gather(dream: Dream, lease: Lease) -> Gathered:
    """Return the dream's input, chosen at its first attempt and the same at every later one.

    A missing spool is rebuilt from DreamInput. Raises InputChanged when the material no longer has
    the SHA-256 it began with, LeaseLost when another worker chooses it now, DreamCancelled once it
    was cancelled, frozen or paused.
    """
    if not dream.input_sha256:
        _choose(dream, lease)
    path = spool_path(dream)
    if dream.input_sha256 and path.exists():
        spool = open_spool(path)
    else:
        spool = write_spool(path, _header(dream), _lines(dream, lease))
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


def quarantined_since(dream: Dream) -> Session | None:
    """Return a session the dream chose that is quarantined now, None where all are in service."""
    rows = Session.objects.filter(revisions__in=dream.inputs.values("revision"))
    return rows.exclude(quarantined_at=None).order_by("number").first()


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
    dream.requests = choose_requests(dream.store)
    lease.update(requests=dream.requests)


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
    out = quarantined(dream.workspace)
    hosted = hosted_name(dream.store)
    return {
        **({"hosted_store": hosted} if hosted else {}),
        "scope": "agent" if dream.agent_id is not None else "workspace",
        "instructions": dream.instructions,
        "notes": notes_of(dream),
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
            if head.number > out.get(head.memory_id, 0)
        ],
    }


def hosted_name(store: MemoryStore) -> str:
    """Return the vendor's name of a store that is linked to one there, '' for one that is not."""
    found = HostedStore.objects.filter(store=store).values_list("remote_id", flat=True).first()
    return found or ""


def _lines(dream: Dream, lease: Lease) -> Iterator[dict[str, Any]]:
    """Yield the session records in the order of their numbers, a few sessions at a time.

    Raises DreamCancelled or LeaseLost on the way, for reading many sessions takes its time.
    """
    inputs = list(
        dream.inputs.order_by("revision__session__number").values_list("revision", flat=True)
    )
    reader = _Reader(dream)
    given = _Given()
    for start in range(0, len(inputs), READ_TOGETHER):
        if start % LOOK_UP_TOGETHER == 0:
            lease.check()
            given.look_up(inputs[start : start + LOOK_UP_TOGETHER])
        yield from reader.read(inputs[start : start + READ_TOGETHER], given)


class _Reader:
    """Reads sessions by table, a few at a time; see `_among` for why nothing is joined."""

    def __init__(self, dream: Dream) -> None:
        self.visible = frozenset(str(name) for name in dream.workspace.visible_checks)
        self.is_hosted = bool(hosted_name(dream.store))
        self.slugs = dict(dream.workspace.agents.values_list("pk", "slug"))

    def read(self, pks: Sequence[int], given: "_Given") -> Iterator[dict[str, Any]]:
        """Yield the records of these revisions in their order."""
        revisions = SessionRevision.objects.filter(**_among("pk", pks)).in_bulk()
        sessions = Session.objects.filter(
            **_among("pk", [revision.session_id for revision in revisions.values()])
        ).in_bulk()
        events = self._read_events(pks)
        checks = self._read_checks(pks)
        for pk in pks:
            session = sessions[revisions[pk].session_id]
            echoes = given.echoes_of(session)
            read = EngineSession(
                id=str(session),
                agent=self.slugs[session.agent_id],
                task_key=session.task_key,
                principal=session.principal,
                verdict=session.verdict,
                events=tuple([_engine_event(echoes, *facts) for facts in events.pop(pk, ())]),
                checks=tuple(checks.get(pk, ())),
                trial=session.trial,
                model=session.model,
                environment=session.environment,
                started_at=session.started_at,
                external_id=session.external_id if self.is_hosted else "",
            )
            yield session_line(read, revisions[pk].number)

    def _read_events(self, pks: Sequence[int]) -> dict[int, list[list[Any]]]:
        events: dict[int, list[list[Any]]] = {}
        rows = Event.objects.filter(**_among("revision", pks)).order_by("revision", "index")
        for pk, *facts in rows.values_list("revision", *_EVENT_FIELDS):
            events.setdefault(pk, []).append(facts)
        return events

    def _read_checks(self, pks: Sequence[int]) -> dict[int, list[EngineCheck]]:
        if not self.visible:
            return {}
        outcomes = dict(
            Outcome.objects.filter(**_among("revision", pks)).values_list("pk", "revision")
        )
        checks: dict[int, list[EngineCheck]] = {}
        found = Check.objects.filter(**_among("outcome", list(outcomes)), name__in=self.visible)
        columns = found.order_by("position").values_list("outcome", "name", "passed", "message")
        for outcome, name, passed, message in columns:
            checks.setdefault(outcomes[outcome], []).append(EngineCheck(name, passed, message))
        return checks


def _among(field: str, pks: Sequence[int]) -> dict[str, Any]:
    """Return the filter for rows of these keys, by the index whatever the database knows.

    PostgreSQL takes a table it has no statistics of, such as one just filled by an import, to hold
    few keys over and over: by a list alone, or through a join, it reads the whole table for every
    few sessions. A range besides the list keeps it from that.
    """
    if not pks:
        return {f"{field}__in": []}
    return {f"{field}__in": pks, f"{field}__gte": min(pks), f"{field}__lte": max(pks)}


def _engine_event(echoes: Echoes, *facts: Any) -> EngineEvent:
    """Return the event of `_EVENT_FIELDS`; text is the fourth of them."""
    return EngineEvent(*(*facts, bool(echoes) and echoes.are_in(facts[3])))


class _Given:
    """What each session was given from memory: text that cannot be evidence for itself."""

    def __init__(self) -> None:
        self._lines: dict[tuple[int, int], frozenset[str]] = {}
        self._by_renderings: OrderedDict[frozenset[int], Echoes] = OrderedDict()
        self._by_session: dict[tuple[int, str], frozenset[int]] = {}

    def look_up(self, pks: Sequence[int]) -> None:
        """Find the reads of these revisions' sessions; what was looked up before is forgotten."""
        of_these = SessionRevision.objects.filter(pk__in=pks)
        named = list(of_these.values_list("session__agent", "session__external_id"))
        reads = MemoryRead.objects.filter(
            agent__in={agent for agent, _ in named},
            external_session_id__in=[session for _, session in named],
        ).values_list("agent", "external_session_id", "rendering")
        self._by_session = {}
        for agent, session, rendering in reads:
            earlier = self._by_session.get((agent, session), frozenset())
            self._by_session[agent, session] = earlier | {rendering}

    def echoes_of(self, session: Session) -> Echoes:
        """Return what finds the lines the session was given; empty when it read nothing."""
        renderings = self._by_session.get((session.agent_id, session.external_id))
        if not renderings:
            return NOTHING_GIVEN
        if renderings not in self._by_renderings:
            self._by_renderings[renderings] = Echoes(self._lines_in(renderings))
            # Sessions come in their order, and most of a time read the same release.
            if len(self._by_renderings) > KEPT_RENDERINGS:
                self._by_renderings.popitem(last=False)
        return self._by_renderings[renderings]

    def _lines_in(self, renderings: frozenset[int]) -> frozenset[str]:
        wanted: set[tuple[int, int]] = set()
        workspace = 0
        for rendering in Rendering.objects.filter(pk__in=renderings):
            workspace = rendering.workspace_id
            wanted |= {(item["memory"], item["version"]) for item in rendering.items if item["in"]}
        self._read_lines(workspace, wanted - self._lines.keys())
        return frozenset().union(*(self._lines.get(pair, frozenset()) for pair in wanted))

    def _read_lines(self, workspace: int, wanted: Set[tuple[int, int]]) -> None:
        versions = MemoryVersion.objects.filter(
            memory__workspace=workspace,
            memory__number__in={memory for memory, _ in wanted},
            number__in={version for _, version in wanted},
        ).values_list("memory__number", "number", "content")
        for memory, number, content in versions:
            if (memory, number) in wanted:
                self._lines[memory, number] = lines_worth_finding(content)
