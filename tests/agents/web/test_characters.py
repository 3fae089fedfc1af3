import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.web.characters import BOXES_A_TEXT, Segment, count_hidden, split_hidden


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("\u200b", "U+200B"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\ufeff", "U+FEFF"),
        ("\u00ad", "U+00AD"),
        ("\u00a0", "U+00A0"),
        ("\u3164", "U+3164"),
        ("\x1b", "U+001B"),
        ("\ufe01", "U+FE01"),
        ("\U000e0041", "U+E0041"),
        ("\udc80", "U+DC80"),
    ],
)
def test_what_cannot_be_seen_is_boxed_as_its_code_point(char, code) -> None:
    assert [part.text for part in split_hidden(f"a{char}b")] == ["a", code, "b"]


@pytest.mark.parametrize("text", ["plain", "two\nlines", "tab\there", "naïve 漢字 עברית", "\u0600"])
def test_what_can_be_seen_is_left_alone(text) -> None:
    assert list(split_hidden(text)) == [Segment(text)]


def test_a_windows_line_end_is_no_hidden_character() -> None:
    assert list(split_hidden("one\r\ntwo")) == [Segment("one\ntwo")]


def test_a_carriage_return_inside_a_line_is_boxed() -> None:
    assert count_hidden("safe\rEVIL") == 1


def test_the_emoji_selector_is_boxed_only_where_it_stands_behind_no_symbol() -> None:
    assert count_hidden("\u26a0\ufe0f") == 0
    assert count_hidden("a\ufe0f") == 1


def test_a_box_names_what_it_hides() -> None:
    boxed = list(split_hidden("\u202e"))
    assert boxed == [Segment("U+202E", is_hidden=True, name="right-to-left override")]


def test_a_repeated_character_is_boxed_once_with_its_count() -> None:
    assert [part.text for part in split_hidden("\u200b" * 57)] == ["U+200B x57"]


def test_a_long_run_of_different_characters_ends_in_a_number() -> None:
    run = "".join(chr(code) for code in range(0xE0020, 0xE0040))
    assert [part.text for part in split_hidden(run)][-1] == "and 28 more"


@given(st.text(max_size=60))
def test_nothing_unseen_is_left_in_the_readable_runs(text) -> None:
    for part in split_hidden(text):
        if not part.is_hidden:
            unseen = [c for c in part.text if unicodedata.category(c) in {"Cs", "Co", "Zl", "Zp"}]
            assert unseen == []
            assert "\u202e" not in part.text


@given(st.text(max_size=60))
def test_no_character_is_lost_without_a_box(text) -> None:
    told = sum(
        stands_for(part.text) if part.is_hidden else len(part.text) for part in split_hidden(text)
    )
    assert told >= len(text.replace("\r\n", "\n")) - text.count("\ufe0f")


def stands_for(box: str) -> int:
    """How many characters a box tells of: U+200B, U+200B x57, and 28 more."""
    number = re.search(r"(?: x|and )(\d+)", box)
    return int(number[1]) if number else 1


def test_a_hundred_thousand_hidden_characters_are_read_in_a_moment() -> None:
    text = "a\u200b\u200c" * 35_000
    start = time.process_time()
    found = count_hidden(text)
    assert found == 70_000
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("p\u0430ypal", ["p", "U+0430", "ypal"]),
        ("P\u0430\u0443 now", ["P", "U+0430", "U+0443", " now"]),
        ("see \u0430dmin", ["see ", "U+0430", "dmin"]),
        ("\u03b1bc", ["U+03B1", "bc"]),
    ],
)
def test_a_letter_of_another_alphabet_in_a_latin_word_is_boxed(text, shown) -> None:
    assert [part.text for part in split_hidden(text)] == shown


@pytest.mark.parametrize(
    "text",
    [
        "\u0434\u0430",
        "Athens \u0391\u03b8\u03ae\u03bd\u03b1",
        "5 \u03bcm",
        "10 k\u03c9",
        "na\u00efve",
    ],
)
def test_words_of_one_alphabet_and_units_are_left_alone(text) -> None:
    assert list(split_hidden(text)) == [Segment(text)]


def test_many_look_alike_letters_in_a_row_are_counted() -> None:
    shown = [part.text for part in split_hidden("a" + "\u0430" * 900)]

    assert shown == ["a", "U+0430 x900"]


def test_look_alike_letters_cost_linear_time() -> None:
    began = time.process_time()

    list(split_hidden("a\u0430" * 20_000))
    list(split_hidden("\u0430" * 100_000))

    assert time.process_time() - began < 5


def test_a_text_full_of_boxes_shows_the_first_and_counts_the_rest() -> None:
    shown = list(split_hidden("a\u200b" * 1_000))

    assert sum(part.is_hidden for part in shown) == BOXES_A_TEXT + 1
    assert shown[-1].text == f"and {1_000 - BOXES_A_TEXT} boxes more"
    assert "".join(part.text for part in shown if not part.is_hidden) == "a" * 1_000
