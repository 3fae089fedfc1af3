"""Pure: what may be stored of a parsed session."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake import CleanSession, clean_session
from agents.transcripts.base import (
    ParsedCheck,
    ParsedOutcome,
    ParsedSession,
    ParsedSubSession,
    Refused,
    Verdict,
)
from tests import build

SECRET = "sk-ant-api03-" + "a1B2" * 8
SESSION = ParsedSession(
    position=7,
    external_id="run-1",
    agent="refund-desk",
    events=(
        build.says("Cancel it."),
        build.calls("cancel"),
        build.answers("Error: late", tool="cancel", error=True),
    ),
    outcome=ParsedOutcome(Verdict.FAILURE, (ParsedCheck("refunded", False, "no refund"),)),
    task_key="retail:1",
    system_prompt="Be kind.",
)


def clean(**changes):
    """The session with changes, cleaned."""
    result = clean_session(replace(SESSION, **changes), {"rosa"})
    assert isinstance(result, CleanSession)
    return result


def refusal(**changes):
    """Why the session with changes is refused."""
    result = clean_session(replace(SESSION, **changes), ())
    assert isinstance(result, Refused)
    assert result.position == 7
    return result.reason


def test_calls_and_failed_results_are_counted():
    kept = clean()
    assert (len(kept.events), kept.tool_calls, kept.tool_errors) == (3, 1, 1)


def test_a_failed_message_is_no_tool_error():
    assert clean(events=(replace(build.says("API error"), is_error=True),)).tool_errors == 0


def test_events_keep_their_order_and_place():
    assert [(row.position, row.kind, row.trust) for row in clean().events] == [
        (0, "message", "principal"),
        (1, "tool_call", "agent"),
        (2, "tool_result", "tool"),
    ]


def test_secrets_are_removed_and_counted_wherever_text_stands():
    kept = clean(
        events=(build.says(f"My key is {SECRET}."), build.calls("login", f'{{"k": "{SECRET}"}}')),
        system_prompt=f"Use {SECRET}",
        not_agent_fault=f"Refused {SECRET}",
        outcome=ParsedOutcome(checks=(ParsedCheck("login", False, f"sent {SECRET}"),)),
        sub_sessions=(ParsedSubSession("a", label=f"with {SECRET}"),),
    )
    assert kept.secrets_removed == 6
    assert SECRET not in repr([*kept.events, kept.checks, kept.system_prompt, kept.sub_sessions])
    assert SECRET not in kept.not_agent_fault


def test_characters_no_database_stores_are_replaced_and_counted():
    kept = clean(events=(build.says("a\0b\ud800c"),), system_prompt="\udc80")
    assert kept.events[0].text == "a\ufffdb\ufffdc"
    assert (kept.characters_replaced, kept.system_prompt) == (3, "\ufffd")


def test_a_secret_split_by_an_unstorable_character_is_text():
    kept = clean(events=(build.says("sk-ant-\0" + "a1B2" * 8),))
    assert kept.secrets_removed == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"external_id": ""}, "external_id is empty"),
        ({"external_id": "x" * 301}, "301 characters; the limit is 300"),
        ({"external_id": "a\nb"}, "U+000A"),
        ({"task_key": "\ud800"}, "U+D800"),
        ({"principal": "p" * 301}, "principal"),
        ({"model": "m" * 121}, "model"),
        ({"events": (replace(build.calls("x"), tool="t" * 201),)}, "tool has 201"),
        ({"events": (replace(build.calls("x"), call_id="c" * 201),)}, "call_id"),
        ({"events": (build.says("t" * 1_000_001),)}, "text has 1,000,001"),
        ({"system_prompt": "t" * 1_000_001}, "system_prompt"),
        ({"outcome": ParsedOutcome(edit_distance=float("nan"))}, "edit_distance"),
        ({"outcome": ParsedOutcome(edit_distance=1.5)}, "edit_distance"),
        ({"outcome": ParsedOutcome(checks=(ParsedCheck("c" * 201, True),))}, "check"),
        ({"started_at": datetime(2026, 1, 1)}, "no zone"),  # noqa: DTZ001 (the fault)
        ({"sub_sessions": (ParsedSubSession("k" * 201),)}, "sub_session"),
    ],
)
def test_what_no_column_takes_is_refused_with_its_fault(changes, said):
    assert said in refusal(**changes)


def test_the_same_content_has_the_same_hash():
    assert clean().content_hash == clean(position=99, agent="other").content_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"events": SESSION.events[:2]},
        {"events": SESSION.events[::-1]},
        {"events": (replace(SESSION.events[0], text="Cancel it"), *SESSION.events[1:])},
        {"events": (replace(SESSION.events[0], at=datetime(2026, 1, 1, tzinfo=UTC)),)},
        {"events": (replace(SESSION.events[0], person="Rosa"),)},
        {"task_key": "retail:2"},
        {"trial": "1"},
        {"principal": "mia"},
        {"model": "m"},
        {"environment": "e"},
        {"system_prompt": "Be brief."},
        {"not_agent_fault": "crash"},
        {"started_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"outcome": ParsedOutcome(Verdict.SUCCESS)},
        {"outcome": ParsedOutcome(Verdict.FAILURE, (ParsedCheck("refunded", True),))},
        {"outcome": ParsedOutcome(Verdict.FAILURE, SESSION.outcome.checks, 0.5)},
        {"sub_sessions": (ParsedSubSession("a"),)},
    ],
)
def test_other_content_has_another_hash(changes):
    assert clean(**changes).content_hash != clean().content_hash


def test_who_is_a_member_does_not_change_what_a_session_is():
    event = replace(build.says("Cancel it."), person="Rosa")
    parsed = replace(SESSION, events=(event,))
    as_member, as_principal = clean_session(parsed, {"rosa"}), clean_session(parsed, ())
    assert as_member.events[0].trust != as_principal.events[0].trust
    assert as_member.content_hash == as_principal.content_hash


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_any_text_at_all_becomes_one_that_can_be_stored(text):
    kept = clean(events=(build.says(text),), system_prompt=text)
    stored = kept.events[0].text
    stored.encode()
    assert "\0" not in stored
    assert len(kept.content_hash) == 64
