"""Releases: numbered sets of memory versions, what is served from them, and the way back.

A release's contents never change, so they are kept in this process once they were read. Its SHA-256
is over `agents.stores.manifest`: the whole sorted list of paths and texts, not what differs.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, IntegerField, Q
from django.db.models.sql.compiler import SQLCompiler

from agents import clock
from agents.errors import BadTimes, Frozen, UnknownRelease
from agents.memory import LIVE, lock_store, name_store, refuse_frozen, replace_texts
from agents.models import (
    Channel,
    Memory,
    MemoryStore,
    MemoryVersion,
    Person,
    Publishing,
    Quarantine,
    QuarantineKind,
    Release,
    ReleaseItem,
    Workspace,
)
from agents.numbers import take_number
from agents.slots import newest_slot, spell_slot
from agents.stores import ReleaseLine, manifest_sha256
from agents.web.ids import spell_id
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor, Cause

logger = logging.getLogger(__name__)

KEPT_RELEASES = 64
EVERY_VERSION = 2**31 - 1
MAX_LISTED = 2_000
"""Changes an entry lists one by one; more would not fit, and are their count."""

Lines = Mapping[int, ReleaseLine]
"""The lines of a release by the primary key of their memory."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One path in which two releases differ; None where a release does not have it."""

    path: str
    before: ReleaseLine | None
    after: ReleaseLine | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A path whose head is not served yet. before: what is; is_gone: the head is a tombstone."""

    before: ReleaseLine | None
    head: ReleaseLine
    is_gone: bool

    @property
    def differs(self) -> bool:
        """Say whether the head is another than what is served."""
        if self.is_gone or self.before is None:
            return self.is_gone == (self.before is not None)
        return self.before.version_id != self.head.version_id


@dataclass(frozen=True, slots=True)
class Served:
    """By whom, on whose behalf and why a release is published; slot: of the store's schedule."""

    actor: Actor
    on_behalf: Actor | Cause | None = None
    goes_back_to: Release | None = None
    slot: datetime | None = None


@dataclass(frozen=True, slots=True)
class WentBack:
    """A roll back: the new release, and the paths whose text it changed."""

    release: Release
    paths: tuple[str, ...]


def publish(
    store: MemoryStore, *, actor: Actor = SYSTEM, on_behalf: Actor | Cause | None = None
) -> Release | None:
    """Serve everything applied since the last release, as a new one; None when nothing differs.

    Raises Frozen for a frozen store.
    """
    if not _pending(store):
        _settle(store)
        return None
    number = take_number(store.workspace, "R")
    with transaction.atomic():
        return publish_waiting(lock_store(store), number, actor=actor, on_behalf=on_behalf)


def publish_waiting(
    locked: MemoryStore,
    number: int,
    *,
    actor: Actor = SYSTEM,
    on_behalf: Actor | Cause | None = None,
    slot: datetime | None = None,
) -> Release | None:
    """Serve everything that waits as R-`number`, in the caller's transaction; as `publish`.

    locked: from lock_store in that transaction. slot: of the store's schedule, where it was due.
    """
    refuse_frozen(locked)
    served = Served(actor, on_behalf, slot=slot)
    release = _publish(locked, _pending(locked), number, served)
    _unmark(locked)
    return release


def publish_memories(
    store: MemoryStore,
    memories: Iterable[Memory],
    *,
    number: int,
    actor: Actor,
    on_behalf: Actor | Cause | None = None,
) -> Release | None:
    """Serve the heads of just these memories: containment, also in a frozen store.

    Whatever else was applied waits for `publish`. number: of R-…, taken before the transaction,
    which is the caller's. Returns None when they are served already.
    """
    locked = lock_store(store)
    chosen = {memory.pk for memory in memories}
    pending = _pending(locked)
    release = _publish(
        locked,
        {memory: line for memory, line in pending.items() if memory in chosen},
        number,
        Served(actor, on_behalf),
    )
    if pending.keys() <= chosen:
        _unmark(locked)
    return release


def publish_due(now: datetime) -> list[Release]:
    """Publish each store whose time has come for a change applied up to `now`, oldest first.

    At once, or at the newest slot of its schedule since its first change; what is published by hand
    waits for a person, what is frozen for the freeze to be lifted. Several workers may run it.
    """
    due = MemoryStore.objects.filter(
        Q(agent=None) | Q(agent__frozen_at=None),
        unpublished_since__lte=now,
        workspace__frozen_at=None,
    ).exclude(publishing=Publishing.BY_HAND)
    published: list[Release] = []
    for store in due.select_related("workspace", "agent").order_by("unpublished_since", "pk"):
        try:
            release = _publish_when_due(store, now)
        except Frozen:
            # Frozen since we looked: the change waits, which is what a freeze is for.
            continue
        if release is not None:
            published.append(release)
    return published


def _publish_when_due(store: MemoryStore, now: datetime) -> Release | None:
    """Publish the store if its time has come, looked at again once its row is locked."""
    if not has_come(store, now)[0]:
        return None
    if not _pending(store):
        _settle(store)
        return None
    number = take_number(store.workspace, "R")
    with transaction.atomic():
        locked = lock_store(store)
        is_due, slot = has_come(locked, now)
        cause = Cause("schedule", spell_slot(slot)) if slot else None
        return publish_waiting(locked, number, on_behalf=cause, slot=slot) if is_due else None


def has_come(store: MemoryStore, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether what waits is published by `now` without a person, and the slot it is due at.

    A schedule's slots count from the first change that waits, and from when the times were set.
    """
    if store.unpublished_since is None or store.publishing == Publishing.BY_HAND:
        return False, None
    if store.publishing == Publishing.AT_ONCE:
        return True, None
    since = max(store.unpublished_since, store.publish_set_at or store.unpublished_since)
    try:
        slot = newest_slot(store.publish_cron, store.publish_zone, since, now)
    except BadTimes as error:
        logger.warning("store_without_times store=%s cause=%s", store.pk, error)
        return False, None
    return slot is not None, slot


def waiting(store: MemoryStore) -> tuple[Waiting, ...]:
    """Return what was applied and is not served yet, in the order of paths."""
    served = _lines(_newest(store))
    heads = (
        Waiting(served.get(head.memory_id), head, is_gone) for head, is_gone in _head_lines(store)
    )
    return tuple(sorted((one for one in heads if one.differs), key=lambda one: one.head.path))


def fingerprint(changes: Iterable[Waiting]) -> str:
    """Return what stands for exactly these changes: the SHA-256 of their versions."""
    versions = sorted((one.head.memory_id, one.head.version) for one in changes)
    return hashlib.sha256(repr(versions).encode()).hexdigest()


def go_back(
    store: MemoryStore,
    release: Release,
    *,
    actor: Actor,
    reason: str,
    number: int,
    on_behalf: Actor | Cause | None = None,
) -> WentBack:
    """Serve the texts of an earlier release again, also in a frozen store.

    Paths that differ get new head versions (tombstones where the release had none), published as a
    new release in the caller's transaction. number: of R-…, taken before that transaction.
    """
    if release.store_id != store.pk:
        raise UnknownRelease(f"{release} is not a release of this store.")
    locked = lock_store(store)
    wanted = _texts_to_replace(locked, contents(release))
    replace_texts(locked, wanted, actor=actor, on_behalf=on_behalf)
    left = live_release(locked)
    served = Served(actor, on_behalf, goes_back_to=release)
    made = _publish(locked, _pending(locked), number, served)
    _unmark(locked)
    back = WentBack(made or left, tuple(memory.path for memory, _ in wanted))
    if made is not None:
        _log_roll_back(locked, left, back, actor, on_behalf, reason)
    return back


def take_back(
    store: MemoryStore,
    release: Release,
    before: Release,
    *,
    actor: Actor,
    number: int,
    on_behalf: Actor | Cause | None = None,
) -> WentBack:
    """Undo what `release` changed against `before`, and nothing that was applied since elsewhere.

    The paths in which the two differ get the texts of `before` again, published in the caller's
    transaction; every other path stays as it is served. number: of R-…, taken before.
    """
    locked = lock_store(store)
    paths = {difference.path for difference in differences(before, release)}
    wanted = [
        (memory, version)
        for memory, version in _texts_to_replace(locked, contents(before))
        if memory.path in paths
    ]
    replace_texts(locked, wanted, actor=actor, on_behalf=on_behalf)
    memories = [memory for memory, _ in wanted]
    made = publish_memories(locked, memories, number=number, actor=actor, on_behalf=on_behalf)
    return WentBack(made or live_release(locked), tuple(memory.path for memory in memories))


def live_release(store: MemoryStore) -> Release:
    """Return what channel live serves."""
    channel = Channel.objects.select_related("release").get(store=store, name=LIVE)
    return channel.release


def find_release(store: MemoryStore, number: int) -> Release:
    """Return the store's release R-`number`, or raise UnknownRelease."""
    release = Release.objects.filter(store=store, number=number).first()
    if release is None:
        raise UnknownRelease(f"{spell_id('R', number)} is not a release of this store.")
    return release


def contents(release: Release) -> tuple[ReleaseLine, ...]:
    """Return every path the release holds, in the order of paths; quarantine is not looked at."""
    return tuple(sorted(_lines(release).values()))


def differences(before: Release, after: Release) -> tuple[Difference, ...]:
    """Return the paths in which two releases differ in text, in the order of paths."""
    old = {line.path: line for line in _lines(before).values()}
    new = {line.path: line for line in _lines(after).values()}
    return tuple(
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if _sha256_of(old.get(path)) != _sha256_of(new.get(path))
    )


def changed_sizes(before: Release, after: Release) -> list[tuple[int, int]]:
    """Return the bytes of each text in which two releases differ, before and after; 0 for none."""
    found = differences(before, after)
    lines = [line for one in found for line in (one.before, one.after) if line is not None]
    sizes = _sizes({line.version_id for line in lines})
    return [
        (
            sizes[one.before.version_id] if one.before else 0,
            sizes[one.after.version_id] if one.after else 0,
        )
        for one in found
    ]


def quarantined(workspace: Workspace) -> Mapping[int, int]:
    """Return the memories that are out of service now, by primary key.

    Each with the number of the newest version that is out: what was approved since is served.
    """
    rows = Quarantine.objects.filter(
        workspace=workspace, kind=QuarantineKind.MEMORY, lifted_at=None, memory__isnull=False
    )
    out: dict[int, int] = {}
    for memory, through in rows.values_list("memory_id", "through"):
        out[memory] = max(out.get(memory, 0), EVERY_VERSION if through is None else through)
    return out


def forget_contents() -> None:
    """Drop what this process keeps of releases; tests begin so."""
    with _lock:
        _kept.clear()


_kept: OrderedDict[tuple[int, str, datetime], Lines] = OrderedDict()
_lock = Lock()


def _recall(release: Release) -> Lines | None:
    key = (release.pk, release.sha256, release.created_at)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


def _keep(release: Release, lines: Lines) -> None:
    with _lock:
        _kept[release.pk, release.sha256, release.created_at] = lines
        while len(_kept) > KEPT_RELEASES:
            _kept.popitem(last=False)


def _lines(release: Release) -> Lines:
    """Return the release's lines: kept ones, else its parent's with what differs laid over them."""
    lines = _recall(release)
    if lines is None:
        below = None if release.parent is None else _recall(release.parent)
        lowest = 0 if below is None else release.sequence
        lines = _lay_over(below or {}, release, lowest)
        _keep(release, lines)
    return lines


def _lay_over(below: Lines, release: Release, lowest: int) -> Lines:
    """Return `below` with the items of the releases from sequence `lowest` up to this one."""
    items = ReleaseItem.objects.filter(
        release__store_id=release.store_id,
        release__sequence__gte=lowest,
        release__sequence__lte=release.sequence,
    ).order_by("release__sequence")
    lines = dict(below)
    rows: Iterable[tuple[str, int, int, str, int, int | None]] = items.values_list(
        "memory__path",
        "memory__number",
        "version__number",
        "version__sha256",
        "memory_id",
        "version_id",
    )
    for path, memory, version, sha256, memory_id, version_id in rows:
        if version_id is None:
            lines.pop(memory_id, None)
        else:
            lines[memory_id] = ReleaseLine(path, memory, version, sha256, memory_id, version_id)
    return lines


def _sha256_of(line: ReleaseLine | None) -> str:
    return "" if line is None else line.sha256


def _newest(store: MemoryStore) -> Release:
    return Release.objects.filter(store=store).select_related("parent").latest("sequence")


def _pending(store: MemoryStore) -> dict[int, ReleaseLine | None]:
    """Return the heads that differ from the newest release, None for what is to leave it."""
    return {one.head.memory_id: None if one.is_gone else one.head for one in waiting(store)}


def _head_lines(store: MemoryStore) -> Iterator[tuple[ReleaseLine, bool]]:
    """Yield the head of every memory of the store, and whether it is a tombstone."""
    heads = MemoryVersion.objects.filter(pk__in=Memory.objects.filter(store=store).values("head"))
    for path, memory, number, sha256, memory_id, pk, is_gone in heads.values_list(
        "memory__path", "memory__number", "number", "sha256", "memory_id", "pk", "is_tombstone"
    ):
        yield ReleaseLine(path, memory, number, sha256, memory_id, pk), is_gone


def _texts_to_replace(
    store: MemoryStore, wanted: Sequence[ReleaseLine]
) -> list[tuple[Memory, MemoryVersion | None]]:
    """Return the memories whose head has another text than `wanted`, with the version to return to.

    None stands for a path that `wanted` does not have.
    """
    target = {line.memory_id: line for line in wanted}
    moved: list[tuple[Memory, int | None]] = []
    for memory in Memory.objects.filter(store=store).select_related("head").order_by("path"):
        line = target.get(memory.pk)
        head = memory.head
        text = "" if head is None or head.is_tombstone else head.sha256
        if text != _sha256_of(line):
            moved.append((memory, None if line is None else line.version_id))
    former = MemoryVersion.objects.in_bulk([version for _, version in moved if version is not None])
    return [(memory, None if pk is None else former[pk]) for memory, pk in moved]


def _settle(store: MemoryStore) -> None:
    """Take the mark off a store in which nothing differs, unless a writer is at work on it."""
    with transaction.atomic():
        locked = lock_store(store)
        if locked.unpublished_since is not None and not _pending(locked):
            _unmark(locked)


def _unmark(store: MemoryStore) -> None:
    """Say that nothing of the store waits to be published; the caller holds its lock."""
    MemoryStore.objects.filter(pk=store.pk).exclude(unpublished_since=None).update(
        unpublished_since=None
    )


def _publish(
    store: MemoryStore,
    pending: Mapping[int, ReleaseLine | None],
    number: int,
    by: Served,
) -> Release | None:
    """Write the release, move channel live and log it; the caller holds the store's lock."""
    if not pending:
        return None
    parent = _newest(store)
    served = _lines(parent)
    held = {memory: line for memory, line in {**served, **pending}.items() if line is not None}
    release = Release.objects.create(
        store=store,
        workspace=store.workspace,
        number=number,
        sequence=parent.sequence + 1,
        parent=parent,
        goes_back_to=by.goes_back_to,
        published_by=_person_of(by.actor),
        slot=by.slot,
        sha256=manifest_sha256((line.path, line.sha256) for line in held.values()),
        memory_count=len(held),
        size_bytes=parent.size_bytes + _growth(served, pending),
        created_at=clock.now(),
    )
    ReleaseItem.objects.bulk_create(
        (
            ReleaseItem(release=release, memory_id=memory, version_id=line and line.version_id)
            for memory, line in pending.items()
        ),
        batch_size=500,
    )
    Channel.objects.filter(store=store, name=LIVE).update(release=release)
    _log_publication(store, release, parent, pending, by)
    return release


def _person_of(actor: Actor) -> Person | None:
    return Person.objects.get(public_id=actor.id) if actor.kind == "person" else None


class _Bytes(Func):
    """How many bytes a text has in UTF-8."""

    output_field = IntegerField()
    function = "OCTET_LENGTH"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, Any]:
        template = "LENGTH(CAST(%(expressions)s AS BLOB))"
        return self.as_sql(compiler, connection, template=template, **extra_context)


def _sizes(versions: Collection[int]) -> dict[int, int]:
    """Return the bytes of the texts of these versions."""
    rows = MemoryVersion.objects.filter(pk__in=versions)
    return dict(rows.values_list("pk", _Bytes("content")))


def _growth(served: Lines, pending: Mapping[int, ReleaseLine | None]) -> int:
    """Return by how many bytes of text the release grows (below 0: shrinks)."""
    came = {line.version_id for line in pending.values() if line is not None}
    left = {served[memory].version_id for memory in pending if memory in served}
    sizes = _sizes(came | left)
    return sum(sizes[version] for version in came) - sum(sizes[version] for version in left)


def _log_publication(
    store: MemoryStore,
    release: Release,
    parent: Release,
    pending: Mapping[int, ReleaseLine | None],
    by: Served,
) -> None:
    """Log which versions came and which memories left; the hash of the texts is a value."""
    served = _lines(parent)
    came = {
        spell_id("M", line.memory): line.version for line in pending.values() if line is not None
    }
    left = [spell_id("M", served[memory].memory) for memory in pending if pending[memory] is None]
    is_listed = len(pending) <= MAX_LISTED
    back_to = release.goes_back_to
    log.append(
        Action.RELEASE_PUBLISHED,
        workspace=store.workspace.slug,
        actor=by.actor,
        on_behalf=by.on_behalf,
        object=spell_id("R", release.number),
        before={"release": spell_id("R", parent.number)},
        after={
            "store": name_store(store),
            "sequence": release.sequence,
            "memories": release.memory_count,
            "bytes": release.size_bytes,
            "changed": len(pending),
            "came": came if is_listed else None,
            "left": left if is_listed else None,
            "goes_back_to": None if back_to is None else spell_id("R", back_to.number),
        },
        values={"sha256": release.sha256},
    )


def _log_roll_back(
    store: MemoryStore,
    left: Release,
    back: WentBack,
    actor: Actor,
    on_behalf: Actor | Cause | None,
    reason: str,
) -> None:
    target = back.release.goes_back_to or back.release
    log.append(
        Action.RELEASE_ROLLED_BACK,
        workspace=store.workspace.slug,
        actor=actor,
        on_behalf=on_behalf,
        object=spell_id("R", back.release.number),
        before={"release": spell_id("R", left.number)},
        after={"goes_back_to": spell_id("R", target.number), "changed": len(back.paths)},
        values={"reason": reason},
    )
