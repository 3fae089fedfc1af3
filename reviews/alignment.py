"""Which lines and words of two texts belong together, within a counted budget of work. Pure.

Aligning costs cells (length times length). What the budget does not cover stays without matches,
and a diff then shows it as removed and added whole; comparing words with the standard library
takes a minute for 20,000 words that repeat.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Indel, LCSseq

# Longer texts get no budget; a memory holds 102,400 bytes at most.
MAX_CHARACTERS = 200_000
TOTAL_CELLS = 40_000_000
LINE_BLOCK_CELLS = 16_000_000
WORD_BLOCK_CELLS = 1_500 * 1_500
PAIR_BLOCK = 2_500
CLIPPED_WORDS = 200
# What comparing two lines costs at least; it keeps many short lines inside the budget too.
PAIR_CELLS = 4_000
# Below this share of equal words two lines are not versions of one another.
ALIKE = 0.34

_CJK = "\u2e80-\u2fff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_POINTS = ".,;:!?"
# A word with the white space after it; one sign each in scripts written without spaces.
_WORD = re.compile(rf"([{_CJK}]|[^\s{_CJK}]+|)(\s*)")
_STATEMENT_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")

Match = tuple[int, int]
"""A pair of indexes at which both sequences hold the same item."""

Tokens = Sequence[tuple[str, str]]
"""(word, white space after it) pairs; only the first word of a line can be empty."""


@dataclass(slots=True)
class Work:
    """What aligning may still cost, what it has cost, and whether something went without."""

    left: int
    done: int = 0
    is_coarse: bool = False

    def take(self, cells: int, limit: int) -> bool:
        """Spend `cells`, or note that this stretch has to stay coarse."""
        if cells > limit or cells > self.left:
            self.is_coarse = True
            return False
        self.left -= cells
        self.done += cells
        return True


def work_for(*texts: str) -> Work:
    """Return the budget for `texts`; none when one of them is too long to be compared."""
    longest = max(map(len, texts), default=0)
    return Work(left=0 if longest > MAX_CHARACTERS else TOTAL_CELLS)


def lines_of(text: str) -> list[str]:
    """Split at line feeds only, so that joining by line feeds gives `text` back; '' has none."""
    return text.split("\n") if text else []


def tokens_of(line: str) -> list[tuple[str, str]]:
    """Return the words of `line`, and the points at their ends, with the white space after each."""
    tokens: list[tuple[str, str]] = []
    for word, space in _WORD.findall(line):
        bare = word.rstrip(_POINTS)
        if bare != word and bare:
            tokens += ((bare, ""), (word[len(bare) :], space))
        elif word or space:
            tokens.append((word, space))
    return tokens


def is_word(token: str) -> bool:
    """Say whether `token` counts as a word: it is more than points."""
    return token.strip(_POINTS) != ""


def ends_statement(word: str) -> bool:
    """Say whether a sentence ends with `word`."""
    return _STATEMENT_END.search(word) is not None


def match_items(
    old: Sequence[str], new: Sequence[str], work: Work, limit: int, depth: int = 8
) -> list[Match]:
    """Return increasing matches: equal ends first, then the longest common subsequence between.

    Where that would cost more than `limit` cells, items that occur once on each side divide the
    stretch (patience diff), and only what stays too large is left without matches.
    """
    start, shortest = 0, min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    head = [(at, at) for at in range(start)]
    tail = [(len(old) - at, len(new) - at) for at in range(end, 0, -1)]
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    middle = _middle_matches(a, b, work, limit, depth) if a and b else []
    return [*head, *((i + start, j + start) for i, j in middle), *tail]


def _middle_matches(
    a: Sequence[str], b: Sequence[str], work: Work, limit: int, depth: int
) -> list[Match]:
    anchors = [] if len(a) * len(b) <= limit or not depth else _anchors(a, b)
    if anchors:
        found: list[Match] = []
        i = j = 0
        for to_i, to_j in [*anchors, (len(a), len(b))]:
            inner = match_items(a[i:to_i], b[j:to_j], work, limit, depth - 1)
            found.extend((i + left, j + right) for left, right in inner)
            found.append((to_i, to_j))
            i, j = to_i + 1, to_j + 1
        return found[:-1]
    if not work.take(len(a) * len(b), limit):
        return []
    # Numbers instead of words: equal numbers are equal words, whatever words hash to.
    known: dict[str, int] = {}
    numbers = [[known.setdefault(item, len(known)) for item in side] for side in (a, b)]
    return [
        (block.src_start + at, block.dest_start + at)
        for block in LCSseq.opcodes(numbers[0], numbers[1])
        if block.tag == "equal"
        for at in range(block.src_end - block.src_start)
    ]


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[Match]:
    """Return the longest increasing chain of items that occur exactly once in `a` and in `b`."""
    counts_a, counts_b = Counter(a), Counter(b)
    place = {item: at for at, item in enumerate(b) if counts_b[item] == 1}
    pairs = [(i, place[item]) for i, item in enumerate(a) if counts_a[item] == 1 and item in place]
    # Patience sorting: ends[k] is the smallest last place of a chain of k + 1 pairs.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        where = bisect_left(ends, j)
        if where == len(ends):
            ends.append(j)
            last.append(at)
        else:
            ends[where], last[where] = j, at
        before.append(last[where - 1] if where else -1)
    chain: list[Match] = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


Aligned = tuple[int | None, int | None]


def align_lines(
    old: Sequence[str], new: Sequence[str], work: Work, least: float
) -> Iterator[Aligned]:
    """Yield index pairs of lines that stay or change; None stands for the side without the line."""
    i = j = 0
    for to_i, to_j in [*match_items(old, new, work, LINE_BLOCK_CELLS), (len(old), len(new))]:
        pairs = _pair_lines(old[i:to_i], new[j:to_j], work, least)
        for at_i, at_j in [*((i + a, j + b) for a, b in pairs), (to_i, to_j)]:
            yield from ((gone, None) for gone in range(i, at_i))
            yield from ((None, come) for come in range(j, at_j))
            if at_i < len(old):
                yield at_i, at_j
            i, j = at_i + 1, at_j + 1


def _pair_lines(old: Sequence[str], new: Sequence[str], work: Work, least: float) -> list[Match]:
    """Return which replaced lines are versions of one another, in order, best sum of likeness.

    Blocks of more than PAIR_BLOCK pairs are paired place by place. With `least` 0 a block of as
    many lines on both sides is paired whatever the lines say.
    """
    if not old or not new:
        return []
    if least <= 0 and len(old) == len(new):
        return [(at, at) for at in range(len(old))]
    if len(old) * len(new) > PAIR_BLOCK:
        return [
            (at, at)
            for at, (left, right) in enumerate(zip(old, new, strict=False))
            if work.left and _likeness(_first_words(left), _first_words(right), work) >= ALIKE
        ]
    sides = [[_first_words(line) for line in lines] for lines in (old, new)]
    like = [[_likeness(left, right, work) for right in sides[1]] for left in sides[0]]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = like[i][j] + best[i + 1][j + 1] if like[i][j] >= ALIKE else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs: list[Match] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if like[i][j] >= ALIKE and best[i][j] == like[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _first_words(line: str) -> list[str]:
    return [word for word, _ in tokens_of(line[: CLIPPED_WORDS * 8])][:CLIPPED_WORDS]


def _likeness(left: list[str], right: list[str], work: Work) -> float:
    """Return the share of equal words in order, 0 to 1; 0 once the budget is used up."""
    cells = max(PAIR_CELLS, len(left) * len(right))
    if not work.take(cells, CLIPPED_WORDS * CLIPPED_WORDS):
        work.left = 0
        return 0.0
    return Indel.normalized_similarity(left, right)


@dataclass(frozen=True, slots=True)
class Run:
    """Words i to to_i of the old line against words j to to_j of the new one."""

    i: int
    to_i: int
    j: int
    to_j: int
    is_same: bool


def match_words(old: list[str], new: list[str], work: Work) -> list[Match]:
    """Match words; in a line too long for one block, sentence by sentence first."""
    if len(old) * len(new) <= WORD_BLOCK_CELLS:
        return match_items(old, new, work, WORD_BLOCK_CELLS)
    starts = [_sentence_starts(words) for words in (old, new)]
    sentences = [
        [" ".join(words[start:end]) for start, end in pairwise(places)]
        for words, places in zip((old, new), starts, strict=True)
    ]
    found: list[Match] = []
    i = j = 0
    whole = match_items(sentences[0], sentences[1], work, LINE_BLOCK_CELLS)
    for left, right in [*whole, (len(sentences[0]), len(sentences[1]))]:
        to_i, to_j = starts[0][left], starts[1][right]
        inner = match_items(old[i:to_i], new[j:to_j], work, WORD_BLOCK_CELLS)
        found.extend((i + a, j + b) for a, b in inner)
        length = starts[0][min(left + 1, len(sentences[0]))] - to_i
        found.extend((to_i + step, to_j + step) for step in range(length))
        i, j = to_i + length, to_j + length
    return found


def _sentence_starts(words: Sequence[str]) -> list[int]:
    """Return where each sentence begins, and the number of words at the end."""
    ends = [at for at, word in enumerate(words, start=1) if ends_statement(word)]
    return [0, *ends] if ends and ends[-1] == len(words) else [0, *ends, len(words)]


def runs_of(matches: Sequence[Match], old_count: int, new_count: int) -> Iterator[Run]:
    """Yield edits and stretches of equal words by turns."""
    i = j = start = 0
    for at, (left, right) in enumerate([*matches, (old_count, new_count)]):
        if (left, right) == (i + at - start, j + at - start) and at < len(matches):
            continue
        to_i, to_j = i + at - start, j + at - start
        if at > start:
            yield Run(i, to_i, j, to_j, is_same=True)
        if (to_i, to_j) != (left, right):
            yield Run(to_i, left, to_j, right, is_same=False)
        i, j, start = left, right, at
