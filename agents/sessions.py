"""Sessions in: from a parser's values to rows, once each.

Sessions go in by small transactions while the parser reads on; a broken record is refused by its
position and the rest goes in. A session is known by agent and external id: the same content again
changes nothing, other content is a new revision, and the older revision stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import IntegrityError, transaction

from agents import clock
from agents.errors import AgentsError
from agents.events import insert_events
from agents.intake import CleanSession, clean_session
from agents.models import (
    Agent,
    Check,
    Membership,
    Outcome,
    Session,
    SessionRevision,
    SystemPrompt,
    Workspace,
)
from agents.numbers import take_numbers
from agents.read_records import begun_with, file_spooled_reads
from agents.stores import text_sha256
from agents.transcripts.base import ParsedSession, Refused
from agents.transcripts.limits import printable_reason
from agents.web.ids import spell_id
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor
from reviews.audit.bodies import Draft

ROWS_A_TRANSACTION = 500
"""Few enough that no other writer waits long for SQLite's one write lock."""

ATTEMPTS = 5
"""How often a batch is tried while other writers bring in the same sessions."""

AgentFor = Callable[[str], Agent]
"""Returns the agent of a slug, or raises one of this room's errors, which refuses the session."""

Key = tuple[int, str]
"""Primary key of the agent, external id: what a session is known by."""


class Standing(StrEnum):
    """What became of a session that was sent."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    REVISED = "revised"


@dataclass(frozen=True, slots=True)
class Kept:
    """One session that is stored now: its place in what was sent, S-`number`, and what it holds."""

    position: int
    agent: str
    external_id: str
    number: int
    standing: Standing
    not_agent_fault: bool
    events: int
    tool_calls: int
    tool_errors: int
    secrets_removed: int
    characters_replaced: int


COUNTED = (
    "not_agent_fault",
    "events",
    "tool_calls",
    "tool_errors",
    "secrets_removed",
    "characters_replaced",
)


@dataclass(slots=True)
class Ingested:
    """What became of all that was sent; the totals count what was there before as well."""

    added: int = 0
    unchanged: int = 0
    revised: int = 0
    not_agent_fault: int = 0
    events: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    secrets_removed: int = 0
    characters_replaced: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def sessions(self) -> int:
        """How many sessions of what was sent are stored now."""
        return self.added + self.unchanged + self.revised

    def count(self, result: Kept | Refused) -> None:
        """Add one session or one refusal to the totals."""
        if isinstance(result, Refused):
            self.refused.append(result)
            return
        setattr(self, result.standing, getattr(self, result.standing) + 1)
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(result, name))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A clean session and whose it is."""

    agent: Agent
    clean: CleanSession

    @property
    def key(self) -> Key:
        return self.agent.pk, self.clean.parsed.external_id


@dataclass(frozen=True, slots=True)
class _Known:
    """A stored session: primary key, number, newest revision, and the hashes of all revisions."""

    pk: int
    number: int
    revision: int
    hashes: set[str] = field(default_factory=set)


class _Overtaken(Exception):
    """Another writer revised one of these sessions between our look and our write."""


def ingest_session(
    workspace: Workspace, agent: Agent, parsed: ParsedSession, *, actor: Actor
) -> Kept | Refused:
    """Store one session as `agent`'s, whatever agent it names; a refusal says why."""
    return next(ingest_each(workspace, [parsed], agent_for=lambda _: agent, actor=actor))


def ingest_sessions(
    workspace: Workspace,
    parsed: Iterable[ParsedSession | Refused],
    *,
    agent_for: AgentFor,
    actor: Actor,
) -> Ingested:
    """Store what a parser yields and return the totals; the parser's refusals are passed on."""
    total = Ingested()
    for result in ingest_each(workspace, parsed, agent_for=agent_for, actor=actor):
        total.count(result)
    return total


def ingest_each(
    workspace: Workspace,
    parsed: Iterable[ParsedSession | Refused],
    *,
    agent_for: AgentFor,
    actor: Actor,
) -> Iterator[Kept | Refused]:
    """Store what a parser yields, and yield what became of each once its batch has committed.

    Not for use inside a transaction: it opens its own, and none is open while the parser reads.
    """
    file_spooled_reads()
    door = _Door(workspace, agent_for)
    batch: dict[Key, _Ready] = {}
    rows = 0
    for item in parsed:
        ready = item if isinstance(item, Refused) else door.take(item)
        if isinstance(ready, Refused):
            yield ready
            continue
        size = 1 + len(ready.clean.events)
        if ready.key in batch or (batch and rows + size > ROWS_A_TRANSACTION):
            yield from _store(workspace, list(batch.values()), actor)
            batch, rows = {}, 0
        batch[ready.key] = ready
        rows += size
    if batch:
        yield from _store(workspace, list(batch.values()), actor)


class _Door:
    """Knows who is a member and which agents there are while one import goes on."""

    def __init__(self, workspace: Workspace, agent_for: AgentFor) -> None:
        self.agent_for = agent_for
        self.agents: dict[str, Agent] = {}
        people = Membership.objects.filter(workspace=workspace, person__is_active=True)
        self.members = {
            word.casefold()
            for names in people.values_list("person__email", "person__name")
            for word in names
        }

    def take(self, parsed: ParsedSession) -> _Ready | Refused:
        """Return the session as it will be stored, or why it cannot be."""
        clean = clean_session(parsed, self.members)
        if isinstance(clean, Refused):
            return clean
        try:
            if parsed.agent not in self.agents:
                self.agents[parsed.agent] = self.agent_for(parsed.agent)
        except AgentsError as error:
            return Refused(parsed.position, printable_reason(str(error)))
        return _Ready(self.agents[parsed.agent], clean)


def _store(workspace: Workspace, batch: Sequence[_Ready], actor: Actor) -> list[Kept]:
    """Write one batch in one transaction, again while other writers get in between."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _store_once(workspace, batch, actor)
        except (IntegrityError, _Overtaken):
            continue
    return _store_once(workspace, batch, actor)


def _store_once(workspace: Workspace, batch: Sequence[_Ready], actor: Actor) -> list[Kept]:
    known = _look_up(batch)
    fresh = [ready for ready in batch if ready.key not in known]
    revised = [
        ready
        for ready in batch
        if ready.key in known and ready.clean.content_hash not in known[ready.key].hashes
    ]
    numbers = {key: stored.number for key, stored in known.items()}
    taken = take_numbers(workspace, "S", len(fresh))
    numbers.update(zip((ready.key for ready in fresh), taken, strict=True))
    if fresh or revised:
        with transaction.atomic(durable=True):
            _write(_Writing(workspace, fresh, revised, known, numbers), actor)
    standings = dict.fromkeys((ready.key for ready in fresh), Standing.ADDED)
    standings.update(dict.fromkeys((ready.key for ready in revised), Standing.REVISED))
    return [
        _kept(ready, numbers[ready.key], standings.get(ready.key, Standing.UNCHANGED))
        for ready in batch
    ]


def _kept(ready: _Ready, number: int, standing: Standing) -> Kept:
    clean = ready.clean
    return Kept(
        position=clean.parsed.position,
        agent=ready.agent.slug,
        external_id=clean.parsed.external_id,
        number=number,
        standing=standing,
        not_agent_fault=bool(clean.not_agent_fault),
        events=len(clean.events),
        tool_calls=clean.tool_calls,
        tool_errors=clean.tool_errors,
        secrets_removed=clean.secrets_removed,
        characters_replaced=clean.characters_replaced,
    )


def _look_up(batch: Sequence[_Ready]) -> dict[Key, _Known]:
    """Return which sessions of the batch are stored already."""
    wanted = {ready.key for ready in batch}
    rows = Session.objects.filter(
        agent__in={ready.agent for ready in batch},
        external_id__in={ready.clean.parsed.external_id for ready in batch},
    ).values_list("agent_id", "external_id", "pk", "number", "revision")
    known = {
        (agent, external_id): _Known(pk, number, revision)
        for agent, external_id, pk, number, revision in rows
        if (agent, external_id) in wanted
    }
    by_pk = {stored.pk: stored for stored in known.values()}
    hashes = SessionRevision.objects.filter(session__in=by_pk)
    for session, content_hash in hashes.values_list("session_id", "content_hash"):
        by_pk[session].hashes.add(content_hash)
    return known


@dataclass(frozen=True, slots=True)
class _Writing:
    """What one transaction adds and revises."""

    workspace: Workspace
    fresh: Sequence[_Ready]
    revised: Sequence[_Ready]
    known: Mapping[Key, _Known]
    numbers: Mapping[Key, int]

    def revision_of(self, ready: _Ready) -> int:
        return self.known[ready.key].revision + 1 if ready.key in self.known else 1


def _write(writing: _Writing, actor: Actor) -> None:
    prompts = _keep_prompts(writing)
    sessions = _write_sessions(writing)
    changed = [*writing.fresh, *writing.revised]
    revisions = SessionRevision.objects.bulk_create(
        SessionRevision(
            session_id=sessions[ready.key],
            number=writing.revision_of(ready),
            content_hash=ready.clean.content_hash,
            system_prompt_id=prompts.get(text_sha256(ready.clean.system_prompt)),
            sub_sessions=ready.clean.sub_sessions,
            event_count=len(ready.clean.events),
            tool_calls=ready.clean.tool_calls,
            tool_errors=ready.clean.tool_errors,
            secrets_removed=ready.clean.secrets_removed,
            characters_replaced=ready.clean.characters_replaced,
            created_at=clock.now(),
        )
        for ready in changed
    )
    _write_outcomes(changed, revisions)
    pairs = zip(revisions, changed, strict=True)
    insert_events((revision.pk, ready.clean.events) for revision, ready in pairs)
    log.append_many([_draft(writing, ready, actor) for ready in changed])


def _keep_prompts(writing: _Writing) -> dict[str, int]:
    """Store system prompts that are new here; return the primary keys of all by their SHA-256."""
    texts = {
        text_sha256(ready.clean.system_prompt): ready.clean.system_prompt
        for ready in (*writing.fresh, *writing.revised)
        if ready.clean.system_prompt
    }
    if not texts:
        return {}
    rows = SystemPrompt.objects.filter(workspace=writing.workspace, sha256__in=texts)
    kept = dict(rows.values_list("sha256", "pk"))
    if kept.keys() != texts.keys():
        # Sorted: two writers with the same prompts take their unique keys in the same order.
        SystemPrompt.objects.bulk_create(
            (
                SystemPrompt(workspace=writing.workspace, sha256=sha256, text=texts[sha256])
                for sha256 in sorted(texts.keys() - kept.keys())
            ),
            ignore_conflicts=True,
        )
        kept = dict(rows.all().values_list("sha256", "pk"))
    return kept


def _write_sessions(writing: _Writing) -> dict[Key, int]:
    """Add the fresh sessions, move the revised ones on; return the primary keys of both."""
    begun = begun_with(ready.key for ready in (*writing.fresh, *writing.revised))
    added = Session.objects.bulk_create(
        Session(
            workspace=writing.workspace,
            agent=ready.agent,
            number=writing.numbers[ready.key],
            external_id=ready.clean.parsed.external_id,
            created_at=clock.now(),
            **_fields_of(ready, begun),
        )
        for ready in writing.fresh
    )
    pks = {ready.key: session.pk for ready, session in zip(writing.fresh, added, strict=True)}
    for ready in writing.revised:
        stored = writing.known[ready.key]
        rows = Session.objects.filter(pk=stored.pk, revision=stored.revision)
        if rows.update(revision=stored.revision + 1, **_fields_of(ready, begun)) != 1:
            raise _Overtaken(ready.clean.parsed.external_id)
        pks[ready.key] = stored.pk
    return pks


def _fields_of(ready: _Ready, begun: Mapping[Key, tuple[int, int]]) -> dict[str, object]:
    """Return the columns of a session that its newest revision decides."""
    parsed = ready.clean.parsed
    fields: dict[str, object] = {
        "task_key": parsed.task_key,
        "trial": parsed.trial,
        "principal": parsed.principal,
        "model": parsed.model,
        "environment": parsed.environment,
        "verdict": parsed.outcome.verdict.value,
        "not_agent_fault": ready.clean.not_agent_fault,
        "started_at": parsed.started_at,
        "ended_at": parsed.ended_at,
    }
    if ready.key in begun:
        fields["release_id"], fields["shared_release_id"] = begun[ready.key]
    return fields


def _write_outcomes(changed: Sequence[_Ready], revisions: Sequence[SessionRevision]) -> None:
    outcomes = Outcome.objects.bulk_create(
        Outcome(
            revision=revision,
            verdict=ready.clean.parsed.outcome.verdict.value,
            edit_distance=ready.clean.parsed.outcome.edit_distance,
        )
        for ready, revision in zip(changed, revisions, strict=True)
    )
    Check.objects.bulk_create(
        Check(outcome=outcome, position=position, name=name, passed=passed, message=message)
        for ready, outcome in zip(changed, outcomes, strict=True)
        for position, (name, passed, message) in enumerate(ready.clean.checks)
    )


def _draft(writing: _Writing, ready: _Ready, actor: Actor) -> Draft:
    """Return the entry of one session: counts in the body, external id and content hash beside."""
    clean = ready.clean
    name = spell_id("S", writing.numbers[ready.key])
    is_fresh = ready.key not in writing.known
    return Draft(
        action=Action.SESSION_INGESTED if is_fresh else Action.SESSION_REVISED,
        workspace=writing.workspace.slug,
        actor=actor,
        object=name,
        revision=writing.revision_of(ready),
        after={
            "agent": ready.agent.slug,
            "events": len(clean.events),
            "tool_calls": clean.tool_calls,
            "tool_errors": clean.tool_errors,
            "verdict": clean.parsed.outcome.verdict.value,
            "not_agent_fault": bool(clean.not_agent_fault),
            "secrets_removed": clean.secrets_removed,
            "characters_replaced": clean.characters_replaced,
        },
        values={"external_id": clean.parsed.external_id, "content_hash": clean.content_hash},
        subject=f"session:{writing.workspace.slug}:{name}",
    )
