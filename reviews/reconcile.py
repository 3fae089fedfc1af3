"""The log folded into what memory must say, held against what the rows say.

The tree proves that entries were not changed; only this proves that memory was not changed behind
them. Every version, head and release and what channel live serves must follow from an entry. Rows
are read in batches, each with its own entries, so memory stays flat however long the log is.

Writers may go on meanwhile: where a batch differs, it is compared again with its store locked.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Model, OuterRef, QuerySet, Subquery

from agents.memory import LIVE, lock_store, name_store
from agents.models import Channel, Memory, MemoryStore, MemoryVersion, Release, ReleaseItem
from agents.releases import contents, forget_contents
from agents.stores import manifest_sha256
from agents.web.ids import BadId, parse_id, spell_id
from reviews.audit import triggers
from reviews.audit.actions import Action
from reviews.audit.canonical import Json
from reviews.audit.history import spoilt_text_readable
from reviews.audit.models import Entry
from reviews.audit.report import Report, Status
from reviews.audit.verify import verify_log
from reviews.entries import TEXTS, Difference, entries_about, facts_of
from reviews.reconcile_quarantines import compare_quarantines

Row = TypeVar("Row", bound=Model)
OF_MEMORY = (Action.MEMORY_WRITTEN, Action.MEMORY_RETIRED)
OF_RELEASE = (Action.RELEASE_PUBLISHED,)
ROWS = 200
ENTRIES = 500


class Text(NamedTuple):
    """What is known of a version's text; sha256 is None where the log's value was erased."""

    sha256: str | None
    taint: str


@dataclass(slots=True)
class Logged:
    """What the log says of one memory."""

    store: str = ""
    path: str | None = None
    versions: dict[int, Text] = field(default_factory=dict)
    tombstones: set[int] = field(default_factory=set)

    @property
    def numbers(self) -> set[int]:
        """Return the numbers of all versions, tombstones too."""
        return self.versions.keys() | self.tombstones


@dataclass(frozen=True, slots=True)
class Published:
    """What the log says of one release: its facts, and the SHA-256 of its texts if not erased."""

    facts: Mapping[str, Json]
    sha256: str | None


def verify(since: str | None = None) -> Report:
    """Verify the tree, then hold memory, releases and what live serves against the log.

    since: the text of a checkpoint kept elsewhere. What contradicts an entry is tampering. So is a
    row that no entry speaks of, unless the log has gaps: then it is incomplete like the log.
    """
    report = verify_log(since)
    # What this process remembers of releases may be older than what their rows say now.
    forget_contents()
    # A missing trigger is no missing entry.
    gaps = report.found.get(Status.INCOMPLETE, 0) > len(triggers.missing_triggers())
    with spoilt_text_readable():
        for difference in differences(report):
            lesser = difference.unlogged and gaps
            report.add(Status.INCOMPLETE if lesser else Status.TAMPERED, difference.message)
    return report


def differences(report: Report) -> Iterator[Difference]:
    """Yield every difference between log and rows; count in `report` what was looked at."""
    for memories in _batches(_memories()):
        report.count("memories", len(memories))
        for store, some in groupby(sorted(memories, key=_store_of), key=_store_of):
            yield from settle(store, list(some))
    releases = Release.objects.exclude(sequence=0).select_related("workspace", "store__agent")
    for published in _batches(
        releases.only("number", "sequence", "sha256", "workspace__slug", "store__agent__slug")
    ):
        report.count("releases", len(published))
        yield from compare_releases(published)
    yield from compare_served()
    yield from find_lost()
    yield from compare_quarantines(report)


def _memories() -> QuerySet[Memory]:
    rows = Memory.objects.select_related("workspace", "store__agent", "head")
    return rows.only("number", "path", "workspace__slug", "store__agent__slug", "head__number")


_store_of = attrgetter("store_id")


def _batches(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk")[:ROWS]):
        last = some[-1].pk
        yield some


def settle(store: int, memories: Sequence[Memory]) -> list[Difference]:
    """Compare memories of one store; where they differ, again while no writer can be at work."""
    found = list(compare_memories(memories))
    if not found:
        return found
    with transaction.atomic():
        lock_store(MemoryStore(pk=store))
        again = _memories().filter(pk__in=[memory.pk for memory in memories]).order_by("pk")
        return list(compare_memories(list(again)))


def compare_memories(memories: Sequence[Memory]) -> Iterator[Difference]:
    """Yield what differs between these memories, all of one store, and their entries."""
    if not memories:
        return
    slug = memories[0].workspace.slug
    stored = stored_versions(memories)
    said = logged_memories(slug, [spell_id("M", memory.number) for memory in memories])
    for memory in memories:
        name = spell_id("M", memory.number)
        known = said.get(name)
        if known is None:
            yield Difference(
                f"{name} in {slug} has no entry: it was written behind the application.",
                unlogged=True,
            )
            continue
        yield from _compare_memory(f"{name} in {slug}", memory, known)
        yield from _compare_versions(f"{name} in {slug}", stored.get(memory.pk, {}), known)


def _compare_memory(where: str, memory: Memory, known: Logged) -> Iterator[Difference]:
    if known.path is not None and memory.path != known.path:
        yield Difference(f"{where} has another path than its entries say.")
    if name_store(memory.store) != known.store:
        yield Difference(f"{where} is in another store than its entries say.")
    head = memory.head.number if memory.head else 0
    newest = max(known.numbers)
    if head < newest:
        yield Difference(f"{where} has version {head} for its head; by the log it is {newest}.")


def _compare_versions(
    where: str, stored: Mapping[int, "Stored"], known: Logged
) -> Iterator[Difference]:
    for number in sorted(stored.keys() | known.numbers):
        version = f"{where}, version {number}"
        if number not in stored:
            yield Difference(f"{version}: it is in the log and no longer in memory.")
        elif number not in known.numbers:
            yield Difference(f"{version}: no entry says that it was written.", unlogged=True)
        else:
            problem = _compare_text(stored[number], number, known)
            if problem:
                yield Difference(f"{version}: {problem}")


class Stored(NamedTuple):
    """A version as stored: the hash of its text, what its column says of it, its taint."""

    is_tombstone: bool
    text_sha256: str
    sha256: str
    taint: str


def _compare_text(stored: Stored, number: int, known: Logged) -> str:
    if stored.is_tombstone != (number in known.tombstones):
        return "the log and the row differ on whether it retired the path."
    text = known.versions.get(number, Text(None, stored.taint))
    if text.sha256 is not None and stored.text_sha256 != text.sha256:
        return "its text is not the one that was logged."
    if stored.sha256 != stored.text_sha256:
        return "its SHA-256 is not that of its text."
    if stored.taint != text.taint:
        return f"it is marked {stored.taint}; by the log it is {text.taint}."
    return ""


def stored_versions(memories: Sequence[Memory]) -> dict[int, dict[int, Stored]]:
    """Return the versions of these memories by the memory's primary key and their number."""
    rows = (
        MemoryVersion.objects.filter(memory__in=memories)
        .order_by("pk")
        .values_list("memory_id", "number", "is_tombstone", "content", "sha256", "taint")
    )
    found: dict[int, dict[int, Stored]] = {}
    for memory, number, is_tombstone, content, sha256, taint in rows.iterator(chunk_size=TEXTS):
        stored = Stored(is_tombstone, _sha256(content), sha256, taint)
        found.setdefault(memory, {})[number] = stored
    return found


def _sha256(text: str) -> str:
    # A text whose bytes were spoilt in SQLite's file is no UTF-8 any more, and still has a hash.
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def logged_memories(workspace: str, names: Sequence[str]) -> dict[str, Logged]:
    """Return what the log says of the memories of these names (M-311) in the workspace."""
    found: dict[str, Logged] = {}
    for entry, texts in entries_about(workspace, names, OF_MEMORY, ("path", "content")):
        after = facts_of(entry)
        known = found.setdefault(entry.columns.object, Logged())
        known.store, known.path = str(after["store"]), texts.get("path") or known.path
        number = int(str(after["version"]))
        if entry.columns.action == Action.MEMORY_RETIRED:
            known.tombstones.add(number)
        else:
            text = texts.get("content")
            sha256 = None if text is None else _sha256(text)
            known.versions[number] = Text(sha256, str(after["taint"]))
    return found


def compare_releases(releases: Sequence[Release]) -> Iterator[Difference]:
    """Yield what differs between these releases and their entries."""
    items = _items_of(releases)
    for slug, some in groupby(sorted(releases, key=_slug_of), key=_slug_of):
        rows = list(some)
        said = {
            entry.columns.object: Published(facts_of(entry), texts.get("sha256"))
            for entry, texts in entries_about(
                slug, [str(row) for row in rows], OF_RELEASE, ("sha256",)
            )
        }
        for row in rows:
            known = said.get(str(row))
            if known is None:
                yield Difference(
                    f"{row} in {slug} has no entry: nobody published it.", unlogged=True
                )
                continue
            problem = _compare_release(row, items.get(row.pk, {}), known)
            if problem:
                yield Difference(f"{row} in {slug}: {problem}")


_slug_of = attrgetter("workspace.slug")


def _items_of(releases: Sequence[Release]) -> dict[int, dict[str, int | None]]:
    """Return by release what it changes: the version of each memory, None for one that leaves."""
    found: dict[int, dict[str, int | None]] = {}
    rows = ReleaseItem.objects.filter(release__in=releases).values_list(
        "release_id", "memory__number", "version__number"
    )
    for release, memory, version in rows:
        found.setdefault(release, {})[spell_id("M", memory)] = version
    return found


def _compare_release(row: Release, items: Mapping[str, int | None], known: Published) -> str:
    said = known.facts
    if (said["store"], said["sequence"]) != (name_store(row.store), row.sequence):
        return "it stands in another store or place than its entry says."
    if known.sha256 not in {row.sha256, None}:
        return "its SHA-256 is not the one that was published."
    # An entry has no room to list a very large release; then its count must do.
    listed = said.get("came")
    if isinstance(listed, Mapping):
        left = said.get("left")
        gone = map(str, left) if isinstance(left, Sequence) else ()
        expected: dict[str, Any] = {**listed, **dict.fromkeys(gone)}
        if dict(items) != expected:
            return "it changes other memories or versions than its entry says."
    elif len(items) != said["changed"]:
        return f"it changes {len(items):,} memories; its entry says {said['changed']}."
    return ""


def compare_served() -> Iterator[Difference]:
    """Yield the stores that do not serve their newest release, or other texts than it holds."""
    for stores in _batches(MemoryStore.objects.select_related("workspace", "agent")):
        ends = _ends_of(stores)
        for store in stores:
            where = f"{name_store(store)} in {store.workspace.slug}"
            served, newest = ends[store.pk]
            if served is None:
                yield Difference(f"{where} serves nothing: its channel live is gone.")
                continue
            release = Release.objects.select_related("parent").get(pk=served)
            if served != newest:
                last = Release.objects.filter(pk__in=[newest]).first() or "none"
                yield Difference(f"{where} serves {release}; by the log it is {last}.")
            held = manifest_sha256((line.path, line.sha256) for line in contents(release))
            if release.sha256 != held:
                yield Difference(f"{where}: {release} holds other texts than were published.")


def _ends_of(stores: Sequence[MemoryStore]) -> dict[int, tuple[int | None, int | None]]:
    """Return by store the release that is served and the newest one, read in one statement."""
    live = Channel.objects.filter(store=OuterRef("pk"), name=LIVE).values("release")
    newest = Release.objects.filter(store=OuterRef("pk")).order_by("-sequence").values("pk")[:1]
    rows = MemoryStore.objects.filter(pk__in=[store.pk for store in stores])
    both = rows.annotate(served=Subquery(live), newest=Subquery(newest))
    return {pk: (here, last) for pk, here, last in both.values_list("pk", "served", "newest")}


def find_lost() -> Iterator[Difference]:
    """Yield the memories and releases that are in the log and no longer among the rows."""
    kinds: dict[str, tuple[tuple[Action, ...], Any, str]] = {
        "M": (OF_MEMORY, Memory, "memory"),
        "R": (OF_RELEASE, Release, "the releases"),
    }
    for letter, (actions, model, place) in kinds.items():
        lost: dict[tuple[str, int], None] = {}
        for slug, numbers in _named(letter, actions):
            rows = model.objects.filter(workspace__slug=slug, number__in=numbers)
            missing = numbers - set(rows.values_list("number", flat=True))
            lost |= dict.fromkeys((slug, number) for number in sorted(missing))
        for slug, number in lost:
            name = spell_id(letter, number)
            yield Difference(f"{name} in {slug} is in the log and no longer in {place}.")


def _named(letter: str, actions: Iterable[Action]) -> Iterator[tuple[str, set[int]]]:
    """Yield (workspace, numbers) that entries of these actions are about, batch by batch."""
    rows = Entry.objects.filter(action__in=[str(action) for action in actions])
    last = 0
    while some := list(
        rows.filter(pk__gt=last).order_by("pk").values_list("pk", "workspace", "object")[:ENTRIES]
    ):
        last = some[-1][0]
        found: dict[str, set[int]] = {}
        for _, slug, name in some:
            try:
                found.setdefault(slug, set()).add(parse_id(name, expected=letter).number)
            except BadId:
                # A column that says otherwise than its body is named by verify_log.
                continue
        yield from found.items()
