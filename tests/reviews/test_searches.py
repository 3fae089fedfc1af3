"""What is typed into the search field, as a value."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.searches import (
    KEYS,
    LONGEST,
    MOST_WORDS,
    OTHER_NAMES,
    VALUES,
    Search,
    Where,
    put,
    read_search,
    spell_search,
)

DAY = timedelta(days=1)


def test_nothing_typed_asks_for_what_is_open() -> None:
    assert read_search("  ") == Search()
    assert read_search("").is_plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is:conflicted", {"where": Where.CONFLICTED}),
        ("IS:Decided", {"where": Where.DECIDED}),
        ("is:yours", {"where": Where.YOURS}),
        ("is:mine", {"where": Where.YOURS}),
        ("older:2h", {"older": timedelta(hours=2)}),
        ("older:2d newer:1w", {"older": 2 * DAY, "newer": 7 * DAY}),
        ("Older:3W", {"older": 21 * DAY}),
        ("older:1d older:2d", {"older": 2 * DAY}),
        ("P-1042", {"number": 1042, "where": Where.ALL}),
        ("p1042 is:open", {"number": 1042, "where": Where.OPEN}),
    ],
)
def test_what_is_typed_is_read(text, expected) -> None:
    search = read_search(text)

    assert {name: getattr(search, name) for name in expected} == expected
    assert search.problems == ()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["risk:high"], {"risks": {"high"}}),
        (["risk:high,medium", "risk:low"], {"risks": {"high", "medium", "low"}}),
        (["op:retire"], {"ops": {"retire"}}),
        (["agent:claims-review"], {"agents": {"claims-review"}}),
        (["agent:shared"], {"agents": {"shared"}}),
        (["kind:mistake"], {"kinds": {"mistake"}}),
        (['kind:"two words",one'], {"kinds": {"two words", "one"}}),
        (["dream:d-87", "dream:D88"], {"dreams": {"D-87", "D-88"}}),
        (["refund", "window"], {"words": ("refund", "window")}),
        (['"refund window"', "soon"], {"words": ("refund window", "soon")}),
        (['"is:open"'], {"words": ("is:open",)}),
        (['"P-7"'], {"words": ("P-7",)}),
        (['say"so'], {"words": ("sayso",)}),
        (["12:30"], {"words": ("12:30",)}),
        (["-"], {"words": ("-",)}),
    ],
)
@pytest.mark.parametrize("minus", ["", "-"])
def test_values_are_looked_for_or_left_out(minus, typed, expected) -> None:
    said = " ".join(f"{minus}{term}" for term in typed)
    search = read_search(said)

    found = search.without if minus else search.only
    assert {name: getattr(found, name) for name in expected} == expected
    assert not (search.only if minus else search.without)
    assert search.problems == ()
    assert search.narrows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "“colour:” is not a filter"),
        ("-colour:red", "“colour:” is not a filter"),
        ("risk:blue", "“risk:blue” is not known"),
        ("risk:mine", "“risk:mine” is not known"),
        ("-risk:blue", "“risk:blue” is not known"),
        ("is:lost", "“is:lost” is not known"),
        ("-is:open", "“-is:” is not known: is: chooses one list"),
        ("-older:2d", "“-older:” is not known. Write newer:"),
        ("-newer:2d", "“-newer:” is not known. Write older:"),
        ("older:2", "“older:2” is not an age. Write hours, days or weeks: older:2d"),
        ("older:0d", "“older:0d” is not an age"),
        ("newer:2m", "“newer:2m” is not an age"),
        ("older:99999h", "is not an age"),
        ("older:٣d", "is not an age"),
        ("dream:M-3", "“dream:M-3” is not a dream"),
        ("-P-12", "“-P-12”: one proposal cannot be left out"),
        ("risk:", "“risk:” lacks a value"),
        ("risk:,", "“risk:” lacks a value"),
        ("x" * 300, "first 200 characters"),
        ("a b c d -e f g h i j", "first 8 words"),
    ],
)
def test_what_is_not_understood_is_said_and_left_out(text, said) -> None:
    search = read_search(text)

    assert len(search.problems) == 1
    assert said.lower() in search.problems[0].lower()
    kept = len(search.only.words) + len(search.without.words)
    assert kept == (MOST_WORDS if "words" in said else 1 if "characters" in said else 0)


def test_a_problem_keeps_the_rest_of_the_search() -> None:
    search = read_search("risk:blue agent:claims")

    assert search.only.agents == {"claims"}
    assert search.only.risks == frozenset()


def test_a_nul_character_never_reaches_a_database() -> None:
    assert read_search("re\x00fund").only.words == ("refund",)


ODD = ("-", '"', " ", ",", "2d", "1w", "P-12", "d-3", "claims", "İ", "Σ", "\u202e", "\t", "x:y")
KNOWN = [value for values in VALUES.values() for value in values]
PIECES = st.sampled_from([*(f"{key}:" for key in KEYS), *KNOWN, *OTHER_NAMES, *ODD])
TYPED = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=30).map("".join))


@given(TYPED)
def test_nothing_typed_raises(text) -> None:
    search = read_search(text)

    assert "\x00" not in search.text
    assert len(search.text) <= LONGEST
    assert len(search.only.words) + len(search.without.words) <= MOST_WORDS


def meaning(search: Search) -> Search:
    return replace(search, text="", problems=())


@given(TYPED)
def test_a_search_is_read_back_from_its_spelling(text) -> None:
    search = read_search(text)
    spelled = spell_search(search)

    if len(spelled) <= LONGEST:
        again = read_search(spelled)
        assert meaning(again) == meaning(search)
        assert again.problems == ()
        assert spell_search(again) == spelled


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("risk:high is:open", "RISK:high"),
        ("risk:low,high agent:b agent:a", "agent:a,b  risk:high,low"),
        ("older:7d is:mine", "is:yours older:1w"),
        ("older:24h", "older:1d"),
        ("P-7 is:all", "p7"),
    ],
)
def test_searches_alike_in_meaning_are_spelled_alike(one, other) -> None:
    assert spell_search(read_search(one)) == spell_search(read_search(other))


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("", ""),
        ('-word "two words" -agent:x is:all', 'is:all -agent:x "two words" -word'),
        ('"-minus" "a:b" "P-7"', '"-minus" "a:b" "P-7"'),
    ],
)
def test_the_one_spelling_can_be_typed(text, spelled) -> None:
    assert spell_search(read_search(text)) == spelled


def test_the_list_of_what_waits_goes_by_risk_and_the_rest_does_not() -> None:
    by_risk = {where for where in Where if Search(where=where).is_by_risk}

    waiting = {Where.OPEN, Where.YOURS, Where.LATE, Where.LATER, Where.SECOND, Where.CONFLICTED}
    assert by_risk == waiting


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("risk:low agent:claims words", "risk", "high", "risk:high agent:claims words"),
        ("-risk:low agent:claims", "risk", "high", "risk:high agent:claims"),
        ("risk:low agent:claims", "risk", "", "agent:claims"),
        ("", "is", "yours", "is:yours"),
        ("", "agent", "two words", 'agent:"two words"'),
    ],
)
def test_a_filter_link_changes_its_own_key_only(text, key, value, expected) -> None:
    assert put(text, key, value) == expected
