"""Plain functions that make one thing each, with defaults a test can leave alone."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from agents import clock
from agents.models import (
    Agent,
    Channel,
    Event,
    Membership,
    Memory,
    MemoryStore,
    MemoryVersion,
    Outcome,
    Person,
    Release,
    Scope,
    Session,
    SessionRevision,
    Token,
    Workspace,
    WorkspaceRole,
)
from agents.numbers import take_number
from agents.transcripts.base import EventKind, ParsedEvent, Role, Verdict
from dreaming.models import Dream, DreamState
from reviews.changes import Op, Trust, text_sha256
from reviews.models import OriginKind, Proposal, ProposalRevision

PASSWORD = "open-at-daybreak"
RISK_RANKS = {"low": 1, "medium": 2, "high": 3}


def workspace(slug: str = "northwind", **fields: Any) -> Workspace:
    """A workspace with its shared store."""
    made = Workspace.objects.create(slug=slug, name=fields.pop("name", slug.title()), **fields)
    store_of(made, None)
    return made


def person(
    name: str = "Ada", *, within: Workspace | None = None, role: str = WorkspaceRole.REVIEWER
) -> Person:
    """A person who can sign in with PASSWORD; a member of `within` when it is given."""
    place = within.slug if within else "nowhere"
    email = f"{name.lower().replace(' ', '.')}@{place}.example"
    made = Person.objects.create_user(email, name, PASSWORD)
    if within is not None:
        Membership.objects.create(workspace=within, person=made, role=role)
    return made


def agent(within: Workspace, slug: str = "refund-desk", **fields: Any) -> Agent:
    """An agent with its own store, whose live release is empty."""
    made = Agent.objects.create(
        workspace=within, slug=slug, name=fields.pop("name", slug.title()), **fields
    )
    store_of(within, made)
    return made


def store_of(within: Workspace, owner: Agent | None) -> MemoryStore:
    """The store of `owner`, or the shared one; made with an empty live release when missing."""
    store, is_new = MemoryStore.objects.get_or_create(workspace=within, agent=owner)
    if is_new:
        empty = Release.objects.create(
            store=store,
            workspace=within,
            number=take_number(within, "R"),
            sequence=0,
            sha256=hashlib.sha256(b"[]").hexdigest(),
        )
        Channel.objects.create(store=store, release=empty)
    return store


def token(
    issued_by: Person, owner: Agent, scopes: Sequence[str] = tuple(Scope.values)
) -> tuple[Token, str]:
    """A token of `owner` and its secret."""
    secret = f"dbk_{secrets.token_urlsafe(32)}"
    made = Token.objects.create(
        workspace=owner.workspace,
        agent=owner,
        label="harness",
        start=secret[:12],
        sha256=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=list(scopes),
        issued_by=issued_by,
        expires_at=clock.now() + timedelta(days=90),
    )
    return made, secret


def says(text: str, role: Role = Role.USER) -> ParsedEvent:
    """A message."""
    return ParsedEvent(kind=EventKind.MESSAGE, role=role, text=text)


def calls(tool: str, arguments: str = "{}", call_id: str = "c1") -> ParsedEvent:
    """A call of `tool`."""
    return ParsedEvent(
        kind=EventKind.TOOL_CALL, role=Role.ASSISTANT, text=arguments, tool=tool, call_id=call_id
    )


def answers(text: str, *, tool: str = "", call_id: str = "c1", error: bool = False) -> ParsedEvent:
    """The result of a call."""
    return ParsedEvent(
        kind=EventKind.TOOL_RESULT,
        role=Role.TOOL,
        text=text,
        tool=tool,
        call_id=call_id,
        is_error=error,
    )


EVENTS = (
    says("Please cancel order 1042."),
    calls("cancel_order", '{"order_id": "1042"}'),
    answers("Error: order 1042 is already shipped", tool="cancel_order", error=True),
    says("It is already shipped, so it cannot be cancelled.", Role.ASSISTANT),
)


def session(
    of: Agent,
    events: Sequence[ParsedEvent] = EVENTS,
    *,
    verdict: Verdict = Verdict.UNKNOWN,
    **fields: Any,
) -> Session:
    """A stored session with one revision, its events and its outcome."""
    number = take_number(of.workspace, "S")
    made = Session.objects.create(
        workspace=of.workspace,
        agent=of,
        number=number,
        external_id=fields.pop("external_id", f"session-{number}"),
        verdict=verdict,
        **fields,
    )
    revision = SessionRevision.objects.create(
        session=made,
        number=1,
        content_hash=text_sha256(repr(tuple(events))),
        event_count=len(events),
        tool_calls=sum(event.kind is EventKind.TOOL_CALL for event in events),
        tool_errors=sum(event.is_error for event in events),
    )
    Event.objects.bulk_create(
        Event(
            revision=revision,
            index=index,
            kind=event.kind,
            role=event.role,
            trust=_trust(event),
            text=event.text,
            tool=event.tool,
            call_id=event.call_id,
            is_error=event.is_error,
            person=event.person,
            sub_session=event.sub_session,
            at=event.at,
        )
        for index, event in enumerate(events)
    )
    Outcome.objects.create(revision=revision, verdict=verdict)
    return made


def _trust(event: ParsedEvent) -> Trust:
    return {Role.USER: Trust.PRINCIPAL, Role.ASSISTANT: Trust.AGENT, Role.TOOL: Trust.TOOL}[
        event.role
    ]


def memory(
    store: MemoryStore,
    path: str = "/tool_limit/shipped-orders-1a2b3c4d.md",
    content: str = "Shipped orders cannot be cancelled.\n",
    **fields: Any,
) -> Memory:
    """A memory whose head is its first version."""
    made = Memory.objects.create(
        store=store,
        workspace=store.workspace,
        number=take_number(store.workspace, "M"),
        path=path,
        **fields,
    )
    made.head = MemoryVersion.objects.create(
        memory=made,
        number=1,
        content=content,
        sha256=text_sha256(content),
        title=content[:60].strip(),
        taint=Trust.MEMBER,
    )
    made.save(update_fields=["head"])
    return made


def proposal(
    store: MemoryStore,
    state: str = "pending",
    *,
    op: Op = Op.CREATE,
    content: str = "Shipped orders cannot be cancelled.\n",
    **fields: Any,
) -> Proposal:
    """A proposal in `state` with its first revision, as a dream would have filed it."""
    number = take_number(store.workspace, "P")
    risk = fields.pop("risk", "low")
    made = Proposal.objects.create(
        workspace=store.workspace,
        store=store,
        agent=store.agent,
        number=number,
        op=op,
        path=fields.pop("path", f"/tool_limit/shipped-orders-{number:08x}.md"),
        title=fields.pop("title", "Shipped orders cannot be cancelled"),
        state=state,
        content_sha256=text_sha256(content),
        risk=risk,
        risk_rank=fields.pop("risk_rank", RISK_RANKS[risk]),
        taint=fields.pop("taint", Trust.AGENT),
        route=fields.pop("route", {"needs": [[None, 1]], "mode": "people"}),
        origin_kind=fields.pop("origin_kind", OriginKind.DREAM),
        origin_id=fields.pop("origin_id", "D-1"),
        origin_label=fields.pop("origin_label", "Dream D-1"),
        **fields,
    )
    ProposalRevision.objects.create(
        proposal=made,
        number=1,
        content=content,
        sha256=text_sha256(content),
        base_version=made.base_version,
        rationale="Three sessions tried to cancel a shipped order.",
    )
    return made


def dream(store: MemoryStore, state: str = DreamState.COMPLETED, **fields: Any) -> Dream:
    """A dream over `store` in `state`."""
    return Dream.objects.create(
        workspace=store.workspace,
        store=store,
        agent=store.agent,
        number=take_number(store.workspace, "D"),
        engine=fields.pop("engine", "local"),
        state=state,
        **fields,
    )
