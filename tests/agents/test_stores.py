"""Pure: what a store may hold and how a release's contents are named."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import InvalidInput, InvalidPath, StoreFull
from agents.stores import (
    MAX_MEMORIES,
    MAX_MEMORY_BYTES,
    check_content,
    check_path,
    check_room,
    manifest,
    manifest_sha256,
    text_sha256,
)

SEGMENT = st.text(
    st.characters(categories=["L", "N"], min_codepoint=33, max_codepoint=0x2FFF), min_size=1
).map(lambda text: unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "/mistake/refund-window-1a2b3c4d.md",
        "/" + "/".join(["s"] * 20),
        "/" + "a" * 1023,
        "/caf\u00e9.md",
        "/two words.md",
        "/日本語.md",
        "/...",
    ],
)
def test_a_path_within_the_limits_is_taken(path):
    check_path(path)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "does not start"),
        ("a/b", "does not start"),
        ("/", "empty segment"),
        ("//a", "empty segment"),
        ("/a/", "empty segment"),
        ("/a/../b", "empty segment"),
        ("/a/./b", "empty segment"),
        ("/" + "/".join(["s"] * 21), "21 segments"),
        ("/" + "a" * 1024, "1,025 bytes"),
        ("/" + "é" * 512, "1,025 bytes"),
        ("/cafe\u0301", "NFC"),
        ("/a\nb", "U+000A"),
        ("/a\u0000b", "U+0000"),
        ("/a\u200bb", "U+200B"),
        ("/a\u202eb", "U+202E"),
        ("/a\u2028b", "U+2028"),
        ("/a\ud800b", "U+D800"),
        ("/a\ue000b", "U+E000"),
    ],
)
def test_a_path_beyond_the_limits_is_refused_with_its_fault(path, said):
    with pytest.raises(InvalidPath) as refused:
        check_path(path)
    assert said in str(refused.value)


@given(st.lists(SEGMENT, min_size=1, max_size=20))
def test_paths_of_visible_letters_are_taken_whatever_the_script(segments):
    path = "/" + "/".join(segments)
    if len(path.encode()) <= 1024 and unicodedata.is_normalized("NFC", path):
        check_path(path)


def test_a_memory_holds_exactly_its_limit():
    check_content("/a", "a" * MAX_MEMORY_BYTES)


def test_a_byte_more_is_refused():
    with pytest.raises(StoreFull, match="102,401 bytes"):
        check_content("/a", "a" * (MAX_MEMORY_BYTES + 1))


def test_bytes_count_not_characters():
    with pytest.raises(StoreFull):
        check_content("/a", "é" * (MAX_MEMORY_BYTES // 2 + 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "retire"), ("a\0b", "NUL"), ("ab\udc80", "at 2")],
)
def test_a_text_that_is_no_memory_is_refused_with_the_way_out(content, said):
    with pytest.raises(InvalidInput, match=said):
        check_content("/a", content)


def test_a_full_store_takes_no_new_path():
    check_room("/a", MAX_MEMORIES - 1)
    with pytest.raises(StoreFull, match="retire or merge"):
        check_room("/a", MAX_MEMORIES)


def test_the_manifest_is_what_sha256sum_prints_in_byte_order():
    lines = [("/b", "2" * 64), ("/a/é", "1" * 64), ("/a z", "3" * 64)]
    assert manifest(lines) == (f"{'3' * 64}  /a z\n{'1' * 64}  /a/é\n{'2' * 64}  /b\n".encode())


def test_an_empty_release_is_no_bytes():
    assert manifest_sha256(()) == hashlib.sha256(b"").hexdigest()


@given(st.lists(st.tuples(SEGMENT, st.just("0" * 64)), unique_by=lambda line: line[0]))
def test_the_order_of_lines_is_that_of_their_utf8_bytes_whatever_was_given(lines):
    paths = [line.split(b"  ", 1)[1] for line in manifest(reversed(lines)).splitlines()]
    assert paths == sorted(path.encode() for path, _ in lines)


def test_a_text_is_named_by_its_utf8_bytes():
    assert text_sha256("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()
