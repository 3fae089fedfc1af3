import gzip
import io
import json
import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agents.transcripts import daybreak
from agents.transcripts.base import (
    EventKind,
    ParsedCheck,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    ParsedSubSession,
    Refused,
    Role,
    UnreadableTranscript,
    Verdict,
)
from agents.transcripts.daybreak import (
    dump_line,
    dump_session,
    parse,
    parse_body,
    parse_record,
)
from agents.transcripts.limits import MAX_EVENTS, MAX_LINE_BYTES, MAX_TEXT
from agents.transcripts.wire import (
    CheckRecord,
    EventRecord,
    OutcomeRecord,
    SessionRecord,
    SubSessionRecord,
)
from tests.pack import REPOSITORY

HELLO = {"kind": "message", "role": "user", "text": "hello"}
RECORDS: list[type[BaseModel]] = [
    SessionRecord,
    EventRecord,
    SubSessionRecord,
    OutcomeRecord,
    CheckRecord,
]
FORMAT_PAGE = REPOSITORY / "docs" / "session-format.md"


def session(*events: object, **fields: object) -> dict[str, object]:
    return {"external_id": "s-1", "agent": "bot", "events": [*events] or [HELLO], **fields}


def accept(record: object, *, agent: str = "") -> ParsedSession:
    parsed = parse_record(record, 0, agent=agent)
    assert isinstance(parsed, ParsedSession), parsed
    return parsed


def refuse(record: object) -> str:
    refused = parse_record(record, 0)
    assert isinstance(refused, Refused), refused
    return refused.reason


def read(*lines: object, source_name: str = "bot.jsonl") -> list[Any]:
    content = b"\n".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
    )
    return list(parse(io.BytesIO(content), source_name=source_name))


# What a session holds


def test_every_field_arrives():
    record = session(
        {"kind": "tool_call", "tool": "find", "call_id": "c", "text": "{}"},
        {"kind": "tool_result", "call_id": "c", "text": "Error: no", "error": True},
        {
            "kind": "edit",
            "text": "better",
            "person": "ann",
            "at": "2026-03-01T10:00:00Z",
            "sub_session": "sub",
        },
        task_key="refund",
        trial="2",
        principal="p",
        model="m",
        environment="e",
        system_prompt="Be kind.",
        not_agent_fault="outage",
        started_at="2026-03-01T09:00:00Z",
        ended_at="2026-03-01T11:00:00+01:00",
        sub_sessions=[{"key": "sub", "label": "helper"}],
        outcome={
            "verdict": "failure",
            "edit_distance": 0.5,
            "checks": [{"name": "c", "passed": False, "message": "m"}],
        },
    )
    assert parse_record(record, 3) == ParsedSession(
        position=3,
        external_id="s-1",
        agent="bot",
        events=(
            ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, "{}", tool="find", call_id="c"),
            ParsedEvent(
                EventKind.TOOL_RESULT,
                Role.TOOL,
                "Error: no",
                tool="find",
                call_id="c",
                is_error=True,
            ),
            ParsedEvent(
                EventKind.EDIT,
                Role.USER,
                "better",
                at=datetime(2026, 3, 1, 10, tzinfo=UTC),
                person="ann",
                sub_session="sub",
            ),
        ),
        outcome=ParsedOutcome(Verdict.FAILURE, (ParsedCheck("c", passed=False, message="m"),), 0.5),
        task_key="refund",
        trial="2",
        principal="p",
        model="m",
        environment="e",
        system_prompt="Be kind.",
        not_agent_fault="outage",
        started_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        ended_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        sub_sessions=(ParsedSubSession("sub", "", "helper"),),
    )


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("tool_call", Role.ASSISTANT),
        ("tool_result", Role.TOOL),
        ("approval", Role.USER),
        ("rejection", Role.USER),
        ("edit", Role.USER),
        ("interruption", Role.USER),
    ],
)
def test_an_event_without_a_role_has_the_one_of_its_kind(kind, role):
    assert accept(session({"kind": kind, "tool": "t"})).events[0].role is role


def test_a_stated_role_stands():
    event = {"kind": "tool_call", "role": "user", "tool": "t"}
    assert accept(session(event)).events[0].role is Role.USER


def test_a_session_without_an_agent_belongs_to_its_source():
    record = {"external_id": "a", "events": [HELLO]}
    assert accept(record, agent="bot").agent == "bot"


def test_a_session_that_names_its_agent_keeps_it():
    assert accept(session(), agent="other").agent == "bot"


def test_missing_and_repeated_call_ids_are_repaired():
    events = accept(
        session(
            {"kind": "tool_call", "tool": "a", "call_id": "x"},
            {"kind": "tool_result", "call_id": "x"},
            {"kind": "tool_call", "tool": "b", "call_id": "x"},
            {"kind": "tool_result"},
        )
    ).events
    assert events[0].call_id == events[1].call_id
    assert events[2].call_id == events[3].call_id
    assert events[0].call_id != events[2].call_id


def test_texts_keep_what_ingest_replaces():
    event = {**HELLO, "text": "a\x00b\ud800"}
    parsed = accept(session(event, system_prompt="\udfff"))
    assert (parsed.events[0].text, parsed.system_prompt) == ("a\x00b\ud800", "\udfff")


# What is refused

NOT_A_SESSION: list[tuple[object, str]] = [
    (None, "a session is an object; this is null"),
    ([], "a session is an object; this is a list"),
    ("x", "a session is an object; this is a text"),
    ({}, "external_id: Field required"),
    (
        {"external_id": "a", "events": [HELLO]},
        "agent: the session names none and neither does its source",
    ),
    (session(external_id=""), "external_id: String should have at least 1 character"),
    (session(external_id=5), "external_id: Input should be a valid string"),
    (session(external_id="a\nb"), "external_id: external_id holds the control character U+000A"),
    (session(external_id="x" * 301), "external_id: external_id has 301 characters; the limit is"),
    (session(external_id="\ud800"), "external_id: Input should be a valid string"),
    (session(agent="Support Bot"), "agent: String should match pattern"),
    (session(agent="a" * 81), "agent: agent has 81 characters; the limit is 80"),
    (session(tsak_key="x"), "'tsak_key' is not a field; the fields are external_id, agent"),
    (session(principal=None), "principal: Input should be a valid string"),
    (session(events=[]), "events is empty; a session without events needs not_agent_fault"),
    (session(events={}), "events: Input should be a valid list"),
    (session(events=None), "events: Input should be a valid list"),
    (session(HELLO, "x"), "events.1: Input should be a valid dictionary"),
    (session(HELLO, {}), "events.1.kind: Field required"),
    (session({"kind": "thought"}), "events.0.kind: Input should be 'message', 'tool_call'"),
    (session({**HELLO, "role": "system"}), "events.0.role: Input should be 'user', 'assistant'"),
    (session({**HELLO, "text": " \n"}), "events.0: a message needs a text; leave empty messages"),
    (session({"kind": "message", "text": "a"}), "events.0: a message needs a role"),
    (session({"kind": "tool_call"}), "events.0: a tool_call needs a tool"),
    (session({**HELLO, "txet": "a"}), "events.0: 'txet' is not a field; the fields are kind, role"),
    (session({**HELLO, "error": "yes"}), "events.0.error: Input should be a valid boolean"),
    (session({**HELLO, "error": 1}), "events.0.error: Input should be a valid boolean"),
    (session({**HELLO, "at": "now"}), "events.0.at: not an ISO 8601 time"),
    (session({**HELLO, "at": 1}), "events.0.at: a time has to be a text"),
    (session({**HELLO, "sub_session": "x"}), "events.0.sub_session 'x' is not in sub_sessions"),
    (session({**HELLO, "text": "x" * (MAX_TEXT + 1)}), "events.0.text: it has 1,000,001 character"),
    (session({**HELLO, "tool": "a\0"}), "events.0.tool: tool holds the control character U+0000"),
    (session(*[HELLO] * (MAX_EVENTS + 1)), "events: List should have at most 20000 items"),
    (session(sub_sessions=[{}]), "sub_sessions.0.key: Field required"),
    (session(sub_sessions=[{"key": ""}]), "sub_sessions.0.key: String should have at least 1"),
    (session(sub_sessions=[{"key": "a"}] * 2), "sub_sessions.1.key 'a' is there twice"),
    (
        session(sub_sessions=[{"key": "a", "parent": "b"}, {"key": "b"}]),
        "sub_sessions.0.parent 'b' is not declared before it",
    ),
    (
        session(sub_sessions=[{"key": "a", "parent": "a"}]),
        "sub_sessions.0.parent 'a' is not declared before it",
    ),
    (session(outcome={"verdict": "won"}), "outcome.verdict: Input should be 'success', 'failure'"),
    (session(outcome={"reward": 1}), "outcome: 'reward' is not a field; the fields are verdict"),
    (session(outcome={"edit_distance": 1.5}), "outcome.edit_distance: Input should be less than"),
    (session(outcome={"edit_distance": True}), "outcome.edit_distance: Input should be a valid"),
    (
        session(outcome={"checks": [{"name": "a"}]}),
        "outcome.checks.0.passed: Field required",
    ),
    (
        session(outcome={"checks": [{"name": "a", "passed": True, "expected": 5}]}),
        "outcome.checks.0: 'expected' is not a field",
    ),
    (
        session(outcome={"checks": [{"name": "a", "passed": True, "message": "x" * 4_001}]}),
        "outcome.checks.0.message: it has 4,001 characters; the limit is 4,000",
    ),
    (
        session(started_at="2026-03-01T10:00:00Z", ended_at="2026-03-01T10:00:00+01:00"),
        "ended_at is before started_at",
    ),
    (session(started_at="2026-03-01T10:00:00"), "started_at: the time has no offset"),
]


@pytest.mark.parametrize(("record", "reason"), NOT_A_SESSION)
def test_what_breaks_the_format_is_named(record, reason):
    assert refuse(record).startswith(reason)


def test_several_faults_are_counted():
    assert refuse(session(trial=1, model=2)) == (
        "trial: Input should be a valid string (and 1 more)"
    )


def test_a_refusal_shows_no_words_of_the_session():
    assert "secret words" not in refuse(session({**HELLO, "kind": "secret words"}))


def test_a_refusal_can_be_printed_whatever_the_field_is_called():
    reason = refuse(session(**{"\ud800\n" + "x" * 100_000: 1}))
    assert len(reason.encode("utf-8")) < 1_000


# Files


def test_every_line_is_a_session():
    sessions = read(session(), session(external_id="s-2"))
    assert [(item.position, item.external_id) for item in sessions] == [(0, "s-1"), (1, "s-2")]


def test_blank_lines_are_skipped_and_counted():
    sessions = read(b"", session(), b"  ", session(external_id="s-2"), b"")
    assert [item.position for item in sessions] == [1, 3]


def test_sessions_without_an_agent_belong_to_the_file():
    (item,) = read({"external_id": "a", "events": [HELLO]}, source_name="Shop Bot.jsonl")
    assert item.agent == "shop-bot"


def test_a_byte_order_mark_and_line_ends_of_windows_are_read():
    content = b"\xef\xbb\xbf" + json.dumps(session()).encode() + b"\r\n"
    assert len(list(parse(io.BytesIO(content), source_name="a"))) == 1


def test_gzip_is_read_as_well():
    content = json.dumps(session()).encode()
    packed = parse(io.BytesIO(gzip.compress(content)), source_name="a")
    assert list(packed) == list(parse(io.BytesIO(content), source_name="a"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON: Expecting property name enclosed in double quotes at character 2"),
        (b"not json", "not JSON: Expecting value at character 1"),
        (b"\x00\x01\x02", "not JSON: Expecting value at character 1"),
        (b"[" * 10_000 + b"]" * 10_000, "nested too deeply"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested too deeply"),
        (b'{"external_id": ' + b"9" * 5_000 + b"}", "a number of more than 4,300 digits"),
        (b'{"external_id": NaN}', "NaN is no JSON number"),
        (b"[]", "a session is an object; this is a list"),
        (b'"' + b"x" * 1_000_000 + b'"', "a session is an object; this is a text"),
        (b"x" * 1_000_000, "not JSON: Expecting value at character 1"),
        (b"x" * (MAX_LINE_BYTES + 1), "the line has more than 10,485,760 bytes, the limit"),
        (b"x" * (2 * MAX_LINE_BYTES), "the line has more than 10,485,760 bytes, the limit"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else None,
)
def test_a_broken_line_is_refused_and_the_rest_goes_on(line, reason):
    first, refused, last = read(session(), line, session(external_id="s-2"))
    assert refused == Refused(1, reason)
    assert [first.position, last.position] == [0, 2]


def test_a_last_line_that_is_too_long_ends_the_file():
    assert [item.position for item in read(session(), b"x" * (MAX_LINE_BYTES + 9))] == [0, 1]


def test_a_line_of_the_limit_is_read():
    text = json.dumps(session(system_prompt="x" * 900_000))
    padded = text + " " * (MAX_LINE_BYTES - len(text))
    assert isinstance(read(padded.encode(), session())[0], ParsedSession)


def test_bytes_that_are_no_utf8_lose_no_session():
    (item,) = read(json.dumps(session({**HELLO, "text": "caf?"})).encode().replace(b"?", b"\xe9"))
    assert item.events[0].text == "caf\udce9"


def test_gzip_data_that_breaks_off_keeps_what_was_read():
    lines = [json.dumps(session(external_id=str(number))).encode() for number in range(2_000)]
    cut = gzip.compress(b"\n".join(lines))[:-20]
    *good, refused = parse(io.BytesIO(cut), source_name="a")
    assert isinstance(refused, Refused)
    assert good
    assert all(isinstance(item, ParsedSession) for item in good)
    assert refused.position == len(good)
    assert refused.reason.startswith("the gzip data breaks off here")


def test_a_file_that_only_looks_like_gzip_is_unreadable():
    with pytest.raises(UnreadableTranscript, match="gzip data is broken"):
        list(parse(io.BytesIO(b"\x1f\x8bnothing"), source_name="a"))


class CountingStream(io.BytesIO):
    """A file that remembers how far it was read."""

    furthest = 0

    def read(self, size=-1):
        content = super().read(size)
        self.furthest = max(self.furthest, self.tell())
        return content


def test_lines_are_read_as_they_are_asked_for():
    line = json.dumps(session(system_prompt="x" * 100_000)).encode()
    stream = CountingStream(b"\n".join([line] * 100))
    next(parse(stream, source_name="a"))
    assert stream.furthest < 3 * len(line)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_unreadable(content):
    try:
        results = list(parse(io.BytesIO(content), source_name="a"))
    except UnreadableTranscript:
        return
    assert all(isinstance(item, Refused) for item in results)


# Bodies


def test_a_body_is_one_session():
    assert parse_body(json.dumps(session()).encode()) == [accept(session())]


def test_a_body_is_a_list_of_sessions():
    body = json.dumps([session(), 5, session(external_id="s-2")]).encode()
    assert parse_body(body) == [
        accept(session()),
        Refused(1, "a session is an object; this is a number"),
        replace(accept(session(external_id="s-2")), position=2),
    ]


def test_a_body_without_agents_takes_the_one_it_is_given():
    record = {"external_id": "a", "events": [HELLO]}
    body = json.dumps(record).encode()
    assert parse_body(body, agent="bot") == [accept(record, agent="bot")]


def test_an_empty_list_is_no_session():
    assert parse_body(b"[]") == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body cannot be read: not JSON: Expecting value at character 1."),
        (b"[" * 10_000, "The body cannot be read: nested too deeply."),
        (b"9" * 5_000, "The body cannot be read: a number of more than 4,300 digits."),
        (
            b"[" + b"0," * 1_000 + b"0]",
            "The body holds 1,001 sessions; send at most 1,000 at once.",
        ),
    ],
)
def test_a_body_that_cannot_be_read_says_why(body, reason):
    with pytest.raises(UnreadableTranscript) as raised:
        parse_body(body)
    assert str(raised.value) == reason


# There and back

WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=8)
NAMES = WORDS.filter(bool)
# JSON joins two halves of a surrogate pair that stand side by side: one in a text is enough.
TEXTS = st.text(max_size=20) | st.just("a\x00b") | st.just("a\ud800b")
TIMES = st.none() | st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
SLUGS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)


@st.composite
def events(draw: st.DrawFn, index: int, keys: list[str]) -> ParsedEvent:
    kind = draw(st.sampled_from(EventKind))
    text = draw(TEXTS)
    is_call = kind in (EventKind.TOOL_CALL, EventKind.TOOL_RESULT)
    return ParsedEvent(
        kind=kind,
        role=draw(st.sampled_from(Role)),
        text=text if text.strip() or kind is not EventKind.MESSAGE else "words",
        tool=draw(NAMES if is_call else WORDS),
        call_id=f"c{index}" if is_call else draw(WORDS),
        is_error=draw(st.booleans()),
        at=draw(TIMES),
        person=draw(WORDS),
        sub_session=draw(st.sampled_from(["", *keys])),
    )


@st.composite
def sessions(draw: st.DrawFn) -> ParsedSession:
    keys = draw(st.lists(NAMES, unique=True, max_size=3))
    parts = tuple(
        ParsedSubSession(key, draw(st.sampled_from(["", *keys[:number]])), draw(WORDS))
        for number, key in enumerate(keys)
    )
    happened = tuple(draw(events(number, keys)) for number in range(draw(st.integers(0, 4))))
    times = sorted(filter(None, [draw(TIMES), draw(TIMES)]))
    return ParsedSession(
        position=draw(st.integers(0, 1000)),
        external_id=draw(NAMES),
        agent=draw(SLUGS),
        events=happened,
        outcome=ParsedOutcome(
            draw(st.sampled_from(Verdict)),
            tuple(draw(st.lists(st.builds(ParsedCheck, NAMES, st.booleans(), TEXTS), max_size=2))),
            draw(st.none() | st.floats(0, 1)),
        ),
        task_key=draw(WORDS),
        trial=draw(WORDS),
        principal=draw(WORDS),
        model=draw(WORDS),
        environment=draw(WORDS),
        system_prompt=draw(TEXTS),
        not_agent_fault=draw(TEXTS if happened else TEXTS.filter(bool)),
        started_at=times[0] if times else None,
        ended_at=times[1] if len(times) > 1 else None,
        sub_sessions=parts,
    )


@given(sessions())
def test_a_session_written_and_read_is_the_same(given_session):
    assert parse_record(json.loads(dump_line(given_session)), given_session.position) == (
        given_session
    )


@given(sessions())
def test_an_object_needs_no_text_in_between(given_session):
    record = dump_session(given_session)
    assert parse_record(record, given_session.position) == given_session


@given(sessions())
def test_a_session_is_one_line_of_ascii(given_session):
    line = dump_line(given_session)
    assert line.isascii()
    assert "\n" not in line


@given(st.lists(sessions(), max_size=3))
def test_a_file_written_and_read_is_the_same(given_sessions):
    content = "".join(dump_line(item) + "\n" for item in given_sessions).encode()
    expected = [replace(item, position=number) for number, item in enumerate(given_sessions)]
    assert list(parse(io.BytesIO(content), source_name="a")) == expected


def test_what_says_nothing_is_not_written():
    parsed = ParsedSession(0, "a", "bot", (ParsedEvent(EventKind.APPROVAL, Role.USER, ""),))
    assert dump_session(parsed) == {
        "external_id": "a",
        "agent": "bot",
        "events": [{"kind": "approval"}],
        "outcome": {"verdict": "unknown"},
    }


# The page that describes the format


def examples() -> list[str]:
    return re.findall(r"^```json\n(.+)\n```$", FORMAT_PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_has_examples():
    assert len(examples()) == 4


@pytest.mark.parametrize("line", examples())
def test_every_example_of_the_page_is_a_session(line):
    (item,) = parse(io.BytesIO(line.encode()), source_name="support-bot.jsonl")
    assert isinstance(item, ParsedSession), item


@pytest.mark.parametrize("model", RECORDS)
def test_the_page_describes_every_field(model):
    page = FORMAT_PAGE.read_text("utf-8")
    assert [name for name in model.model_fields if f"`{name}`" not in page] == []


def test_the_page_describes_every_kind():
    page = FORMAT_PAGE.read_text("utf-8")
    assert [kind for kind in EventKind if f"| `{kind}` |" not in page] == []


def test_the_examples_use_every_field_but_trial():
    used = set(re.findall(r'"(\w+)":', " ".join(examples())))
    assert {name for model in RECORDS for name in model.model_fields} - used == {"trial"}


def test_the_page_states_the_limits():
    page = FORMAT_PAGE.read_text("utf-8")
    assert f"list, {MAX_EVENTS:,}" in page
    assert f"text, {MAX_TEXT:,}" in page
    assert f"{MAX_LINE_BYTES // 2**20} MiB" in page
    assert f"at most {daybreak.MAX_SESSIONS_A_BODY:,} of them" in page
