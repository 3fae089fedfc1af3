"""Rules: what is read of a body, packed or not, and how much of it."""

import gzip
import json
import tracemalloc
import zlib

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from agents.bodies import JSON_LINES, read_body, read_lines, read_sessions, unpack
from agents.errors import BodyTooLarge, MalformedRequest, UnknownContentType
from agents.transcripts.base import ParsedSession, Refused, UnreadableTranscript

REQUESTS = RequestFactory()


def record(external_id="run-1"):
    return {
        "external_id": external_id,
        "events": [{"kind": "message", "role": "user", "text": "Cancel order 1042."}],
    }


def request(body, content_type="application/json", **headers):
    return REQUESTS.generic("POST", "/", body, content_type=content_type, headers=headers)


def lines(*records):
    return b"\n".join(json.dumps(one).encode() for one in records)


@given(body=st.binary(max_size=2_000), level=st.integers(0, 9))
def test_what_was_packed_comes_back(body, level):
    assert unpack(gzip.compress(body, level), 2_000) == body


@given(body=st.binary(min_size=1, max_size=2_000))
def test_a_byte_over_the_limit_is_too_much_and_the_limit_is_not(body):
    packed = gzip.compress(body)
    assert unpack(packed, len(body)) == body
    with pytest.raises(BodyTooLarge):
        unpack(packed, len(body) - 1)


@given(body=st.binary(max_size=300), cut=st.integers(1, 400))
def test_a_stream_that_is_cut_anywhere_is_refused(body, cut):
    packed = gzip.compress(body)
    with pytest.raises(MalformedRequest):
        unpack(packed[: max(0, len(packed) - cut)], 1_000)


def outcome_of(packed):
    try:
        return unpack(packed, 1_000)
    except (MalformedRequest, BodyTooLarge) as refusal:
        return refusal


@given(packed=st.binary(max_size=300))
def test_any_bytes_are_unpacked_or_refused_in_our_words(packed):
    found = outcome_of(packed)
    assert isinstance(found, bytes) or str(found).endswith(".")


def test_a_changed_byte_is_noticed():
    packed = bytearray(gzip.compress(b"Cancel order 1042." * 20))
    packed[-6] ^= 1
    with pytest.raises(MalformedRequest, match="gzip"):
        unpack(bytes(packed), 1_000)


def test_a_bomb_takes_no_more_memory_than_the_limit():
    packed = gzip.compress(b"\0" * 100_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            unpack(packed, 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_the_refusal_of_a_body_names_the_limit(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    with pytest.raises(BodyTooLarge, match="1,000 bytes"):
        read_body(request(b"x" * 1_001))


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
def test_an_encoding_is_known_however_it_is_spelled(encoding):
    sent = request(gzip.compress(b"words"), **{"content-encoding": encoding})
    assert read_body(sent) == b"words"


def test_a_body_that_says_it_is_not_packed_is_taken_as_it_is():
    packed = gzip.compress(b"words")
    assert read_body(request(packed, **{"content-encoding": "identity"})) == packed


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 500])
def test_an_unknown_encoding_is_named_with_the_known_one(encoding):
    with pytest.raises(UnknownContentType, match="Send gzip") as refused:
        read_body(request(b"words", **{"content-encoding": encoding}))
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("content_type", JSON_LINES)
def test_each_line_is_a_session_at_its_place(content_type):
    body = lines(record("a"), record("b"))
    found = read_sessions(request(body, content_type), "refund-desk")
    assert [(one.position, one.external_id) for one in found] == [(0, "a"), (1, "b")]


def test_blank_lines_count_as_places_and_are_nothing():
    body = b"\n  \n" + lines(record("a")) + b"\r\n\n" + lines(record("b")) + b"\n"
    found = list(read_lines(body, "refund-desk"))
    assert [(one.position, one.external_id) for one in found] == [(2, "a"), (4, "b")]


def test_a_byte_order_mark_before_the_first_line_is_no_fault():
    (found,) = read_lines(b"\xef\xbb\xbf" + lines(record("a")), "refund-desk")
    assert isinstance(found, ParsedSession)


def test_a_broken_line_is_refused_at_its_place_and_the_others_are_read():
    body = lines(record("a")) + b"\n{\n" + b"[" * 50_000 + b"\n" + lines(record("b"))
    found = list(read_lines(body, "refund-desk"))
    assert [isinstance(one, Refused) for one in found] == [False, True, True, False]
    assert all(one.reason.isprintable() for one in found[1:3])


@pytest.mark.parametrize("over", [0, 1])
def test_a_line_may_have_just_its_limit(over, monkeypatch):
    line = lines(record("a"))
    monkeypatch.setattr("agents.bodies.MAX_LINE_BYTES", len(line) - over)
    (found,) = read_lines(line, "refund-desk")
    assert isinstance(found, Refused) is bool(over)


@pytest.mark.parametrize("kind", ["application/json", "application/jsonl"])
@pytest.mark.parametrize("body", [b"", b"  \n\t ", b"\n" * 100])
def test_an_empty_body_is_refused_as_empty(kind, body):
    with pytest.raises(MalformedRequest, match="empty"):
        read_sessions(request(body, kind), "refund-desk")


@pytest.mark.parametrize(("kind", "error"), [(0, UnreadableTranscript), (1, BodyTooLarge)])
@pytest.mark.parametrize("over", [0, 1])
def test_a_body_holds_a_thousand_sessions_in_either_form(kind, error, over):
    records = [record(f"run-{number}") for number in range(1_000 + over)]
    sent = (
        request(lines(*records), "application/jsonl")
        if kind
        else request(json.dumps(records).encode())
    )
    if over:
        with pytest.raises(error, match="1,000"):
            read_sessions(sent, "refund-desk")
    else:
        assert len(read_sessions(sent, "refund-desk")) == 1_000


@pytest.mark.parametrize(("named", "whose"), [("", "refund-desk"), ("billing", "billing")])
def test_a_session_is_its_own_agents_or_else_the_tokens(named, whose):
    body = record() | ({"agent": named} if named else {})
    (found,) = read_sessions(request(json.dumps(body).encode()), "refund-desk")
    assert found.agent == whose


def test_a_session_nobody_can_be_named_for_is_refused():
    (found,) = read_sessions(request(json.dumps(record()).encode()), "")
    assert isinstance(found, Refused)
    assert "agent" in found.reason


def test_one_object_and_a_list_of_it_are_the_same():
    one = read_sessions(request(json.dumps(record()).encode()), "a")
    listed = read_sessions(request(json.dumps([record()]).encode()), "a")
    in_lines = read_sessions(request(lines(record()), "application/jsonl"), "a")
    assert one == listed == in_lines


def test_raw_zlib_is_no_gzip():
    with pytest.raises(MalformedRequest, match="gzip"):
        unpack(zlib.compress(b"words"), 1_000)
