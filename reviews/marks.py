"""Stretches of a text found again in the rows of its diff. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from reviews.diffs import Diff, DiffRow, Part, PartKind, RowKind


def mark_firsts(found: Diff, spans: Sequence[tuple[int, int]]) -> Diff:
    """Return the diff with stretches of its new text (from, to; in order, parted) marked.

    Words of the old text stay as they are; spans beyond the new text are left out.
    """
    if not spans:
        return found
    marker = _Marker(spans)
    return replace(found, rows=tuple(map(marker.mark, found.rows)))


class _Marker:
    """Walks the rows of a diff from top to bottom and knows where in the new text it is."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = list(spans)
        self._at = 0

    def mark(self, row: DiffRow) -> DiffRow:
        if row.kind is RowKind.FOLD:
            return replace(row, folded=tuple(map(self.mark, row.folded)))
        if row.new_no is None:
            return row
        marked = replace(row, parts=tuple(map(self._mark_part, row.parts)))
        # The line feed between this line and the next.
        self._at += 1
        return marked

    def _mark_part(self, part: Part) -> Part:
        if part.kind is PartKind.DEL:
            return part
        start, self._at = self._at, self._at + len(part.text)
        inside = tuple(
            (max(first, start) - start, min(last, self._at) - start)
            for first, last in self._spans
            if first < self._at and last > start
        )
        return replace(part, firsts=inside) if inside else part
