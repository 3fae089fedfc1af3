"""Lines of memory are found in a transcript: the same ones a plain search finds, in less time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.echoes import NOTHING_GIVEN, SHORTEST_REMEMBERED, Echoes, lines_worth_finding

ADVICE = "Always greet the customer by family name in every letter."
FEW_WORDS = st.lists(st.sampled_from(["ask", "Ask", "first,", "a", "the", "clerk."]), max_size=9)


def test_a_short_line_of_memory_is_no_mark():
    assert lines_worth_finding("# Title\n- Ask first.\n") == frozenset()


def test_marks_of_lists_and_headings_are_no_part_of_a_line():
    assert lines_worth_finding(f"1. {ADVICE}\n## {ADVICE}\n> {ADVICE}") == {ADVICE.lower()}


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        (f"It says:\n  {ADVICE}", True),
        (f"({ADVICE})", True),
        (f"x{ADVICE}x", True),
        (ADVICE.replace(" ", "\n\t"), True),
        (ADVICE.lower(), True),
        (ADVICE.replace(" ", ""), False),
        (ADVICE[:-9], False),
        ("Greet them by first name.", False),
        ("", False),
    ],
)
def test_lines_are_found_whatever_their_case_and_white_space(text: str, repeats: bool):
    assert Echoes(lines_worth_finding(f"1. {ADVICE}")).are_in(text) is repeats


@pytest.mark.parametrize("line", ["a" * SHORTEST_REMEMBERED, f"{'a' * 12} {'b' * 12}"])
def test_a_line_without_inner_words_is_found_too(line: str):
    echoes = Echoes(lines_worth_finding(line))
    assert echoes.are_in(f"See: {line}.")
    assert not echoes.are_in(f"See: {line[1:]}.")


def test_nothing_given_is_found_nowhere():
    assert not NOTHING_GIVEN
    assert not NOTHING_GIVEN.are_in(ADVICE)
    assert Echoes(lines_worth_finding(ADVICE))


@given(st.lists(FEW_WORDS.map(" ".join), max_size=6), FEW_WORDS)
def test_what_is_found_is_what_a_plain_search_finds(lines: list[str], words: list[str]):
    folded = frozenset(" ".join(line.lower().split()) for line in lines if line)
    text = "  ".join(words)
    plain = any(line in " ".join(text.lower().split()) for line in folded)
    assert Echoes(folded).are_in(text) is plain
