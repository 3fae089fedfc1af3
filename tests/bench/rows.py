"""Rows for the benches, made in bulk: what is measured is reading and deciding, not making them."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from agents.models import Agent, Counter, MemoryStore, Person, Workspace
from agents.people import add_person
from agents.workspaces import create_agent, create_workspace
from reviews.audit.actors import SYSTEM
from reviews.changes import text_sha256
from reviews.models import OriginKind, Proposal, ProposalRevision
from reviews.rules import set_default_rules

RISKS = (("low", 0), ("medium", 1), ("high", 2))
TOGETHER = 2_000
ROUTE = {"rule": "new", "version": 1, "needs": [[None, 1]], "mode": "people", "reasons": []}
NUMBERS = {
    "sessions": 6, "of": 40, "tasks": 3, "people": 3, "agents": 1, "recovered": 1,
    "failed_with": 5, "known_with": 6, "failed_without": 8, "known_without": 34,
    "rate_with": ["0.8333", "0.4365", "0.9699"], "rate_without": ["0.2353", "0.1244", "0.4000"],
    "effect": "0.5980", "effect_within_agents": "0.5980", "strata": 3, "p": "0.001000",
    "q": "0.012000", "tested": 12,
}  # fmt: skip


@dataclass(slots=True)
class Place:
    """A workspace with one agent and one reviewer."""

    workspace: Workspace
    agent: Agent
    store: MemoryStore
    reviewer: Person

    def open_numbers(self, count: int) -> list[int]:
        """Return numbers of pending proposals that need one approval, oldest first."""
        found = Proposal.objects.filter(workspace=self.workspace, state="pending", risk="low")
        return list(found.order_by("number").values_list("number", flat=True)[:count])


def make_place() -> Place:
    """Return an empty workspace with its rules, an agent and a reviewer."""
    founded = create_workspace(
        "bench", name="Bench", admin_email="admin@bench.example", admin_name="Admin"
    )
    set_default_rules(founded.workspace, SYSTEM)
    agent = create_agent(founded.workspace, slug="desk", name="Desk", by=SYSTEM)
    invited = add_person(
        founded.workspace,
        email="reviewer@bench.example",
        name="Rosa",
        role="reviewer",
        by=SYSTEM,
    )
    store = MemoryStore.objects.select_related("workspace", "agent").get(agent=agent)
    return Place(founded.workspace, agent, store, invited.person)


def sign_in(place: Place) -> Client:
    """Return the reviewer's signed-in client."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(place.reviewer, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_proposals(place: Place, upto: int) -> None:
    """Fill the workspace up to `upto` proposals; one in ten is decided."""
    first = Proposal.objects.filter(workspace=place.workspace).count() + 1
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
    Counter.objects.update_or_create(
        workspace=place.workspace, letter="P", defaults={"last": upto}
    )


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
