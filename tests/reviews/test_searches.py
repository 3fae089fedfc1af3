"""What is typed into the search field, as a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.searches import Search, Where, put, read_search


def test_nothing_typed_asks_for_what_is_open() -> None:
    assert read_search("  ") == Search()
    assert read_search("").is_plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is:conflicted", {"where": Where.CONFLICTED}),
        ("IS:Decided", {"where": Where.DECIDED}),
        ("risk:high", {"risks": {"high"}}),
        ("risk:high,medium risk:low", {"risks": {"high", "medium", "low"}}),
        ("op:retire", {"ops": {"retire"}}),
        ("agent:claims-review", {"agents": {"claims-review"}}),
        ("agent:shared", {"agents": {"shared"}}),
        ("kind:mistake", {"kinds": {"mistake"}}),
        ("dream:d-87", {"dream": "D-87"}),
        ("refund window", {"words": ("refund", "window")}),
        ('"refund window" soon', {"words": ("refund window", "soon")}),
        ("P-1042", {"number": 1042, "where": Where.ALL}),
        ("p1042 is:open", {"number": 1042, "where": Where.OPEN}),
        ("12:30", {"words": ("12:30",)}),
    ],
)
def test_the_grammar_is_read(text, expected) -> None:
    search = read_search(text)

    found = {name: getattr(search, name) for name in expected}
    assert found == expected
    assert search.problems == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "“colour:” is not a filter"),
        ("risk:blue", "“risk:blue” is not known"),
        ("is:lost", "“is:lost” is not known"),
        ("dream:M-3", "“dream:M-3” is not a dream"),
        ("risk:", "“risk:” lacks a value"),
        ("x" * 300, "first 200 characters"),
        ("a b c d e f g h i j", "first 8 words"),
    ],
)
def test_what_is_not_understood_is_said_and_left_out(text, said) -> None:
    search = read_search(text)

    assert len(search.problems) == 1
    assert said.lower() in search.problems[0].lower()


def test_a_problem_keeps_the_rest_of_the_search() -> None:
    search = read_search("risk:blue agent:claims")

    assert search.agents == {"claims"}
    assert search.risks == frozenset()


def test_a_nul_character_never_reaches_a_database() -> None:
    assert read_search("re\x00fund").words == ("refund",)


@given(st.text(max_size=300))
def test_nothing_typed_raises(text) -> None:
    search = read_search(text)

    assert "\x00" not in search.text
    assert len(search.text) <= 200


def test_the_list_of_what_waits_goes_by_risk_and_the_rest_does_not() -> None:
    by_risk = {where for where in Where if Search(where=where).is_by_risk}

    assert by_risk == {Where.OPEN, Where.MINE, Where.SECOND, Where.CONFLICTED}


def test_a_filter_link_changes_its_own_key_only() -> None:
    assert put("risk:low agent:claims words", "risk", "high") == "risk:high agent:claims words"
    assert put("risk:low agent:claims", "risk", "") == "agent:claims"
    assert put("", "is", "mine") == "is:mine"
