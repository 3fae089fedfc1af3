"""The body of an entry: its closed form, and the columns that are derived from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from reviews.audit import canonical
from reviews.audit.actions import Action, known_action
from reviews.audit.actors import Actor, Cause
from reviews.audit.canonical import Json
from reviews.audit.errors import EntryRefused, NotCanonical
from reviews.audit.identifiers import plain, refuse_text
from reviews.audit.requests import current_request

VERSION = 1
INSTALLATION = "-"
"""The workspace of acts that belong to no workspace."""

ACTOR_NAME = "actor_name"
"""The value that holds the actor's printed name."""

MEMBERS = frozenset(
    {
        "v",
        "action",
        "workspace",
        "actor",
        "on_behalf",
        "object",
        "revision",
        "at",
        "request",
        "parents",
        "before",
        "after",
        "values",
        "rule",
        "engine",
        "shown",
    }
)
ALWAYS = frozenset({"v", "action", "workspace", "actor", "object", "at"})
AT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
AT_LENGTH = len("2026-11-21T06:00:00.000000Z")

Facts = Mapping[str, object]
"""Identifiers, whole numbers, truth values, lists and mappings of these; no text, no floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One entry before it is written. `log.append` explains each member."""

    action: Action
    workspace: str
    actor: Actor
    object: str
    revision: int | str | None = None
    on_behalf: Actor | Cause | None = None
    request: str | None = field(default_factory=current_request.get)
    parents: Sequence[str] = ()
    before: Facts | None = None
    after: Facts | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    subject: str | None = None
    rule: Facts | str | None = None
    engine: Facts | str | None = None
    shown: Facts | None = None


class Columns(NamedTuple):
    """What the index columns of an entry must say, derived from its body alone."""

    action: str
    workspace: str
    actor_kind: str
    actor_id: str
    object: str
    at: datetime


def write_body(draft: Draft, commitments: Mapping[str, str], at: datetime) -> str:
    """Return the canonical text of the entry; raise EntryRefused for what must not stand in it.

    commitments: the commitment of each value by its name. at: aware, the server's clock.
    """
    if not draft.object:
        raise EntryRefused("An entry names its object.")
    on_behalf = draft.on_behalf
    members: dict[str, object] = {
        "action": known_action(draft.action).value,
        "workspace": draft.workspace or INSTALLATION,
        "actor": {"kind": draft.actor.kind, "id": draft.actor.id},
        "on_behalf": {"kind": on_behalf.kind, "id": on_behalf.id} if on_behalf else None,
        "object": draft.object,
        "revision": draft.revision,
        "at": at.astimezone(UTC).strftime(AT_FORMAT),
        "request": draft.request,
        "parents": list(draft.parents) or None,
        "before": draft.before,
        "after": draft.after,
        "values": commitments or None,
        "rule": draft.rule,
        "engine": draft.engine,
        "shown": draft.shown,
    }
    kept = {name: plain(value, name) for name, value in members.items() if value is not None}
    try:
        return canonical.encode({"v": VERSION, **kept}).decode()
    except NotCanonical as error:
        raise EntryRefused(f"The entry {draft.action} cannot be spelled: {error}") from error


def read_body(body: str) -> dict[str, Json]:
    """Return the members of a stored body; raise NotCanonical when it is not in the closed form."""
    members = canonical.decode(body)
    if not members.keys() <= MEMBERS or not members.keys() >= ALWAYS:
        odd = sorted(members.keys() - MEMBERS | ALWAYS - members.keys())
        raise NotCanonical(f"Members that do not belong or are missing: {', '.join(odd)}.")
    if members["v"] != VERSION:
        raise NotCanonical(f"Version {members['v']} of the body is not known here.")
    return members


def columns_of(members: Mapping[str, Json]) -> Columns:
    """Return what the index columns must say; raise NotCanonical for a member of another shape."""
    actor = members["actor"]
    if not isinstance(actor, Mapping):
        raise NotCanonical("The actor is not an object.")
    try:
        return Columns(
            action=text_of(members["action"]),
            workspace=text_of(members["workspace"]),
            actor_kind=text_of(actor["kind"]),
            actor_id=text_of(actor["id"]),
            object=text_of(members["object"]),
            at=read_time(text_of(members["at"])),
        )
    except (KeyError, ValueError) as error:
        raise NotCanonical(f"A member has another shape: {error}") from error


def read_time(text: str) -> datetime:
    """Return the time; raise NotCanonical unless it is UTC to the microsecond, ending in Z."""
    if len(text) != AT_LENGTH or not text.endswith("Z") or text[10] != "T":
        raise NotCanonical(f"{text!r} is not a time of the format.")
    return datetime.fromisoformat(text)


def commitments_of(members: Mapping[str, Json]) -> dict[str, str]:
    """Return the commitments of the entry's values by name."""
    values = members.get("values", {})
    if not isinstance(values, Mapping):
        raise NotCanonical("The values are not an object.")
    return {name: text_of(commitment) for name, commitment in values.items()}


def text_of(value: Json) -> str:
    """Return `value` if it is a string, else raise NotCanonical."""
    if not isinstance(value, str):
        raise NotCanonical(f"{value!r} is not a string.")
    return value


def check_names(values: Mapping[str, str]) -> None:
    """Raise EntryRefused for a value's name that is text, reserved or not of a string."""
    for name, value in values.items():
        refuse_text(name, "the name of a value")
        if name == ACTOR_NAME:
            raise EntryRefused(f"The value {ACTOR_NAME} is the actor's own name; give Actor.name.")
        if not isinstance(value, str):
            raise EntryRefused(f"The value {name} is a {type(value).__name__}, not a string.")
