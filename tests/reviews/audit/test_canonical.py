import json
import unicodedata
from typing import Any

import jcs  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.audit import canonical
from reviews.audit.errors import NotCanonical

NFC_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
).map(lambda text: unicodedata.normalize("NFC", text))
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10)
PROFILE = st.recursive(
    NFC_TEXT | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)
OBJECTS = st.dictionaries(KEYS, PROFILE, max_size=5)


@given(OBJECTS)
def test_what_was_written_reads_back_the_same(value):
    assert canonical.decode(canonical.encode(value).decode()) == value


@given(OBJECTS)
def test_a_second_implementation_spells_the_same_bytes(value):
    assert canonical.encode(value) == jcs.canonicalize(value)


@given(OBJECTS)
def test_the_standard_library_spells_the_same_text_under_the_profile(value):
    spelled = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert canonical.encode(value).decode() == spelled


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": 1.5}, r"\$\.a is a float"),
        ({"a": float("nan")}, "float"),
        ({"a": None}, "NoneType"),
        ({"a": b"x"}, "bytes"),
        ({"a": 2**53}, "beyond 2\\^53"),
        ({"a": -(2**53)}, "beyond 2\\^53"),
        ({"a": ["x\x00"]}, r"\$\.a\[0\] holds a NUL"),
        ({"a": "\ud800"}, "lone surrogate at 0"),
        ({"a": "e\u0301"}, "normal form C"),
        ({"\u00e9": 1}, "keys are ASCII"),
        ({1: 1}, "keys are ASCII"),
    ],
)
def test_what_has_no_spelling_is_refused_by_name(value, said):
    with pytest.raises(NotCanonical, match=said):
        canonical.encode(value)


def test_the_largest_integer_is_spelled():
    assert canonical.encode({"a": 2**53 - 1}) == b'{"a":9007199254740991}'


def test_depth_has_an_end():
    value: Any = "x"
    for _ in range(20):
        value = [value]
    with pytest.raises(NotCanonical, match="deeper"):
        canonical.encode({"a": value})


def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not():
    room = canonical.MAX_BODY_BYTES - len('{"a":""}')
    assert len(canonical.encode({"a": "x" * room})) == canonical.MAX_BODY_BYTES
    with pytest.raises(NotCanonical, match="65,537 bytes"):
        canonical.encode({"a": "x" * (room + 1)})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '"x"',
        "{",
        '{"a":1 }',
        '{"b":1,"a":1}',
        '{"a":1,"a":1}',
        '{"a":1.0}',
        '{"a":1e2}',
        '{"a":NaN}',
        '{"a":"\\u0041"}',
        '{"a":"\\/"}',
        "{'a':1}",
        '{"a":1}\n',
        '{"a":-0}',
        "[" * 100_000,
    ],
)
def test_every_other_spelling_is_refused(body):
    with pytest.raises(NotCanonical):
        canonical.decode(body)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_a_text_keeps_every_character(text):
    assert json.loads(canonical.encode_text(text)) == text


def test_a_text_is_not_normalised():
    assert canonical.encode_text("e\u0301") != canonical.encode_text("\u00e9")


@pytest.mark.parametrize("text", ["a\x00b", "\udc00", "x" * (canonical.MAX_VALUE_BYTES + 1)])
def test_a_text_without_a_spelling_is_refused(text):
    with pytest.raises(NotCanonical):
        canonical.encode_text(text)
