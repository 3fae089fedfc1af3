"""A store at the vendor and sessions there, as values: what a sync would have brought in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dreaming.engines.base import (
    DreamMaterial,
    DreamResult,
    EngineEvent,
    EngineSession,
    EngineWaits,
    Report,
)
from dreaming.engines.managed.engine import ManagedEngine, create_engine
from dreaming.standin.server import StandIn
from dreaming.standin.stores import Store

MOST_LOOKS = 50


def event_of(event: EngineEvent) -> Mapping[str, Any]:
    """An event as the vendor tells it."""
    content = [{"type": "text", "text": event.text}]
    if event.kind == "tool_call":
        return {"type": "agent.tool_use", "name": event.tool, "input": {"text": event.text}}
    if event.kind == "tool_result":
        return {"type": "agent.tool_result", "content": content, "is_error": event.is_error}
    kind = "user.message" if event.role == "user" else "agent.message"
    return {"type": kind, "content": content}


@dataclass
class House:
    """A store at the stand-in and the material a dream over it is given here."""

    vendor: StandIn
    store: Store

    def bring(self, sessions: Sequence[EngineSession]) -> list[EngineSession]:
        """Make these sessions at the vendor; return them with their names there."""
        agent = self.vendor.sessions.make_agent("clerk")
        return [
            replace(
                one,
                external_id=self.vendor.sessions.make(
                    agent, [event_of(event) for event in one.events]
                )["id"],
            )
            for one in sessions
        ]


@dataclass
class Linked:
    """The engine as the pipeline uses it: over a linked store, and asked until it is done."""

    engine: ManagedEngine
    house: House

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        linked = replace(
            material,
            hosted_store=self.house.store.id,
            sessions=_Brought(tuple(self.house.bring(list(material.sessions)))),
        )
        for _ in range(MOST_LOOKS):
            try:
                return self.engine.dream(linked, report)
            except EngineWaits:
                continue
        raise AssertionError("It waits for ever.")


@dataclass
class _Brought:
    sessions: tuple[EngineSession, ...]

    def __iter__(self) -> Iterator[EngineSession]:
        return iter(self.sessions)


def engine_at(vendor: StandIn, **options: str) -> ManagedEngine:
    """The engine, set up for the stand-in."""
    return create_engine(
        {"key": vendor.key or "any", "base_url": vendor.url, "retries": "0"} | options
    )
