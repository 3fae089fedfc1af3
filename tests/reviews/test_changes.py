"""Values of a proposed change: trust, identity and sameness of texts."""

import hashlib
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.stores import text_sha256
from reviews.changes import (
    TRUST_ORDER,
    Change,
    Op,
    Trust,
    is_tainted,
    lowest_trust,
    normalised_text,
    pattern_key,
)

trusts = st.lists(st.sampled_from(Trust), max_size=6).map(tuple)


def test_trust_falls_from_a_member_to_outside_content():
    assert [trust.value for trust in TRUST_ORDER] == [
        "member",
        "check",
        "agent",
        "principal",
        "tool",
        "outside",
    ]


@pytest.mark.parametrize("trust", Trust)
def test_what_is_trusted_less_than_the_agent_taints(trust):
    assert is_tainted(trust) is (trust in {Trust.PRINCIPAL, Trust.TOOL, Trust.OUTSIDE})


def test_a_text_without_foreign_words_is_a_members():
    assert lowest_trust(()) is Trust.MEMBER


@given(trusts, trusts)
def test_one_tainted_source_taints_whatever_else_is_mixed_in(some, more):
    mixed = lowest_trust((*some, *more))
    assert is_tainted(mixed) is any(map(is_tainted, (*some, *more)))
    assert mixed is lowest_trust((*more, *some))


@given(trusts, st.sampled_from(Trust))
def test_a_further_source_never_raises_trust(some, further):
    order = TRUST_ORDER.index
    assert order(lowest_trust((*some, further))) >= order(lowest_trust(some))


def test_a_text_is_identified_by_its_raw_bytes():
    assert text_sha256("Grüße\n") == hashlib.sha256(b"Gr\xc3\xbc\xc3\x9fe\n").hexdigest()


def test_composed_and_decomposed_letters_are_other_texts():
    assert text_sha256("é") != text_sha256("e\u0301")


words = st.text(alphabet="ab_ ", max_size=6)


@given(st.tuples(words, words, words, words), st.tuples(words, words, words, words))
def test_other_patterns_have_other_keys(left, right):
    assert (pattern_key(*left) == pattern_key(*right)) is (left == right)


def test_a_pattern_key_stays_what_it_is():
    # Keys are stored on patterns, proposals and versions: another form would forget them all.
    assert pattern_key("mistake", "get_plan", "not found", "") == (
        hashlib.sha256(b"mistake\x1fget_plan\x1fnot found\x1f").hexdigest()
    )


@pytest.mark.parametrize(
    ("left", "right", "is_same"),
    [
        ("Read  the\n ledger. ", "Read the ledger.", True),
        ("caf\u00e9", "cafe\u0301", True),
        ("Read", "read", False),
        ("Read.", "Read", False),
        ("Read", "Re\u200bad", False),
    ],
)
def test_texts_that_differ_in_white_space_only_are_the_same(left, right, is_same):
    assert (normalised_text(left) == normalised_text(right)) is is_same


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text):
    assert normalised_text(normalised_text(text)) == normalised_text(text)


def test_a_change_cannot_be_altered_after_it_was_made():
    change = Change(Op.CREATE, "/a.md", "Read.", None, "Read", "Seen in 6 of 40 sessions.")
    with pytest.raises(FrozenInstanceError):
        change.content = "Pay."  # type: ignore[misc]
