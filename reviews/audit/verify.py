"""Verifying the whole log from its rows, in one pass and flat memory. The tree only.

What is checked, and what a difference means:

- tampered: bytes are not those that were sealed or signed (a body, a hash, an index column, a root,
  a signature, a value, a manifest's count);
- incomplete: something that must be there is not (a row, a leaf, a number, a value without an
  erasure, a trigger, a leaf that a checkpoint states);
- unverifiable: nothing contradicts, but what it would take to say so is not here (no checkpoint,
  no key).

Tampered outranks incomplete, incomplete outranks unverifiable. A log without entries is
unverifiable: there is nothing that could be sound. Rows that were never signed, at the very end,
can be taken away unseen; a checkpoint kept elsewhere (`since`) shows that too.
"""

from collections.abc import Mapping, Sequence

from django.db import DatabaseError, connection

from reviews.audit import bodies, keys, merkle, notes, triggers
from reviews.audit.actions import Action
from reviews.audit.bodies import INSTALLATION, Columns
from reviews.audit.canonical import Json
from reviews.audit.errors import BadNote, NotCanonical, RowUnreadable, UnknownSigner
from reviews.audit.history import Row, hash_of, spoilt_text_readable, stored_bytes, stored_rows
from reviews.audit.merkle import Frontier, TreeHead
from reviews.audit.models import Checkpoint
from reviews.audit.notes import Verifier
from reviews.audit.report import Report, Status
from reviews.audit.verify_tiles import Tiles
from reviews.audit.verify_values import Held, Values

CHUNK = 1_000

UNSEALED = (
    "SELECT e.id, p.entry_id FROM audit_entry e "
    "LEFT JOIN audit_leaf l ON l.entry_id = e.id "
    "LEFT JOIN audit_pending p ON p.entry_id = e.id "
    "WHERE l.leaf_index IS NULL ORDER BY e.id"
)


def verify_log(since: str | None = None) -> Report:
    """Check every entry, leaf, tile, manifest, value and checkpoint; return what was found.

    since: the text of a checkpoint kept elsewhere; the log must still contain its tree.
    Writers may go on meanwhile: what is checked is what was sealed when the call began.
    """
    report = Report()
    with spoilt_text_readable():
        try:
            check_everything(report, since)
        except RowUnreadable as error:
            report.add(Status.TAMPERED, f"The check ended early: {error}")
        except DatabaseError as error:
            # Its subclasses are about statements and connections; this one is the file itself.
            if type(error) is not DatabaseError:
                raise
            report.add(Status.TAMPERED, f"The database file is damaged: {error}")
    if not report.counts.get("entries"):
        report.add(Status.UNVERIFIABLE, "The log has no entries: there is nothing to verify.")
    return report


def check_everything(report: Report, since: str | None) -> None:
    """Walk the log once and record what is found."""
    # Checkpoints first: one that is read after the leaves could state more of them than were read.
    signed = Signed(report, since)
    walk = Walk(report, signed)
    for rows in stored_rows():
        walk.check(rows)
    walk.finish()
    check_unsealed(report)
    for name in triggers.missing_triggers():
        report.add(Status.INCOMPLETE, f"The trigger {name} is missing or was changed.")


def check_unsealed(report: Report) -> None:
    """Record entries that have no leaf and do not wait for one."""
    waiting = 0
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED)
        while found := cursor.fetchmany(CHUNK):
            for entry, pending in found:
                if pending is None:
                    report.add(Status.INCOMPLETE, f"The entry in row {entry:,} has no leaf.")
                else:
                    waiting += 1
    if waiting:
        report.note(f"{waiting:,} entries wait for their place in the log.")


class Signed:
    """The checkpoints, in order of size: their signatures, and their roots as the tree grows."""

    def __init__(self, report: Report, since: str | None) -> None:
        self.report = report
        self.verifiers = self.known_verifiers()
        self.kept = None if since is None else self.read_kept(since)
        self.stored = iter(Checkpoint.objects.order_by("size").iterator(chunk_size=CHUNK))
        self.last = Checkpoint.objects.order_by("-size").first()
        self.next = self.read_next()

    def known_verifiers(self) -> tuple[Verifier, ...]:
        """Return the public keys of this log, saying so when there are none."""
        try:
            return keys.listed_verifiers()
        except (BadNote, UnicodeDecodeError) as error:
            self.report.add(Status.UNVERIFIABLE, f"{keys.verifiers_path()} cannot be read: {error}")
            return ()

    def read_next(self) -> TreeHead | None:
        """Return the next checkpoint's tree, its signature and columns checked."""
        for checkpoint in self.stored:
            if self.last is not None and checkpoint.size > self.last.size:
                return None
            self.report.count("checkpoints")
            name = f"checkpoint {checkpoint.size:,}"
            head = self.open(checkpoint.note, name)
            if head is None:
                continue
            if (head.size, head.root) != (checkpoint.size, stored_bytes(checkpoint.root)):
                self.report.add(Status.TAMPERED, f"{name}: its row and its signed note differ.")
            return head
        return None

    def open(self, note: str, name: str) -> TreeHead | None:
        """Return what a note states; record why not."""
        try:
            return notes.open_checkpoint(note, self.verifiers, keys.origin()).head
        except UnknownSigner as error:
            self.report.add(Status.UNVERIFIABLE, f"{name}: {error}")
        except BadNote as error:
            self.report.add(Status.TAMPERED, f"{name}: {error}")
        return None

    def read_kept(self, since: str) -> TreeHead | None:
        """Return the tree of a checkpoint kept elsewhere; BadNote when the text is none."""
        try:
            return notes.open_checkpoint(since, self.verifiers, keys.origin()).head
        except UnknownSigner as error:
            self.report.add(Status.UNVERIFIABLE, f"the checkpoint kept elsewhere: {error}")
        return None

    def reached(self, size: int, root: bytes) -> None:
        """Compare what is stated of a tree of `size` with what its leaves give."""
        while self.next is not None and self.next.size <= size:
            self.compare(f"checkpoint {self.next.size:,}", self.next, size, root)
            self.next = self.read_next()
        if self.kept is not None and self.kept.size == size:
            self.compare("the checkpoint kept elsewhere", self.kept, size, root)
            self.kept = None

    def compare(self, name: str, head: TreeHead, size: int, root: bytes) -> None:
        """Record a root that is not the one of the leaves."""
        if head.size != size:
            self.report.add(Status.TAMPERED, f"{name} stands out of order.")
        elif head.root != root:
            self.report.add(
                Status.TAMPERED,
                f"{name} states the root {head.root.hex()}, the leaves give {root.hex()}.",
            )
        else:
            self.report.head = head
            self.report.count("roots")

    def wanted(self, size: int) -> bool:
        """Say whether the root over `size` leaves is stated anywhere."""
        return (self.next is not None and self.next.size <= size) or (
            self.kept is not None and self.kept.size == size
        )

    def left_over(self, size: int) -> None:
        """Record checkpoints that state more leaves than there are."""
        while self.next is not None:
            self.state_more(f"checkpoint {self.next.size:,}", self.next, size)
            self.next = self.read_next()
        if self.kept is not None:
            self.state_more("the checkpoint kept elsewhere", self.kept, size)

    def state_more(self, name: str, head: TreeHead, size: int) -> None:
        """Record a tree larger than the log, or one whose root could not be given."""
        if head.size > size:
            self.report.add(
                Status.INCOMPLETE,
                f"{name} states {head.size:,} entries, the log has {size:,}: entries at the end "
                "are missing.",
            )
        elif head.size:
            self.report.count("roots_not_given")


class Walk:
    """One pass over the leaves: what has to be remembered from one batch to the next."""

    def __init__(self, report: Report, signed: Signed) -> None:
        self.report = report
        self.signed = signed
        self.frontier = Frontier()
        self.numbers: dict[str, int] = {}
        self.whole = True
        self.tiles = Tiles(report)
        self.values = Values(report)

    def check(self, rows: Sequence[Row]) -> None:
        """Check one batch of leaves, in order."""
        held: list[Held] = []
        for row in rows:
            self.check_place(row)
            self.report.count("entries")
            members = self.check_entry(row)
            if members is not None:
                if members["action"] == Action.LOG_MANIFEST:
                    self.check_manifest(row, members)
                if "values" in members:
                    held.append(Held(row.leaf, bodies.commitments_of(members)))
        self.values.check(held)

    def check_place(self, row: Row) -> None:
        """Check that the leaf follows the one before, and add it to the tree."""
        expected = self.frontier.size
        if row.leaf != expected:
            missing = row.leaf - expected
            self.report.add(
                Status.INCOMPLETE,
                f"missing, with its leaf; {missing:,} in a row.",
                expected,
            )
            # From here on no root can be given: what is not there cannot be hashed.
            self.whole = False
            self.frontier.size = row.leaf
            self.frontier.peaks = [merkle.EMPTY_ROOT] * row.leaf.bit_count()
        self.frontier.append(row.hash)
        self.check_number(row)
        self.tiles.add(row.leaf, row.hash)
        size = self.frontier.size
        if self.whole and self.signed.wanted(size):
            self.signed.reached(size, self.frontier.root())

    def check_number(self, row: Row) -> None:
        """Check the leaf's number in its workspace."""
        if row.workspace == INSTALLATION:
            if row.number is not None:
                self.report.add(
                    Status.TAMPERED, "belongs to no workspace and has a number.", row.leaf
                )
            return
        expected = self.numbers.get(row.workspace, 0) + 1
        if row.number is None or row.number < expected:
            self.report.add(
                Status.TAMPERED,
                f"has number {row.number} of {row.workspace}, {expected} follows.",
                row.leaf,
            )
        elif row.number > expected and self.whole:
            self.report.add(
                Status.INCOMPLETE,
                f"has number {row.number} of {row.workspace}, {expected} is missing.",
                row.leaf,
            )
        self.numbers[row.workspace] = max(row.number or 0, expected)

    def check_entry(self, row: Row) -> Mapping[str, Json] | None:
        """Check body, hash and columns against the leaf; return the body's members if it is one."""
        if row.body is None:
            self.report.add(Status.INCOMPLETE, "its row is missing, its leaf is there.", row.leaf)
            return None
        hashed = hash_of(row.body)
        if hashed != row.hash:
            self.report.add(Status.TAMPERED, "its body is not the one that was sealed.", row.leaf)
            return None
        if hashed != row.entry_hash:
            self.report.add(Status.TAMPERED, "its hash column is another's.", row.leaf)
        try:
            members = bodies.read_body(row.body)
            columns = bodies.columns_of(members)
            bodies.commitments_of(members)
        except NotCanonical as error:
            self.report.add(Status.TAMPERED, f"its body has no canonical form: {error}", row.leaf)
            return None
        if columns != row.columns or columns.workspace != row.workspace:
            self.report.add(
                Status.TAMPERED,
                f"its index columns say otherwise than its body: {differing(columns, row)}.",
                row.leaf,
            )
        return members

    def check_manifest(self, row: Row, members: Mapping[str, Json]) -> None:
        """Check the counts a manifest states against the numbers seen so far."""
        after = members.get("after")
        last = after.get("last") if isinstance(after, Mapping) else None
        if not isinstance(last, Mapping):
            self.report.add(Status.TAMPERED, "a manifest without numbers.", row.leaf)
            return
        self.report.count("manifests")
        for workspace, number in last.items():
            seen = self.numbers.get(workspace, 0)
            if seen != number and (self.whole or seen > int(str(number))):
                self.report.add(
                    Status.INCOMPLETE,
                    f"the manifest states {number} entries of {workspace}, there are {seen}.",
                    row.leaf,
                )

    def finish(self) -> None:
        """Check what can be said only once all leaves were seen."""
        size = self.frontier.size
        self.signed.left_over(size)
        self.tiles.left_over(size)
        if self.signed.last is None and size:
            self.report.add(
                Status.UNVERIFIABLE,
                "No checkpoint was signed yet: the worker signs the first within a minute.",
            )
        elif self.signed.last is not None and size > self.signed.last.size:
            waiting = size - self.signed.last.size
            self.report.note(f"{waiting:,} entries wait for the next checkpoint.")


def differing(columns: Columns, row: Row) -> str:
    """Name the columns that differ."""
    names = [
        name for name in Columns._fields if getattr(columns, name) != getattr(row.columns, name)
    ]
    return ", ".join(names) or "workspace of the leaf"
