import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Agent, Check, Event, Session
from agents.transcripts.limits import (
    MAX_REASON,
    MAX_WORD,
    fault_of_text,
    fault_of_word,
    printable_reason,
)

COLUMNS = [
    ("agent", Agent, "slug"),
    ("external_id", Session, "external_id"),
    ("task_key", Session, "task_key"),
    ("trial", Session, "trial"),
    ("principal", Session, "principal"),
    ("model", Session, "model"),
    ("environment", Session, "environment"),
    ("tool", Event, "tool"),
    ("call_id", Event, "call_id"),
    ("person", Event, "person"),
    ("sub_session", Event, "sub_session"),
    ("check", Check, "name"),
]


@pytest.mark.parametrize(("word", "model", "column"), COLUMNS)
def test_a_short_field_is_as_long_as_its_column(word, model, column):
    assert model._meta.get_field(column).max_length == MAX_WORD[word]


def test_every_short_field_but_the_label_has_a_column():
    assert {word for word, _, _ in COLUMNS} == MAX_WORD.keys() - {"label"}


def test_a_word_of_the_limit_passes():
    assert fault_of_word("trial", "x" * MAX_WORD["trial"]) == ""


def test_a_word_over_the_limit_is_named_with_both_lengths():
    assert fault_of_word("trial", "x" * 121) == "trial has 121 characters; the limit is 120"


@pytest.mark.parametrize(
    ("word", "code"),
    [("a\x00b", "0000"), ("a\nb", "000A"), ("a\ud800", "D800"), ("\u202eid", "202E")],
)
def test_a_control_character_in_a_word_is_named(word, code):
    assert fault_of_word("tool", word) == f"tool holds the control character U+{code}; remove it"


@pytest.mark.parametrize("word", ["", "Müller", "日本", "a b", "😀", "x/y:z#1"])
def test_ordinary_words_pass(word):
    assert fault_of_word("principal", word) == ""


def test_a_text_may_hold_what_ingest_replaces():
    assert fault_of_text("text", "a\x00\ud800") == ""


def test_a_text_over_its_limit_is_named():
    assert fault_of_text("text", "abc", 2) == "text has 3 characters; the limit is 2"


@given(st.text(st.characters(), max_size=1000))
def test_a_reason_can_always_be_printed(reason):
    shown = printable_reason(reason)
    assert len(shown) <= MAX_REASON
    assert "\n" not in shown
    assert shown.encode("utf-8").decode("utf-8") == shown


def test_a_short_reason_stays_as_it_is():
    assert printable_reason("events.3: no such field") == "events.3: no such field"
