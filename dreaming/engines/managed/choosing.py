"""Which sessions a hosted dream reads, and what it is asked: names the vendor knows. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dreaming.engines.base import DreamMaterial, Dropped

MOST_SESSIONS = 100
MOST_INSTRUCTIONS = 4_096
CHARACTERS_A_TOKEN = 3
"""Newer models part text finer than four characters a token; an estimate is better too high."""

_REMOTE = re.compile(r"(sesn_[A-Za-z0-9_-]+)(?:[/:#].*)?")
NOT_THERE = "Not analysed: the vendor does not have it; it came from elsewhere."
OVER = f"Not analysed: a hosted dream reads {MOST_SESSIONS} sessions, and these are newer."


@dataclass(frozen=True, slots=True)
class Choice:
    """sessions: the vendor's names, sorted; names: ours, of all that belong to these.

    left_out: the others, with the reason. tokens: how much there is to read, roughly.
    """

    sessions: tuple[str, ...]
    names: frozenset[str]
    left_out: tuple[Dropped, ...]
    tokens: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a dream is asked for: by this it is known again among others."""

    store: str
    sessions: Sequence[str]
    model: str
    instructions: str = ""

    def is_of(self, dream: Mapping[str, Any]) -> bool:
        """Say whether a dream, as the vendor tells it, was made of this order."""
        inputs = [one for one in dream.get("inputs") or () if isinstance(one, Mapping)]
        stores = [one.get("memory_store_id") for one in inputs if one.get("type") == "memory_store"]
        lists = [one.get("session_ids") or () for one in inputs if one.get("type") == "sessions"]
        return (
            stores == [self.store]
            and [sorted(one) for one in lists] == [sorted(self.sessions)]
            and (dream.get("instructions") or "") == self.instructions
            and (dream.get("output_behavior") or {}).get("type", "create_new") == "create_new"
        )


def remote_of(external_id: str) -> str:
    """Return the vendor's session an id belongs to: its own, or the one a thread is part of."""
    found = _REMOTE.fullmatch(external_id)
    return found[1] if found else ""


def choose(material: DreamMaterial) -> Choice:
    """Return the newest sessions the vendor has, at most as many as one dream reads there."""
    ours: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    foreign: list[str] = []
    for session in material.sessions:
        remote = remote_of(session.external_id)
        if not remote:
            foreign.append(session.id)
            continue
        # Later in the dream is newer; a session counts as new as its newest thread.
        ours[remote] = [*ours.pop(remote, []), session.id]
        sizes[remote] = sizes.get(remote, 0) + sum(len(one.text) for one in session.events)
    chosen = list(ours)[-MOST_SESSIONS:]
    older = [name for remote in list(ours)[:-MOST_SESSIONS] for name in ours[remote]]
    left_out = [Dropped(name, NOT_THERE) for name in foreign]
    left_out += [Dropped(name, OVER) for name in older]
    return Choice(
        sessions=tuple(sorted(chosen)),
        names=frozenset(name for remote in chosen for name in ours[remote]),
        left_out=tuple(left_out),
        tokens=sum(sizes[remote] for remote in chosen) // CHARACTERS_A_TOKEN,
    )


def order_of(material: DreamMaterial, choice: Choice, model: str) -> Order:
    """Return what the vendor is asked for: the starter's words, then what reviewers sent back."""
    sent_back = "A reviewer sent back what was proposed for"
    notes = [f"{sent_back} {note.path}: {note.words}" for note in material.notes]
    asked = "\n".join(part for part in (material.instructions.strip(), *notes) if part)
    return Order(material.hosted_store, choice.sessions, model, asked[:MOST_INSTRUCTIONS])
