"""The five real tau files against counts made another way, and what must hold for all of them."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict

import pytest

from agents.transcripts.base import EventKind, ParsedSession, Verdict
from agents.transcripts.daybreak import dump_line, parse_record
from agents.transcripts.tau import parse
from tests import independent_counts, pack

EXPECTED = {
    "tau_airline__gpt-4o__4trials.json.gz": (100, 0, 2598, 590, 31),
    "tau_retail__assertions-agent-no-postcondition.json.gz": (52, 4, 1242, 294, 14),
    "tau_retail__assertions-agent.json.gz": (52, 17, 937, 251, 11),
    "tau_retail__tool-calling-baseline.json.gz": (52, 0, 1491, 395, 19),
    "tau_retail__tool-calling-with-preconditions.json.gz": (52, 0, 1555, 434, 10),
}
AGENTS = {
    "tau_airline__gpt-4o__4trials.json.gz": "tau-airline-gpt-4o-4trials",
    "tau_retail__assertions-agent-no-postcondition.json.gz": (
        "tau-retail-assertions-agent-no-postcondition"
    ),
    "tau_retail__assertions-agent.json.gz": "tau-retail-assertions-agent",
    "tau_retail__tool-calling-baseline.json.gz": "tau-retail-tool-calling-baseline",
    "tau_retail__tool-calling-with-preconditions.json.gz": (
        "tau-retail-tool-calling-with-preconditions"
    ),
}


@pytest.fixture(params=pack.TAU_FILES)
def path(request):
    return pack.require(request.param)


@pytest.fixture
def sessions(path):
    with path.open("rb") as stream:
        return list(parse(stream, source_name=path.name))


def count(sessions: Sequence[ParsedSession]) -> dict[str, int]:
    events = [event for session in sessions for event in session.events]
    return {
        "sessions": len(sessions),
        "not_agent_fault": sum(bool(session.not_agent_fault) for session in sessions),
        "events": len(events),
        "tool_calls": sum(event.kind is EventKind.TOOL_CALL for event in events),
        "tool_errors": sum(event.is_error for event in events),
    }


def test_nothing_is_refused(sessions):
    assert all(isinstance(session, ParsedSession) for session in sessions)


def test_the_counts_are_those_expected(path, sessions):
    assert tuple(count(sessions).values()) == EXPECTED[path.name]


def test_the_counts_are_those_counted_another_way(path, sessions):
    assert count(sessions) == independent_counts.count_file(path)


def test_the_agent_is_the_files_stem(path, sessions):
    assert {session.agent for session in sessions} == {AGENTS[path.name]}


def test_external_ids_are_unique_in_the_file(sessions):
    assert len({session.external_id for session in sessions}) == len(sessions)


def test_every_call_is_answered_by_one_result(sessions):
    for session in sessions:
        calls = [e.call_id for e in session.events if e.kind is EventKind.TOOL_CALL]
        results = [e.call_id for e in session.events if e.kind is EventKind.TOOL_RESULT]
        assert len(set(calls)) == len(calls)
        assert sorted(calls) == sorted(results)


def test_every_result_names_the_tool_of_its_call(sessions):
    for session in sessions:
        tools = {e.call_id: e.tool for e in session.events if e.kind is EventKind.TOOL_CALL}
        results = [e for e in session.events if e.kind is EventKind.TOOL_RESULT]
        assert all(result.tool == tools[result.call_id] for result in results)


def test_all_arguments_are_json_objects(sessions):
    calls = [e for s in sessions for e in s.events if e.kind is EventKind.TOOL_CALL]
    assert all(isinstance(json.loads(call.text), dict) for call in calls)


def test_crashed_runs_have_no_verdict_and_others_have_one(sessions):
    for session in sessions:
        assert (session.outcome.verdict is Verdict.UNKNOWN) == bool(session.not_agent_fault)


def test_a_principal_is_never_the_wrong_one(path, sessions):
    with gzip.open(path, "rt") as file:
        served = [record["info"].get("task", {}).get("user_id", "") for record in json.load(file)]
    known = [
        (session.principal, served[session.position]) for session in sessions if session.principal
    ]
    assert len(known) > len(sessions) / 2
    assert all(found == expected for found, expected in known)


def test_the_answers_of_the_benchmark_reach_no_field(path, sessions):
    with gzip.open(path, "rt") as file:
        infos = [record["info"] for record in json.load(file)]
    for session in sessions:
        instruction = infos[session.position].get("task", {}).get("instruction", "no such text")
        assert instruction not in json.dumps(asdict(session), default=str, ensure_ascii=False)


def test_no_folder_of_a_person_reaches_a_field(sessions):
    assert not any("Users" in session.not_agent_fault for session in sessions)


def test_every_session_survives_our_own_format(sessions):
    for session in sessions:
        assert parse_record(json.loads(dump_line(session)), session.position) == session


def test_reading_twice_gives_the_same(path, sessions):
    with path.open("rb") as stream:
        assert list(parse(stream, source_name=path.name)) == sessions
