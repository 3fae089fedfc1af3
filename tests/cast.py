"""The same people in every test: who may decide, who may not, and who must see nothing."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from agents import clock as product_clock
from agents.models import Agent, MemoryStore, Person, Workspace, WorkspaceRole
from reviews.audit import keys
from tests import build
from tests.clock import DAYBREAK
from tests.rows import Rows, nothing_written, put_rows, take_rows


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


KEPT: dict[tuple[datetime | None, str], tuple[Cast, Rows]] = {}
"""The cast as the verbs made it once in this process, by the time a test's clock stood at and by
the key that wraps what the log keeps of it."""


@pytest.fixture
def cast(db: None) -> Cast:
    """Both workspaces, their people, one agent each and its token.

    The verbs that make them ask four hundred queries, so they are asked once a process; later tests
    get the rows they wrote. A test that wrote something before, stands at a time of its own or
    gives the key of the log itself gets a cast made anew. One whose folder holds no key yet gets
    the key of the rows.
    """
    told = stood_at()
    if told not in {None, DAYBREAK} or settings.AUDIT_KEK or not nothing_written():
        return make_cast()
    key = wrapping_key() or next((key for time, key in KEPT if time == told), "")
    if (told, key) not in KEPT:
        made = make_cast()
        KEPT[told, wrapping_key()] = (deepcopy(made), take_rows())
        return made
    keys.write_new(keys.kek_path(), key)
    kept, rows = KEPT[told, key]
    put_rows(rows)
    return deepcopy(kept)


def wrapping_key() -> str:
    """Return the key in this test's folder as it is spelled there, '' where there is none yet."""
    path = keys.kek_path()
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def stood_at() -> datetime | None:
    """Return where the clock of this test stands; None where the time is the real one."""
    told = product_clock.now()
    return None if abs(told - timezone.now()) < timedelta(seconds=5) else told


def make_cast() -> Cast:
    """Make everybody and everything of the cast by the product's verbs."""
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
        client.force_login(person, backend="dreaming.visitors.Backend")
        return client

    return sign_in


@pytest.fixture
def agent_client(cast: Cast) -> Client:
    """A client that carries the token of northwind's agent."""
    return Client(headers={"authorization": f"Bearer {cast.token}"})
