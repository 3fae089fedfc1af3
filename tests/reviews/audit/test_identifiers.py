"""What may stand in a body: identifiers pass, anything a person wrote is refused."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.audit.errors import EntryRefused
from reviews.audit.identifiers import MAX_IDENTIFIER, plain, refuse_text


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "name",
    ["", "P-1042", "session.opened", "rule:retire", "store:*", "2026-11-21T06:00:00Z", "a" * 64],
)
def test_identifiers_pass(name: str) -> None:
    refuse_text(name, "object")


@pytest.mark.parametrize(
    "text",
    [
        "Ms Okafor",
        "rosa@northwind.example",
        "/mistake/refunds.md",
        "café",
        "two\nlines",
        "name\n",
        'a "quoted" word',
        "a" * (MAX_IDENTIFIER + 1),
        "P\u20111042",
        "a\0b",
    ],
)
def test_text_is_refused_and_told_where_it_belongs(text: str) -> None:
    with pytest.raises(EntryRefused, match="give it in `values`"):
        refuse_text(text, "after.reason")


@given(st.text(min_size=1).filter(lambda text: any(c.isspace() or ord(c) > 126 for c in text)))
def test_no_blank_and_no_letter_beyond_ascii_passes(text: str) -> None:
    with pytest.raises(EntryRefused):
        refuse_text(text, "object")


def test_the_refusal_quotes_no_more_than_the_beginning() -> None:
    with pytest.raises(EntryRefused) as refused:
        refuse_text("secret " * 50, "object")
    assert len(str(refused.value)) < 140


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (None, None),
        (7, 7),
        (True, True),
        ("P-1", "P-1"),
        (Colour.RED, "red"),
        (["a", "b"], ["a", "b"]),
        (("b", "a"), ["b", "a"]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({"x"}), ["x"]),
        ({"one": None, "two": 2}, {"two": 2}),
        ({"deep": [{"er": Colour.RED, "none": None}]}, {"deep": [{"er": "red"}]}),
    ],
)
def test_values_become_plain(given_: object, kept: object) -> None:
    assert plain(given_, "after") == kept


@pytest.mark.parametrize(
    ("given_", "where"),
    [
        ({"reason": "She asked"}, r"after\.reason"),
        ({"list": ["fine", "not fine"]}, r"after\.list\[1\]"),
        ({"a key": 1}, "a key of after"),
        ([{"deep": "two words"}], r"after\[0\]\.deep"),
    ],
)
def test_text_is_found_however_deep_it_stands(given_: object, where: str) -> None:
    with pytest.raises(EntryRefused, match=where):
        plain(given_, "after")


JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.from_regex(r"[a-z0-9._:-]{0,20}", fullmatch=True)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(JSON)
def test_what_is_plain_stays_as_it_is(value: object) -> None:
    assert plain(value, "after") == value
