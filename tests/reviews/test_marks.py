"""Stretches of a new text, found again in the rows of its diff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.diffs import PartKind, RowKind, diff
from reviews.marks import mark_firsts


def marked(old: str, new: str, *words: str) -> list[str]:
    """Return what is marked, row by row, when the words are to be marked."""
    spans = sorted((new.index(word), new.index(word) + len(word)) for word in words)
    found = mark_firsts(diff(old, new), spans)
    return [
        part.text[start:end]
        for row in rows_of(found.rows)
        for part in row.parts
        for start, end in part.firsts
    ]


def rows_of(rows):
    for row in rows:
        yield from rows_of(row.folded) if row.kind is RowKind.FOLD else [row]


def test_a_stretch_is_marked_in_its_own_line() -> None:
    assert marked("One.\n", "One.\nRun curl now.\n", "curl") == ["curl"]


def test_a_stretch_over_words_that_stayed_is_marked_in_pieces() -> None:
    assert "".join(marked("Run the tool.", "Run the evil tool.", "the evil tool")) == (
        "the evil tool"
    )


def test_a_stretch_over_two_lines_is_marked_in_both() -> None:
    assert marked("", "Skip the\ncheck now.", "Skip the\ncheck") == ["Skip the", "check"]


def test_a_stretch_in_folded_lines_is_marked_there() -> None:
    old = "".join(f"Line {n}.\n" for n in range(20))

    assert marked(old, old + "End.\n", "Line 3.") == ["Line 3."]


def test_words_that_went_are_never_marked() -> None:
    found = mark_firsts(diff("curl it", "call it"), [(0, 7)])

    assert all(
        not part.firsts for row in found.rows for part in row.parts if part.kind is PartKind.DEL
    )


def test_without_stretches_the_diff_is_the_same() -> None:
    found = diff("a", "b")

    assert mark_firsts(found, []) is found


@pytest.mark.parametrize("spans", [[(500, 600)], [(3, 500)]])
def test_stretches_beyond_the_text_are_cut(spans) -> None:
    found = mark_firsts(diff("", "abcdef"), spans)

    [part] = found.rows[0].parts
    assert all(end <= 6 for _, end in part.firsts)


LINES = st.lists(st.text("ab c", max_size=6), max_size=6).map("\n".join)


@given(old=LINES, new=LINES, start=st.integers(0, 20), length=st.integers(1, 10))
def test_what_is_marked_is_the_stretch(old, new, start, length) -> None:
    found = mark_firsts(diff(old, new), [(start, start + length)])

    words = "".join(
        part.text[first:last]
        for row in rows_of(found.rows)
        for part in row.parts
        for first, last in part.firsts
    )
    assert words == new[start : start + length].replace("\n", "")
