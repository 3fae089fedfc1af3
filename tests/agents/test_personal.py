"""Personal data found by its own signs, covered, and traced back."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.personal import (
    EVERY_KIND,
    KINDS,
    RULES,
    covers_of,
    mark_of,
    mask_on_page,
    mask_personal,
    mask_stretch,
)

FOUND = [
    ("ada.lovelace@example.com", "e-mail"),
    ("o'brien+x@mail.example.co.uk", "e-mail"),
    ("+41 44 668 18 00", "telephone"),
    ("+1 (415) 555-2671", "telephone"),
    ("(415) 555-2671", "telephone"),
    ("415-555-2671", "telephone"),
    ("DE89 3704 0044 0532 0130 00", "bank account"),
    ("GB82WEST12345698765432", "bank account"),
    ("CH93 0076 2011 6238 5295 7", "bank account"),
    ("4111 1111 1111 1111", "card number"),
    ("378282246310005", "card number"),
    ("5555-5555-5555-4444", "card number"),
    ("203.0.113.7", "network address"),
    ("8.8.8.8", "network address"),
    ("536-90-4399", "US social security number"),
    ("AB 12 34 56 C", "UK insurance number"),
    ("756.9217.0769.85", "Swiss insurance number"),
    ("12345678Z", "Spanish identity number"),
    ("X-1234567L", "Spanish identity number"),
]
BIRTHS = ["born 1980-02-29", "DOB: 3/4/1971", "date of birth is 12 March 1969", "born May 4, 1990"]
LEFT = [
    "order #W2611340 of 12 items",
    "version 1.2.3 and 10.0.0.7 and 192.168.1.1 and 127.0.0.1",
    "4111 1111 1111 1112",
    "DE89 3704 0044 0532 0130 01",
    "000-12-3456 and 900-12-3456",
    "756.9217.0769.84",
    "12345678A",
    "2026-11-29 12:00:00, 1234567890123",
    "@mention and name @ place",
    "a released on 2026-01-02",
    "GB 12 34 56 A is no prefix that is issued",
    "tool_call_4155552671999",
]


@pytest.mark.parametrize(("text", "kind"), FOUND)
def test_what_names_itself_is_covered_whole(text, kind):
    masked = mask_personal(f"Say {text}, then go on.", EVERY_KIND)
    assert masked.text == f"Say {mark_of(kind)}, then go on."
    (cover,) = masked.covers
    assert (cover.from_start, cover.from_end, cover.kind) == (4, 4 + len(text), kind)


@pytest.mark.parametrize("text", BIRTHS)
def test_of_a_birth_the_date_is_covered_and_the_words_stay(text):
    masked = mask_personal(text, EVERY_KIND)
    assert masked.text.endswith("[date of birth removed]")
    assert not re.search(r"\d", masked.text)


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_so_is_left(text):
    assert mask_personal(text, EVERY_KIND).text == text


def test_only_the_kinds_asked_for_are_covered():
    text = "ada@example.com at 203.0.113.7"
    assert mask_personal(text, {"e-mail"}).text == "[e-mail removed] at 203.0.113.7"
    assert mask_personal(text, ()).text == text


def test_a_place_in_the_masked_text_is_found_in_the_text_before():
    text = "Mail ada@example.com or call +41 44 668 18 00 today."
    masked = mask_personal(text, EVERY_KIND)
    start = masked.text.index("or call")
    end = masked.text.index(" today")
    first, last = masked.origin(start, end)
    assert text[first:last] == "or call +41 44 668 18 00"
    inside = masked.text.index("removed] or")
    first, last = masked.origin(inside, inside + 3)
    assert text[first:last] == "ada@example.com"


PIECES = st.sampled_from([text for text, _ in FOUND] + ["plain words", "12", "x@y", "born ", "\n"])


@given(st.lists(PIECES, max_size=8).map(" ".join))
def test_masking_twice_is_masking_once_and_places_stay_in_order(text):
    masked = mask_personal(text, EVERY_KIND)
    assert mask_personal(masked.text, EVERY_KIND).text == masked.text
    for cover in masked.covers:
        assert masked.text[cover.start : cover.end] == mark_of(cover.kind)
        assert masked.origin(cover.start, cover.end) == (cover.from_start, cover.from_end)


@given(st.text(max_size=300))
def test_any_text_can_be_masked_and_its_whole_is_its_whole(text):
    masked = mask_personal(text, EVERY_KIND)
    assert masked.origin(0, len(masked.text)) == (0, len(text))


@pytest.mark.parametrize(
    "attack", ["@", "a@", "1 ", "1-", "+1", "DE00 ", "1.", "born ", "AB 12 ", "756."]
)
def test_twice_the_text_costs_no_more_than_its_share(attack):
    def seconds(size: int) -> float:
        text = attack * (size // len(attack))
        begun = time.process_time()
        mask_personal(text, EVERY_KIND)
        return time.process_time() - begun

    assert seconds(400_000) <= 20 * max(seconds(50_000), 0.005)


def test_every_kind_has_an_example():
    assert {kind for _, kind in FOUND} | {"date of birth"} == set(KINDS)


PLACED = st.lists(st.sampled_from([*(words for words, _ in FOUND), "order 1042", " and ", "."]))


@given(PLACED, st.integers(0, 200), st.integers(0, 200))
def test_a_stretch_of_a_text_shows_nothing_of_what_its_covers_hide(words, start, length):
    text = " ".join(words)
    start = min(start, len(text))
    end = min(start + length, len(text))
    covers = covers_of(text, EVERY_KIND, 0, len(text))
    shown = mask_stretch(text, start, end, covers)
    rest = shown
    for cover in covers:
        if cover.from_start < end and cover.from_end > start:
            mark = f"[{cover.kind} masked]"
            assert mark in rest
            rest = rest.replace(mark, "", 1)
    kept = "".join(
        letter
        for at, letter in enumerate(text)
        if start <= at < end and not any(c.from_start <= at < c.from_end for c in covers)
    )
    assert rest == kept


def test_a_page_shows_the_kind_and_the_text_between():
    told = "Mail ada@example.com or call +44 20 7946 0958."
    assert mask_on_page(told, {"e-mail"}) == "Mail [e-mail masked] or call +44 20 7946 0958."
    assert mask_on_page("Nothing here.", EVERY_KIND) == "Nothing here."
    assert mask_on_page(told, ()) == told


def test_a_stretch_of_a_long_text_is_covered_by_what_stands_around_it_alone():
    text = "x " * 5_000 + "ada@example.com" + " y" * 5_000
    at = text.index("ada")
    (cover,) = covers_of(text, EVERY_KIND, at + 2, at + 4)
    assert text[cover.from_start : cover.from_end] == "ada@example.com"
    assert covers_of(text, EVERY_KIND, 0, 100) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_to_stand_in_a_text_stands_in_everything_that_is_found(kind):
    sign, find = RULES[kind]
    known = [*(words for words, of in FOUND if of == kind), *(BIRTHS if "birth" in kind else ())]
    assert known
    for words in known:
        assert list(find(words)), words
        assert sign.search(words), words
