"""What agents remember: the only writer of Memory and MemoryVersion.

Every verb runs inside its caller's transaction and locks the store first, so that the writers and
the publisher of one store never miss each other. Nothing is destroyed: retiring is a tombstone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.db.models import F, QuerySet

from agents import clock
from agents.errors import Frozen, InvalidInput, StaleVersion
from agents.models import (
    Agent,
    Channel,
    Memory,
    MemoryStore,
    MemoryVersion,
    Release,
    Workspace,
)
from agents.numbers import take_number
from agents.prepared import Prepared, Slot
from agents.stores import check_content, check_path, check_room, manifest_sha256, text_sha256
from agents.web.ids import spell_id
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor, Cause
from reviews.audit.bodies import Draft

LIVE = "live"


class Origin(TypedDict, total=False):
    """Where a text comes from and what ranks it.

    proposal: P-1042 or ''. title: at most 120 characters for lists. pattern_key, support (distinct
    sessions), last_evidence_at and taint (lowest trust of its sources) are its pattern's. restores:
    number of the version whose text this is again.
    """

    proposal: str
    title: str
    pattern_key: str
    support: int
    last_evidence_at: datetime | None
    taint: str
    restores: int | None


@dataclass(frozen=True, slots=True)
class _Writing:
    """One version to be written on a memory whose head is locked and was compared."""

    memory: Memory
    op: str
    content: str
    origin: Origin = field(default_factory=Origin)

    @property
    def retires(self) -> bool:
        return self.op == "retire"


@transaction.atomic
def create_store(
    workspace: Workspace, agent: Agent | None = None, *, actor: Actor = SYSTEM
) -> MemoryStore:
    """Create the store of `agent`, or the one the workspace shares, and serve its empty release.

    Run it in the transaction that creates the agent or workspace.
    """
    store = MemoryStore.objects.create(workspace=workspace, agent=agent)
    empty = Release.objects.create(
        store=store,
        workspace=workspace,
        number=take_number(workspace, "R"),
        sequence=0,
        sha256=manifest_sha256(()),
        created_at=clock.now(),
    )
    Channel.objects.create(store=store, name=LIVE, release=empty)
    log.append(
        Action.STORE_CREATED,
        workspace=workspace.slug,
        actor=actor,
        object=name_store(store),
        after={"release": spell_id("R", empty.number)},
    )
    return store


def name_store(store: MemoryStore) -> str:
    """Return how the log names a store: `store:<agent's slug>`, or `store:*` for the shared one."""
    return f"store:{store.agent.slug if store.agent else '*'}"


def write_memory(
    store: MemoryStore,
    path: str,
    content: str,
    *,
    base_version: int | None,
    actor: Actor,
    on_behalf: Actor | Cause | None = None,
    number: int | None = None,
    **origin: Unpack[Origin],
) -> MemoryVersion:
    """Make `content` the head of `path` and return the new version; it is served once published.

    base_version: number of the head the text was written on; None where the path has no text.
    number: of M-…, taken before the transaction; needed where the path was never used.
    Raises StaleVersion when the head is another, Frozen, InvalidPath, InvalidInput or StoreFull.
    """
    check_path(path)
    check_content(path, content)
    locked = lock_store(store)
    refuse_frozen(locked)
    return _write_text(
        locked, path, content, base_version, actor, on_behalf, number=number, origin=origin
    )


def restore_memory(
    store: MemoryStore,
    path: str,
    version: int,
    *,
    base_version: int | None,
    actor: Actor,
    on_behalf: Actor | Cause | None = None,
) -> MemoryVersion:
    """Make the text of an earlier version the head of `path` again: containment, also when frozen.

    Where it came from and what ranked it stay with the text. Raises StaleVersion when the head is
    not base_version, InvalidInput where the path never had that version or it was a tombstone.
    """
    locked = lock_store(store)
    former = (
        MemoryVersion.objects.filter(memory__store=locked, memory__path=path, number=version)
        .exclude(is_tombstone=True)
        .first()
    )
    if former is None:
        raise InvalidInput(f"{path} never had a text in version {version}.")
    return _write_text(
        locked,
        path,
        former.content,
        base_version,
        actor,
        on_behalf,
        origin=origin_of(former),
    )


def retire_memory(
    store: MemoryStore,
    path: str,
    *,
    base_version: int,
    actor: Actor,
    on_behalf: Actor | Cause | None = None,
    proposal: str = "",
) -> MemoryVersion:
    """Take `path` out of later releases by a tombstone, which is returned; its history stays.

    Raises StaleVersion when the head is not base_version or is a tombstone already, and Frozen.
    """
    locked = lock_store(store)
    refuse_frozen(locked)
    return _retire(locked, path, base_version, actor, on_behalf, Origin(proposal=proposal))


def take_out_memory(
    store: MemoryStore,
    path: str,
    *,
    base_version: int,
    actor: Actor,
    on_behalf: Actor | Cause | None = None,
) -> MemoryVersion:
    """Retire `path` as containment: as `retire_memory`, but also in a frozen store."""
    return _retire(lock_store(store), path, base_version, actor, on_behalf, Origin())


def replace_texts(
    store: MemoryStore,
    wanted: Sequence[tuple[Memory, MemoryVersion | None]],
    *,
    actor: Actor,
    on_behalf: Actor | Cause | None = None,
) -> list[MemoryVersion]:
    """Give each memory the text of a former version of its own, or a tombstone for None.

    Containment of many paths at once, also when frozen; the memories carry their present heads.
    Raises StaleVersion when one of the heads has moved on.
    """
    locked = lock_store(store)
    writings = [
        _Writing(memory, "retire", "")
        if former is None
        else _Writing(memory, "restore", former.content, origin_of(former))
        for memory, former in wanted
    ]
    return _write(locked, writings, actor, on_behalf)


def set_review(
    memory: Memory, on: date, *, actor: Actor, on_behalf: Actor | Cause | None = None
) -> None:
    """Settle the day by which the memory's text is to be looked at again, on the record.

    Run it in the transaction of the decision behind it; the day it has already changes nothing.
    """
    before = memory.review_by
    if before == on:
        return
    Memory.objects.filter(pk=memory.pk).update(review_by=on)
    memory.review_by = on
    log.append(
        Action.MEMORY_REVIEWED,
        workspace=memory.workspace.slug,
        actor=actor,
        on_behalf=on_behalf,
        object=str(memory),
        before={"review_by": before.isoformat() if before else None},
        after={"review_by": on.isoformat()},
    )


def lock_store(store: MemoryStore) -> MemoryStore:
    """Return the store, its row locked until the transaction ends.

    Raises RuntimeError outside a transaction: a version must commit with what caused it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Memory is written inside the transaction of the decision behind it.")
    # Keys stay readable: who writes rows that point to the store does not wait for its writers.
    rows = MemoryStore.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "agent").get(pk=store.pk)


def refuse_frozen(store: MemoryStore) -> None:
    """Raise Frozen when the store's agent or workspace is; `store` was read in this transaction."""
    if store.workspace.frozen_at is not None:
        raise Frozen(f"The workspace {store.workspace.name} is frozen; a lead can lift it.")
    if store.agent is not None and store.agent.frozen_at is not None:
        raise Frozen(f"The agent {store.agent.name} is frozen; a lead can lift it.")


def find_head(store: MemoryStore, path: str) -> MemoryVersion | None:
    """Return the newest applied version of `path`, or None where it has no text."""
    memory = _memory_at.first(store=store.pk, path=path)
    return None if memory is None else _live_head(memory)


@Prepared
def _memory_at(store: Slot, path: Slot) -> QuerySet[Memory]:
    return Memory.objects.filter(store=store, path=path).select_related("head")


def heads_of(store: MemoryStore) -> QuerySet[MemoryVersion]:
    """Return the heads that have a text, each with its memory, in the order of their paths."""
    # One join: SQLite takes half the time it takes where a query of its own names the heads.
    heads = MemoryVersion.objects.filter(
        memory__store=store, memory__head=F("pk"), is_tombstone=False
    )
    return heads.select_related("memory").order_by("memory__path")


def origin_of(version: MemoryVersion) -> Origin:
    """Return the origin a text keeps when it is put back."""
    return Origin(
        proposal=version.proposal,
        title=version.title,
        pattern_key=version.pattern_key,
        support=version.support,
        last_evidence_at=version.last_evidence_at,
        taint=version.taint,
        restores=version.number,
    )


def _write_text(
    store: MemoryStore,
    path: str,
    content: str,
    base_version: int | None,
    actor: Actor,
    on_behalf: Actor | Cause | None,
    *,
    origin: Origin,
    number: int | None = None,
) -> MemoryVersion:
    memory = _find(store, path)
    if memory is None and base_version is None:
        memory = _add(store, path, number)
    elif memory is None:
        raise StaleVersion(path, expected=base_version, found=None)
    _compare(memory, base_version)
    if _live_head(memory) is None:
        check_room(path, heads_of(store).count())
    writing = _Writing(memory, _name_op(memory, origin), content, origin)
    return _write(store, [writing], actor, on_behalf)[0]


def _retire(
    store: MemoryStore,
    path: str,
    base_version: int,
    actor: Actor,
    on_behalf: Actor | Cause | None,
    origin: Origin,
) -> MemoryVersion:
    memory = _find(store, path)
    if memory is None or _live_head(memory) is None:
        raise StaleVersion(path, expected=base_version, found=None)
    _compare(memory, base_version)
    return _write(store, [_Writing(memory, "retire", "", origin)], actor, on_behalf)[0]


def _find(store: MemoryStore, path: str) -> Memory | None:
    return Memory.objects.filter(store=store, path=path).select_related("head").first()


def _add(store: MemoryStore, path: str, number: int | None) -> Memory:
    if number is None:
        raise ValueError(f"{path} is new: take a number of M-… before the transaction")
    return Memory.objects.create(
        store=store, workspace_id=store.workspace_id, number=number, path=path
    )


def _live_head(memory: Memory) -> MemoryVersion | None:
    head = memory.head
    return None if head is None or head.is_tombstone else head


def _compare(memory: Memory, base_version: int | None) -> None:
    """Raise StaleVersion unless base_version is the head; None stands for "no text here"."""
    head = memory.head
    if base_version is None and _live_head(memory) is None:
        return
    if head is None or head.number != base_version:
        raise StaleVersion(
            memory.path, expected=base_version, found=None if head is None else head.number
        )


def _name_op(memory: Memory, origin: Origin) -> str:
    if origin.get("restores") is not None:
        return "restore"
    return "create" if _live_head(memory) is None else "update"


def _write(
    store: MemoryStore,
    writings: Sequence[_Writing],
    actor: Actor,
    on_behalf: Actor | Cause | None,
) -> list[MemoryVersion]:
    """Write versions, move the heads, mark the store as unpublished and log each."""
    versions = MemoryVersion.objects.bulk_create(map(_new_version, writings), batch_size=500)
    for writing, version in zip(writings, versions, strict=True):
        _move_head(writing.memory, version)
    MemoryStore.objects.filter(pk=store.pk, unpublished_since=None).update(
        unpublished_since=clock.now()
    )
    log.append_many(
        [
            _draft(store, writing, version, actor, on_behalf)
            for writing, version in zip(writings, versions, strict=True)
        ]
    )
    for writing, version in zip(writings, versions, strict=True):
        writing.memory.head = version
    return versions


def _new_version(writing: _Writing) -> MemoryVersion:
    head = writing.memory.head
    return MemoryVersion(
        **{"taint": "member", **writing.origin},
        memory=writing.memory,
        number=1 if head is None else head.number + 1,
        content=writing.content,
        sha256=text_sha256(writing.content),
        is_tombstone=writing.retires,
        created_at=clock.now(),
    )


def _move_head(memory: Memory, version: MemoryVersion) -> None:
    """Compare and set: right on SQLite too, where rows cannot be locked."""
    head = memory.head
    moved = Memory.objects.filter(pk=memory.pk, head=head).update(head=version)
    if moved != 1:
        raise StaleVersion(
            memory.path, expected=None if head is None else head.number, found=version.number
        )


def _draft(
    store: MemoryStore,
    writing: _Writing,
    version: MemoryVersion,
    actor: Actor,
    on_behalf: Actor | Cause | None,
) -> Draft:
    """Return the entry of one version: the path and the text are values, never in the body."""
    memory, head = writing.memory, writing.memory.head
    name = spell_id("M", memory.number)
    after = {
        "store": name_store(store),
        "version": version.number,
        "op": writing.op,
        "proposal": version.proposal or None,
        "restores": version.restores,
        "taint": version.taint,
    }
    values = {"path": memory.path}
    if not writing.retires:
        values["content"] = version.content
    return Draft(
        action=Action.MEMORY_RETIRED if writing.retires else Action.MEMORY_WRITTEN,
        workspace=store.workspace.slug,
        actor=actor,
        on_behalf=on_behalf,
        object=name,
        before=None if head is None else {"version": head.number},
        after=after,
        values=values,
        subject=f"memory:{store.workspace.slug}:{name}",
    )
