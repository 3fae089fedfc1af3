"""A long diff in few pieces, all of it on the page: word by word, then in blocks. Pure.

A page of many thousand nodes is slow to open and slow to step through. Nothing is left out instead:
what stands behind the first changes is shown removed and added block by block, and at last whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from reviews.diffs import Diff, DiffRow, Part, PartKind, RowKind

MOST_NODES = 160
"""Elements that lines may cost word by word."""

MOST_BLOCKS = 24
"""Blocks behind them; what is left then is one block."""


def in_blocks(found: Diff) -> Diff:
    """Return the diff with at most so many elements; is_coarse says where words were given up.

    The same and ins parts of all rows, joined by line feeds, are still the new text.
    """
    rows = [_as_one(row) for row in found.rows]
    kept = _count_kept(rows)
    if kept == len(rows):
        return replace(found, rows=tuple(rows))
    blocks = list(_blocks(_flat(rows[kept:])))
    if len(blocks) > MOST_BLOCKS:
        rest = list(_flat(blocks[MOST_BLOCKS:]))
        blocks = [*blocks[:MOST_BLOCKS], *_changed(rest)]
    return replace(found, rows=(*rows[:kept], *blocks), is_coarse=True)


def _as_one(row: DiffRow) -> DiffRow:
    """Return a fold whose lines are one; their number is told, so nobody needs each."""
    if row.kind is not RowKind.FOLD:
        return row
    return replace(row, lines=len(row.folded), folded=(_joined(row.folded, RowKind.SAME),))


def _count_kept(rows: Sequence[DiffRow]) -> int:
    """Return how many rows from the top fit word by word."""
    cost = 0
    for at, row in enumerate(rows):
        cost += 8 if row.kind is RowKind.FOLD else 4 + 2 * sum(p.is_marked for p in row.parts)
        if cost > MOST_NODES:
            return at
    return len(rows)


def _flat(rows: Iterable[DiffRow]) -> Iterator[DiffRow]:
    for row in rows:
        yield from row.folded if row.kind is RowKind.FOLD else (row,)


def _blocks(rows: Iterable[DiffRow]) -> Iterator[DiffRow]:
    for is_same, run in groupby(rows, key=lambda row: row.kind is RowKind.SAME):
        block = list(run)
        if is_same:
            lines = sum(part.text.count("\n") for row in block for part in row.parts) + len(block)
            one = _joined(block, RowKind.SAME)
            yield DiffRow(RowKind.FOLD, folded=(one,), lines=lines)
        else:
            yield from _changed(block)


def _changed(rows: Sequence[DiffRow]) -> Iterator[DiffRow]:
    """Yield what went of the rows as one row and what came as another."""
    old = [row for row in rows if row.old_no is not None]
    new = [row for row in rows if row.new_no is not None]
    if old:
        yield _joined(old, RowKind.REMOVED)
    if new:
        yield _joined(new, RowKind.ADDED)


_SHOWN = {
    RowKind.SAME: (PartKind.SAME,),
    RowKind.REMOVED: (PartKind.SAME, PartKind.DEL),
    RowKind.ADDED: (PartKind.SAME, PartKind.INS),
}
_KINDS = {
    RowKind.SAME: PartKind.SAME,
    RowKind.REMOVED: PartKind.DEL,
    RowKind.ADDED: PartKind.INS,
}


def _joined(rows: Sequence[DiffRow], kind: RowKind) -> DiffRow:
    """Return the rows' texts of one side as one row that begins where the first does."""
    text = "\n".join(
        "".join(part.text for part in row.parts if part.kind in _SHOWN[kind]) for row in rows
    )
    return DiffRow(
        kind,
        old_no=None if kind is RowKind.ADDED else rows[0].old_no,
        new_no=None if kind is RowKind.REMOVED else rows[0].new_no,
        parts=(Part(_KINDS[kind], text, is_marked=kind is not RowKind.SAME),) if text else (),
    )
