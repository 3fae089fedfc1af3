"""Whose turn it is: somebody always holds it, who may act, or it is said why nobody can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.approval_rules import PersonFacts, ProposalFacts, may_decide
from reviews.holders import (
    ALL_AWAY,
    ALL_BARRED,
    NOBODY_HERE,
    Case,
    Holding,
    Roster,
    able_people,
    name_people,
    turn_of,
)
from reviews.lifecycle import Verdict, Vote

ROSA = PersonFacts(1, "reviewer")
SVEN = PersonFacts(2, "reviewer", frozenset({"risk-desk"}))
LENA = PersonFacts(3, "lead")
AIKO = PersonFacts(4, "auditor")
AMIR = PersonFacts(5, "admin")
LUIS = PersonFacts(6, "lead", frozenset({"legal"}))
EVERYONE = (ROSA, SVEN, LENA, AIKO, AMIR)
ONE, TWO = ((None, 1),), ((None, 2),)


def case(needs=ONE, **more) -> Case:
    facts = ProposalFacts(**more.pop("facts", {}))
    return Case(needs=needs, facts=facts, **more)


def roster(*people: PersonFacts, **more) -> Roster:
    return Roster(people=people or EVERYONE, **more)


def approved(person: PersonFacts) -> Vote:
    return Vote(person.id, Verdict.APPROVE, person.groups)


# Who could


def test_everybody_who_decides_could_and_no_other() -> None:
    assert able_people(case(), EVERYONE) == [ROSA, SVEN, LENA]


@pytest.mark.parametrize(
    "facts",
    [{"proposer": 1}, {"starter": 1}, {"authors": frozenset({1})}, {"voted": frozenset({1})}],
)
def test_who_had_a_hand_in_it_could_not(facts) -> None:
    assert able_people(case(facts=facts), EVERYONE) == [SVEN, LENA]


def test_only_the_group_that_is_still_asked_for_could() -> None:
    needs = (("risk-desk", 1), (None, 1))
    given_by_anyone = case(needs, votes=(approved(ROSA),), facts={"voted": frozenset({1})})
    assert able_people(case(needs), EVERYONE) == [ROSA, SVEN, LENA]
    assert able_people(given_by_anyone, EVERYONE) == [SVEN]


def test_a_third_person_could_settle_a_disagreement_but_not_the_agents_owner() -> None:
    votes = (approved(ROSA), Vote(SVEN.id, Verdict.REJECT))
    facts = {"voted": frozenset({1, 2}), "disputed": True, "owner": LENA.id}
    assert able_people(case(TWO, votes=votes, facts=facts), (*EVERYONE, LUIS)) == [LUIS]


def test_anybody_who_decides_could_settle_a_conflict_its_proposer_too() -> None:
    assert able_people(case(is_conflicted=True, facts={"proposer": 1}), EVERYONE)[0] == ROSA


# Whose turn


def test_it_is_everybodys_turn_who_could() -> None:
    turn = turn_of(case(), roster())
    assert (turn.holding, turn.people) == (Holding.EVERYONE, (1, 2, 3))


def test_it_is_theirs_to_whom_it_was_assigned() -> None:
    turn = turn_of(case(assignee=2), roster())
    assert (turn.holding, turn.people) == (Holding.ASSIGNED, (2,))


def test_while_they_are_away_it_is_their_stand_ins() -> None:
    turn = turn_of(case(assignee=2), roster(away={2: 1}))
    assert (turn.holding, turn.people, turn.instead_of) == (Holding.STANDING_IN, (1,), 2)


@pytest.mark.parametrize("facts", [{"proposer": 1}, {"starter": 1}, {"authors": frozenset({1})}])
def test_a_barred_stand_in_passes_it_on_to_everybody_else_who_may(facts) -> None:
    turn = turn_of(case(assignee=2, facts=facts), roster(away={2: 1}))
    assert (turn.holding, turn.people) == (Holding.EVERYONE, (3,))


@pytest.mark.parametrize("stand_in", [AIKO.id, AMIR.id, 99])
def test_a_stand_in_gains_no_right_they_do_not_have(stand_in: int) -> None:
    assert turn_of(case(assignee=2), roster(away={2: stand_in})).people == (1, 3)


def test_a_stand_in_who_is_not_of_the_group_asked_for_does_not_hold_it() -> None:
    case_of_group = case((("risk-desk", 1),), assignee=2)
    turn = turn_of(case_of_group, roster(away={2: 1}))
    assert turn.is_stuck
    assert turn.people == (3,)


def test_a_stand_in_who_is_away_too_passes_it_on() -> None:
    assert turn_of(case(assignee=2), roster(away={2: 1, 1: 3})).people == (3,)
    assert turn_of(case(assignee=2), roster(away={2: 1, 1: None})).people == (3,)


def test_two_who_stand_in_for_each_other_leave_it_to_the_others() -> None:
    turn = turn_of(case(assignee=2), roster(away={2: 1, 1: 2}))
    assert (turn.holding, turn.people) == (Holding.EVERYONE, (3,))


def test_away_without_a_stand_in_it_is_everybody_elses() -> None:
    assert turn_of(case(assignee=2), roster(away={2: None})).people == (1, 3)


def test_who_was_assigned_and_is_barred_now_no_longer_holds_it() -> None:
    assert turn_of(case(assignee=2, facts={"authors": frozenset({2})}), roster()).people == (1, 3)


def test_who_was_assigned_and_left_no_longer_holds_it() -> None:
    assert turn_of(case(assignee=2), roster(ROSA, LENA)).people == (1, 3)


# Late


def test_late_the_group_holds_it_as_well() -> None:
    late = case(assignee=1, is_escalated=True)
    turn = turn_of(late, roster(group="risk-desk"))
    assert (turn.holding, turn.people) == (Holding.ESCALATED, (1, 2))


def test_late_without_a_group_the_leads_do() -> None:
    assert turn_of(case(assignee=1, is_escalated=True), roster()).people == (1, 3)


@pytest.mark.parametrize("group", ["risk-desk", "no-such-desk"])
def test_a_group_of_which_nobody_may_decide_leaves_it_to_the_leads(group: str) -> None:
    late = case(assignee=1, is_escalated=True, facts={"proposer": 2})
    assert turn_of(late, roster(group=group)).people == (1, 3)


def test_late_it_stays_with_a_stand_in_who_holds_it() -> None:
    turn = turn_of(case(assignee=2, is_escalated=True), roster(away={2: 1}))
    assert (turn.people, turn.instead_of) == ((1, 3), 2)


# Nobody can


def test_a_route_nobody_can_complete_is_the_leads_and_says_why() -> None:
    turn = turn_of(case((("legal", 1),)), roster())
    assert (turn.holding, turn.people) == (Holding.LEADS, (3,))
    assert "legal has 0 and 1 are needed" in turn.why


def test_two_approvals_of_one_person_left_cannot_be_completed() -> None:
    turn = turn_of(case(TWO, facts={"proposer": 1, "starter": 2}), roster())
    assert turn.is_stuck
    assert "two approvals" in turn.why


def test_an_approval_of_somebody_who_left_still_counts() -> None:
    once_approved = case(TWO, votes=(approved(SVEN),), facts={"voted": frozenset({2})})
    assert turn_of(once_approved, roster(ROSA, LENA)).people == (1, 3)
    alone = case(TWO, votes=(approved(SVEN),), facts={"voted": frozenset({2}), "proposer": 3})
    assert turn_of(alone, roster(ROSA, LENA)).people == (1,)


def test_everybody_away_is_said_and_the_leads_hold_it() -> None:
    turn = turn_of(case(), roster(away={1: 2, 2: 3, 3: 1}))
    assert (turn.holding, turn.people, turn.why) == (Holding.LEADS, (3,), ALL_AWAY)


def test_everybody_barred_is_said() -> None:
    facts = {"proposer": 1, "starter": 2, "authors": frozenset({3})}
    turn = turn_of(case(facts=facts), roster())
    assert turn.people == (3,)
    assert turn.why != ""


def test_in_a_disagreement_without_a_third_person_the_leads_hold_it() -> None:
    votes = (approved(ROSA), Vote(SVEN.id, Verdict.REJECT))
    facts = {"voted": frozenset({1, 2}), "disputed": True, "owner": LENA.id}
    turn = turn_of(case(TWO, votes=votes, facts=facts), roster())
    assert turn.people == (3,)
    assert "disagreement" in turn.why


def test_without_leads_the_admins_hear_of_it() -> None:
    assert turn_of(case(TWO), roster(ROSA, AMIR)).people == (5,)


def test_where_nobody_decides_the_admins_are_told() -> None:
    turn = turn_of(case(), roster(AIKO, AMIR))
    assert (turn.people, turn.why) == ((5,), NOBODY_HERE)


def test_of_the_leads_those_present_hold_it() -> None:
    stuck = case((("legal", 2),))
    assert turn_of(stuck, roster(*EVERYONE, LUIS, away={3: None})).people == (6,)


def test_what_is_barred_to_all_has_words_of_its_own() -> None:
    voted = case(TWO, votes=(approved(ROSA),), facts={"voted": frozenset({1}), "proposer": 2})
    assert turn_of(voted, roster(ROSA, SVEN, AMIR)).why in {ALL_BARRED} or turn_of(
        voted, roster(ROSA, SVEN, AMIR)
    ).why.startswith("Nobody can complete this")


IDS = st.integers(1, 6)
GROUPS = st.frozensets(st.sampled_from(["legal", "risk-desk"]))
PEOPLE = st.lists(
    st.builds(PersonFacts, IDS, st.sampled_from(["reviewer", "lead", "auditor", "admin"]), GROUPS),
    unique_by=lambda one: one.id,
)
NEEDS = st.sampled_from([ONE, TWO, (("legal", 1),), (("legal", 1), (None, 1)), (("risk-desk", 2),)])
CASES = st.builds(
    Case,
    needs=NEEDS,
    facts=st.builds(
        ProposalFacts,
        proposer=st.none() | IDS,
        authors=st.frozensets(IDS, max_size=2),
        starter=st.none() | IDS,
        owner=st.none() | IDS,
    ),
    is_conflicted=st.booleans(),
    assignee=st.none() | IDS,
    is_escalated=st.booleans(),
)
AWAY = st.dictionaries(IDS, st.none() | IDS)


@given(CASES, PEOPLE, AWAY, st.sampled_from(["", "legal"]))
def test_somebody_always_holds_it_who_may_act_or_it_is_said_why_not(
    found: Case, people: list[PersonFacts], away: dict[int, int | None], group: str
) -> None:
    here = Roster(people=tuple(people), away=away, group=group)
    turn = turn_of(found, here)
    present = {one.id: one for one in people}
    assert set(turn.people) <= present.keys()
    assert bool(turn.why) is turn.is_stuck
    if turn.is_stuck:
        assert turn.people or not here.leads
        return
    holders = [present[one] for one in turn.people]
    assert holders
    acting = [one for one in holders if one.id not in away and one in able_people(found, people)]
    assert acting
    if not found.is_conflicted:
        assert all(may_decide(one, found.facts) is None for one in acting)
    if not found.is_escalated:
        assert acting == holders


@given(CASES, PEOPLE, AWAY)
def test_being_late_takes_it_from_nobody(
    found: Case, people: list[PersonFacts], away: dict[int, int | None]
) -> None:
    here = Roster(people=tuple(people), away=away)
    before = Case(found.needs, found.facts, assignee=found.assignee)
    after = Case(found.needs, found.facts, assignee=found.assignee, is_escalated=True)
    assert set(turn_of(before, here).people) <= set(turn_of(after, here).people)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((), ""),
        ((1,), "P1"),
        ((1, 2), "P1 or P2"),
        ((1, 2, 3, 4), "P1, P2, P3 or P4"),
        ((1, 2, 3, 4, 5), "P1, P2, P3 or 2 others"),
    ],
)
def test_names_are_said_in_words(ids: tuple[int, ...], words: str) -> None:
    assert name_people(ids, "P{}".format) == words
