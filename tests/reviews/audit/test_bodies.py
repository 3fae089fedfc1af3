import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.audit import bodies, canonical
from reviews.audit.actions import Action, known_action
from reviews.audit.actors import SYSTEM, Actor, Cause
from reviews.audit.bodies import Draft
from reviews.audit.errors import EntryRefused, NotCanonical, UnknownAction
from reviews.audit.requests import current_request

AT = datetime(2026, 11, 21, 6, 0, 0, 7, tzinfo=UTC)
HASH = "ab" * 32


class Colour(StrEnum):
    RED = "red"


def draft(**members) -> Draft:
    given_: dict[str, Any] = {
        "action": Action.APPROVED,
        "workspace": "acme",
        "actor": SYSTEM,
        "object": "P-1",
    }
    return Draft(**(given_ | members))


def body_of(**members) -> dict[str, Any]:
    return dict(json.loads(bodies.write_body(draft(**members), {}, AT)))


def test_the_shortest_entry_has_six_members():
    assert bodies.write_body(draft(), {}, AT) == (
        '{"action":"decision.approved","actor":{"id":"daybreak","kind":"system"},'
        '"at":"2026-11-21T06:00:00.000007Z","object":"P-1","v":1,"workspace":"acme"}'
    )


def test_the_fullest_entry_has_the_whole_closed_form():
    body = bodies.write_body(
        draft(
            actor=Actor("dream", "D-8"),
            on_behalf=Cause("schedule", "s1"),
            revision=2,
            request="req-1",
            parents=[HASH],
            before={"state": "pending"},
            after={"state": Colour.RED, "count": 3, "ok": True, "list": ("a", "b")},
            rule={"id": "r1", "version": 4},
            engine="local-1",
            shown={"sha256": HASH},
        ),
        {"reason": HASH},
        AT,
    )
    members = bodies.read_body(body)
    assert set(members) == bodies.MEMBERS
    assert members["after"] == {"state": "red", "count": 3, "ok": True, "list": ["a", "b"]}
    assert members["on_behalf"] == {"id": "s1", "kind": "schedule"}
    assert bodies.commitments_of(members) == {"reason": HASH}


def test_times_are_utc_microseconds_whatever_zone_they_came_in():
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))
    assert bodies.write_body(draft(), {}, tokyo) == bodies.write_body(draft(), {}, AT)


def test_an_act_of_the_installation_has_a_dash_for_its_workspace():
    assert body_of(workspace="")["workspace"] == "-"


def test_members_that_are_none_are_left_out():
    assert body_of(after={"a": None, "b": {"c": None}})["after"] == {"b": {}}


def test_the_request_being_answered_is_named():
    token = current_request.set("req-9")
    try:
        assert body_of()["request"] == "req-9"
    finally:
        current_request.reset(token)


@pytest.mark.parametrize(
    "text",
    [
        "two words",
        "line\nbreak",
        "ann@example.org",
        "Ann\u00e9",
        "/playbooks/retry.md",
        "tab\t",
        'quote"',
        "x" * 513,
        "\u202e",
    ],
)
@pytest.mark.parametrize("member", ["object", "workspace", "request", "revision"])
def test_text_is_refused_in_every_member(member, text):
    with pytest.raises(EntryRefused, match="values"):
        body_of(**{member: text})


@pytest.mark.parametrize("member", ["before", "after", "shown", "rule", "engine"])
def test_text_is_refused_however_deep_it_lies(member):
    with pytest.raises(EntryRefused, match=rf"{member}\.a\[0\]\.b"):
        body_of(**{member: {"a": [{"b": "some words"}]}})


@pytest.mark.parametrize("member", ["before", "after", "shown", "rule", "engine"])
def test_text_is_refused_as_a_key_too(member):
    with pytest.raises(EntryRefused, match="key"):
        body_of(**{member: {"some words": 1}})


@pytest.mark.parametrize("value", [0.1, float("inf"), b"x", object(), 2**60])
def test_what_has_no_canonical_spelling_is_refused(value):
    with pytest.raises(EntryRefused, match="cannot be spelled"):
        body_of(after={"value": value})


def test_a_body_over_64_kib_is_refused():
    with pytest.raises(EntryRefused, match="65,536"):
        body_of(after={"list": ["x" * 500] * 200})


def test_an_entry_without_an_object_is_refused():
    with pytest.raises(EntryRefused, match="object"):
        body_of(object="")


def test_an_action_outside_the_catalogue_is_refused():
    with pytest.raises(UnknownAction, match=r"'memory\.burned'"):
        body_of(action="memory.burned")


def test_a_known_action_given_as_text_is_the_catalogue_s():
    assert known_action("memory.written") is Action.MEMORY_WRITTEN


def test_no_two_actions_share_a_string_and_all_have_two_parts():
    strings = [action.value for action in Action]
    assert len(set(strings)) == len(Action.__members__)
    assert all(
        string.replace("_", "").replace(".", "", 1).isalpha() and string.islower()
        for string in strings
    )


@pytest.mark.parametrize(
    ("kind", "identity"), [("robot", "x"), ("person", ""), ("person", "Ann Example")]
)
def test_an_actor_is_of_a_known_kind_and_has_an_identifier(kind, identity):
    with pytest.raises(EntryRefused):
        Actor(kind, identity)


def test_a_cause_is_of_a_known_kind():
    with pytest.raises(EntryRefused, match="person, schedule, decision"):
        Cause("dream", "D-1")  # type: ignore[arg-type]


def test_a_printed_name_is_free_text_and_not_in_the_body():
    assert "Ann" not in bodies.write_body(draft(actor=Actor("person", "p1", "Ann \u00d6")), {}, AT)


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.booleans())
def test_what_is_written_is_read_back(number, truth):
    body = bodies.write_body(draft(after={"n": number, "t": truth}), {}, AT)
    assert bodies.read_body(body)["after"] == {"n": number, "t": truth}


def test_the_columns_come_from_the_body_alone():
    members = bodies.read_body(bodies.write_body(draft(workspace=""), {}, AT))
    assert bodies.columns_of(members) == bodies.Columns(
        "decision.approved", "-", "system", "daybreak", "P-1", AT
    )


def read_whole(body: str) -> None:
    members = bodies.read_body(body)
    bodies.columns_of(members)
    bodies.commitments_of(members)


GOOD: dict[str, Any] = {
    "v": 1,
    "action": "decision.approved",
    "workspace": "acme",
    "actor": {"id": "x", "kind": "system"},
    "object": "P-1",
    "at": "2026-11-21T06:00:00.000007Z",
}


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 2},
        {"extra": 1},
        {"actor": "system"},
        {"actor": {"kind": "system"}},
        {"at": "2026-11-21"},
        {"at": 5},
        {"values": ["x"]},
        {"values": {"a": 1}},
    ],
)
def test_a_body_of_another_form_is_refused(changed):
    body = canonical.encode(GOOD | changed).decode()
    with pytest.raises(NotCanonical):
        read_whole(body)


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_a_body_without_a_member_is_refused(missing):
    with pytest.raises(NotCanonical, match=missing):
        bodies.read_body(canonical.encode({k: v for k, v in GOOD.items() if k != missing}).decode())
