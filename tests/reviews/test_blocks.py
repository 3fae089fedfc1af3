"""A long diff in few pieces, with all of its text."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.blocks import MOST_BLOCKS, MOST_NODES, in_blocks
from reviews.diffs import DiffRow, PartKind, RowKind, diff

LONG = "".join(f"Line {n} of a long memory, with some words in it.\n" for n in range(900))
EVERY_OTHER = "".join(
    line.replace("words", "terms") if n % 2 else line
    for n, line in enumerate(LONG.splitlines(keepends=True))
)


def rows_of(rows: Iterable[DiffRow]) -> Iterator[DiffRow]:
    for row in rows:
        yield from rows_of(row.folded) if row.kind is RowKind.FOLD else [row]


def side(rows: Iterable[DiffRow], kind: PartKind, number: str) -> str:
    return "\n".join(
        "".join(part.text for part in row.parts if part.kind in (PartKind.SAME, kind))
        for row in rows_of(rows)
        if getattr(row, number) is not None
    )


def cost(rows: Iterable[DiffRow]) -> int:
    return sum(6 + 2 * len(row.parts) for row in rows)


def test_a_short_diff_stays_word_by_word() -> None:
    found = diff("One two three.", "One two four.")

    assert in_blocks(found).rows == found.rows


def test_unchanged_lines_are_one_with_their_number() -> None:
    [fold, *_] = in_blocks(diff(LONG, LONG + "End.")).rows

    assert fold.kind is RowKind.FOLD
    assert (fold.lines, len(fold.folded)) == (897, 1)


@pytest.mark.parametrize(
    ("old", "new"), [("", LONG), (LONG, ""), (LONG, EVERY_OTHER), (LONG, LONG[::-1])]
)
def test_a_long_diff_costs_little_and_loses_nothing(old, new) -> None:
    found = in_blocks(diff(old, new))

    assert cost(found.rows) < 2 * MOST_NODES + 12 * MOST_BLOCKS
    assert side(found.rows, PartKind.INS, "new_no") == new
    assert side(found.rows, PartKind.DEL, "old_no") == old


def test_where_words_were_given_up_it_says_so() -> None:
    assert in_blocks(diff(LONG, EVERY_OTHER)).is_coarse
    assert not in_blocks(diff(LONG, LONG + "End.")).is_coarse


def test_the_first_changes_are_still_word_by_word() -> None:
    first = next(row for row in in_blocks(diff(LONG, EVERY_OTHER)).rows if row.kind != "same")

    assert [part.text for part in first.parts if part.is_marked] == ["words", "terms"]


def test_the_counts_are_those_of_the_whole() -> None:
    whole, found = diff(LONG, EVERY_OTHER), in_blocks(diff(LONG, EVERY_OTHER))

    assert (found.added_words, found.removed_words) == (whole.added_words, whole.removed_words)


LINES = st.lists(st.text("ab c", max_size=4), max_size=90).map("\n".join)


@settings(max_examples=40)
@given(old=LINES, new=LINES)
def test_every_text_is_kept_on_both_sides(old, new) -> None:
    found = in_blocks(diff(old, new))

    assert side(found.rows, PartKind.INS, "new_no") == new
    assert side(found.rows, PartKind.DEL, "old_no") == old
