"""The demo's sessions: always the same, believable, and everything planted in them is there."""

from collections import Counter
from datetime import date

import pytest

from agents.transcripts.base import EventKind, ParsedSession, Role, Verdict
from dreaming.demo.company import AGENTS, PEOPLE
from dreaming.demo.scenes import (
    CLAIMS_SCENES,
    EVIDENCE_SCENES,
    HELPDESK_SCENES,
    LETTER_CHECK,
    PAYMENTS,
)
from dreaming.demo.sessions import HIDDEN_AT, OUTAGE_AT, SESSIONS, WISHES, demo_sessions

TODAY = date(2026, 11, 21)
SCENES = (*CLAIMS_SCENES, *EVIDENCE_SCENES, *HELPDESK_SCENES)


@pytest.fixture(scope="module")
def sessions() -> list[ParsedSession]:
    return list(demo_sessions(TODAY))


def texts(session: ParsedSession) -> str:
    return "\n".join(event.text for event in session.events)


def test_they_are_the_same_every_time(sessions: list[ParsedSession]):
    assert list(demo_sessions(TODAY)) == sessions


def test_there_are_enough_of_them_for_every_agent(sessions: list[ParsedSession]):
    assert len(sessions) == SESSIONS
    assert min(Counter(session.agent for session in sessions).values()) >= 60
    assert {session.agent for session in sessions} == {agent.slug for agent in AGENTS}


def test_no_two_have_one_name(sessions: list[ParsedSession]):
    assert len({(one.agent, one.external_id) for one in sessions}) == len(sessions)


def test_they_lie_in_the_weeks_before_today_oldest_first(sessions: list[ParsedSession]):
    times = [session.started_at for session in sessions if session.started_at is not None]
    assert times == sorted(times)
    assert all(0 < (TODAY - at.date()).days <= 21 for at in times)


def test_no_placeholder_is_left_in_a_text(sessions: list[ParsedSession]):
    for session in sessions:
        for event in session.events:
            if event.kind == EventKind.MESSAGE:
                assert "{" not in event.text
                assert "}" not in event.text


def test_every_result_answers_a_call(sessions: list[ParsedSession]):
    for session in sessions:
        calls = [e.call_id for e in session.events if e.kind == EventKind.TOOL_CALL]
        results = [e.call_id for e in session.events if e.kind == EventKind.TOOL_RESULT]
        assert calls == results


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.slip], ids=lambda s: s.task)
def test_every_slip_happens_and_does_not_always_happen(
    sessions: list[ParsedSession], scene: object
):
    task = f":{getattr(scene, 'task')}"  # noqa: B009 (the parameter's own type is the scene)
    ours = [session for session in sessions if session.task_key.endswith(task)]
    slipped = [one for one in ours if any("Error: " in e.text for e in one.events)]
    assert 0 < len(slipped) < len(ours)


def test_the_houses_check_fails_some_sessions_and_they_end_badly(sessions: list[ParsedSession]):
    checked = [
        (check, one.outcome.verdict)
        for one in sessions
        if one.outcome is not None
        for check in one.outcome.checks
        if check.name == LETTER_CHECK.name
    ]
    failed = [verdict for check, verdict in checked if not check.passed]
    assert 3 <= len(failed) < len(checked)
    assert set(failed) == {Verdict.FAILURE}
    assert all(check.message == LETTER_CHECK.says for check, _ in checked if not check.passed)


def test_a_habit_is_kept_by_some_and_they_mostly_end_well(sessions: list[ParsedSession]):
    tasks = {scene.task for scene in SCENES if scene.habit}
    ended = Counter(
        (any(e.tool == PAYMENTS.step.tool for e in one.events), one.outcome.verdict)
        for one in sessions
        if one.outcome is not None and one.task_key.rpartition(":")[2] in tasks
    )
    assert ended[True, Verdict.SUCCESS] > 3 * ended[True, Verdict.FAILURE]
    assert ended[False, Verdict.FAILURE] > 3 * ended[False, Verdict.SUCCESS]


def test_some_sessions_teach_nothing(sessions: list[ParsedSession]):
    tasks = {scene.task for scene in SCENES if not (scene.slip or scene.check or scene.habit)}
    quiet = [one for one in sessions if one.task_key.rpartition(":")[2] in tasks]
    assert len(quiet) >= 20
    assert not any(event.is_error for one in quiet for event in one.events)


def test_every_wish_is_said(sessions: list[ParsedSession]):
    said = "\n".join(texts(session) for session in sessions)
    for _, words in WISHES.values():
        assert words in said


def test_members_and_outsiders_both_wish(sessions: list[ParsedSession]):
    speakers = {who for who, _ in WISHES.values()}
    assert "caller" in speakers
    assert speakers - {"caller"} <= {person.email for person in PEOPLE}


def test_instructions_are_hidden_in_what_tools_return_only(sessions: list[ParsedSession]):
    hidden = [
        event
        for session in sessions
        for event in session.events
        if "ignore all previous instructions" in event.text
    ]
    assert len(hidden) == len(HIDDEN_AT)
    assert {event.role for event in hidden} == {Role.TOOL}


def test_an_outage_is_no_fault_of_the_agent(sessions: list[ParsedSession]):
    outages = [session for session in sessions if session.not_agent_fault]
    assert len(outages) == len(OUTAGE_AT)
    assert "ticket system" in outages[0].not_agent_fault


def test_most_end_well_and_many_do_not(sessions: list[ParsedSession]):
    ended = Counter(one.outcome.verdict for one in sessions if one.outcome is not None)
    assert 0.55 < ended[Verdict.SUCCESS] / len(sessions) < 0.85
    assert ended[Verdict.FAILURE] > 20
