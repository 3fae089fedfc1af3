"""Reading the log in order: rows for the verifier, opened entries for everybody else."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from reviews.audit import bodies, merkle, tree
from reviews.audit.bodies import Columns
from reviews.audit.canonical import Json
from reviews.audit.errors import NotCanonical, RowUnreadable
from reviews.audit.models import Entry, Leaf
from reviews.audit.values import open_values

BATCH = 5_000
NEVER = datetime.min.replace(tzinfo=UTC)

# SQLite keeps a time as text; it is read as such, because one that was spoilt has no other form.
READ_LEAVES = (
    "SELECT l.leaf_index, l.entry_id, l.hash, l.workspace, l.number, "
    "e.body, e.hash, e.action, e.workspace, e.actor_kind, e.actor_id, e.object, {at} "
    "FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id "
    "WHERE l.leaf_index >= %s AND l.leaf_index <= %s ORDER BY l.leaf_index LIMIT %s"
)


class Row(NamedTuple):
    """A leaf with its entry, as stored; `body` is None where the entry's row is missing."""

    leaf: int
    entry: int
    hash: bytes
    workspace: str
    number: int | None
    body: str | None
    entry_hash: bytes
    columns: Columns


@dataclass(slots=True)
class Opening:
    """The values of entries read together: opened together, when the first of them is asked for."""

    commitments: set[str] = field(default_factory=set)
    texts: dict[str, str | None] | None = None

    def text_of(self, commitment: str) -> str | None:
        """Return the text behind `commitment`; None when it was erased."""
        if self.texts is None:
            self.texts = open_values({c: c for c in self.commitments})
        return self.texts.get(commitment)


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """One entry as it was sealed. index, number: None while it waits for its leaf.

    body: the members of the closed form, its hash and spelling checked.
    """

    index: int | None
    number: int | None
    event_id: str
    body: Mapping[str, Json]
    columns: Columns
    commitments: Mapping[str, str]
    opening: Opening

    @property
    def values(self) -> dict[str, str | None]:
        """The texts by name; None where a text was erased. Raises ValueUnreadable, KeyMissing."""
        return {name: self.opening.text_of(c) for name, c in self.commitments.items()}


def stored_rows(first: int = 0) -> Iterator[list[Row]]:
    """Read the leaves that exist now with their entries, in order, in batches."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(leaf_index) FROM audit_leaf")
        last = cursor.fetchone()[0]
    if not isinstance(last, int | None):
        raise RowUnreadable(f"A leaf has the index {last!r}.")
    at = "e.at" if connection.vendor == "postgresql" else "CAST(e.at AS TEXT)"
    while last is not None and first <= last:
        with connection.cursor() as cursor:
            cursor.execute(READ_LEAVES.format(at=at), [first, last, BATCH])
            found = cursor.fetchall()
        if not found:
            return
        first = found[-1][0] + 1
        yield [row_of(raw) for raw in found]


def row_of(raw: tuple[Any, ...]) -> Row:
    """Return one result row with bytes as bytes and times aware, on both databases."""
    there = raw[5] is not None
    texts = (raw[3], *(raw[5:6] + raw[7:12] if there else ()))
    numbers = raw[0:2] if raw[4] is None else (*raw[0:2], raw[4])
    # SQLite keeps whatever type it is given.
    if not all(isinstance(text, str) for text in texts) or not all(
        isinstance(number, int) for number in numbers
    ):
        raise RowUnreadable(f"The row of leaf {raw[0]!r} holds another type than it was given.")
    return Row(
        leaf=raw[0],
        entry=raw[1],
        hash=stored_bytes(raw[2]),
        workspace=raw[3],
        number=raw[4],
        body=raw[5],
        entry_hash=stored_bytes(raw[6]) if there else b"",
        columns=Columns(raw[7], raw[8], raw[9], raw[10], raw[11], read_at(raw[12])),
    )


def stored_bytes(stored: object) -> bytes:
    """Return a binary column's bytes; raise RowUnreadable for another type."""
    if not isinstance(stored, bytes | memoryview):
        raise RowUnreadable(f"A binary column holds {type(stored).__name__}.")
    return bytes(stored)


def read_at(stored: datetime | str | None) -> datetime:
    """Return a stored time, aware; the beginning of time for text that is none."""
    if isinstance(stored, str):
        try:
            stored = datetime.fromisoformat(stored).replace(tzinfo=UTC)
        except ValueError:
            return NEVER
    return stored or NEVER


@contextmanager
def spoilt_text_readable() -> Iterator[None]:
    """Let rows be read whose text is no UTF-8, byte for byte (SQLite; PostgreSQL stores none).

    Otherwise one flipped byte in the file would stop the verifier instead of being named by it.
    """
    if connection.vendor == "postgresql":
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    usual = raw.text_factory
    raw.text_factory = lambda stored: stored.decode(errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = usual


def hash_of(body: str) -> bytes:
    """Return the leaf hash of a stored body, whatever its bytes are."""
    return merkle.leaf_hash(body.encode(errors="surrogateescape"))


def entries(
    workspace: str | None = None, actions: Collection[str] | None = None
) -> Iterator[LoggedEntry]:
    """Read the log in its order, with flat memory: one workspace or all, some actions or all.

    Only entries whose body is the one that was sealed; `verify_log` names the others. Entries that
    were committed before the call and still wait for their leaf come last (PostgreSQL).
    """
    unplaced = Entry.objects.filter(leaf__isnull=True, pending__isnull=False)
    leaves = Leaf.objects.select_related("entry").order_by("index")
    if workspace is not None:
        unplaced = unplaced.filter(workspace=workspace or bodies.INSTALLATION)
        leaves = leaves.filter(workspace=workspace or bodies.INSTALLATION)
    if actions is not None:
        names = [str(action) for action in actions]
        unplaced = unplaced.filter(action__in=names)
        leaves = leaves.filter(entry__action__in=names)
    # Read before the leaves: an entry sealed meanwhile is in one of the two at least.
    waiting = set(unplaced.values_list("pk", flat=True))
    first, last = 0, tree.size() - 1
    while found := list(leaves.filter(index__gte=first, index__lte=last)[:BATCH]):
        first = found[-1].index + 1
        waiting.difference_update(leaf.entry_id for leaf in found)
        yield from logged([(leaf.entry, leaf) for leaf in found])
    rest = Entry.objects.filter(pk__in=waiting).order_by("pk")
    yield from logged([(entry, None) for entry in rest])


def logged(found: Sequence[tuple[Entry, Leaf | None]]) -> Iterator[LoggedEntry]:
    """Return the entries of one batch that are what was sealed."""
    opening = Opening()
    read: list[LoggedEntry] = []
    for entry, leaf in found:
        hashed = hash_of(entry.body)
        if hashed != bytes(leaf.hash if leaf else entry.hash):
            continue
        try:
            members = bodies.read_body(entry.body)
            columns = bodies.columns_of(members)
            commitments = bodies.commitments_of(members)
        except NotCanonical:
            continue
        opening.commitments.update(commitments.values())
        read.append(
            LoggedEntry(
                index=leaf.index if leaf else None,
                number=leaf.number if leaf else None,
                event_id=hashed.hex(),
                body=members,
                columns=columns,
                commitments=commitments,
                opening=opening,
            )
        )
    return iter(read)
