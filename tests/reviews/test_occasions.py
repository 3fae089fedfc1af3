"""When a session comes to what a memory is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.occasions import ENOUGH_WORDS, Occasion, comes_to, telling_words, tools_named

OPENINGS = (
    "Please cancel my order of running shoes.",
    "Please refund the claim for water damage.",
    "Please change the address of my order.",
    "Please tell me the opening hours.",
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Call `update_claim` before `close_claim`.", {"update_claim", "close_claim"}),
        ("Ask update_claim.", {"update_claim"}),
        ("The update_claim_note is another tool.", set()),
        ("Update the claim.", set()),
        ("", set()),
    ],
)
def test_a_tool_is_named_by_its_whole_name(text, named) -> None:
    assert tools_named(text, {"update_claim", "close_claim"}) == named


@pytest.mark.parametrize(
    ("called", "meets"),
    [({"update_claim"}, True), ({"update_claim", "other"}, True), ({"other"}, False), ((), False)],
)
def test_who_called_the_tool_a_memory_names_met_it(called, meets) -> None:
    occasion = Occasion(tools=frozenset({"update_claim"}))
    assert comes_to(occasion, called, "anything at all") is meets


def test_a_word_that_every_session_is_opened_with_tells_nothing() -> None:
    words = telling_words("Please refund water damage at once.", OPENINGS)
    assert words == {"refund", "water", "damage"}


def test_a_word_no_session_is_opened_with_tells_nothing_either() -> None:
    assert telling_words("Zeppelins are refundable.", OPENINGS) == frozenset()


def test_a_session_opened_with_enough_of_the_words_met_it() -> None:
    words = frozenset({"refund", "water", "damage", "claim"})
    assert [comes_to(Occasion(words=words), (), one) for one in OPENINGS] == [
        False,
        True,
        False,
        False,
    ]


def test_fewer_words_than_enough_have_to_stand_all_of_them() -> None:
    occasion = Occasion(words=frozenset({"running", "shoes"}))
    assert occasion.needed == 2 < ENOUGH_WORDS
    assert comes_to(occasion, (), OPENINGS[0])
    assert not comes_to(occasion, (), "running late")


def test_nothing_is_an_occasion_for_what_names_nothing() -> None:
    assert not comes_to(Occasion(), {"update_claim"}, OPENINGS[0])


@given(st.text(max_size=200), st.lists(st.text(max_size=80), max_size=8))
def test_a_session_opened_with_all_telling_words_always_met_it(text, openings) -> None:
    words = telling_words(text, openings)
    if words:
        assert comes_to(Occasion(words=words), (), " ".join(words))
