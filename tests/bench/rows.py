"""Rows for the benches, made in bulk: what is measured is reading and deciding, not making them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.test import Client

from agents.memory import write_memory
from agents.models import (
    Agent,
    Counter,
    Event,
    MemoryStore,
    Person,
    Scope,
    Session,
    Workspace,
)
from agents.numbers import take_numbers
from agents.people import add_person
from agents.releases import publish
from agents.sessions import ingest_sessions
from agents.stores import text_sha256
from agents.tokens import issue_token
from agents.transcripts.base import (
    EventKind,
    ParsedCheck,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    Role,
    Verdict,
)
from agents.workspaces import create_agent, create_workspace
from dreaming.models import Dream
from reviews.audit.actors import SYSTEM
from reviews.changes import Relation
from reviews.models import Evidence, OriginKind, Proposal, ProposalRevision
from reviews.rules import set_default_rules

RISKS = (("low", 0), ("medium", 1), ("high", 2))
TOGETHER = 2_000
BLOCK = 10_000
SLUG = "bench"
TALK = "talk-quoted"
SAID = "You never asked me for the document"
QUOTES = 4
REVIEWER = "reviewer@bench.example"
ROUTE = {
    "rule": "new", "version": 1, "needs": [[None, 1]], "mode": "people", "reasons": [],
    "traits": [], "signal": "outcome",
}  # fmt: skip
NUMBERS = {
    "sessions": 6, "of": 40, "tasks": 3, "people": 3, "agents": 1, "recovered": 1,
    "failed_with": 5, "known_with": 6, "failed_without": 8, "known_without": 34,
    "rate_with": ["0.8333", "0.4365", "0.9699"], "rate_without": ["0.2353", "0.1244", "0.4000"],
    "effect": "0.5980", "effect_within_agents": "0.5980", "strata": 3, "p": "0.001000",
    "q": "0.012000", "tested": 12,
}  # fmt: skip


@dataclass(slots=True)
class Place:
    """A workspace with one agent, an admin and one reviewer; client: of nobody."""

    workspace: Workspace
    agent: Agent
    store: MemoryStore
    admin: Person
    reviewer: Person
    client: Client = field(default_factory=lambda: Client(SERVER_NAME="localhost"))

    def open_numbers(self, count: int) -> list[int]:
        """Return numbers of pending proposals that need one approval, oldest first.

        Each has its QUOTES quotes, as one that a dream filed.
        """
        found = Proposal.objects.filter(workspace=self.workspace, state="pending", risk="low")
        rows = list(found.order_by("number")[:count])
        give_quotes(self, rows)
        return [row.number for row in rows]

    def running_dream(self) -> Dream:
        """Return a dream that runs, made when it is asked for first."""
        made, _ = Dream.objects.get_or_create(
            workspace=self.workspace,
            store=self.store,
            agent=self.agent,
            number=1,
            defaults={"engine": "local", "state": "running", "step": "mining"},
        )
        return made


def make_place() -> Place:
    """Return an empty workspace with its rules, an agent and a reviewer."""
    founded = create_workspace(
        SLUG, name="Bench", admin_email="admin@bench.example", admin_name="Admin"
    )
    set_default_rules(founded.workspace, SYSTEM)
    agent = create_agent(founded.workspace, slug="desk", name="Desk", by=SYSTEM)
    invited = add_person(
        founded.workspace,
        email=REVIEWER,
        name="Rosa",
        role="reviewer",
        by=SYSTEM,
    )
    store = MemoryStore.objects.select_related("workspace", "agent").get(agent=agent)
    return Place(founded.workspace, agent, store, founded.admin.person, invited.person)


def reviewer() -> Person:
    """Return the reviewer, from another process than the one that made them."""
    return Person.objects.get(email=REVIEWER)


def sign_in(place: Place) -> Client:
    """Return the reviewer's signed-in client."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(place.reviewer, backend="dreaming.visitors.Backend")
    return client


def make_proposals(place: Place, upto: int) -> None:
    """Fill the workspace up to `upto` proposals; one in ten is decided."""
    first = Proposal.objects.filter(workspace=place.workspace).count() + 1
    if first > BLOCK and (upto - first + 1) % BLOCK == 0:
        # Far quicker than one by one, and the same rows.
        for times in range(1, (upto - first + 1) // BLOCK + 1):
            _repeat(place, BLOCK, first - 1 - BLOCK + times * BLOCK)
        first = upto + 1
    for start in range(first, upto + 1, TOGETHER):
        numbers = range(start, min(start + TOGETHER, upto + 1))
        made = Proposal.objects.bulk_create([_proposal(place, number) for number in numbers])
        ProposalRevision.objects.bulk_create(
            ProposalRevision(
                proposal=row,
                number=1,
                content=_text(row.number),
                sha256=row.content_sha256,
                rationale="Seen in 6 of 40 sessions.",
            )
            for row in made
        )
    Counter.objects.update_or_create(workspace=place.workspace, letter="P", defaults={"last": upto})
    if connection.vendor == "postgresql":
        # What the server does by itself once it has time: statistics, and which pages all may see.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def give_quotes(place: Place, rows: Iterable[Proposal]) -> None:
    """Give each proposal that has none its quotes, all of one session that failed a check."""
    bare = [row for row in rows if not row.evidence.exists()]
    events = Event.objects.filter(revision__session=_talk(place)).order_by("index")[:QUOTES]
    Evidence.objects.bulk_create(
        Evidence(
            proposal=row,
            position=position,
            event=event,
            quote=SAID,
            start=0,
            end=len(SAID),
            sha256=text_sha256(SAID),
            relation=Relation.SUPPORTS,
        )
        for row in bare
        for position, event in enumerate(events, start=1)
    )


def _talk(place: Place) -> Session:
    """Return the session that quotes are of, stored when it is asked for first."""
    talk = Session.objects.filter(agent=place.agent, external_id=TALK).first()
    if talk is None:
        turns = tuple(
            ParsedEvent(
                EventKind.MESSAGE, Role.USER, f"{SAID}. Turn {turn}. " + "More of it. " * 20
            )
            for turn in range(QUOTES)
        )
        check = ParsedCheck("invoice named", passed=False, message="No invoice was named.")
        outcome = ParsedOutcome(verdict=Verdict.FAILURE, checks=(check,))
        session = ParsedSession(
            position=0, external_id=TALK, agent=place.agent.slug, events=turns, outcome=outcome
        )
        ingest(place, [session])
        talk = Session.objects.get(agent=place.agent, external_id=TALK)
    return talk


def _repeat(place: Place, count: int, after: int) -> None:
    """Copy the first `count` proposals and their revisions as those that follow number `after`."""
    made = {
        "number": f"number + {after}",
        "path": f"'/mistake/document-' || (number + {after}) || '.md'",
        "title": f"'Ask for document ' || (number + {after}) || ' before you answer'",
        **dict.fromkeys(("apply_at", "decided_at", "decided_by_id", "settled_at"), "NULL"),
        **dict.fromkeys(("verdict", "state_before", "state_reason"), "''"),
        "round": "0",
        "state": f"CASE (number + {after}) % 10 WHEN 0 THEN 'applied' ELSE 'pending' END",
    }
    first = f"workspace_id = {place.workspace.pk} AND number <= {count}"
    _copy(Proposal, made, first)
    pk = (
        "(SELECT copy.id FROM reviews_proposal copy JOIN reviews_proposal own"
        " ON own.id = reviews_proposalrevision.proposal_id"
        f" WHERE copy.workspace_id = own.workspace_id AND copy.number = own.number + {after})"
    )
    among = f"proposal_id IN (SELECT id FROM reviews_proposal WHERE {first})"
    _copy(ProposalRevision, {"proposal_id": pk}, among)


def _copy(model: type[Model], made: dict[str, str], condition: str) -> None:
    fields = [f for f in model._meta.concrete_fields if not f.primary_key and not f.generated]
    names = [field.column for field in fields]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(made.get(name, f'"{name}"') for name in names)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({quoted}) SELECT {values} FROM "{table}" WHERE {condition}'
        )


def make_memories(place: Place, count: int) -> None:
    """Write memories of about 300 bytes and publish them."""
    numbers = take_numbers(place.workspace, "M", count)
    with transaction.atomic():
        for number in numbers:
            write_memory(
                place.store,
                f"/mistake/document-{number}.md",
                _text(number) * 7,
                base_version=None,
                actor=SYSTEM,
                number=number,
                title=f"Ask for document {number}",
                support=number % 40,
            )
    publish(place.store)


def make_token(place: Place) -> str:
    """Return the secret of a token that reads the agent's memory."""
    issued = issue_token(
        place.workspace,
        label="Bench",
        scopes=[Scope.MEMORY_READ],
        by=place.admin,
        agent=place.agent,
    )
    return issued.secret


def ingest(place: Place, sessions: Iterable[ParsedSession]) -> None:
    """Store the sessions as the agent's; raises when one is refused."""
    done = ingest_sessions(place.workspace, sessions, agent_for=lambda _: place.agent, actor=SYSTEM)
    if done.refused:
        raise RuntimeError(done.refused[0].reason)


def _text(number: int) -> str:
    return f"Ask for document {number} before you answer.\n"


def _proposal(place: Place, number: int) -> Proposal:
    risk, rank = RISKS[number % 3]
    fields: dict[str, Any] = {
        "state": "applied" if number % 10 == 0 else "pending",
        "risk": risk,
        "risk_rank": rank,
    }
    return Proposal(
        workspace=place.workspace,
        store=place.store,
        agent=place.agent,
        number=number,
        op="create",
        path=f"/mistake/document-{number}.md",
        title=f"Ask for document {number} before you answer",
        content_sha256=text_sha256(_text(number)),
        taint="agent",
        route=ROUTE,
        origin_kind=OriginKind.DREAM,
        origin_id="D-1",
        origin_label="Dream D-1",
        engine="local",
        engine_version="1",
        pattern_kind="mistake" if number % 2 else "preference",
        pattern_key=f"{number:064x}",
        pattern_statement=_text(number).strip(),
        pattern_numbers=NUMBERS,
        pattern_sentences=["Seen in 6 of 40 sessions, 3 people."],
        signal="outcome",
        support=6,
        **fields,
    )
