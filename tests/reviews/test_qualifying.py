"""Qualifying for a group by the sample queue, and what that changes for its rules."""

import json
from datetime import timedelta

import pytest

from agents.errors import InvalidInput
from agents.group_rules import require_qualification, waive_qualification
from agents.models import Qualification
from agents.people import find_member, remove_group, set_group
from reviews import decisions, practice, rules
from reviews.approval_rules import PersonFacts, unsatisfiable
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.decisions import Shown
from reviews.errors import MayNotDecide, NotYet
from reviews.models import SampleRun
from reviews.practice import Reply, answers_of, sample_of
from reviews.samples.base import Answer
from reviews.turns import whose_turn
from tests import build

pytestmark = pytest.mark.django_db
RISK = {"rule": "risk", "version": 1, "needs": [["risk", 1]], "mode": "people"}
ONE_OF_RISK = (("risk", 1),)


@pytest.fixture
def risk(cast, clock):
    """The group risk of Rosa and Sven, which asks for qualification."""
    set_group(cast.workspace, "risk", [cast.reviewer, cast.second_reviewer], by=SYSTEM)
    return require_qualification(cast.workspace, "risk", days=365, by=SYSTEM)


def member(cast, name="reviewer"):
    return find_member(getattr(cast, name), cast.workspace)


def sit(cast, name="reviewer", wrong=0, group="risk"):
    """Sit the test: `wrong` plain samples are answered wrongly, all else rightly."""
    by = member(cast, name)
    run = practice.start_qualification(group, by=by)
    for one in answers_of(run):
        sample = sample_of(one)
        answer = sample.right
        if wrong and not sample.is_trap:
            answer = Answer.REJECT if answer is Answer.APPROVE else Answer.APPROVE
            wrong -= 1
        run = practice.answer_sample(run, one.position, Reply(answer), by=by)
    return run


def last_body(action):
    return json.loads(Entry.objects.filter(action=action).latest("pk").body)


def test_ten_of_twelve_and_both_traps_qualify_for_a_year(cast, risk, clock):
    run = sit(cast, wrong=2)
    held = Qualification.objects.get()
    assert run.passed
    assert (held.group, held.score, held.of, held.caught, held.traps) == ("risk", 10, 12, 2, 2)
    assert (held.attempt, held.version) == (run.attempt, 1)
    assert held.valid_until == clock.at + timedelta(days=365)
    entry = last_body(Action.QUALIFICATION_PASSED)
    assert entry["object"] == "qualification:risk"
    assert entry["after"]["right"] == 10
    assert entry["after"]["until"] == "2027-11-21"
    assert last_body(Action.QUALIFICATION_STARTED)["after"]["seed"] == run.seed


def test_nine_of_twelve_do_not(cast, risk):
    run = sit(cast, wrong=3)
    assert run.passed is False
    assert not Qualification.objects.exists()
    assert last_body(Action.QUALIFICATION_FAILED)["after"]["right"] == 9


def test_one_trap_approved_fails_whatever_else_is_right(cast, risk):
    by = member(cast)
    run = practice.start_qualification("risk", by=by)
    is_caught = False
    for one in answers_of(run):
        sample = sample_of(one)
        answer = sample.right
        if sample.is_trap and not is_caught:
            answer, is_caught = Answer.APPROVE, True
        run = practice.answer_sample(run, one.position, Reply(answer), by=by)
    assert (run.right, run.caught, run.passed) == (11, 1, False)


def test_a_failed_attempt_is_repeated_after_a_day_with_another_order(cast, risk, clock):
    first = sit(cast, wrong=3)
    clock.advance(hours=23, minutes=59)
    with pytest.raises(NotYet, match="2026-11-22 06:00:00 UTC"):
        practice.start_qualification("risk", by=member(cast))
    clock.advance(minutes=1)
    second = sit(cast)
    assert second.passed
    assert second.seed != first.seed
    keys = [[one.sample for one in answers_of(run)] for run in (first, second)]
    assert keys[0] != keys[1]


def test_an_attempt_that_is_under_way_goes_on(cast, risk):
    first = practice.start_qualification("risk", by=member(cast))
    practice.answer_sample(first, 1, Reply(Answer.REJECT), by=member(cast))
    assert practice.start_qualification("risk", by=member(cast)) == first


def test_practice_and_a_test_may_be_open_side_by_side(cast, risk):
    test = practice.start_qualification("risk", by=member(cast))
    run = practice.start_practice(by=member(cast))
    assert {test.attempt, run.attempt} == {1, 2}
    assert SampleRun.objects.filter(ended_at=None).count() == 2


def test_it_is_renewed_in_its_last_fortnight_and_no_day_is_lost(cast, risk, clock):
    sit(cast)
    clock.advance(days=350)
    with pytest.raises(NotYet):
        practice.start_qualification("risk", by=member(cast))
    clock.advance(days=1)
    sit(cast)
    newest = Qualification.objects.latest("pk")
    assert newest.valid_until == Qualification.objects.earliest("pk").valid_until + timedelta(
        days=365
    )


def test_who_fails_to_renew_keeps_what_holds_until_its_end(cast, risk, clock):
    sit(cast)
    clock.advance(days=360)
    sit(cast, wrong=3)
    assert member(cast).groups == {"risk"}
    clock.advance(days=5)
    assert member(cast).unqualified == {"risk"}


@pytest.mark.parametrize("group", ["nothing", "plain"])
def test_only_a_group_of_ones_own_that_asks_for_it_can_be_qualified_for(cast, risk, group):
    set_group(cast.workspace, "plain", [cast.reviewer], by=SYSTEM)
    with pytest.raises(InvalidInput):
        practice.start_qualification(group, by=member(cast))
    with pytest.raises(InvalidInput):
        practice.start_qualification("risk", by=member(cast, "lead"))


def test_a_group_removed_meanwhile_leaves_what_was_passed_on_the_record(cast, risk):
    by = member(cast)
    run = practice.start_qualification("risk", by=by)
    remove_group(cast.workspace, "risk", by=SYSTEM)
    for one in answers_of(run):
        run = practice.answer_sample(run, one.position, Reply(sample_of(one).right), by=by)
    assert Qualification.objects.get().group == "risk"


def test_due_holdings_are_told_to_who_stands_in_the_group(cast, risk, clock):
    assert [one.group for one in practice.due_holdings(member(cast))] == ["risk"]
    assert practice.due_holdings(member(cast, "lead")) == ()
    sit(cast)
    assert practice.due_holdings(member(cast)) == ()
    clock.advance(days=351)
    assert len(practice.due_holdings(member(cast))) == 1


# What it changes for rules.


def shown(proposal):
    return Shown(proposal.revision, proposal.state)


def test_only_the_qualified_give_a_groups_approval(cast, risk):
    proposal = build.proposal(cast.store, route=RISK)
    with pytest.raises(MayNotDecide, match="one from risk"):
        decisions.approve(proposal, by=member(cast), shown=shown(proposal))
    sit(cast)
    decided = decisions.approve(proposal, by=member(cast), shown=shown(proposal))
    assert decided.state == "scheduled"


def test_the_page_says_what_the_unqualified_can_do_about_it(cast, risk):
    proposal = build.proposal(cast.store, route=RISK)
    turn = whose_turn(proposal, member(cast), [])
    assert not turn.may_approve
    assert "You stand in risk without a current qualification" in turn.barred
    assert turn.may_reject, "a rejection needs no group"
    assert "qualification" not in whose_turn(proposal, member(cast, "lead"), []).barred


def test_a_vote_counts_as_its_person_was_qualified_when_it_was_cast(cast, risk, clock):
    sit(cast)
    needs_two = {**RISK, "needs": [["risk", 2]]}
    proposal = build.proposal(cast.store, route=needs_two)
    decisions.approve(proposal, by=member(cast), shown=shown(proposal))
    clock.advance(days=400)
    sit(cast, "second_reviewer")
    proposal.refresh_from_db()
    assert member(cast).unqualified == {"risk"}
    decided = decisions.approve(proposal, by=member(cast, "second_reviewer"), shown=shown(proposal))
    assert decided.state == "scheduled"


def test_votes_cast_before_a_group_asked_keep_counting(cast, clock):
    set_group(cast.workspace, "risk", [cast.reviewer, cast.second_reviewer], by=SYSTEM)
    proposal = build.proposal(cast.store, route={**RISK, "needs": [["risk", 2]]})
    decisions.approve(proposal, by=member(cast), shown=shown(proposal))
    clock.advance(minutes=1)
    require_qualification(cast.workspace, "risk", days=365, by=SYSTEM)
    (vote,) = rules.votes_of(proposal)
    assert vote.groups == {"risk"}


def test_a_rule_nobody_qualified_can_satisfy_is_said_and_why(cast, risk):
    people = rules.people_facts(cast.workspace)
    why = unsatisfiable(ONE_OF_RISK, people)
    assert "risk has 0 qualified, 2 without a current qualification, and 1 are needed" in why
    sit(cast)
    assert unsatisfiable(ONE_OF_RISK, rules.people_facts(cast.workspace)) is None
    waive_qualification(cast.workspace, "risk", by=SYSTEM)
    assert unsatisfiable(ONE_OF_RISK, rules.people_facts(cast.workspace)) is None


def test_a_short_group_of_qualified_people_is_said_in_plain_numbers():
    people = [PersonFacts(1, "reviewer", frozenset({"risk"})), PersonFacts(2, "reviewer")]
    why = unsatisfiable((("risk", 2),), people)
    assert "risk has 1 and 2 are needed" in why
