"""Line, then word diff of two texts as rows for a page; three-way pieces for a conflict. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Levenshtein

from agents.web.characters import (
    HIDDEN_RANGES,
    HIDDEN_RUN,
    Segment,
    boxes,
    few_boxes,
    split_alike,
)
from reviews.alignment import (
    ALIKE,
    WORD_BLOCK_CELLS,
    Run,
    Tokens,
    Work,
    align_lines,
    ends_statement,
    is_word,
    lines_of,
    match_items,
    match_words,
    runs_of,
    tokens_of,
    work_for,
)
from reviews.errors import ReviewsError

CONTEXT_LINES = 3
LEAST_FOLD = 3
EXACT_DISTANCE_CHARACTERS = 20_000

_FINE = re.compile(r"\w+|\s+|[^\w\s]")
HIDDEN = re.compile(f"[{HIDDEN_RANGES}]")
"""One character a page would not show, or that lets it change what stands around it."""


def visible(text: str) -> tuple[Segment, ...]:
    """Split `text` into plain text and boxes for what a page would not show.

    A box reads "U+202E"; a character that repeats is boxed once with its count ("U+200B x57"),
    and of a run of more than four different ones the rest is counted ("and 12 more").
    """
    pieces = enumerate(HIDDEN_RUN.split(text))
    return tuple(
        few_boxes(
            part
            for at, piece in pieces
            if piece
            for part in (boxes(piece) if at % 2 else split_alike(piece))
        )
    )


class PartKind(StrEnum):
    """Whether words stand in both versions, only in the new or only in the old one."""

    SAME = "same"
    INS = "ins"
    DEL = "del"


@dataclass(frozen=True, slots=True)
class Part:
    """Words of a line. is_marked: highlight it; white space beside an edit is not marked.

    firsts: the stretches of the text (from, to) that name what memory never held before.
    """

    kind: PartKind
    text: str
    is_marked: bool = False
    firsts: tuple[tuple[int, int], ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Return the text with hidden characters as boxes, what is first seen marked."""
        segments: list[Segment] = []
        at = 0
        for start, end in self.firsts:
            segments.extend(visible(self.text[at:start]))
            segments.extend(one._replace(is_first=True) for one in visible(self.text[start:end]))
            at = end
        return (*segments, *visible(self.text[at:]))


class RowKind(StrEnum):
    """What a row of a diff shows."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    FOLD = "fold"


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line, or (FOLD) the unchanged lines in `folded`. Numbers count from 1.

    lines: how many lines a fold stands for, where it does not have each.
    """

    kind: RowKind
    old_no: int | None = None
    new_no: int | None = None
    parts: tuple[Part, ...] = ()
    folded: tuple["DiffRow", ...] = ()
    lines: int = 0

    @property
    def count(self) -> int:
        """Return how many lines a fold stands for."""
        return self.lines or len(self.folded)

    @property
    def sign(self) -> str:
        """Return what stands in the gutter: '~', '+', a minus sign, or nothing."""
        return {RowKind.CHANGED: "~", RowKind.ADDED: "+", RowKind.REMOVED: "\u2212"}.get(
            self.kind, ""
        )


@dataclass(frozen=True, slots=True)
class Diff:
    """Rows from top to bottom and what they amount to.

    removed: statements of the old text of which less than a quarter of the words is left.
    is_coarse: somewhere the budget did not suffice and a stretch stands as removed and added
    whole. cells: the work done.
    """

    rows: tuple[DiffRow, ...]
    added_words: int
    removed_words: int
    removed: tuple[str, ...]
    is_coarse: bool
    cells: int


def diff(old: str, new: str, *, context: int = CONTEXT_LINES) -> Diff:
    """Return the diff from `old` to `new`; runs of more unchanged lines than `context` are folded.

    The same and ins parts of all rows, joined by line feeds, are `new`; same and del are `old`.
    """
    work = work_for(old, new)
    lines = (lines_of(old), lines_of(new))
    rows: list[DiffRow] = []
    added = removed = 0
    lost: list[str] = []
    for i, j in align_lines(lines[0], lines[1], work, ALIKE):
        before = None if i is None else lines[0][i]
        after = None if j is None else lines[1][j]
        if before == after:
            rows.append(DiffRow(RowKind.SAME, _number(i), _number(j), _one(PartKind.SAME, after)))
            continue
        line = _diff_line(before, after, work)
        rows.append(DiffRow(line.kind, _number(i), _number(j), line.parts))
        added, removed = added + line.added, removed + line.removed
        lost.extend(line.lost)
    kept = frozenset(statements(new)) if lost else frozenset()
    return Diff(
        rows=_fold(rows, context),
        added_words=added,
        removed_words=removed,
        removed=tuple(statement for statement in lost if statement not in kept),
        is_coarse=work.is_coarse,
        cells=work.done,
    )


def _number(at: int | None) -> int | None:
    return None if at is None else at + 1


def _one(kind: PartKind, text: str | None) -> tuple[Part, ...]:
    return (Part(kind, text, is_marked=kind is not PartKind.SAME),) if text else ()


def statements(text: str) -> tuple[str, ...]:
    """Return the sentences and list lines of `text`, white space collapsed, in their order."""
    return tuple(
        statement
        for line in lines_of(text)
        for statement in _statements_of(tokens_of(line), frozenset())
    )


def _statements_of(tokens: Tokens, kept: frozenset[int]) -> list[str]:
    """Return the statements in `tokens` that have less than a quarter of them in `kept`."""
    found: list[str] = []
    words: list[str] = []
    left = 0
    for at, (word, space) in enumerate(tokens):
        left += at in kept and bool(word)
        words.append(word + (" " if space and word else ""))
        if ends_statement(word):
            if left * 4 < len(words):
                found.append("".join(words).strip())
            words, left = [], 0
    if left * 4 < len(words):
        found.append("".join(words).strip())
    return [statement for statement in found if any(map(str.isalnum, statement))]


def _fold(rows: Sequence[DiffRow], context: int) -> tuple[DiffRow, ...]:
    """Fold what stands further than `context` rows from every change, from three rows on."""
    near = [False] * len(rows)
    for at, row in enumerate(rows):
        if row.kind is not RowKind.SAME:
            first, last = max(0, at - context), min(len(rows), at + context + 1)
            near[first:last] = [True] * (last - first)
    folded: list[DiffRow] = []
    run: list[DiffRow] = []
    for at, row in enumerate(rows):
        if not near[at]:
            run.append(row)
            continue
        folded.extend(_folded(run))
        run = []
        folded.append(row)
    return (*folded, *_folded(run))


def _folded(run: list[DiffRow]) -> list[DiffRow]:
    return run if len(run) < LEAST_FOLD else [DiffRow(RowKind.FOLD, folded=tuple(run))]


@dataclass(frozen=True, slots=True)
class _Line:
    """What became of one line: its parts, words added and removed, statements lost with it."""

    kind: RowKind
    parts: tuple[Part, ...]
    added: int
    removed: int
    lost: Sequence[str]


def _diff_line(before: str | None, after: str | None, work: Work) -> _Line:
    old, new = tokens_of(before or ""), tokens_of(after or "")
    if before is None:
        return _Line(RowKind.ADDED, _one(PartKind.INS, after), _count(new), 0, ())
    if after is None:
        lost = _statements_of(old, frozenset())
        return _Line(RowKind.REMOVED, _one(PartKind.DEL, before), 0, _count(old), lost)
    matches = match_words([word for word, _ in old], [word for word, _ in new], work)
    runs = list(runs_of(matches, len(old), len(new)))
    edits = [run for run in runs if not run.is_same]
    return _Line(
        kind=RowKind.CHANGED,
        parts=_merged(_parts(_joined(runs), old, new)),
        added=sum(_count(new[run.j : run.to_j]) for run in edits),
        removed=sum(_count(old[run.i : run.to_i]) for run in edits),
        lost=_statements_of(old, frozenset(i for i, _ in matches)),
    )


def _count(tokens: Tokens) -> int:
    return sum(is_word(word) for word, _ in tokens)


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Join two edits parted by one equal word, unless both only add or both only take away."""
    joined: list[Run] = []
    for run in runs:
        joined.append(run)
        if len(joined) < 3:
            continue
        first, island, second = joined[-3:]
        whole = Run(first.i, second.to_i, first.j, second.to_j, is_same=False)
        only_adds = first.i == first.to_i and second.i == second.to_i
        only_takes = first.j == first.to_j and second.j == second.to_j
        is_island = island.is_same and island.to_i - island.i == 1
        if is_island and not only_adds and not only_takes:
            joined[-3:] = [whole]
    return joined


def _parts(runs: Sequence[Run], old: Tokens, new: Tokens) -> Iterator[Part]:
    """Yield the parts of a line, white space left outside of the marks.

    An edit that only adds (or only takes away) stands between a word and the white space after
    it; `spaces` hands the white space the word had in (old, new) on to that edit.
    """
    spaces = ("", "")
    for at, run in enumerate(runs):
        if run.is_same:
            is_last = at + 1 == len(runs)
            spaces = old[run.to_i - 1][1], new[run.to_j - 1][1]
            yield from _same_parts(run, old, new)
            if is_last or spaces[0] == spaces[1]:
                yield from _space_parts(*spaces, is_marked=is_last)
                spaces = ("", "")
            continue
        gone, gone_space = _stretch(old[run.i : run.to_i])
        come, come_space = _stretch(new[run.j : run.to_j])
        is_blank = not gone and not come
        if run.i == run.to_i:
            yield Part(PartKind.INS, spaces[1])
            yield Part(PartKind.INS, come, is_marked=True)
            yield from _space_parts(spaces[0], come_space, is_marked=is_blank)
        elif run.j == run.to_j:
            yield Part(PartKind.DEL, spaces[0])
            yield Part(PartKind.DEL, gone, is_marked=True)
            yield from _space_parts(gone_space, spaces[1], is_marked=is_blank)
        else:
            yield from _space_parts(*spaces, is_marked=False)
            yield Part(PartKind.DEL, gone, is_marked=True)
            yield Part(PartKind.INS, come, is_marked=True)
            yield from _space_parts(gone_space, come_space, is_marked=is_blank)
        spaces = ("", "")


def _same_parts(run: Run, old: Tokens, new: Tokens) -> Iterator[Part]:
    """Yield equal words and the white space between them; not what follows the last one."""
    for step in range(run.to_i - run.i):
        if step:
            gone, come = old[run.i + step - 1][1], new[run.j + step - 1][1]
            yield from _space_parts(gone, come, is_marked=True)
        yield Part(PartKind.SAME, old[run.i + step][0])


def _space_parts(gone: str, come: str, *, is_marked: bool) -> Iterator[Part]:
    """Yield white space as one part where it stayed; a change of it alone is marked."""
    if gone == come:
        yield Part(PartKind.SAME, gone)
        return
    yield Part(PartKind.DEL, gone, is_marked=is_marked)
    yield Part(PartKind.INS, come, is_marked=is_marked)


def _stretch(tokens: Tokens) -> tuple[str, str]:
    """Return the text of `tokens` without the white space at its end, and that white space."""
    text = "".join(word + space for word, space in tokens)
    space = tokens[-1][1] if tokens else ""
    return text[: len(text) - len(space)], space


def _merged(parts: Iterator[Part]) -> tuple[Part, ...]:
    """Leave out empty parts and join neighbours of one kind and mark."""
    merged: list[Part] = []
    texts: list[str] = []
    for part in parts:
        if not part.text:
            continue
        if merged and (merged[-1].kind, merged[-1].is_marked) == (part.kind, part.is_marked):
            texts.append(part.text)
            continue
        if merged:
            merged[-1] = Part(merged[-1].kind, "".join(texts), merged[-1].is_marked)
        merged.append(part)
        texts = [part.text]
    if merged:
        merged[-1] = Part(merged[-1].kind, "".join(texts), merged[-1].is_marked)
    return tuple(merged)


def edit_distance(old: str, new: str) -> float:
    """Return how much of the longer text changed: 0.0 is unchanged, 1.0 is rewritten.

    Levenshtein over characters; over words where a text has more than 20,000 characters.
    """
    if max(len(old), len(new)) <= EXACT_DISTANCE_CHARACTERS:
        return Levenshtein.normalized_distance(old, new)
    return Levenshtein.normalized_distance(old.split(), new.split())


# Conflicts: what a path says now (live) and what a proposal wrote, both coming from one base.


_Lines = tuple[str, ...]


class Pick(StrEnum):
    """What a person chooses for lines both sides touched."""

    LIVE = "live"
    PROPOSED = "proposed"
    BOTH = "both"


class UnsettledConflict(ReviewsError):
    """A line that both sides touched has no pick, or a pick it does not offer."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Lines nobody has to choose. by: the side that changed them; None when unchanged or agreed."""

    lines: tuple[str, ...]
    by: Pick | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Lines both sides changed differently. line: the live line number from 1 at which they stand.

    An empty tuple means that side took the lines out. both is None where the two cannot stand
    together.
    """

    line: int
    base: tuple[str, ...]
    live: tuple[str, ...]
    proposed: tuple[str, ...]
    both: tuple[str, ...] | None


Block = Settled | Choice


def conflict_choices(base: str, live: str, proposed: str) -> tuple[Block, ...]:
    """Return what stands, what carries over by itself and what a person has to choose, in order.

    Only lines that both sides touched differently are asked; lines next to one another, each
    touched by one side, are not.
    """
    work = work_for(base, live, proposed)
    lines = lines_of(base)
    sides = (_edits(lines, lines_of(live), work), _edits(lines, lines_of(proposed), work))
    pieces: list[_Piece] = []
    live_line = 1
    for at in range(len(lines) + 1):
        slots: list[tuple[list[str], list[str], list[str]]] = [
            ([], sides[0].inserted.get(at, []), sides[1].inserted.get(at, []))
        ]
        if at < len(lines):
            kept = [lines[at]]
            slots.append((kept, sides[0].lines.get(at, kept), sides[1].lines.get(at, kept)))
        for old, now, wanted in slots:
            _add_piece(pieces, _Piece(old, now, wanted, live_line))
            live_line += len(now)
    return tuple(piece.block(work) for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Edits:
    """What one side did to the base: lines by base index, insertions by the index they precede."""

    lines: dict[int, list[str]]
    inserted: dict[int, list[str]]


def _edits(base: Sequence[str], side: Sequence[str], work: Work) -> _Edits:
    edits = _Edits({}, {})
    at = 0
    for i, j in align_lines(base, side, work, 0):
        come = [] if j is None else [side[j]]
        if i is None:
            edits.inserted.setdefault(at, []).extend(come)
            continue
        at = i + 1
        if come != [base[i]]:
            edits.lines[i] = come
    return edits


class _Piece:
    """A place in the base and what each side has there; grows while neighbours belong to it."""

    def __init__(self, base: list[str], live: list[str], proposed: list[str], line: int) -> None:
        self.base, self.live, self.proposed = list(base), list(live), list(proposed)
        self.line = line
        self.is_choice = base != live != proposed != base
        # Who changed it; None when nobody did, when both agree and when it has to be chosen.
        self.by: Pick | None = None
        if live != proposed and not self.is_choice:
            self.by = Pick.LIVE if proposed == base else Pick.PROPOSED

    def takes(self, other: "_Piece") -> bool:
        """Say whether a person sees `other`, which follows, as part of this."""
        if self.is_choice:
            # Lines both put behind lines both changed belong to the same question.
            return other.is_choice and not other.base
        return not other.is_choice and self.by == other.by

    def grow(self, other: "_Piece") -> None:
        self.base.extend(other.base)
        self.live.extend(other.live)
        self.proposed.extend(other.proposed)

    def block(self, work: Work) -> Block:
        base, live, proposed = tuple(self.base), tuple(self.live), tuple(self.proposed)
        if self.is_choice and live != proposed:
            both = _both(base, live, proposed, work)
            return Choice(self.line, base, live, proposed, both)
        return Settled(live if self.by is Pick.LIVE else proposed, self.by)


def _add_piece(pieces: list[_Piece], piece: _Piece) -> None:
    if pieces and pieces[-1].takes(piece):
        pieces[-1].grow(piece)
    elif piece.base or piece.live or piece.proposed:
        pieces.append(piece)


def _both(base: _Lines, live: _Lines, proposed: _Lines, work: Work) -> _Lines | None:
    """Return the two sides in one text: merged by word where they fit, else one after the other."""
    if not live or not proposed:
        return None
    merged = _merge_words(base, live, proposed, work) if base else None
    if merged is not None:
        return tuple(lines_of(merged))
    return (*live, *(line for line in proposed if line not in live))


def _merge_words(base: _Lines, live: _Lines, proposed: _Lines, work: Work) -> str | None:
    """Return the base with the edits of both sides, None where they touch the same words."""
    words = _FINE.findall("\n".join(base))
    ours, theirs = (
        _word_edits(words, _FINE.findall("\n".join(side)), work) for side in (live, proposed)
    )
    if _touch_one_another(ours - theirs, theirs) or _touch_one_another(theirs - ours, ours):
        return None
    merged: list[str] = []
    at = 0
    for edit in sorted(ours | theirs, key=_place_in_merge):
        merged.extend([*words[at : edit.start], *edit.words])
        at = edit.end
    return "".join([*merged, *words[at:]])


@dataclass(frozen=True, slots=True)
class _WordEdit:
    """Words start to end of the base give way to `words`."""

    start: int
    end: int
    words: _Lines


def _word_edits(base: Sequence[str], side: Sequence[str], work: Work) -> frozenset[_WordEdit]:
    matches = match_items(base, side, work, WORD_BLOCK_CELLS)
    return frozenset(
        _WordEdit(run.i, run.to_i, tuple(side[run.j : run.to_j]))
        for run in runs_of(matches, len(base), len(side))
        if not run.is_same
    )


def _touch_one_another(edits: frozenset[_WordEdit], others: frozenset[_WordEdit]) -> bool:
    """Say whether one of `edits` changes a word that `others` change, or puts words between."""
    taken = {at for other in others for at in range(other.start, other.end)}
    return any(
        not taken.isdisjoint(range(edit.start, edit.end))
        or (edit.start == edit.end and {edit.start - 1, edit.start} <= taken)
        for edit in edits
    )


def _place_in_merge(edit: _WordEdit) -> tuple[int, int, bool, _Lines]:
    """Order edits by place; what begins with a comma or a full stop follows what begins a word."""
    first = edit.words[0][0] if edit.words else " "
    return edit.start, edit.end, not (first.isalnum() or first.isspace()), edit.words


def resolve(blocks: Sequence[Block], picks: Mapping[int, Pick]) -> str:
    """Return the text with each choice settled by `picks`, keyed by its number from 0.

    Raises UnsettledConflict when a choice has no pick, or a pick of both that it does not offer.
    """
    lines: list[str] = []
    number = 0
    for block in blocks:
        if isinstance(block, Settled):
            lines.extend(block.lines)
            continue
        lines.extend(_picked(block, picks.get(number)))
        number += 1
    return "\n".join(lines)


def _picked(choice: Choice, pick: Pick | None) -> _Lines:
    if pick is None:
        raise UnsettledConflict(f"Line {choice.line} is not settled yet; choose what it says.")
    if pick is Pick.BOTH:
        if choice.both is None:
            raise UnsettledConflict(
                f"Line {choice.line} was taken out by one side; choose live or the proposal."
            )
        return choice.both
    return choice.live if pick is Pick.LIVE else choice.proposed
