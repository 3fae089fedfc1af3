"""Sessions in: from a parser's values to rows, once each.

Sessions go in by small transactions while the parser reads on; a broken record is refused by its
position and the rest goes in. A session is known by agent and external id: the same content again
changes nothing, other content is a new revision, and the older revision stays.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import IntegrityError, transaction

from agents import clock
from agents.errors import AgentsError
from agents.intake import CleanSession, EventRow, clean_session
from agents.models import (
    Agent,
    Check,
    Event,
    Membership,
    Outcome,
    Session,
    SessionRevision,
    SystemPrompt,
    Workspace,
)
from agents.numbers import take_numbers
from agents.quarantines import take_out_arrivals
from agents.read_records import begun_with, file_spooled_reads
from agents.rows import Cell, insert_returning, insert_rows
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

ROWS_A_LOOK = 4_000
"""What is stored already is looked up, and numbers are taken, for so many rows at once."""

ATTEMPTS = 5
"""How often sessions are tried while other writers bring in the same ones."""

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

    @property
    def size(self) -> int:
        return 1 + len(self.clean.events)


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
    """Store what a parser yields, and yield what became of each once it has committed.

    Not for use inside a transaction: it opens its own, and none is open while the parser reads.
    """
    file_spooled_reads()
    door = _Door(workspace, agent_for)
    waiting: dict[Key, _Ready] = {}
    rows = 0
    for item in parsed:
        ready = item if isinstance(item, Refused) else door.take(item)
        if isinstance(ready, Refused):
            yield ready
            continue
        if ready.key in waiting or (waiting and rows + ready.size > ROWS_A_LOOK):
            yield from _store(workspace, list(waiting.values()), actor)
            waiting, rows = {}, 0
        waiting[ready.key] = ready
        rows += ready.size
    if waiting:
        yield from _store(workspace, list(waiting.values()), actor)


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


def _store(workspace: Workspace, waiting: Sequence[_Ready], actor: Actor) -> list[Kept]:
    """Write by small transactions; look again when another writer gets in between."""
    kept: dict[Key, Kept] = {}
    for attempt in range(1, ATTEMPTS + 1):
        left = [ready for ready in waiting if ready.key not in kept]
        try:
            for some in _write_planned(_plan(workspace, left), actor):
                kept.update(some)
        except (IntegrityError, _Overtaken):
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return [kept[ready.key] for ready in waiting]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was found before writing: what is stored, what to write, under which numbers.

    prompts: primary keys of system prompts by the SHA-256 of their text. begun: the releases that
    sessions began with.
    """

    workspace: Workspace
    known: Mapping[Key, _Known]
    unchanged: Sequence[_Ready]
    changed: Sequence[_Ready]
    numbers: Mapping[Key, int]
    prompts: Mapping[str, int]
    begun: Mapping[Key, tuple[int, int]]

    def revision_of(self, ready: _Ready) -> int:
        """Return the number of the revision that is written."""
        return self.known[ready.key].revision + 1 if ready.key in self.known else 1

    def kept(self, ready: _Ready, standing: Standing) -> Kept:
        """Return what became of a session."""
        clean = ready.clean
        return Kept(
            position=clean.parsed.position,
            agent=ready.agent.slug,
            external_id=clean.parsed.external_id,
            number=self.numbers[ready.key],
            standing=standing,
            not_agent_fault=bool(clean.not_agent_fault),
            events=len(clean.events),
            tool_calls=clean.tool_calls,
            tool_errors=clean.tool_errors,
            secrets_removed=clean.secrets_removed,
            characters_replaced=clean.characters_replaced,
        )


def _plan(workspace: Workspace, left: Sequence[_Ready]) -> _Plan:
    known = _look_up(left)
    fresh = [ready for ready in left if ready.key not in known]
    unchanged = [
        ready
        for ready in left
        if ready.key in known and ready.clean.content_hash in known[ready.key].hashes
    ]
    same = {ready.key for ready in unchanged}
    changed = [ready for ready in left if ready.key not in same]
    numbers = {key: stored.number for key, stored in known.items()}
    taken = take_numbers(workspace, "S", len(fresh))
    numbers.update(zip((ready.key for ready in fresh), taken, strict=True))
    return _Plan(
        workspace=workspace,
        known=known,
        unchanged=unchanged,
        changed=changed,
        numbers=numbers,
        prompts=_keep_prompts(workspace, changed),
        begun=begun_with(ready.key for ready in changed),
    )


def _look_up(left: Sequence[_Ready]) -> dict[Key, _Known]:
    """Return which of the sessions are stored already."""
    wanted = {ready.key for ready in left}
    rows = Session.objects.filter(
        agent__in={ready.agent for ready in left},
        external_id__in={ready.clean.parsed.external_id for ready in left},
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


def _keep_prompts(workspace: Workspace, changed: Sequence[_Ready]) -> dict[str, int]:
    """Store system prompts that are new here; return the primary keys of all by their SHA-256."""
    texts = {
        text_sha256(ready.clean.system_prompt): ready.clean.system_prompt
        for ready in changed
        if ready.clean.system_prompt
    }
    if not texts:
        return {}
    rows = SystemPrompt.objects.filter(workspace=workspace, sha256__in=texts)
    kept = dict(rows.values_list("sha256", "pk"))
    if kept.keys() != texts.keys():
        # Sorted: two writers with the same prompts take their unique keys in the same order.
        SystemPrompt.objects.bulk_create(
            (
                SystemPrompt(workspace=workspace, sha256=sha256, text=texts[sha256])
                for sha256 in sorted(texts.keys() - kept.keys())
            ),
            ignore_conflicts=True,
        )
        kept = dict(rows.all().values_list("sha256", "pk"))
    return kept


def _write_planned(plan: _Plan, actor: Actor) -> Iterator[dict[Key, Kept]]:
    """Write transaction by transaction; yield what became of sessions once it is certain."""
    yield {ready.key: plan.kept(ready, Standing.UNCHANGED) for ready in plan.unchanged}
    for batch in _batches(plan.changed):
        with transaction.atomic(durable=True):
            _write(plan, batch, actor)
        yield {
            ready.key: plan.kept(
                ready, Standing.REVISED if ready.key in plan.known else Standing.ADDED
            )
            for ready in batch
        }


def _batches(changed: Sequence[_Ready]) -> Iterator[list[_Ready]]:
    """Yield what goes into one transaction: ROWS_A_TRANSACTION at most, or a single session."""
    batch: list[_Ready] = []
    rows = 0
    for ready in changed:
        if batch and rows + ready.size > ROWS_A_TRANSACTION:
            yield batch
            batch, rows = [], 0
        batch.append(ready)
        rows += ready.size
    if batch:
        yield batch


def _write(plan: _Plan, batch: Sequence[_Ready], actor: Actor) -> None:
    sessions = _write_sessions(plan, batch)
    now = clock.now()
    revisions = insert_returning(
        SessionRevision,
        REVISION_COLUMNS,
        [
            (
                sessions[ready.key],
                plan.revision_of(ready),
                ready.clean.content_hash,
                plan.prompts.get(text_sha256(ready.clean.system_prompt)),
                json.dumps(ready.clean.sub_sessions),
                len(ready.clean.events),
                ready.clean.tool_calls,
                ready.clean.tool_errors,
                ready.clean.secrets_removed,
                ready.clean.characters_replaced,
                now,
            )
            for ready in batch
        ],
    )
    _write_outcomes(batch, revisions)
    insert_rows(
        Event,
        EVENT_COLUMNS,
        (
            (revision, *event)
            for revision, ready in zip(revisions, batch, strict=True)
            for event in ready.clean.events
        ),
    )
    log.append_many([_draft(plan, ready, actor) for ready in batch])
    # Last, for a quarantined person may speak in the events.
    take_out_arrivals(plan.workspace, sessions.values())


REVISION_COLUMNS = (
    "session_id",
    "number",
    "content_hash",
    "system_prompt_id",
    "sub_sessions",
    "event_count",
    "tool_calls",
    "tool_errors",
    "secrets_removed",
    "characters_replaced",
    "created_at",
)
EVENT_COLUMNS = ("revision_id", "index", *EventRow._fields[1:])
SESSION_COLUMNS = (
    "task_key",
    "trial",
    "principal",
    "model",
    "environment",
    "verdict",
    "not_agent_fault",
    "started_at",
    "ended_at",
    "release_id",
    "shared_release_id",
)
"""The columns of a session that its newest revision decides, in the order of `_facts_of`."""

IDENTITY_COLUMNS = ("workspace_id", "agent_id", "number", "external_id", "revision", "created_at")


def _write_sessions(plan: _Plan, batch: Sequence[_Ready]) -> dict[Key, int]:
    """Add the new sessions, move the known ones on; return the primary keys of both."""
    fresh = [ready for ready in batch if ready.key not in plan.known]
    now = clock.now()
    added = insert_returning(
        Session,
        (*IDENTITY_COLUMNS, *SESSION_COLUMNS),
        [
            (
                plan.workspace.pk,
                ready.agent.pk,
                plan.numbers[ready.key],
                ready.clean.parsed.external_id,
                1,
                now,
                *_facts_of(plan, ready),
            )
            for ready in fresh
        ],
    )
    keys = dict(zip((ready.key for ready in fresh), added, strict=True))
    for ready in batch:
        if ready.key in plan.known:
            keys[ready.key] = _revise(plan, ready)
    return keys


def _revise(plan: _Plan, ready: _Ready) -> int:
    """Make the session what its new revision says; raises _Overtaken if it is revised already."""
    stored = plan.known[ready.key]
    facts = dict(zip(SESSION_COLUMNS, _facts_of(plan, ready), strict=True))
    rows = Session.objects.filter(pk=stored.pk, revision=stored.revision)
    if rows.update(revision=stored.revision + 1, **facts) != 1:
        raise _Overtaken(ready.clean.parsed.external_id)
    return stored.pk


def _facts_of(plan: _Plan, ready: _Ready) -> tuple[Cell, ...]:
    parsed = ready.clean.parsed
    own, shared = plan.begun.get(ready.key, (None, None))
    return (
        parsed.task_key,
        parsed.trial,
        parsed.principal,
        parsed.model,
        parsed.environment,
        parsed.outcome.verdict.value,
        ready.clean.not_agent_fault,
        parsed.started_at,
        parsed.ended_at,
        own,
        shared,
    )


def _write_outcomes(batch: Sequence[_Ready], revisions: Sequence[int]) -> None:
    outcomes = insert_returning(
        Outcome,
        ("revision_id", "verdict", "edit_distance"),
        [
            (
                revision,
                ready.clean.parsed.outcome.verdict.value,
                ready.clean.parsed.outcome.edit_distance,
            )
            for revision, ready in zip(revisions, batch, strict=True)
        ],
    )
    checks = [
        (outcome, position, name, passed, message)
        for outcome, ready in zip(outcomes, batch, strict=True)
        for position, (name, passed, message) in enumerate(ready.clean.checks)
    ]
    if checks:
        insert_rows(Check, ("outcome_id", "position", "name", "passed", "message"), checks)


def _draft(plan: _Plan, ready: _Ready, actor: Actor) -> Draft:
    """Return the entry of one session: counts in the body, the hash of its content beside."""
    clean = ready.clean
    name = spell_id("S", plan.numbers[ready.key])
    return Draft(
        action=Action.SESSION_REVISED if ready.key in plan.known else Action.SESSION_INGESTED,
        workspace=plan.workspace.slug,
        actor=actor,
        object=name,
        revision=plan.revision_of(ready),
        after={
            "agent": ready.agent.slug,
            "events": len(clean.events),
            "tool_calls": clean.tool_calls,
            "tool_errors": clean.tool_errors,
            "verdict": clean.parsed.outcome.verdict.value,
            "not_agent_fault": True if clean.not_agent_fault else None,
            "secrets_removed": clean.secrets_removed or None,
            "characters_replaced": clean.characters_replaced or None,
        },
        values={"content_hash": clean.content_hash},
        subject=f"session:{plan.workspace.slug}:{name}",
    )
