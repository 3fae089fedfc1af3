"""Exceptions: each question finds what it is about, and nothing beside it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import decisions, proposals, revisions, undos
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.auditing.exceptions import (
    BY_KEY,
    QUESTIONS,
    SWIFT,
    exceptions_in,
    lines_of,
    page_found,
)
from reviews.decisions import Shown
from reviews.errors import MayNotDecide
from reviews.models import Absence, Decision, Proposal
from tests import build
from tests.reviews.audit.logs import write
from tests.reviews.auditing.scenes import (
    ALL,
    approve,
    by_rule,
    fresh,
    member,
    reject,
    with_evidence,
)

pytestmark = pytest.mark.django_db


def found(cast, key: str) -> list[str]:
    """The objects a question finds, newest first."""
    return [line.object for line in lines_of(page_found(BY_KEY[key], cast.workspace, ALL, ""))]


def count(cast, key: str) -> int:
    counts = {one.question.key: one.count for one in exceptions_in(cast.workspace, ALL)}
    assert counts[key] == len(found(cast, key))
    return counts[key]


def of_two(proposal: Proposal) -> Proposal:
    Proposal.objects.filter(pk=proposal.pk).update(route=proposal.route | {"needs": [[None, 2]]})
    return proposal


def test_where_nothing_happened_nothing_but_the_rules_that_were_set_is_found(cast):
    counts = {one.question.key: one.count for one in exceptions_in(cast.workspace, ALL)}
    rules = counts.pop("rules")
    assert rules > 0
    assert set(counts.values()) == {0}


def test_keys_are_unique_and_every_question_says_why_it_is_asked():
    assert len(BY_KEY) == len(QUESTIONS)
    assert all(str(one.about).endswith(".") for one in QUESTIONS)


def test_an_approval_of_unopened_evidence_is_found_and_one_of_opened_is_not(cast):
    blind, read, bare = with_evidence(cast), with_evidence(cast), build.filed(cast.store)
    approve(cast, blind)
    approve(cast, read, opened=(1,))
    approve(cast, bare)
    assert found(cast, "unopened") == [str(blind)]


def test_a_rejection_needs_no_opened_evidence(cast):
    reject(cast, with_evidence(cast))
    assert count(cast, "unopened") == 0


def test_a_decision_right_after_the_same_persons_last_is_found(cast, clock):
    rows = [build.filed(cast.store) for _ in range(4)]
    approve(cast, rows[0])
    clock.advance(seconds=1)
    approve(cast, rows[1], "second_reviewer")
    clock.advance(seconds=SWIFT.total_seconds() - 2)
    approve(cast, rows[2])
    clock.advance(seconds=SWIFT.total_seconds())
    approve(cast, rows[3])
    assert found(cast, "swift") == [str(rows[2])]


def test_swift_decisions_are_the_same_on_every_page(cast, clock, monkeypatch):
    monkeypatch.setattr("reviews.auditing.exceptions.PAGE", 2)
    for _ in range(6):
        approve(cast, build.filed(cast.store))
        clock.advance(seconds=1)
    pages, cursor = [], ""
    question = BY_KEY["swift"]
    while True:
        page = page_found(question, cast.workspace, ALL, cursor)
        pages += page.items
        cursor = page.older
        if not cursor:
            break
    assert len({row.pk for row in pages}) == 5
    back = page_found(question, cast.workspace, ALL, page.newer)
    assert [row.pk for row in back.items] == [row.pk for row in pages[2:4]]


def test_an_approval_over_high_risk_is_found(cast):
    calm, grave = build.filed(cast.store), build.filed(cast.store)
    Proposal.objects.filter(pk=grave.pk).update(risk="high")
    approve(cast, calm)
    approve(cast, grave)
    assert found(cast, "over-risk") == [str(grave)]


def test_four_eyes_leave_nothing_to_find(cast):
    filed = build.filed(cast.store)
    revisions.submit_edit(
        filed,
        content="Other words.\n",
        by=member(cast, "reviewer"),
        expected_revision=1,
        reason="So.",
    )
    approve(cast, filed, "second_reviewer")
    assert count(cast, "own") == 0


@pytest.mark.parametrize("column", ["proposer", "started_by"])
def test_a_decision_past_the_rules_on_ones_own_proposal_is_found(cast, column):
    filed = build.filed(cast.store)
    approve(cast, filed)
    Proposal.objects.filter(pk=filed.pk).update(**{column: cast.reviewer})
    assert found(cast, "own") == [str(filed)]


def test_who_approved_first_and_edited_then_did_not_decide_their_own(cast):
    filed = of_two(build.filed(cast.store))
    approve(cast, filed)
    revisions.submit_edit(
        fresh(filed),
        content="Other.\n",
        by=member(cast, "reviewer"),
        expected_revision=1,
        reason="So.",
    )
    assert count(cast, "own") == 0
    Decision.objects.create(proposal=filed, revision=2, person=cast.reviewer, verdict="approve")
    assert count(cast, "own") == 1


def test_two_verdicts_on_one_text_are_found(cast):
    filed, agreed = of_two(build.filed(cast.store)), of_two(build.filed(cast.store))
    approve(cast, filed)
    reject(cast, filed, "second_reviewer")
    approve(cast, agreed)
    approve(cast, agreed, "second_reviewer")
    assert found(cast, "disagreed") == [str(filed)]


def test_an_undone_decision_is_found(cast):
    filed = approve(cast, build.filed(cast.store))
    undos.undo(fresh(filed), by=member(cast, "reviewer"), expected_round=0)
    assert found(cast, "undone") == [str(filed)]


def test_what_was_decided_after_its_due_time_is_found(cast, clock):
    prompt, late = build.filed(cast.store), build.filed(cast.store)
    approve(cast, prompt)
    clock.advance(days=60)
    approve(cast, late)
    assert found(cast, "late") == [str(late)]


@pytest.mark.parametrize(
    ("begins", "ends", "ended", "is_found"),
    [(-1, 1, None, True), (1, 2, None, False), (-3, -1, None, False), (-2, 2, -1, False)],
)
def test_a_decision_of_a_stand_in_is_found_while_they_stood_in(
    cast, clock, begins, ends, ended, is_found
):
    filed = build.filed(cast.store)
    Proposal.objects.filter(pk=filed.pk).update(assignee=cast.lead)
    Absence.objects.create(
        workspace=cast.workspace,
        person=cast.lead,
        stand_in=cast.reviewer,
        set_by=cast.lead,
        starts_at=clock.at + timedelta(days=begins),
        ends_at=clock.at + timedelta(days=ends),
        ended_at=None if ended is None else clock.at + timedelta(days=ended),
    )
    approve(cast, filed)
    assert found(cast, "stand-in") == ([str(filed)] if is_found else [])


def test_what_a_rule_decided_alone_is_found_under_the_rules_name(cast):
    filed = build.filed(cast.store)
    by_rule(filed)
    approve(cast, build.filed(cast.store))
    (line,) = lines_of(page_found(BY_KEY["automatic"], cast.workspace, ALL, ""))
    assert (line.object, line.who, line.decision) == (
        str(filed), "Rule fold-identical version 1", 1,
    )  # fmt: skip


def test_what_the_system_closed_is_found_and_what_its_proposer_withdrew_is_not(cast):
    closed = build.filed(cast.store)
    proposals.withdraw(closed, reason="It no longer applies.", by=None)
    write(2, workspace="northwind", action=Action.PROPOSAL_WITHDRAWN)
    assert found(cast, "self-closed") == [str(closed)]


def test_a_barred_attempt_is_found_and_one_that_came_too_late_is_not(cast):
    filed, stale = build.filed(cast.store), build.filed(cast.store)
    Proposal.objects.filter(pk=filed.pk).update(started_by=cast.reviewer)
    with pytest.raises(MayNotDecide):
        approve(cast, filed)
    with pytest.raises(Exception, match="edited"):
        decisions.approve(
            stale, by=member(cast, "reviewer"), shown=Shown(7, "pending", is_confirmed=True)
        )
    assert found(cast, "barred") == [str(filed)]


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("cleared", Action.TAINT_CLEARED),
        ("contained", Action.CONTAINMENT_OPENED),
        ("contained", Action.QUARANTINE_OPENED),
        ("rules", Action.RULE_SET),
        ("rules", Action.SETTING_CHANGED),
    ],
)
def test_entries_of_these_actions_are_found(cast, key, action):
    before = count(cast, key)
    write(7, workspace="northwind", action=action, actor=SYSTEM)
    assert count(cast, key) == before + 1


def test_another_workspace_and_other_days_are_left_out(cast, clock):
    approve(cast, with_evidence(cast))
    clock.advance(days=1)
    span = type(ALL)(clock.at.date(), clock.at.date())
    assert {one.count for one in exceptions_in(cast.workspace, span)} == {0}
    assert {
        one.count for one in exceptions_in(cast.elsewhere, ALL) if one.question.key != "rules"
    } == {0}


def test_a_line_names_the_decision_by_its_place_on_the_proposal(cast):
    filed = of_two(with_evidence(cast))
    approve(cast, filed, opened=(1,))
    approve(cast, filed, "second_reviewer")
    (line,) = lines_of(page_found(BY_KEY["unopened"], cast.workspace, ALL, ""))
    assert (line.who, line.decision, line.did) == ("Sven", 2, "Approved")


def test_each_question_is_one_query(cast):
    approve(cast, with_evidence(cast))
    with CaptureQueriesContext(connection) as queries:
        exceptions_in(cast.workspace, ALL)
    assert len(queries) == len(QUESTIONS)
