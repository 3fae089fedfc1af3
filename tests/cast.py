"""The same people in every test: who may decide, who may not, and who must see nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from agents.models import Agent, MemoryStore, Person, Workspace, WorkspaceRole
from tests import build


@dataclass(frozen=True, slots=True)
class Cast:
    """The workspace `northwind` and its people; they must see nothing of `elsewhere`."""

    workspace: Workspace
    reviewer: Person
    second_reviewer: Person
    lead: Person
    auditor: Person
    admin: Person
    agent: Agent
    store: MemoryStore
    shared_store: MemoryStore
    token: str
    elsewhere: Workspace
    outsider: Person
    other_agent: Agent
    other_token: str


@pytest.fixture
def cast(db: None) -> Cast:
    """Both workspaces, their people, one agent each and its token."""
    northwind = build.workspace("northwind")
    elsewhere = build.workspace("elsewhere")
    admin = build.person("Amir", within=northwind, role=WorkspaceRole.ADMIN)
    other_admin = build.person("Emil", within=elsewhere, role=WorkspaceRole.ADMIN)
    outsider = build.person("Olga", within=elsewhere, role=WorkspaceRole.LEAD)
    agent = build.agent(northwind, "refund-desk")
    other_agent = build.agent(elsewhere, "other-desk")
    return Cast(
        workspace=northwind,
        reviewer=build.person("Rosa", within=northwind),
        second_reviewer=build.person("Sven", within=northwind),
        lead=build.person("Lena", within=northwind, role=WorkspaceRole.LEAD),
        auditor=build.person("Aiko", within=northwind, role=WorkspaceRole.AUDITOR),
        admin=admin,
        agent=agent,
        store=agent.store,
        shared_store=build.shared_store(northwind),
        token=build.token(admin, agent)[1],
        elsewhere=elsewhere,
        outsider=outsider,
        other_agent=other_agent,
        other_token=build.token(other_admin, other_agent)[1],
    )


@pytest.fixture
def client_of() -> Callable[[Person], Client]:
    """Give a person's signed-in client, as if they had just come through the door."""

    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def agent_client(cast: Cast) -> Client:
    """A client that carries the token of northwind's agent."""
    return Client(headers={"authorization": f"Bearer {cast.token}"})
