"""The demo's engines without a key: the vendor stands in on this machine and says recorded answers.

For as long as the block runs: the stand-in lives in this process, and what it holds is made anew at
each start, under the same names, from what the database holds. Whatever comes of it says that it is
a recording.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from agents.boundaries import set_boundary
from agents.memory import heads_of
from agents.models import HostedStore, MemoryStore, Person, Workspace
from agents.people import find_member
from agents.personal import EVERY_KIND
from agents.workspaces import create_agent
from dreaming.demo.company import DEEPA, EVIDENCE, LETTERS, MARTA, WORKSPACE
from dreaming.demo.letters import CHATS, Chat
from dreaming.demo.seed import NotTheDemo
from dreaming.engines.claude.options import RECORDING
from dreaming.hosted.links import link_store
from dreaming.hosted.tending import tend
from dreaming.standin.recording import dream_on, speak
from dreaming.standin.server import StandIn, standing_in
from dreaming.standin.wire import spell
from reviews.audit.actors import SYSTEM

ENGINES: Mapping[str, str] = {EVIDENCE.slug: "claude", LETTERS.slug: "managed"}
"""Whose first dream is another engine's than the local one."""

REGION = "host:127.0.0.1"
_PREFIXES: Mapping[str, str] = {"claude": "DAYBREAK_ANTHROPIC", "managed": "DAYBREAK_MANAGED"}


@contextmanager
def recorded() -> Iterator[StandIn]:
    """Let the engines claude and managed reach a stand-in, here and in every process begun here."""
    with standing_in(RECORDING) as vendor:
        vendor.messages.speaker, vendor.dreams.dreamer = speak, dream_on
        for engine, prefix in _PREFIXES.items():
            os.environ |= {f"{prefix}_API_KEY": RECORDING, f"{prefix}_BASE_URL": vendor.url}
            settings.ENGINE_OPTIONS[engine] |= {"key": RECORDING, "base_url": vendor.url}
        yield vendor


def fill(vendor: StandIn) -> None:
    """Give the vendor a store and sessions of the letters desk, and the demo the agent they are of.

    The first time the memory is linked, and sessions come in, by the verbs that everybody uses.
    """
    workspace = Workspace.objects.get(slug=WORKSPACE)
    store = _store_of_desk(workspace)
    texts = {head.memory.path: head.content for head in heads_of(store)}
    remote = vendor.stores.make(LETTERS.name, texts)
    agent = vendor.sessions.make_agent(LETTERS.name)
    for chat in CHATS:
        _make_session(vendor, agent, chat, store=remote.id, at=spell(workspace.created_at))
    if HostedStore.objects.filter(store=store).exists():
        return
    admin = Person.objects.get(email=MARTA.email)
    set_boundary(workspace, engines=[], regions=[REGION], masked=EVERY_KIND, by=admin)
    workspace.refresh_from_db()
    by = find_member(Person.objects.get(email=DEEPA.email), workspace)
    if by is None:
        raise NotTheDemo(f"{DEEPA.name} is no member of the demo.")
    store = MemoryStore.objects.select_related("workspace", "agent").get(pk=store.pk)
    tend(link_store(store, remote_id=remote.id, remote_agent=str(agent["id"]), by=by))


def _make_session(
    vendor: StandIn, agent: Mapping[str, Any], chat: Chat, *, store: str, at: str
) -> None:
    """Make a session that is the same at every start, so that it comes in once."""
    events = [
        {"type": kind, "content": [{"type": "text", "text": text}], "processed_at": at}
        for kind, text in chat
    ]
    row = vendor.sessions.make(agent, events, stores={store: "read_only"})
    row |= {"created_at": at, "updated_at": at}


def _store_of_desk(workspace: Workspace) -> MemoryStore:
    stores = MemoryStore.objects.select_related("workspace", "agent")
    found = stores.filter(workspace=workspace, agent__slug=LETTERS.slug).first()
    if found is not None:
        return found
    create_agent(
        workspace,
        slug=LETTERS.slug,
        name=LETTERS.name,
        owner=None,
        purpose=LETTERS.purpose,
        limits=LETTERS.limits,
        risk_tier=LETTERS.risk_tier,
        by=SYSTEM,
    )
    return stores.get(workspace=workspace, agent__slug=LETTERS.slug)
