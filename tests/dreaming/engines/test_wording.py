import pytest

from dreaming.engines.wording import (
    cut_text,
    cut_title,
    join_names,
    name_sessions,
    order_session,
    title_error,
)


def test_sessions_are_named_in_the_order_people_count():
    assert name_sessions({"S-10", "S-9", "S-2"}) == "S-2, S-9, S-10"


def test_many_sessions_are_cut_and_counted():
    assert name_sessions(f"S-{n}" for n in range(1, 9)) == "S-1, S-2, S-3, S-4, S-5 and 3 more"


def test_session_nine_comes_before_ten():
    assert order_session("S-9") < order_session("S-10")


def test_names_are_joined_as_code():
    assert join_names(["a"]) == "`a`"
    assert join_names(["a", "b", "c"]) == "`a`, `b` and `c`"


def test_a_title_is_cut_between_words():
    title = cut_title("word " * 20)
    assert title.endswith("word …")
    assert len(title) <= 60


def test_a_short_title_stays():
    assert cut_title("short") == "short"


def test_one_long_word_is_cut_hard():
    assert len(cut_title("x" * 200)) <= 60


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("payment does not add up, total is 3 but paid 2", "payment does not add up"),
        ("one, two and three follow one after the other", "one, two and three follow …"),
        ("the certificate cannot be used to pay for it", "the certificate cannot …"),
    ],
)
def test_a_text_is_cut_behind_a_clause_or_a_word_that_says_something(text, shown):
    assert cut_text(text, 30) == shown


def test_an_error_is_titled_with_its_tool_where_both_fit():
    assert title_error("pay", "card refused") == "pay: card refused"
    assert title_error("t" * 50, "card is refused") == "card is refused"
