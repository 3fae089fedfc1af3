"""Matching lines and words: right where it matches, and never more work than was counted."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.alignment import (
    LINE_BLOCK_CELLS,
    MAX_CHARACTERS,
    TOTAL_CELLS,
    WORD_BLOCK_CELLS,
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

items = st.lists(st.sampled_from("abcdef"), max_size=30)
text = st.text(alphabet="ab .,\n\t日本", max_size=60)


def longest_common(old, new) -> int:
    """Return the length of the longest common subsequence by the textbook table."""
    row = [0] * (len(new) + 1)
    for left in old:
        before = 0
        for at, right in enumerate(new, start=1):
            before, row[at] = row[at], before + 1 if left == right else max(row[at], row[at - 1])
    return row[-1]


def plenty() -> Work:
    return Work(left=TOTAL_CELLS)


@given(items, items)
def test_matches_are_equal_items_in_order_and_as_many_as_there_can_be(old, new):
    found = match_items(old, new, plenty(), LINE_BLOCK_CELLS)
    assert all(old[i] == new[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    assert len(found) == longest_common(old, new)


@given(items, items)
def test_without_budget_matches_are_still_equal_items_in_order(old, new):
    found = match_items(old, new, Work(left=0), 4)
    assert all(old[i] == new[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))


def test_items_that_occur_once_divide_a_stretch_that_is_too_large():
    filler = [f"x{at % 3}" for at in range(60)]
    old = [*filler, "unique one", *filler, "unique two", *filler]
    new = ["new", *filler[1:], "unique one", *filler[:-1], "unique two", *filler[2:]]
    work = plenty()
    found = match_items(old, new, work, limit=60 * 60)
    assert (60, 60) in found
    assert (121, 120) in found
    assert not work.is_coarse


def test_a_stretch_no_item_divides_is_left_whole_and_said_to_be_coarse():
    work = plenty()
    assert match_items(["a", "b"] * 50, ["b", "c", "a"] * 40, work, limit=100) == []
    assert work.is_coarse
    assert work.done == 0


def test_unique_items_that_cross_keep_the_longest_chain():
    old = ["z", "1", "2", "3", "4", "y"]
    new = ["y", "4", "1", "2", "3", "z"]
    assert match_items(old, new, plenty(), limit=1) == [(1, 2), (2, 3), (3, 4)]


@pytest.mark.parametrize("size", [500, 2_000, 8_000, 32_000])
@pytest.mark.parametrize(
    ("old", "new"),
    [("a b", "b a a"), ("a", "b"), ("the the of", "of the"), ("x y z", "z y x")],
)
def test_work_on_repeated_words_stays_within_the_budget(old, new, size):
    work = plenty()
    match_words((old.split() * size)[:size], (new.split() * size)[:size], work)
    assert work.done <= min(TOTAL_CELLS, WORD_BLOCK_CELLS * 8)


def test_work_is_refused_once_the_budget_is_used_up():
    work = Work(left=10)
    assert work.take(6, limit=100)
    assert not work.take(6, limit=100)
    assert (work.left, work.done, work.is_coarse) == (4, 6, True)


def test_a_text_beyond_the_cap_gets_no_budget():
    assert work_for("a" * MAX_CHARACTERS).left == TOTAL_CELLS
    assert work_for("a", "a" * (MAX_CHARACTERS + 1)).left == 0


def test_a_long_line_is_matched_sentence_by_sentence():
    sentences = [f"Sentence {at} says that plan {at} pays {at} times." for at in range(600)]
    old = " ".join(sentences).split()
    new = " ".join([*sentences[:5], "Something new.", *sentences[6:400], *sentences[401:]]).split()
    work = plenty()
    found = match_words(old, new, work)
    assert not work.is_coarse
    words_of_one = len(sentences[5].split())
    assert len(old) - len(found) <= 2 * words_of_one
    assert all(old[i] == new[j] for i, j in found)


@given(st.lists(text, max_size=8), st.lists(text, max_size=8), st.sampled_from([0.0, 0.34]))
def test_aligned_lines_name_every_line_once_and_in_order(old, new, least):
    aligned = list(align_lines(old, new, plenty(), least))
    assert [i for i, _ in aligned if i is not None] == list(range(len(old)))
    assert [j for _, j in aligned if j is not None] == list(range(len(new)))


def test_a_reworded_line_is_paired_with_its_version_among_new_ones():
    old = ["Quote the annual limit from the plan document."]
    new = [
        "Greet the member by name.",
        "Quote the remaining limit from the plan ledger.",
        "Say goodbye.",
    ]
    aligned = list(align_lines(old, new, plenty(), 0.34))
    assert aligned == [(None, 0), (0, 1), (None, 2)]


def test_lines_that_share_no_words_are_not_versions_of_one_another():
    aligned = list(align_lines(["Ask for the tooth number."], ["Close at noon."], plenty(), 0.34))
    assert aligned == [(0, None), (None, 0)]


def test_reworded_lines_stay_in_order_when_one_is_put_between():
    old = [f"Step {at}: read the ledger of plan {at} and note it." for at in range(40)]
    new = [line.replace("note", "file") for line in old]
    new.insert(20, "Stop for lunch.")
    aligned = list(align_lines(old, new, plenty(), 0.34))
    assert (None, 20) in aligned
    assert (20, 21) in aligned


def test_pairing_thousands_of_lines_stops_at_the_budget():
    old = [f"{at} one two" for at in range(20_000)]
    new = [f"{at} two one" for at in range(20_000, 40_000)]
    work = plenty()
    aligned = list(align_lines(old, new, work, 0.34))
    assert work.done <= TOTAL_CELLS
    assert work.is_coarse
    assert len([i for i, _ in aligned if i is not None]) == len(old)


@given(text)
def test_tokens_of_a_line_joined_are_the_line(line):
    assert "".join(word + space for word, space in tokens_of(line)) == line


@given(text)
def test_lines_joined_are_the_text(words):
    assert "\n".join(lines_of(words)) == words


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("", []),
        ("  a b", [("", "  "), ("a", " "), ("b", "")]),
        ("limit, then.", [("limit", ""), (",", " "), ("then", ""), (".", "")]),
        ("3.5 ... x", [("3.5", " "), ("...", " "), ("x", "")]),
        ("日本 a", [("日", ""), ("本", " "), ("a", "")]),
    ],
)
def test_a_token_is_a_word_or_its_points_with_the_space_after(line, tokens):
    assert tokens_of(line) == tokens


@pytest.mark.parametrize(
    ("word", "ends"),
    [("done.", True), ("done?”", True), ("done", False), ("3.5", False), ("完了。", True)],
)
def test_a_statement_ends_with_its_point(word, ends):
    assert ends_statement(word) is ends


@pytest.mark.parametrize(("token", "counts"), [("a", True), (".", False), ("", False), ("-", True)])
def test_points_are_no_words(token, counts):
    assert is_word(token) is counts


@given(items, items)
def test_runs_cover_both_sides_by_turns(old, new):
    runs = list(runs_of(match_items(old, new, plenty(), LINE_BLOCK_CELLS), len(old), len(new)))
    assert [at for run in runs for at in range(run.i, run.to_i)] == list(range(len(old)))
    assert [at for run in runs for at in range(run.j, run.to_j)] == list(range(len(new)))
    assert all(old[run.i : run.to_i] == new[run.j : run.to_j] for run in runs if run.is_same)
    assert all(a.is_same != b.is_same for a, b in pairwise(runs))
