import gzip
import io
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts import decoding
from agents.transcripts.base import UnreadableTranscript
from agents.transcripts.decoding import (
    Undecodable,
    decode_at,
    decode_json,
    decode_text,
    find_member,
    iterate_array,
    iterate_list_in,
    iterate_object,
    name_type,
    open_plain,
    read_text,
)

DEEP = "[" * 10_000 + "]" * 10_000
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def shown(values: Iterable[object]) -> list[object]:
    return [str(value) if isinstance(value, Undecodable) else value for value in values]


@pytest.mark.parametrize("content", [b"", b"a", b"ab", b"abcd", b"abcdefgh" * 10_000])
def test_plain_bytes_come_back_as_they_were(content):
    assert open_plain(io.BytesIO(content)).read() == content


@pytest.mark.parametrize("content", [b"", b"a", b"abcdefgh" * 10_000])
def test_gzip_is_known_by_its_first_bytes(content):
    assert open_plain(io.BytesIO(gzip.compress(content))).read() == content


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_other_unicode_forms_are_refused_with_the_way_out(encoding):
    content = ("\ufeff[1]" if encoding != "utf-16" else "[1]").encode(encoding)
    with pytest.raises(UnreadableTranscript, match="save it as UTF-8"):
        open_plain(io.BytesIO(content))


@pytest.mark.parametrize(
    "content", [b"\x1f\x8bnot gzip", gzip.compress(b"[1, 2, 3]", mtime=0)[:-9]]
)
def test_broken_gzip_data_is_unreadable(content):
    with pytest.raises(UnreadableTranscript, match="gzip data is broken"):
        read_text(io.BytesIO(content))


def test_a_file_over_the_limit_is_unreadable(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_FILE_BYTES", 100)
    with pytest.raises(UnreadableTranscript, match="more than 100 bytes unpacked; split it"):
        read_text(io.BytesIO(gzip.compress(b"0" * 101)))


def test_a_byte_order_mark_is_taken_off():
    assert decode_text(b"\xef\xbb\xbf[]") == "[]"


def test_bytes_that_are_no_utf8_become_what_ingest_replaces():
    assert decode_text(b"a\xffb") == "a\udcffb"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (DEEP, "nested too deeply"),
        ("9" * 5_000, "a number of more than 4,300 digits"),
        ("[NaN]", "NaN is no JSON number"),
        ("-Infinity", "-Infinity is no JSON number"),
        ('{"a": }', "not JSON: Expecting value at character 7"),
        ("", "not JSON: Expecting value at character 1"),
    ],
)
def test_what_is_no_json_says_why(text, reason):
    with pytest.raises(Undecodable) as raised:
        decode_json(text)
    assert str(raised.value) == reason


@given(JSON_VALUES)
def test_json_reads_back(value):
    assert decode_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "name"),
    [({}, "an object"), ([], "a list"), ("", "a text"), (True, "true or false"), (1, "a number")],
)
def test_types_have_names_a_person_reads(value, name):
    assert name_type(value) == name


def test_null_is_called_null():
    assert name_type(None) == "null"


@given(st.lists(JSON_VALUES), st.sampled_from([None, 2]))
def test_a_list_gives_its_elements(values, indent):
    assert list(iterate_array(json.dumps(values, indent=indent))) == values


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_file_gives_nothing(text):
    assert list(iterate_array(text)) == []


@pytest.mark.parametrize("text", ['{"a": 1}', "null", "session"])
def test_a_file_that_is_no_list_is_unreadable(text):
    with pytest.raises(UnreadableTranscript, match="not a JSON list"):
        list(iterate_array(text))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (DEEP, "nested too deeply"),
        ('{"a": ' * 10_000 + "1" + "}" * 10_000, "nested too deeply"),
        ("9" * 5_000, "a number of more than 4,300 digits"),
        ("nonsense", "not JSON: Expecting value at character 5"),
        ('{"a": [1, "]}", x]}', "not JSON: Expecting value at character 21"),
        ('{"a": 1} {"b": 2}', "two elements without a comma between"),
    ],
)
def test_a_broken_element_leaves_the_others(broken, reason):
    assert shown(iterate_array(f"[1, {broken}, 3]")) == [1, reason, 3]


@pytest.mark.parametrize("text", ["[1, 2", "[1, 2,", "[1, 2, "])
def test_a_cut_list_says_that_it_was_cut(text):
    assert shown(iterate_array(text)) == [1, 2, "the file ends before the list is closed"]


def test_text_after_the_list_is_not_passed_over():
    assert shown(iterate_array("[1] [2]")) == [1, "there is text after the end of the list"]


def test_an_element_that_never_closes_takes_the_rest_and_says_so():
    *good, last = shown(iterate_array('[1, {"a": 2, {"b": 3}]'))
    assert good == [1]
    assert str(last).endswith("it is not closed, so the rest of the file is lost in it")


def test_a_text_that_never_closes_takes_the_rest_and_says_so():
    *good, last = shown(iterate_array('[1, "abc, 2, 3]'))
    assert good == [1]
    assert "rest of the file is lost" in str(last)


def test_an_element_over_the_limit_is_refused_alone(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_LINE_BYTES", 10)
    assert shown(iterate_array('[1, "0123456789", 3]')) == [
        1,
        "12 characters; the limit is 10",
        3,
    ]


@given(st.text(alphabet='[]{},":\\ 1a\n', max_size=60))
def test_any_list_like_text_comes_to_an_end(text):
    for value in iterate_array("[" + text):
        assert isinstance(value, Undecodable | dict | list | str | int)


def members(text: str, inside: str | None = None) -> list[tuple[str, object]]:
    return [
        (name, str(value) if isinstance(value, Undecodable) else value)
        for name, value in iterate_object(text, inside=inside)
    ]


@given(st.dictionaries(st.text(), JSON_VALUES), st.sampled_from([None, 2]))
def test_an_object_comes_back_member_by_member(value, indent):
    assert members(json.dumps(value, indent=indent)) == list(value.items())


@pytest.mark.parametrize("text", ["", "  \n", "{}", " { } ", '{"in": {}}'])
def test_an_object_without_members_yields_nothing(text):
    assert members(text, inside="in") == []


def test_a_member_that_is_entered_gives_its_own_members():
    text = '{"a": 1, "in": {"b": {"in": 2}, "c": 3}, "d": {"in": {"e": 4}}}'
    assert members(text, inside="in") == [
        ("a", 1),
        ("b", {"in": 2}),
        ("c", 3),
        ("d", {"in": {"e": 4}}),
    ]


def test_a_member_that_is_no_object_is_not_entered():
    assert members('{"in": [1]}', inside="in") == [("in", [1])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": nul, "b": 2}', [("a", "not JSON: Expecting value at character 7"), ("b", 2)]),
        (
            '{"a": {"x": ]}, "b": 2}',
            [("a", "not JSON: Expecting value"), ("", "there is text after the end")],
        ),
        ('{"a": 1 2, "b": 2}', [("a", "two members without a comma between"), ("b", 2)]),
        ('{"a": NaN}', [("a", "NaN is no JSON number")]),
        ('{"a": ' + DEEP + "}", [("a", "nested too deeply")]),
        ('{"a": 1', [("a", 1), ("", "the file ends before the object is closed")]),
        ('{"a": 1,', [("a", 1), ("", "the file ends before the object is closed")]),
        ('{"a": 1, b', [("a", 1), ("", "no name of a member at character 10")]),
        ('{"a": 1, "b', [("a", 1), ("", "not JSON: Unterminated string starting at at char")]),
        ('{"a" 1}', [("", "no colon after the name at character 2")]),
        ('{"a": 1} x', [("a", 1), ("", "there is text after the end of the object")]),
        ('{"a": 1}}', [("a", 1), ("", "there is text after the end of the object")]),
        ('{"in": {"a": 1}', [("a", 1), ("", "the file ends before the object is closed")]),
        ('{"a": {"b": 1', [("a", "not JSON: Expecting ',' delimiter at character 14; it is not")]),
    ],
)
def test_a_broken_member_costs_itself_or_what_cannot_be_told_apart(text, found):
    shortened = [
        (name, value[: len(wanted[1])] if isinstance(value, str) else value)
        for (name, value), wanted in zip(members(text, inside="in"), found, strict=True)
    ]
    assert shortened == found


@pytest.mark.parametrize("text", ["[]", "7", '"a"', "a"])
def test_what_is_no_object_is_unreadable(text):
    with pytest.raises(UnreadableTranscript, match="does not begin with"):
        members(text)
    with pytest.raises(UnreadableTranscript, match="does not begin with"):
        find_member(text, "a")


@given(st.text(st.sampled_from('{}[]",: ab1\\'), max_size=30))
def test_any_text_that_begins_an_object_ends(tail):
    text = "{" + tail
    assert len(members(text, inside="a")) <= len(text)
    assert find_member(text, "a") < len(text) + 1


@given(st.dictionaries(st.text(), JSON_VALUES, min_size=1), st.data())
def test_a_member_is_found_where_its_value_begins(value, data):
    name = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)
    assert decode_at(text, find_member(text, name)) == value[name]


def test_a_member_is_not_found_below_another():
    assert find_member('{"a": {"b": [1]}, "c": "\\"b\\": 1"}', "b") == -1


@pytest.mark.parametrize("text", ["{}", '{"a', '{"a" 1', "{"])
def test_a_member_that_is_not_there_is_not_found(text):
    assert find_member(text, "a") == -1


def test_a_list_within_a_text_ends_where_it_ends():
    text = '{"a": [1, {"b": 2}, nul], "c": 3}'
    assert shown(iterate_list_in(text, 6)) == [
        1,
        {"b": 2},
        "not JSON: Expecting value at character 21",
    ]


def test_where_no_list_begins_there_is_none():
    with pytest.raises(UnreadableTranscript, match="no JSON list at character 7"):
        list(iterate_list_in('{"a": {}}', 6))


@pytest.mark.parametrize("text", ["nul", DEEP, "9" * 5_000, "NaN"])
def test_a_value_that_cannot_be_read_is_undecodable_where_it_stands(text):
    with pytest.raises(Undecodable):
        decode_at(text, 0)


def test_a_value_over_the_limit_is_undecodable_where_it_stands(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_LINE_BYTES", 10)
    assert decode_at("[12345678]", 0) == [12345678]
    with pytest.raises(Undecodable):
        decode_at("[123456789]", 0)
