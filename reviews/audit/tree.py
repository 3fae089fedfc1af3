"""The stored tree: leaves get their places, full tiles are kept, any node can be read again.

A tile holds 256 neighbouring hashes; only full ones are stored, the last few hashes of each level
are read from the rows below.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from reviews.audit import merkle
from reviews.audit.bodies import INSTALLATION
from reviews.audit.models import Leaf, Tile

logger = logging.getLogger(__name__)

TILE_WIDTH = 256
TILE_HEIGHT = 8

# One workspace a statement: with GROUP BY, SQLite reads every leaf of the workspace instead of one.
LAST_NUMBER = "SELECT MAX(number) FROM audit_leaf WHERE workspace = %s"
INSERT_LEAF = (
    "INSERT INTO audit_leaf (leaf_index, entry_id, hash, workspace, number) "
    "VALUES (%s, %s, %s, %s, %s)"
)
# One statement a batch. The order within it is that of the ids; which entries are in it is exact,
# because the queue is filled by the inserting transaction itself.
PLACE_PENDING = """
WITH taken AS (
  DELETE FROM audit_pending WHERE entry_id IN (
    SELECT entry_id FROM audit_pending {only} ORDER BY entry_id LIMIT %(limit)s)
  RETURNING entry_id
), waiting AS (
  SELECT e.id, e.hash, e.workspace FROM taken JOIN audit_entry e ON e.id = taken.entry_id
), last AS (
  SELECT w.workspace, COALESCE(
    (SELECT MAX(l.number) FROM audit_leaf l WHERE l.workspace = w.workspace), 0) AS number
  FROM (SELECT DISTINCT workspace FROM waiting WHERE workspace <> %(nowhere)s) w
)
INSERT INTO audit_leaf (leaf_index, entry_id, hash, workspace, number)
SELECT %(size)s + row_number() OVER (ORDER BY w.id) - 1, w.id, w.hash, w.workspace,
  last.number + row_number() OVER (PARTITION BY w.workspace ORDER BY w.id)
FROM waiting w LEFT JOIN last ON last.workspace = w.workspace
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry that waits for its place: its row's id, leaf hash and workspace."""

    entry: int
    hash: bytes
    workspace: str


def size() -> int:
    """Return how many leaves there are: one more than the last index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(leaf_index) FROM audit_leaf")
        last = cursor.fetchone()[0]
    return 0 if last is None else int(last) + 1


def place(entries: Sequence[Placed]) -> None:
    """Give these entries the next leaves and numbers, in this order (SQLite).

    The caller's transaction holds the database's one write lock, so nobody else counts meanwhile.
    """
    start = size()
    spaces = sorted({entry.workspace for entry in entries} - {INSTALLATION})
    with connection.cursor() as cursor:
        last: dict[str, int] = {}
        for workspace in spaces:
            cursor.execute(LAST_NUMBER, [workspace])
            last[workspace] = cursor.fetchone()[0] or 0
        rows: list[tuple[int, int, bytes, str, int | None]] = []
        for index, entry in enumerate(entries, start):
            number = None
            if entry.workspace != INSTALLATION:
                number = last[entry.workspace] = last[entry.workspace] + 1
            rows.append((index, entry.entry, entry.hash, entry.workspace, number))
        cursor.executemany(INSERT_LEAF, rows)
    complete_tiles(start, start + len(entries))


def place_pending(limit: int, only: Sequence[int] | None = None) -> int:
    """Give up to `limit` waiting entries their leaves and numbers; return how many (PostgreSQL).

    only: these entry ids and no others. The caller holds the sealer's lock.
    """
    start = size()
    values: dict[str, Any] = {"limit": limit, "nowhere": INSTALLATION, "size": start}
    values["only"] = list(only or ())
    clause = "" if only is None else "WHERE entry_id = ANY(%(only)s)"
    with connection.cursor() as cursor:
        cursor.execute(PLACE_PENDING.format(only=clause), values)
        placed = int(cursor.rowcount)
    if placed:
        complete_tiles(start, start + placed)
    return placed


def complete_tiles(before: int, after: int) -> None:
    """Store the tiles that became full when the tree grew from `before` to `after` leaves."""
    level = 0
    while (first := before // TILE_WIDTH) < (end := after // TILE_WIDTH):
        for index in range(first, end):
            hashes = level_hashes(level, index * TILE_WIDTH, (index + 1) * TILE_WIDTH)
            if len(hashes) < TILE_WIDTH:
                # Someone took hashes away. The change at hand is not the place to stop for that:
                # verification names what is missing, and the next checkpoint is refused.
                logger.error("tile not stored level=%d index=%d", level, index)
                continue
            root = merkle.root_of(hashes)
            Tile.objects.create(level=level, index=index, data=b"".join(hashes), root=root)
        before, after, level = first, end, level + 1


def level_hashes(level: int, start: int, end: int) -> list[bytes]:
    """Return the hashes start..end-1 of a level from the rows below it, up to the first gap."""
    rows: Iterable[tuple[int, bytes | memoryview]]
    if level == 0:
        leaves = Leaf.objects.filter(index__gte=start, index__lt=end).order_by("index")
        rows = leaves.values_list("index", "hash")
    else:
        below = Tile.objects.filter(level=level - 1, index__gte=start, index__lt=end)
        rows = below.order_by("index").values_list("index", "root")
    hashes: list[bytes] = []
    for index, found in rows:
        if index != start + len(hashes):
            break
        hashes.append(bytes(found))
    return hashes


@dataclass(slots=True)
class StoredTree:
    """Reads nodes out of tiles and leaves; good for one answer, because it remembers what it read.

    Two queries a level at most, whatever the size of the tree.
    """

    blocks: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)

    def node_at(self, height: int, index: int) -> bytes:
        """Return the hash of the complete subtree over leaves index * 2^height onwards.

        Raises IndexError where leaves of it are not stored.
        """
        level, above = divmod(height, TILE_HEIGHT)
        start = index << above
        block, offset = divmod(start, TILE_WIDTH)
        hashes = self.block(level, block)[offset : offset + (1 << above)]
        if len(hashes) < 1 << above:
            raise IndexError(f"Leaves under node {height}/{index} are not stored.")
        return merkle.root_of(hashes)

    def block(self, level: int, index: int) -> list[bytes]:
        """Return the hashes of one tile, fewer where it is not full yet."""
        if (level, index) not in self.blocks:
            tile = Tile.objects.filter(level=level, index=index).first()
            if tile is None:
                start = index * TILE_WIDTH
                found = level_hashes(level, start, start + TILE_WIDTH)
            else:
                data = bytes(tile.data)
                found = [data[at : at + 32] for at in range(0, len(data), 32)]
            self.blocks[level, index] = found
        return self.blocks[level, index]

    def root_at(self, size: int) -> bytes:
        """Return the root over the first `size` leaves."""
        return merkle.root_at(self.node_at, size)
