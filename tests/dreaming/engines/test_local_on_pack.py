"""The local engine on real sessions, where they are at hand."""

import gzip
import io
import time

import pytest

from agents.transcripts import tau
from agents.transcripts.base import ParsedSession
from dreaming.engines.base import EngineEvent, EngineSession
from tests.dreaming.dream_once import canonical_bytes, dream
from tests.pack import TAU_FILES, require

TRUST = {"user": "principal", "assistant": "agent", "tool": "tool"}
BY_EMAIL_FAILS = "find_user_id_by_email"


def read_sessions(name: str) -> list[EngineSession]:
    with gzip.open(require(name)) as packed:
        stream = io.BytesIO(packed.read())
        parsed = [
            one
            for one in tau.parse(stream, source_name=name.removesuffix(".gz"))
            if isinstance(one, ParsedSession) and not one.not_agent_fault
        ]
    return [_to_engine(number, one) for number, one in enumerate(parsed, start=1)]


def _to_engine(number: int, one: ParsedSession) -> EngineSession:
    return EngineSession(
        id=f"S-{number}",
        agent=one.agent,
        task_key=one.task_key,
        principal=one.principal,
        verdict=one.outcome.verdict.value,
        events=tuple(
            EngineEvent(
                index=index,
                kind=event.kind.value,
                role=event.role.value,
                text=event.text,
                tool=event.tool,
                call_id=event.call_id,
                is_error=event.is_error,
                trust=TRUST[event.role.value],
            )
            for index, event in enumerate(one.events)
        ),
    )


@pytest.mark.parametrize("name", TAU_FILES)
def test_every_change_rests_on_words_that_stand_in_a_session(name):
    sessions = read_sessions(name)
    texts = {(s.id, e.index): e.text for s in sessions for e in s.events}
    dreamt = dream(sessions)
    assert dreamt.consolidated.changes
    assert not dreamt.consolidated.dropped
    for change in dreamt.consolidated.changes:
        assert change.evidence
        for evidence in change.evidence:
            text = texts[evidence.session, evidence.event]
            assert text[evidence.start : evidence.end] == evidence.quote


@pytest.mark.parametrize("name", TAU_FILES)
def test_no_statement_holds_numbers_or_ids(name):
    for one in dream(read_sessions(name)).measured:
        if one.candidate.kind == "mistake":
            words = one.candidate.statement + one.candidate.recovery + one.candidate.title
            assert not any(letter.isdigit() for letter in words), words


@pytest.mark.parametrize("name", TAU_FILES)
def test_the_same_file_gives_the_same_bytes(name):
    sessions = read_sessions(name)
    assert canonical_bytes(dream(sessions)) == canonical_bytes(dream(sessions[::-1]))


def test_the_airline_file_shows_its_known_mistakes_soon():
    sessions = read_sessions(TAU_FILES[0])
    started = time.perf_counter()
    dreamt = dream(sessions)
    assert time.perf_counter() - started < 10
    shown = {(one.candidate.tool, one.sessions, one.tasks) for one in dreamt.measured}
    assert ("book_reservation", 10, 3) in shown
    assert ("update_reservation_flights", 4, 2) in shown
    assert ("update_reservation_flights", 3, 2) in shown


def test_tool_errors_alone_are_not_said_to_cause_failure():
    for name in TAU_FILES:
        for one in dream(read_sessions(name)).measured:
            assert not one.is_told


def test_a_way_out_that_agents_found_is_the_instruction():
    (change,) = (
        change
        for change in dream(read_sessions(TAU_FILES[3])).consolidated.changes
        if BY_EMAIL_FAILS in change.content
    )
    assert "call `find_user_id_by_name_zip` instead" in change.content


def test_wishes_of_one_task_are_not_proposed():
    for name in TAU_FILES:
        changes = dream(read_sessions(name)).consolidated.changes
        kinds = {c.pattern.kind for c in changes if c.pattern}
        assert kinds == {"mistake"}


def test_shared_memory_takes_what_several_agents_met():
    sessions = [
        EngineSession(f"S-{place}", s.agent, s.task_key, s.principal, s.verdict, s.events)
        for place, s in enumerate(s for name in TAU_FILES[1:] for s in read_sessions(name))
    ]
    dreamt = dream(sessions, scope="workspace")
    agents = {one.key: one.agents for one in dreamt.measured}
    assert len(dreamt.consolidated.changes) >= 4
    assert all(agents[c.pattern.key] >= 2 for c in dreamt.consolidated.changes if c.pattern)
