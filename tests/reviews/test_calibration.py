"""Calibration: one person's numbers are theirs and the leads', and come from nothing else."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock
from reviews.calibration import agreement_on_cases, calibrations_of, share_of
from reviews.models import Decision, SeededItem
from reviews.samples.base import Answer, is_right
from reviews.samples.pool import POOL
from reviews.sampling import DRAWN
from tests import build

pytestmark = pytest.mark.django_db
CASES = sorted(POOL)
RULES, PRACTICE = "/w/northwind/rules/", "/w/northwind/practice/"


def text_of(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def answered(cast, who, case: str, answer: Answer, *, workspace=None) -> None:
    SeededItem.objects.create(
        workspace=workspace or cast.workspace,
        person=who,
        number=next(build.counted) + 10_000,
        sample=case,
        after=1,
        dream="D-1",
        answer=answer.value,
        answered_at=clock.now(),
    )


def right_for(case: str) -> Answer:
    return next(one for one in Answer if is_right(POOL[case], one))


def wrong_for(case: str) -> Answer:
    right = right_for(case)
    return Answer.REJECT if right is Answer.APPROVE else Answer.APPROVE


def pair(cast, first, second, verdict: str, *, route=DRAWN) -> None:
    made = build.proposal(cast.store, route={"needs": [[None, 2]], "drawn": route})
    for person, said in ((first, "approve"), (second, verdict)):
        Decision.objects.create(proposal=made, revision=1, person=person, verdict=said)


def numbers(cast, person=None):
    return {
        one.person.name: ((one.hits.hits, one.hits.of), (one.shared.hits, one.shared.of))
        for one in calibrations_of(cast.workspace, person)
    }


def test_who_answered_nothing_has_no_line(cast):
    assert calibrations_of(cast.workspace) == []


def test_right_answers_and_shared_approvals_are_counted_by_person(cast):
    for at, case in enumerate(CASES[:4]):
        answered(cast, cast.reviewer, case, right_for(case) if at else wrong_for(case))
    answered(cast, cast.lead, CASES[0], right_for(CASES[0]))
    pair(cast, cast.reviewer, cast.second_reviewer, "approve")
    pair(cast, cast.reviewer, cast.second_reviewer, "reject")
    pair(cast, cast.second_reviewer, cast.lead, "approve")
    assert numbers(cast) == {
        "Lena": ((1, 1), (0, 0)),
        "Rosa": ((3, 4), (1, 2)),
        "Sven": ((0, 0), (1, 1)),
    }
    assert numbers(cast, cast.reviewer) == {"Rosa": ((3, 4), (1, 2))}


def test_edits_what_rules_asked_for_and_other_workspaces_count_for_nobody(cast):
    answered(cast, cast.reviewer, CASES[0], Answer.EDIT)
    answered(cast, cast.outsider, CASES[0], Answer.APPROVE, workspace=cast.elsewhere)
    pair(cast, cast.reviewer, cast.second_reviewer, "reject", route="")
    assert numbers(cast) == {}


def test_a_pair_whose_first_vote_rejects_is_none(cast):
    made = build.proposal(cast.store, route={"needs": [[None, 2]], "drawn": DRAWN})
    for person in (cast.reviewer, cast.second_reviewer):
        Decision.objects.create(proposal=made, revision=1, person=person, verdict="reject")
    assert numbers(cast) == {}


def test_a_share_of_nothing_has_no_number():
    assert share_of([]).share is None
    found = share_of([True, True, False])
    assert (found.hits, found.of) == (2, 3)
    assert found.low < 2 / 3 < found.high


def test_people_who_answer_cases_alike_agree(cast):
    for case in CASES[:6]:
        for who in (cast.reviewer, cast.second_reviewer):
            answered(cast, who, case, right_for(case))
    found = agreement_on_cases(cast.workspace)
    assert (found.value, found.units, found.values) == (1.0, 6, 12)


def test_sending_back_and_rejecting_are_one_answer_to_a_case(cast):
    bad = [case for case in CASES if right_for(case) is not Answer.APPROVE][:3]
    good = [case for case in CASES if right_for(case) is Answer.APPROVE][:3]
    for case in bad:
        answered(cast, cast.reviewer, case, Answer.REJECT)
        answered(cast, cast.lead, case, Answer.SEND_BACK)
    for case in good:
        answered(cast, cast.reviewer, case, Answer.APPROVE)
        answered(cast, cast.lead, case, Answer.APPROVE)
    assert agreement_on_cases(cast.workspace).value == 1.0


def test_cases_one_person_answered_tell_nothing(cast):
    for case in CASES[:8]:
        answered(cast, cast.reviewer, case, right_for(case))
    assert agreement_on_cases(cast.workspace) is None


@pytest.mark.parametrize(
    ("who", "page", "sees"),
    [
        ("lead", RULES, True),
        ("reviewer", RULES, False),
        ("second_reviewer", RULES, False),
        ("auditor", RULES, False),
        ("admin", RULES, False),
        ("reviewer", PRACTICE, True),
        ("second_reviewer", PRACTICE, False),
        ("lead", PRACTICE, False),
    ],
)
def test_one_persons_numbers_are_read_by_that_person_and_leads_alone(
    cast, client_of, who, page, sees
):
    answered(cast, cast.reviewer, CASES[0], right_for(CASES[0]))
    said = text_of(client_of(getattr(cast, who)).get(page))
    assert ("Rosa 1 of 1, interval" in said) is sees


def test_alpha_stands_on_the_rules_page_from_enough_answers_on(cast, client_of):
    def all_answered_by(*people) -> None:
        for case in CASES:
            for who in people:
                answered(cast, who, case, right_for(case))

    all_answered_by(cast.reviewer, cast.second_reviewer, cast.lead)
    assert "alpha" not in text_of(client_of(cast.reviewer).get(RULES))
    all_answered_by(build.person("Nils", within=cast.workspace))
    said = text_of(client_of(cast.reviewer).get(RULES))
    assert "alpha 1.00, 95 % interval 1.00 to 1.00, of 24 answers to 6 cases" in said


def test_the_questions_do_not_grow_with_people_and_answers(cast):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            calibrations_of(cast.workspace)
            agreement_on_cases(cast.workspace)
        return len(queries)

    answered(cast, cast.reviewer, CASES[0], right_for(CASES[0]))
    few = asked()
    for who in (cast.second_reviewer, cast.lead):
        for case in CASES[:5]:
            answered(cast, who, case, right_for(case))
        pair(cast, who, cast.reviewer, "approve")
    assert asked() == few == 4
