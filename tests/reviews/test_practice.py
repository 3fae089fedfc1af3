"""Going through the sample queue: recorded, in order, by oneself, and apart from proposals."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404

from agents.errors import NotAllowed
from agents.people import find_member
from reviews import practice
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.errors import AlreadyAnswered
from reviews.models import Decision, Proposal, SampleAnswer, SampleRun
from reviews.practice import Reply, answers_of, next_position, sample_of
from reviews.samples.base import Answer
from reviews.samples.runs import COUNT, TRAPS

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(cast):
    return find_member(cast.reviewer, cast.workspace)


def bodies(action):
    found = Entry.objects.filter(action=action).order_by("pk").values_list("body", flat=True)
    return [json.loads(body) for body in found]


def answer_all(run, by, reply=None):
    """Answer what is left of the run: each rightly, or all with `reply`."""
    for one in answers_of(run):
        if not one.answer:
            given = reply or Reply(sample_of(one).right)
            practice.answer_sample(run, one.position, given, by=by)
    run.refresh_from_db()
    return run


def test_a_run_is_laid_out_from_a_seed_on_the_record(rosa):
    run = practice.start_practice(by=rosa)
    assert run.attempt == 1
    assert len(answers_of(run)) == COUNT
    (begun,) = bodies(Action.PRACTICE_STARTED)
    assert begun["object"] == "practice:1"
    assert begun["after"] == {"attempt": 1, "seed": run.seed, "samples": COUNT, "set": 1}


def test_starting_twice_goes_on_with_the_same_run(rosa):
    first = practice.start_practice(by=rosa)
    assert practice.start_practice(by=rosa) == first
    assert len(bodies(Action.PRACTICE_STARTED)) == 1


def test_the_next_run_begins_when_the_first_is_ended_and_is_another(rosa):
    first = answer_all(practice.start_practice(by=rosa), rosa)
    second = practice.start_practice(by=rosa)
    assert second.attempt == 2
    assert second.seed != first.seed


def test_two_people_have_runs_of_their_own(cast, rosa):
    sven = find_member(cast.second_reviewer, cast.workspace)
    mine, theirs = practice.start_practice(by=rosa), practice.start_practice(by=sven)
    assert mine.attempt == theirs.attempt == 1
    assert mine.seed != theirs.seed
    assert practice.run_of(rosa, 1) == mine
    with pytest.raises(Http404):
        practice.run_of(sven, 2)


def test_the_database_holds_a_person_to_one_open_run(cast, rosa):
    run = practice.start_practice(by=rosa)
    with pytest.raises(IntegrityError), transaction.atomic():
        SampleRun.objects.create(
            workspace=cast.workspace, person=cast.reviewer, attempt=9, seed=1, version=1
        )
    assert SampleRun.objects.get() == run


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_does_not_practise(cast, name):
    with pytest.raises(NotAllowed):
        practice.start_practice(by=find_member(getattr(cast, name), cast.workspace))
    assert not SampleRun.objects.exists()


def test_an_answer_is_recorded_with_its_reason_and_what_was_opened(rosa):
    run = practice.start_practice(by=rosa)
    practice.record_quote_opened(run, 1, 2, by=rosa)
    practice.answer_sample(run, 1, Reply(Answer.REJECT, "wrong", " It is not so. "), by=rosa)
    row = answers_of(run)[0]
    assert (row.answer, row.code, row.reason, row.opened) == (
        "reject",
        "wrong",
        "It is not so.",
        [2],
    )
    (said,) = bodies(Action.SAMPLE_ANSWERED)
    assert said["after"]["answer"] == "reject"
    assert said["after"]["code"] == "wrong"
    assert said["shown"] == {"evidence_opened": [2]}
    assert "It is not so." not in json.dumps(said)
    assert set(said["values"]) >= {"reason"}


def test_samples_are_answered_in_order_and_once(rosa):
    run = practice.start_practice(by=rosa)
    with pytest.raises(AlreadyAnswered, match="Sample 1 is next"):
        practice.answer_sample(run, 2, Reply(Answer.APPROVE), by=rosa)
    practice.answer_sample(run, 1, Reply(Answer.APPROVE), by=rosa)
    with pytest.raises(AlreadyAnswered, match="answered already; sample 2 is next"):
        practice.answer_sample(run, 1, Reply(Answer.REJECT), by=rosa)
    assert answers_of(run)[0].answer == "approve"
    assert next_position(answers_of(run)) == 2
    assert len(bodies(Action.SAMPLE_ANSWERED)) == 1


def test_an_ended_run_takes_no_answer(rosa):
    run = answer_all(practice.start_practice(by=rosa), rosa)
    with pytest.raises(AlreadyAnswered, match="ended"):
        practice.answer_sample(run, COUNT, Reply(Answer.APPROVE), by=rosa)


def test_the_last_answer_ends_the_run_with_its_marks(rosa):
    run = answer_all(practice.start_practice(by=rosa), rosa)
    assert (run.right, run.caught) == (COUNT, TRAPS)
    assert run.ended_at is not None
    (ended,) = bodies(Action.PRACTICE_ENDED)
    assert ended["after"] == {
        "attempt": 1,
        "right": COUNT,
        "of": COUNT,
        "caught": TRAPS,
        "traps": TRAPS,
        "set": 1,
    }


def test_who_approves_everything_walks_into_both_traps(rosa):
    run = answer_all(practice.start_practice(by=rosa), rosa, Reply(Answer.APPROVE))
    assert (run.right, run.caught) == (COUNT // 2, 0)


def test_opening_a_quote_twice_or_after_the_answer_writes_nothing_more(rosa):
    run = practice.start_practice(by=rosa)
    for _ in range(2):
        practice.record_quote_opened(run, 1, 1, by=rosa)
    practice.answer_sample(run, 1, Reply(Answer.APPROVE), by=rosa)
    practice.record_quote_opened(run, 1, 2, by=rosa)
    assert len(bodies(Action.SAMPLE_OPENED)) == 1
    assert SampleAnswer.objects.get(run=run, position=1).opened == [1]


def test_nothing_of_a_run_is_a_proposal_or_a_decision(rosa):
    answer_all(practice.start_practice(by=rosa), rosa)
    assert not Proposal.objects.exists()
    assert not Decision.objects.exists()
    named = Entry.objects.filter(action__startswith="proposal.").count()
    assert named + Entry.objects.filter(action__startswith="decision.").count() == 0
