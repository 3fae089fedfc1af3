"""The table of states and the arithmetic of votes."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.errors import ReviewsError
from reviews.lifecycle import (
    FINAL,
    GIVEN_BEFORE,
    OPEN,
    STANDS,
    TRANSITIONS,
    UNDOABLE,
    Act,
    Given,
    IllegalTransition,
    Standing,
    StandingKind,
    State,
    Verdict,
    Vote,
    acts_from,
    missing_approvals,
    next_state,
    settle,
    slots_of,
    spell_groups,
    undo_state,
)

# Written out a second time, as rows a person can read against the design, so that a slip in the
# table of the product shows here: state, act, what is given, where it leads.
ROWS = """
pending            approve          settled              scheduled
pending            approve          more                 awaiting_second
pending            reject           settled              scheduled
pending            edit             nothing              pending
pending            request_changes  nothing              changes_requested
pending            withdraw         nothing              withdrawn
pending            conflict         nothing              conflicted
awaiting_second    approve          settled              scheduled
awaiting_second    approve          more                 awaiting_second
awaiting_second    reject           settled              scheduled
awaiting_second    reject           more                 awaiting_second
awaiting_second    edit             nothing              pending
awaiting_second    request_changes  nothing              changes_requested
awaiting_second    withdraw         nothing              withdrawn
awaiting_second    conflict         nothing              conflicted
scheduled          undo             was_pending          pending
scheduled          undo             was_awaiting_second  awaiting_second
scheduled          undo             was_conflicted       conflicted
scheduled          grace_ended      approved             applied
scheduled          grace_ended      rejected             rejected
scheduled          grace_ended      stale                conflicted
applied            conflict         nothing              conflicted
changes_requested  supersede        nothing              superseded
changes_requested  withdraw         nothing              withdrawn
conflicted         rebase           nothing              pending
awaiting_second    undo             was_pending          pending
awaiting_second    undo             was_awaiting_second  awaiting_second
conflicted         reject           settled              scheduled
conflicted         reject           more                 scheduled
conflicted         withdraw         nothing              withdrawn
"""
LEGAL = {
    (State(state), Act(act), Given(fact)): State(to)
    for state, act, fact, to in (row.split() for row in ROWS.strip().splitlines())
}
TRIPLES = list(product(State, Act, Given))

ONE = ((None, 1),)
TWO = ((None, 2),)
THREE = ((None, 3),)


def yes(person: int, *groups: str) -> Vote:
    return Vote(person, Verdict.APPROVE, frozenset(groups))


def no(person: int, *groups: str) -> Vote:
    return Vote(person, Verdict.REJECT, frozenset(groups))


def owned(vote: Vote) -> Vote:
    return Vote(vote.person, vote.verdict, vote.groups, is_owner_of_agent=True)


@pytest.mark.parametrize(("state", "act", "fact"), TRIPLES, ids=str)
def test_every_triple_leads_where_the_design_says_or_is_refused(state, act, fact):
    if (state, act, fact) in LEGAL:
        assert next_state(state, act, fact) is LEGAL[state, act, fact]
    else:
        with pytest.raises(IllegalTransition) as refused:
            next_state(state, act, fact)
        assert (refused.value.state, refused.value.act, refused.value.given) == (state, act, fact)


def test_the_table_holds_nothing_beyond_the_listed_rows():
    assert dict(TRANSITIONS) == LEGAL


def test_there_are_exactly_the_nine_states_of_the_design():
    assert {str(state) for state in State} == {
        "pending",
        "awaiting_second",
        "scheduled",
        "applied",
        "rejected",
        "changes_requested",
        "conflicted",
        "superseded",
        "withdrawn",
    }


def test_open_means_pending_or_awaiting_a_second_person():
    assert {State.PENDING, State.AWAITING_SECOND} == OPEN


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_moves_a_proposal_out_of_a_final_state(state):
    assert acts_from(state) == frozenset()


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
def test_every_other_state_has_a_way_to_a_final_one(state):
    reached, edge = {state}, {state}
    while edge:
        edge = {to for (origin, _, _), to in TRANSITIONS.items() if origin in edge} - reached
        reached |= edge
    assert reached & FINAL


def test_what_is_applied_moves_only_where_it_could_not_be_delivered():
    assert acts_from(State.APPLIED) == {Act.CONFLICT}


def test_only_the_end_of_the_grace_applies_a_change():
    ways = {(origin, act) for (origin, act, _), to in TRANSITIONS.items() if to is State.APPLIED}
    assert ways == {(State.SCHEDULED, Act.GRACE_ENDED)}


def test_a_refusal_is_a_sentence_about_the_state():
    with pytest.raises(ReviewsError, match="This proposal is applied; it cannot be approved"):
        next_state(State.APPLIED, Act.APPROVE, Given.SETTLED)


@pytest.mark.parametrize("before", sorted(GIVEN_BEFORE))
def test_undo_goes_back_to_the_state_before(before):
    assert undo_state(State.SCHEDULED, before) is before


@pytest.mark.parametrize("before", sorted(set(State) - set(GIVEN_BEFORE)))
def test_undo_refuses_a_state_nothing_can_be_scheduled_from(before):
    with pytest.raises(IllegalTransition):
        undo_state(State.SCHEDULED, before)


def test_a_vote_that_settled_nothing_goes_back_to_where_it_was_cast():
    for before in OPEN:
        assert undo_state(State.AWAITING_SECOND, before) is before
    with pytest.raises(IllegalTransition, match="waits for another reviewer; it cannot be undone"):
        undo_state(State.AWAITING_SECOND, State.CONFLICTED)


def test_what_can_be_undone_is_what_the_table_undoes():
    assert {origin for origin, act, _ in TRANSITIONS if act is Act.UNDO} == UNDOABLE


def test_whatever_can_be_scheduled_can_be_undone_to_where_it_was():
    origins = {origin for (origin, _, _), to in TRANSITIONS.items() if to is State.SCHEDULED}
    assert origins == set(GIVEN_BEFORE)


STANDINGS = {
    "nobody has voted": (TWO, [], Standing(StandingKind.NEEDS_MORE, 2)),
    "one of one": (ONE, [yes(1)], Standing(StandingKind.APPROVED)),
    "one of two": (TWO, [yes(1)], Standing(StandingKind.NEEDS_MORE, 1)),
    "two of two": (TWO, [yes(1), yes(2)], Standing(StandingKind.APPROVED)),
    "the same person twice": (TWO, [yes(1), yes(1)], Standing(StandingKind.NEEDS_MORE, 1)),
    "a first rejection": (TWO, [no(1)], Standing(StandingKind.REJECTED)),
    "a first rejection of one": (ONE, [no(1)], Standing(StandingKind.REJECTED)),
    "approved, then rejected": (TWO, [yes(1), no(2)], Standing(StandingKind.DISAGREEMENT, 1)),
    "a third approves": (TWO, [yes(1), no(2), yes(3)], Standing(StandingKind.APPROVED)),
    "a third rejects": (TWO, [yes(1), no(2), no(3)], Standing(StandingKind.REJECTED)),
    "the owner is no third": (
        TWO,
        [yes(1), no(2), owned(no(3))],
        Standing(StandingKind.DISAGREEMENT, 1),
    ),
    "the third after the owner": (
        TWO,
        [yes(1), no(2), owned(no(3)), yes(4)],
        Standing(StandingKind.APPROVED),
    ),
    "the owner as first": (TWO, [owned(yes(1)), yes(2)], Standing(StandingKind.APPROVED)),
    "the owner disagrees": (TWO, [yes(1), owned(no(2))], Standing(StandingKind.DISAGREEMENT, 1)),
    "the first cannot be the third": (
        TWO,
        [yes(1), no(2), yes(1)],
        Standing(StandingKind.DISAGREEMENT, 1),
    ),
    "three needed and a dispute ended": (
        THREE,
        [yes(1), no(2), yes(3)],
        Standing(StandingKind.NEEDS_MORE, 1),
    ),
    "three needed after a dispute": (
        THREE,
        [yes(1), no(2), yes(3), yes(4)],
        Standing(StandingKind.APPROVED),
    ),
    "a second dispute": (
        THREE,
        [yes(1), no(2), yes(3), no(4)],
        Standing(StandingKind.DISAGREEMENT, 1),
    ),
    "votes after the end": (ONE, [yes(1), no(2), no(3)], Standing(StandingKind.APPROVED)),
    "nothing asked for": ((), [], Standing(StandingKind.NEEDS_MORE, 0)),
    "a group is named": (
        (("legal", 1),),
        [],
        Standing(StandingKind.NEEDS_MORE, 1, ("legal",)),
    ),
    "somebody outside the group": (
        (("legal", 1),),
        [yes(1)],
        Standing(StandingKind.NEEDS_MORE, 1, ("legal",)),
    ),
    "one group given": (
        (("legal", 1), ("security", 1)),
        [yes(1, "legal")],
        Standing(StandingKind.NEEDS_MORE, 1, ("security",)),
    ),
    "in both, so either can follow": (
        (("legal", 1), ("security", 1)),
        [yes(1, "legal", "security")],
        Standing(StandingKind.NEEDS_MORE, 1, ("legal", "security")),
    ),
    "in both counts once": (
        (("legal", 1), ("security", 1)),
        [yes(1, "legal", "security"), yes(2, "legal")],
        Standing(StandingKind.APPROVED),
    ),
    "group filled, anyone left": (
        (("legal", 1), (None, 1)),
        [yes(1, "legal")],
        Standing(StandingKind.NEEDS_MORE, 1),
    ),
    "anyone filled, group left": (
        (("legal", 1), (None, 1)),
        [yes(1)],
        Standing(StandingKind.NEEDS_MORE, 1, ("legal",)),
    ),
    "the third cannot stand in for a group": (
        (("legal", 1), (None, 1)),
        [yes(1), no(2, "legal"), yes(3)],
        Standing(StandingKind.NEEDS_MORE, 1, ("legal",)),
    ),
    "a dispute names the groups": (
        (("legal", 2),),
        [yes(1, "legal"), no(2, "legal")],
        Standing(StandingKind.DISAGREEMENT, 1, ("legal",)),
    ),
}


@pytest.mark.parametrize("case", STANDINGS)
def test_votes_amount_to(case):
    needs, votes, expected = STANDINGS[case]
    assert settle(needs, votes) == expected


def test_a_route_that_asks_for_nobody_is_not_approved_by_silence():
    assert settle((), []).verdict is None


@pytest.mark.parametrize(
    ("votes", "act", "state", "to"),
    [
        ([yes(1)], Act.APPROVE, State.PENDING, State.AWAITING_SECOND),
        ([yes(1), yes(2)], Act.APPROVE, State.AWAITING_SECOND, State.SCHEDULED),
        ([no(1)], Act.REJECT, State.PENDING, State.SCHEDULED),
        ([yes(1), no(2)], Act.REJECT, State.AWAITING_SECOND, State.AWAITING_SECOND),
        ([yes(1), no(2), no(3)], Act.REJECT, State.AWAITING_SECOND, State.SCHEDULED),
        ([yes(1), no(2), yes(3)], Act.APPROVE, State.AWAITING_SECOND, State.SCHEDULED),
    ],
)
def test_a_standing_tells_the_table_what_it_needs_to_know(votes, act, state, to):
    assert next_state(state, act, settle(TWO, votes).given) is to


GROUPS = ("legal", "security", "clinic")
groups = st.frozensets(st.sampled_from(GROUPS))
needs = st.lists(
    st.tuples(st.sampled_from((*GROUPS, None)), st.integers(1, 2)),
    min_size=1,
    max_size=4,
    unique_by=lambda pair: pair[0],
).map(tuple)


def fewest_missing(wanted, people) -> int:
    """Try every way to give slots to people: slow and plainly right."""
    slots = slots_of(wanted)

    def best(at: int, free: frozenset[int]) -> int:
        if at == len(slots):
            return 0
        fitting = [p for p in free if slots[at] is None or slots[at] in people[p]]
        filled = [best(at + 1, free - {p}) for p in fitting]
        return min([*filled, 1 + best(at + 1, free)])

    return best(0, frozenset(range(len(people))))


@given(needs, st.lists(groups, max_size=5))
def test_pairing_people_with_slots_is_as_good_as_trying_every_way(wanted, people):
    assert missing_approvals(wanted, people) == fewest_missing(wanted, people)


@given(needs, st.lists(groups, max_size=5), groups)
def test_one_more_person_fills_at_most_one_slot(wanted, people, newcomer):
    fewer = missing_approvals(wanted, people) - missing_approvals(wanted, [*people, newcomer])
    assert fewer in (0, 1)


votes = st.lists(
    st.builds(Vote, st.integers(1, 5), st.sampled_from(Verdict), groups, st.booleans()), max_size=7
)


@given(needs, votes)
def test_nothing_is_approved_by_fewer_people_than_asked_for(wanted, cast):
    if settle(wanted, cast).kind is StandingKind.APPROVED:
        approvers = {vote.person for vote in cast if vote.verdict is Verdict.APPROVE}
        assert len(approvers) >= len(slots_of(wanted))


@given(needs, votes)
def test_a_settled_verdict_does_not_change_with_later_votes(wanted, cast):
    for upto in range(len(cast) + 1):
        early = settle(wanted, cast[:upto])
        if early.is_settled:
            assert settle(wanted, cast) == early
            return


@given(needs, votes)
def test_any_named_helping_group_really_helps(wanted, cast):
    standing = settle(wanted, cast)
    if standing.kind is not StandingKind.NEEDS_MORE:
        return
    newcomer = max((vote.person for vote in cast), default=0) + 1
    for group in standing.groups:
        helped = Vote(newcomer, Verdict.APPROVE, frozenset({group}))
        after = settle(wanted, [*cast, helped])
        assert after.more < standing.more or after.kind is StandingKind.APPROVED


def test_order_of_approvals_does_not_matter_for_groups():
    people = [frozenset({"legal"}), frozenset({"legal", "security"}), frozenset()]
    wanted = (("legal", 1), ("security", 1), (None, 1))
    for left, right in combinations(range(3), 2):
        swapped = list(people)
        swapped[left], swapped[right] = swapped[right], swapped[left]
        assert missing_approvals(wanted, swapped) == 0


NAMES = ("legal", "legal-eu", "eu", "l_gal", "risk")


@given(st.frozensets(st.sampled_from(NAMES)), st.sampled_from(NAMES))
def test_a_text_of_groups_holds_each_of_them_and_no_other(named, one):
    assert (spell_groups([one]) in spell_groups(named)) == (one in named)


def test_the_text_of_groups_is_the_same_in_any_order():
    assert spell_groups(["legal", "clinic"]) == spell_groups(["clinic", "legal"]) != ""
    assert spell_groups([]) == ""


def test_a_sentence_can_be_said_of_every_state_and_names_none_by_its_key():
    assert set(STANDS) == set(State)
    assert len(set(STANDS.values())) == len(STANDS)
    assert not [words for words in STANDS.values() if "_" in words or "scheduled" in words]
