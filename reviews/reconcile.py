"""The log folded into what memory must say, held against what the rows say.

The tree proves that entries were not changed; only this proves that memory was not changed behind
them. Every version, every head and what channel live serves must follow from an entry.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from agents.memory import name_store
from agents.models import Channel, Memory, MemoryStore, MemoryVersion
from agents.releases import contents
from agents.stores import manifest_sha256, text_sha256
from agents.web.ids import spell_id
from reviews.audit.actions import Action
from reviews.audit.errors import AuditError
from reviews.audit.history import LoggedEntry, entries
from reviews.audit.report import Report, Status
from reviews.audit.verify import verify_log

FOLDED = (Action.MEMORY_WRITTEN, Action.MEMORY_RETIRED, Action.RELEASE_PUBLISHED)
CHUNK = 500


@dataclass(slots=True)
class Logged:
    """What the log says of one memory: the SHA-256 of each version's text, None where erased."""

    store: str
    path: str | None
    versions: dict[int, str | None] = field(default_factory=dict)
    tombstones: set[int] = field(default_factory=set)

    @property
    def head(self) -> int:
        """Return the number of the newest version."""
        return max(self.versions.keys() | self.tombstones)


@dataclass(slots=True)
class Fold:
    """The log read to its end: memories by (workspace, M-…), releases by (workspace, store)."""

    memories: dict[tuple[str, str], Logged] = field(default_factory=dict)
    releases: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)

    def take(self, entry: LoggedEntry) -> None:
        """Add one entry of FOLDED."""
        after = entry.body["after"]
        if not isinstance(after, dict):
            return
        place = (entry.columns.workspace, entry.columns.object)
        if entry.columns.action == Action.RELEASE_PUBLISHED:
            key = (entry.columns.workspace, str(after["store"]))
            self.releases[key] = (entry.columns.object, entry.values.get("sha256"))
            return
        logged = self.memories.setdefault(place, Logged(str(after["store"]), None))
        logged.path = entry.values.get("path")
        number = int(str(after["version"]))
        if entry.columns.action == Action.MEMORY_RETIRED:
            logged.tombstones.add(number)
        else:
            text = entry.values.get("content")
            logged.versions[number] = None if text is None else text_sha256(text)


def verify(since: str | None = None) -> Report:
    """Verify the tree, then fold the log and compare it with memory and what live serves.

    since: the text of a checkpoint kept elsewhere. A difference in memory is tampering.
    """
    report = verify_log(since)
    try:
        fold = fold_log()
    except AuditError as error:
        report.add(Status.UNVERIFIABLE, f"The log cannot be folded: {error}")
        return report
    for problem in [*memory_differences(fold), *release_differences(fold)]:
        report.add(Status.TAMPERED, problem)
    report.count("memories", len(fold.memories))
    return report


def fold_log(workspace: str | None = None) -> Fold:
    """Return what the log, read in its order, says memory must be."""
    fold = Fold()
    for entry in entries(workspace, FOLDED):
        fold.take(entry)
    return fold


def memory_differences(fold: Fold) -> Iterator[str]:
    """Yield a sentence for each memory or version that is not what its entries say."""
    seen: set[tuple[str, str]] = set()
    rows = Memory.objects.select_related("workspace", "store__agent", "store__workspace", "head")
    for memory in rows.order_by("pk").iterator(chunk_size=CHUNK):
        key = (memory.workspace.slug, spell_id("M", memory.number))
        seen.add(key)
        logged = fold.memories.get(key)
        if logged is None:
            yield f"{key[1]} in {key[0]} has no entry: it was written behind the application."
            continue
        yield from _compare_memory(memory, logged)
    for workspace, name in sorted(fold.memories.keys() - seen):
        yield f"{name} in {workspace} is in the log and no longer in memory."
    yield from _version_differences(fold)


def _compare_memory(memory: Memory, logged: Logged) -> Iterator[str]:
    name = f"{spell_id('M', memory.number)} in {memory.workspace.slug}"
    if logged.path is not None and memory.path != logged.path:
        yield f"{name} has another path than its entries say."
    if name_store(memory.store) != logged.store:
        yield f"{name} is in another store than its entries say."
    head = memory.head.number if memory.head else None
    if head != logged.head:
        yield f"{name} has version {head} for its head; by the log it is version {logged.head}."


def _version_differences(fold: Fold) -> Iterator[str]:
    """Compare every version's text with its entry; a column that lies about its text is one too."""
    found: dict[tuple[str, str], set[int]] = {}
    rows = MemoryVersion.objects.select_related("memory__workspace").order_by("pk")
    for version in rows.iterator(chunk_size=CHUNK):
        memory = version.memory
        key = (memory.workspace.slug, spell_id("M", memory.number))
        found.setdefault(key, set()).add(version.number)
        logged = fold.memories.get(key)
        if logged is None:
            continue
        problem = _compare_version(version, logged)
        if problem:
            yield f"{key[1]} in {key[0]}, version {version.number}: {problem}"
    for key, logged in fold.memories.items():
        missing = (logged.versions.keys() | logged.tombstones) - found.get(key, set())
        if missing and key in found:
            numbers = ", ".join(str(number) for number in sorted(missing))
            yield f"{key[1]} in {key[0]}: version {numbers} is in the log and no longer in memory."


def _compare_version(version: MemoryVersion, logged: Logged) -> str:
    if version.is_tombstone:
        return "" if version.number in logged.tombstones else "the log knows no such tombstone."
    if version.number not in logged.versions:
        return "no entry says that it was written."
    expected = logged.versions[version.number]
    if expected is not None and text_sha256(version.content) != expected:
        return "its text is not the one that was logged."
    if expected is not None and version.sha256 != expected:
        return "its SHA-256 is not that of the text that was logged."
    return ""


def release_differences(fold: Fold) -> Iterator[str]:
    """Yield a sentence for each store that serves another release, or another text in it."""
    channels = {
        channel.store_id: channel
        for channel in Channel.objects.filter(name="live").select_related("release__parent")
    }
    for store in MemoryStore.objects.select_related("workspace", "agent").order_by("pk"):
        key = (store.workspace.slug, name_store(store))
        channel = channels.get(store.pk)
        if channel is None:
            yield f"{key[1]} in {key[0]} serves nothing: its channel live is gone."
        elif key in fold.releases:
            yield from _compare_release(key, channel, *fold.releases[key])
        elif channel.release.sequence:
            yield f"{key[1]} in {key[0]} serves {channel.release}, which no entry published."


def _compare_release(
    key: tuple[str, str], channel: Channel, name: str, sha256: str | None
) -> Iterator[str]:
    release = channel.release
    where = f"{key[1]} in {key[0]}"
    if str(release) != name:
        yield f"{where} serves {release}; by the log it is {name}."
        return
    held = manifest_sha256((line.path, line.sha256) for line in contents(release))
    if release.sha256 != held or sha256 not in {held, None}:
        yield f"{where}: {name} holds other texts than were published."
