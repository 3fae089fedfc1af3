"""Whom a proposal still asks: kept by every verb, read by the list and by its rows alike."""

from collections.abc import Sequence
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.group_rules import require_qualification, waive_qualification
from agents.people import change_role, remove_group, set_group
from agents.rights import Role
from reviews import batches, decisions, queue, revisions, rules, undos
from reviews.approval_rules import Rule
from reviews.audit.actors import SYSTEM
from reviews.decisions import Said, Shown
from reviews.errors import ReviewsError
from reviews.lifecycle import UNDOABLE, Act, StandingKind, State, spell_groups
from reviews.lines import Line, Reader, lines_of
from reviews.models import Proposal
from reviews.orders import order_of
from reviews.proposals import head_version, lock, mark_conflicted
from reviews.rechecks import ask_anew
from reviews.searches import read_search
from reviews.watch import watch
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.piles import frozen, pile
from tests.reviews.views.desks import approve, conflict, fresh, member

pytestmark = pytest.mark.django_db

BOTH = (("clinic", 1), ("legal", 1))
EVERYONE = ("reviewer", "second_reviewer", "lead")


@pytest.fixture(autouse=True)
def groups(clock: FakeClock, cast: Cast, settings) -> None:
    """Rosa and the lead stand in legal, the second reviewer in clinic; decisions can be undone."""
    settings.GRACE_S = 10
    set_group(cast.workspace, "legal", [cast.reviewer, cast.lead], by=SYSTEM)
    set_group(cast.workspace, "clinic", [cast.second_reviewer], by=SYSTEM)


def rule(cast: Cast, *needs: tuple[str | None, int]) -> None:
    rules.set_rule(cast.workspace, Rule("groups", needs=needs), position=0, actor=SYSTEM, by=None)


def waiting(cast: Cast, *needs: tuple[str | None, int]) -> Proposal:
    """A proposal by a rule that asks for these."""
    rule(cast, *(needs or BOTH))
    return build.filed(cast.store)


def reject(cast: Cast, proposal: Proposal, name: str) -> Proposal:
    now = fresh(proposal)
    shown = Shown(now.revision, now.state)
    return decisions.reject(now, by=member(cast, name), shown=shown, code="wrong", reason="")


def undo(cast: Cast, proposal: Proposal, name: str = "lead") -> Proposal:
    now = fresh(proposal)
    state = State(now.state) if now.state in UNDOABLE else State.SCHEDULED
    by = member(cast, name)
    return undos.undo(now, by=by, expected_round=now.round, expected=state)


def edit(cast: Cast, proposal: Proposal, content: str, name: str) -> Proposal:
    now = fresh(proposal)
    by, of = member(cast, name), now.revision
    return revisions.submit_edit(now, content=content, reason="So.", by=by, expected_revision=of)


def rebase(cast: Cast, proposal: Proposal, content: str, name: str) -> Proposal:
    now = fresh(proposal)
    return revisions.rebase(
        now,
        content=content,
        reason="Settled.",
        by=member(cast, name),
        expected_revision=now.revision,
        expected_head=head_version(now),
    )


def asked(proposal: Proposal) -> list[str]:
    """Return the groups the stored row names, held against what its votes amount to."""
    now = fresh(proposal)
    assert now.asked == spell_groups(decisions.standing_of(now).groups)
    return now.asked.split()


def is_listed(cast: Cast, proposal: Proposal, name: str) -> bool:
    rows = queue.list_of(member(cast, name), read_search("is:yours"))
    return rows.filter(pk=proposal.pk).exists()


def line_of(cast: Cast, proposal: Proposal, name: str) -> Line:
    who, search = member(cast, name), read_search(f"P-{proposal.number}")
    rows = queue.as_seen_by(who, queue.list_of(who, search))
    shown = queue.page_of(rows, order_of(search)).rows
    return lines_of(shown, Reader(who, lambda *_: ""))[0]


def turns(cast: Cast, proposal: Proposal, people: Sequence[str] = EVERYONE) -> set[str]:
    """Return whose turn it is, the list of each person held against the row they see."""
    listed = {name for name in people if is_listed(cast, proposal, name)}
    assert {name for name in people if line_of(cast, proposal, name).is_yours} == listed
    return listed


def test_what_is_filed_asks_every_group_of_its_route(cast: Cast) -> None:
    proposal = waiting(cast)

    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == set(EVERYONE)


def test_what_anybody_may_approve_asks_nobody_by_name(cast: Cast) -> None:
    proposal = waiting(cast, ("legal", 1), (None, 1))

    assert asked(proposal) == []
    assert turns(cast, proposal) == set(EVERYONE)


def test_after_a_groups_approval_the_rest_of_it_is_asked_no_more(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")

    assert asked(proposal) == ["clinic"]
    assert turns(cast, proposal) == {"second_reviewer"}
    assert line_of(cast, proposal, "lead").fact.text == "For another group"


def test_an_approval_taken_back_asks_its_group_again(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    undo(cast, proposal, "reviewer")

    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == set(EVERYONE)


def test_an_approval_of_anybody_leaves_it_to_the_group(cast: Cast) -> None:
    proposal = waiting(cast, ("legal", 1), (None, 1))
    approve(cast, proposal, "second_reviewer")

    assert asked(proposal) == ["legal"]
    assert turns(cast, proposal) == {"reviewer", "lead"}


def test_what_is_settled_asks_nobody_and_undone_the_same_group_again(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "second_reviewer")
    approve(cast, proposal, "reviewer")
    assert (fresh(proposal).state, asked(proposal)) == (State.SCHEDULED, [])
    assert turns(cast, proposal) == set()

    undo(cast, proposal)

    assert asked(proposal) == ["legal"]
    assert turns(cast, proposal) == {"reviewer", "lead"}


def test_an_undone_rejection_asks_as_before(cast: Cast) -> None:
    proposal = waiting(cast)
    reject(cast, proposal, "reviewer")
    assert asked(proposal) == []
    undo(cast, proposal)

    assert asked(proposal) == ["clinic", "legal"]


def test_a_disagreement_is_for_whoever_may_decide_by_the_route(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "second_reviewer")
    reject(cast, proposal, "reviewer")

    assert decisions.standing_of(fresh(proposal)).kind is StandingKind.DISAGREEMENT
    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == {"lead"}


def test_an_edit_asks_everybody_anew(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    edit(cast, proposal, "Only before it is shipped.\n", "second_reviewer")

    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == {"reviewer", "lead"}


def test_an_edit_asks_by_the_rules_of_now(cast: Cast) -> None:
    proposal = waiting(cast, ("legal", 1))
    rule(cast, ("clinic", 1))
    assert asked(proposal) == ["legal"], "what was filed before keeps its route"
    edit(cast, proposal, "Only before it is shipped.\n", "lead")

    assert asked(proposal) == ["clinic"]


def test_a_rebase_asks_everybody_anew(cast: Cast, settings) -> None:
    settings.GRACE_S = 0
    proposal = conflict(cast, "One.\nTwo!\n", "One.\nTwo?\n", old="One.\nTwo.\n")
    rule(cast, *BOTH)
    rebase(cast, proposal, "One.\nTwo?!\n", "reviewer")

    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == {"second_reviewer", "lead"}


def test_what_is_drawn_for_double_review_asks_by_the_route_with_the_second(cast: Cast) -> None:
    cast.workspace.double_review_percent = 100
    cast.workspace.save(update_fields=["double_review_percent"])
    proposal = waiting(cast, ("legal", 1))
    assert "drawn" in proposal.route
    assert asked(proposal) == []
    approve(cast, proposal, "second_reviewer")

    assert asked(proposal) == ["legal"]


def test_a_batch_and_its_undo_keep_it_for_each(cast: Cast) -> None:
    rule(cast, ("legal", 1))
    filed, by = pile(cast), member(cast, "reviewer")
    assert [asked(one) for one in filed] == [["legal"]] * 3
    made = batches.decide_batch(frozen(*filed), Said(Act.APPROVE, token="form-1"), by=by)
    assert batches.decided_in(made) == [one.number for one in filed]
    assert [asked(one) for one in filed] == [[]] * 3

    batches.undo_batch(made, by=by)

    assert [asked(one) for one in filed] == [["legal"]] * 3


def test_one_is_for_no_group_that_only_sounds_alike(cast: Cast) -> None:
    set_group(cast.workspace, "legal-eu", [cast.second_reviewer], by=SYSTEM)
    proposal = waiting(cast, ("legal-eu", 1))

    assert turns(cast, proposal) == {"second_reviewer"}


def test_whoever_stands_in_both_groups_counts_where_they_are_needed(cast: Cast) -> None:
    set_group(cast.workspace, "clinic", [cast.second_reviewer, cast.reviewer], by=SYSTEM)
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")

    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == {"second_reviewer", "lead"}


def test_a_refused_vote_changes_nothing(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    with pytest.raises(ReviewsError, match="one from clinic"):
        approve(cast, proposal, "lead")

    assert asked(proposal) == ["clinic"]


def test_who_leaves_a_group_takes_their_approval_along(cast: Cast, clock: FakeClock) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    assert watch(clock()) == 1

    assert asked(proposal) == ["clinic", "legal"]
    assert turns(cast, proposal) == {"second_reviewer", "lead"}


def test_who_enters_a_group_brings_their_approval_along(cast: Cast, clock: FakeClock) -> None:
    proposal = waiting(cast, ("legal", 1), (None, 1))
    approve(cast, proposal, "second_reviewer")
    set_group(cast.workspace, "legal", [cast.second_reviewer, cast.reviewer], by=SYSTEM)
    watch(clock())

    assert asked(proposal) == []
    assert turns(cast, proposal) == {"reviewer", "lead"}


def test_a_worker_that_slept_through_a_change_of_groups_sweeps_it(
    cast: Cast, clock: FakeClock
) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    watch(clock())
    remove_group(cast.workspace, "legal", by=SYSTEM)
    clock.advance(minutes=30)
    watch(clock())
    assert fresh(proposal).asked.split() == ["clinic"], "nothing was due to be looked at"
    clock.advance(hours=6)
    watch(clock())

    assert asked(proposal) == ["clinic", "legal"]


def test_an_approval_of_one_without_qualification_counts_where_it_is_waived(
    cast: Cast, clock: FakeClock
) -> None:
    require_qualification(cast.workspace, "legal", days=365, by=SYSTEM)
    clock.advance(minutes=1)
    proposal = waiting(cast, ("legal", 1), (None, 1))
    approve(cast, proposal, "reviewer")
    assert asked(proposal) == ["legal"]
    waive_qualification(cast.workspace, "legal", by=SYSTEM)
    watch(clock())

    assert asked(proposal) == []


def test_what_was_settled_meanwhile_is_not_asked_anew(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    seen = fresh(proposal)
    approve(cast, proposal, "second_reviewer")
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)

    assert not ask_anew(seen)
    assert (fresh(proposal).state, fresh(proposal).asked) == (State.SCHEDULED, "")


def test_where_nothing_changed_nothing_is_written(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(cast, proposal, "reviewer")
    with CaptureQueriesContext(connection) as queries:
        assert not ask_anew(fresh(proposal))

    assert not [one for one in queries if str(one["sql"]).startswith(("UPDATE", "SAVEPOINT"))]


def _step(cast: Cast, proposal: Proposal, random: Random, people: Sequence[str]) -> None:
    """Do one thing to the proposal, whatever it is and whether it may be done or not."""
    name, now = random.choice(people), fresh(proposal)
    act = random.choice(
        ["approve"] * 4 + ["reject", "undo", "undo", "edit", "edit", "conflict", "rebase"]
    )
    if act == "conflict":
        if now.state in {State.PENDING, State.AWAITING_SECOND}:
            with transaction.atomic():
                mark_conflicted(lock(now), actor=SYSTEM, reason="It moved.")
        return
    acts = {
        "approve": lambda: approve(cast, now, name),
        "reject": lambda: reject(cast, now, name),
        "undo": lambda: undo(cast, now, name),
        "edit": lambda: edit(cast, now, f"{random.random()}\n", "second_reviewer"),
        "rebase": lambda: rebase(cast, now, f"{random.random()}\n", "second_reviewer"),
    }
    try:
        acts[act]()
    except ReviewsError:
        return


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_row_says_what_its_votes_amount_to(cast: Cast, seed: int) -> None:
    random, people = Random(seed), (*EVERYONE, "auditor")  # noqa: S311
    change_role(cast.workspace, cast.auditor, Role.REVIEWER, by=SYSTEM)
    set_group(cast.workspace, "clinic", [cast.second_reviewer, cast.auditor], by=SYSTEM)
    set_group(cast.workspace, "legal", [cast.reviewer, cast.lead, cast.auditor], by=SYSTEM)
    needs = random.choice([BOTH, (("clinic", 1), ("legal", 2)), (("legal", 1), (None, 2))])
    proposal, seen = waiting(cast, *needs), set()
    for _ in range(25):
        _step(cast, proposal, random, people)
        seen.add((fresh(proposal).state, tuple(asked(proposal))))
        turns(cast, proposal, people)

    assert len(seen) >= 3, seen
