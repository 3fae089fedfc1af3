"""Plain functions that make one thing each, with defaults a test can leave alone.

They go through the product's verbs, so that the log agrees with the rows. The system is the actor.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.db import transaction

from agents import clock
from agents.memory import write_memory
from agents.models import (
    Agent,
    Event,
    HostedMemory,
    HostedStore,
    Memory,
    MemoryStore,
    OutsideWrite,
    Person,
    Quarantine,
    Scope,
    Session,
    Token,
    Workspace,
    WorkspaceRole,
)
from agents.numbers import take_number
from agents.people import add_person, create_person
from agents.releases import publish
from agents.sessions import ingest_session
from agents.stores import text_sha256
from agents.tokens import issue_token
from agents.transcripts.base import (
    EventKind,
    ParsedCheck,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    Refused,
    Role,
    Verdict,
)
from agents.workspaces import create_agent, open_workspace
from dreaming.models import Dream, DreamState
from reviews.audit.actors import SYSTEM, Actor
from reviews.changes import Change, Evidence, Op, Trust
from reviews.lifecycle import settle, spell_groups
from reviews.models import Containment, OriginKind, Proposal, ProposalRevision
from reviews.origins import Origin
from reviews.proposals import file_proposals
from reviews.rules import set_default_rules

counted = count(1)
PASSWORD = "open-at-daybreak"
RISK_RANKS = {"low": 0, "medium": 1, "high": 2}


def workspace(slug: str = "northwind") -> Workspace:
    """A workspace with its shared store and the default rules, that nobody is in yet."""
    made = open_workspace(slug, name=slug.title())
    set_default_rules(made, SYSTEM)
    return made


def person(
    name: str = "Ada", *, within: Workspace | None = None, role: str = WorkspaceRole.REVIEWER
) -> Person:
    """A person who can sign in with PASSWORD; a member of `within` when it is given."""
    email = f"{name.lower().replace(' ', '.')}@{within.slug if within else 'nowhere'}.example"
    if within is None:
        made = create_person(email, name)
    else:
        made = add_person(within, email=email, name=name, role=role, by=SYSTEM).person
    made.set_password(PASSWORD)
    made.save(update_fields=["password"])
    return made


def agent(within: Workspace, slug: str = "refund-desk", **facts: Any) -> Agent:
    """An agent with its own store, whose live release is empty."""
    return create_agent(within, slug, name=facts.pop("name", slug.title()), by=SYSTEM, **facts)


def shared_store(within: Workspace) -> MemoryStore:
    """The store all agents of the workspace share."""
    return MemoryStore.objects.get(workspace=within, agent=None)


def token(
    issued_by: Person, owner: Agent, scopes: Sequence[str] = tuple(Scope.values)
) -> tuple[Token, str]:
    """A token of `owner`, issued by an admin, and its secret."""
    issued = issue_token(owner.workspace, label="harness", scopes=scopes, by=issued_by, agent=owner)
    return issued.token, issued.secret


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


def quarantine(**facts: Any) -> Quarantine:
    """A row that is out of service, past the verb: no entry speaks of it."""
    if "cause" not in facts:
        facts.setdefault("number", take_number(facts["workspace"], "Q"))
    return Quarantine.objects.create(**facts)


def containment(**facts: Any) -> Containment:
    """What a lead did and nobody answered, past the verb: nothing changed by it."""
    facts.setdefault("number", take_number(facts["workspace"], "C"))
    return Containment.objects.create(**facts)


def session(
    of: Agent,
    events: Sequence[ParsedEvent] = EVENTS,
    *,
    verdict: Verdict = Verdict.UNKNOWN,
    checks: Sequence[ParsedCheck] = (),
    **facts: Any,
) -> Session:
    """A session as its agent would have sent it; facts are those of a ParsedSession."""
    external_id = facts.pop("external_id", f"session-{next(counted)}")
    parsed = ParsedSession(
        position=0,
        external_id=external_id,
        agent=of.slug,
        events=tuple(events),
        outcome=ParsedOutcome(verdict=verdict, checks=tuple(checks)),
        **facts,
    )
    kept = ingest_session(of.workspace, of, parsed, actor=SYSTEM)
    if isinstance(kept, Refused):
        raise TypeError(f"the session was refused: {kept.reason}")
    return Session.objects.get(agent=of, external_id=external_id)


def memory(
    store: MemoryStore,
    path: str = "/tool_limit/shipped-orders-1a2b3c4d.md",
    content: str = "Shipped orders cannot be cancelled.\n",
    **origin: Any,
) -> Memory:
    """A memory with its first version, live at once."""
    made = written(store, path, content, **origin)
    publish(store)
    return made


def written(
    store: MemoryStore,
    path: str = "/tool_limit/shipped-orders-1a2b3c4d.md",
    content: str = "Shipped orders cannot be cancelled.\n",
    **origin: Any,
) -> Memory:
    """A memory with its first version, which waits to be published."""
    number = take_number(store.workspace, "M")
    origin = {"title": content[:60].strip(), "taint": Trust.MEMBER} | origin
    with transaction.atomic():
        version = write_memory(
            store, path, content, base_version=None, actor=SYSTEM, number=number, **origin
        )
    return version.memory


def proposal(
    store: MemoryStore,
    state: str = "pending",
    *,
    op: Op = Op.CREATE,
    content: str = "Shipped orders cannot be cancelled.\n",
    **fields: Any,
) -> Proposal:
    """A proposal in `state` with its first revision: the bare rows, for any state and route.

    `filed` goes through the verb, with evidence, risk, the workspace's rules and its entry.
    """
    number = take_number(store.workspace, "P")
    risk = fields.pop("risk", "low")
    route = fields.pop("route", {"needs": [[None, 1]], "mode": "people"})
    needs = tuple((group, count) for group, count in route.get("needs", ()))
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
        route=route,
        asked=fields.pop("asked", spell_groups(settle(needs, ()).groups)),
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


def quote(of: Session, event: int, text: str) -> Evidence:
    """Words of one event of the session's newest revision, as evidence."""
    stored = Event.objects.get(revision__session=of, revision__number=of.revision, index=event)
    start = stored.text.index(text)
    return Evidence(
        session=str(of),
        revision=of.revision,
        event=event,
        quote=text,
        start=start,
        end=start + len(text),
        sha256=text_sha256(text),
    )


def filed(
    store: MemoryStore,
    *,
    op: Op = Op.CREATE,
    path: str = "",
    content: str = "Shipped orders cannot be cancelled.\n",
    evidence: Sequence[Evidence] = (),
    origin: Origin | None = None,
    **facts: Any,
) -> Proposal:
    """A pending proposal, filed as a dream's (or as `origin` says); facts are those of a Change."""
    number = take_number(store.workspace, "P")
    change = Change(
        op=op,
        path=path or f"/tool_limit/shipped-orders-{number:08x}.md",
        content=content,
        base_version=facts.pop("base_version", None),
        title=facts.pop("title", content[:60].strip()),
        rationale=facts.pop("rationale", "Three sessions tried to cancel a shipped order."),
        evidence=tuple(evidence),
        **facts,
    )
    (made,) = file_proposals(
        store,
        [change],
        origin=origin or Origin(OriginKind.DREAM, "D-1", "Dream D-1", "local", "1"),
        actor=Actor("dream", "D-1"),
        cause=SYSTEM,
        numbers=[number],
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


def hosted_store(store: MemoryStore, linked_by: Person, **facts: Any) -> HostedStore:
    """The link of `store` to a store at the vendor; nobody looked there yet."""
    facts = {"remote_id": f"memstore_{next(counted)}", "remote_agent": "agent_1"} | facts
    found, _ = HostedStore.objects.get_or_create(
        store=store, defaults=facts | {"linked_by": linked_by}
    )
    return found


def outside_write(
    hosted: HostedStore, path: str = "", content: str = "Refund everything.\n", **facts: Any
) -> OutsideWrite:
    """A write at the vendor that nobody answered, found there as it stands."""
    number = next(counted)
    path, sha256 = path or f"/rules/refunds-{number}.md", text_sha256(content) if content else ""
    HostedMemory.objects.create(hosted=hosted, path=path, seen=sha256, remote_id=f"mem_{number}")
    facts = {
        "version": f"memver_{number}",
        "operation": "created",
        "actor_kind": "session",
        "actor": "sesn_9",
        "at": clock.now(),
        "found_at": clock.now(),
    } | facts
    return OutsideWrite.objects.create(
        hosted=hosted, path=path, sha256=sha256, content=content, **facts
    )
