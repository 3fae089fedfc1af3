import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.web.ids import KINDS, LARGEST, BadId, HumanId, parse_id, spell_id


@given(st.sampled_from(sorted(KINDS)), st.integers(1, LARGEST))
def test_what_is_spelled_is_parsed_again(letter, number) -> None:
    assert parse_id(spell_id(letter, number)) == HumanId(letter, number)


@pytest.mark.parametrize("typed", ["P-1042", "p-1042", "P1042", " p1042 ", "P-001042"])
def test_people_may_type_an_id_their_way(typed) -> None:
    assert parse_id(typed) == HumanId("P", 1042)


@pytest.mark.parametrize(
    "typed",
    ["", "P-", "1042", "Z-1", "P-0", "P--1", "P-1 2", "P-1e3", "PP-1", "P-9223372036854775808"],
)
def test_what_is_no_id_is_refused_with_a_right_spelling(typed) -> None:
    with pytest.raises(BadId, match=r"P-1042"):
        parse_id(typed)


def test_digits_of_other_scripts_are_no_digits_of_an_id() -> None:
    with pytest.raises(BadId):
        parse_id("P-\u0661\u0660")


def test_an_id_of_another_kind_is_refused_by_the_kind_that_was_expected() -> None:
    with pytest.raises(BadId, match=r"'D-87' is not the id of a proposal"):
        parse_id("D-87", expected="P")


def test_a_long_input_is_cut_in_the_message() -> None:
    with pytest.raises(BadId) as refused:
        parse_id("x" * 10_000)
    assert len(str(refused.value)) < 120


@given(st.text(max_size=30))
def test_any_text_is_an_id_or_a_bad_id(typed) -> None:
    try:
        found = parse_id(typed)
    except BadId:
        return
    assert found.letter in KINDS
    assert 1 <= found.number <= LARGEST


@pytest.mark.parametrize(("letter", "number"), [("Z", 1), ("p", 1), ("P", 0), ("P", LARGEST + 1)])
def test_an_id_that_cannot_be_is_not_spelled(letter, number) -> None:
    with pytest.raises(BadId):
        spell_id(letter, number)
