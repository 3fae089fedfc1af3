"""The worker's look: told once a step, reminded, escalated on the record, bounded, idempotent."""

from datetime import timedelta

import pytest

from agents import clock as product_clock
from agents.numbers import take_numbers
from agents.people import set_group
from reviews import decisions, undos
from reviews.assignments import assign
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.comments import add_comment, see_mentions
from reviews.deadlines import Settings, set_due_times
from reviews.decisions import Shown, request_changes
from reviews.due_times import Limits
from reviews.lifecycle import State
from reviews.models import Containment, Deadline, Notice, Proposal
from reviews.watch import escalate, tell_containments, tell_mentions, watch
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import WITH_COMMAND, by_hand
from tests.reviews.poison import quarantine
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db


def told(kind: str, *, standing: bool = True) -> list[str]:
    found = Notice.objects.filter(kind=kind)
    if standing:
        found = found.filter(settled_at=None)
    return sorted(found.values_list("person__name", flat=True))


def test_who_may_decide_is_told_once_whose_turn_it_is(cast: Cast, clock: FakeClock) -> None:
    build.filed(cast.store)
    for _ in range(3):
        watch(clock())
        clock.advance(hours=7)
    assert told("turn") == ["Lena", "Rosa", "Sven"]


def test_high_risk_is_told_as_such(cast: Cast, clock: FakeClock) -> None:
    build.filed(cast.store, content=WITH_COMMAND)
    watch(clock())
    assert told("turn_high") == ["Lena", "Rosa", "Sven"]
    assert set(Notice.objects.values_list("how", flat=True)) == {"immediate"}


def test_after_a_vote_the_others_are_told_and_the_old_step_is_settled(
    cast: Cast, clock: FakeClock
) -> None:
    proposal = build.filed(cast.store, content=WITH_COMMAND)
    watch(clock())
    approve(cast, proposal, "reviewer")
    watch(clock())
    assert told("turn_high") == ["Lena", "Sven"]
    assert len(told("turn_high", standing=False)) == 5


def test_a_vote_taken_back_days_later_asks_everybody_again_without_telling_twice(
    cast: Cast, clock: FakeClock
) -> None:
    proposal = build.filed(cast.store, content=WITH_COMMAND)
    watch(clock())
    approve(cast, proposal, "reviewer")
    watch(clock())
    clock.advance(hours=3)
    watch(clock())
    before = Notice.objects.count()
    now, by = fresh(proposal), member(cast, "reviewer")
    undos.undo(now, by=by, expected_round=0, expected=State.AWAITING_SECOND)
    watch(clock())
    assert told("turn_high") == ["Lena", "Rosa", "Sven"]
    assert Notice.objects.count() == before
    approve(cast, proposal, "reviewer")
    watch(clock())
    assert told("turn_high") == ["Lena", "Sven"]
    assert Notice.objects.count() == before


def test_a_verdict_undone_in_its_grace_is_asked_of_everybody_again(
    cast: Cast, clock: FakeClock
) -> None:
    proposal = build.filed(cast.store)
    watch(clock())
    approve(cast, proposal)
    watch(clock())
    assert told("turn") == []
    undos.undo(fresh(proposal), by=member(cast, "second_reviewer"), expected_round=0)
    watch(clock())
    assert told("turn") == ["Lena", "Rosa", "Sven"]


def test_what_is_decided_settles_what_was_asked(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    watch(clock())
    approve(cast, proposal)
    watch(clock())
    assert told("turn") == []
    clock.advance(minutes=5)
    decisions.apply_due(clock())
    watch(clock())
    assert Deadline.objects.get().look_at is None


def test_at_four_fifths_of_the_time_it_is_heard_of_again_once(cast: Cast, clock: FakeClock) -> None:
    build.filed(cast.store)
    clock.advance(days=5)
    watch(clock())
    assert told("reminder") == []
    for _ in range(2):
        clock.advance(hours=16)
        watch(clock())
    assert told("reminder") == ["Lena", "Rosa", "Sven"]
    assert Deadline.objects.get().reminded_at is not None


def test_late_it_goes_to_the_group_on_the_record_once(cast: Cast, clock: FakeClock) -> None:
    set_group(cast.workspace, "risk-desk", [cast.second_reviewer], by=SYSTEM)
    set_due_times(cast.workspace, Settings(Limits(), "risk-desk"), by=member(cast, "lead"))
    proposal = build.filed(cast.store)
    clock.advance(days=8)
    for _ in range(2):
        watch(clock())
        clock.advance(hours=7)
    assert told("escalation") == ["Sven"]
    deadline = Deadline.objects.get()
    assert deadline.escalated_to == "risk-desk"
    entry = Entry.objects.get(action=Action.PROPOSAL_ESCALATED)
    assert entry.object == str(proposal)
    assert read_body(entry.body)["after"] == {"state": "pending", "to": "risk-desk", "round": 1}


def test_late_without_a_group_the_leads_hear_of_it(cast: Cast, clock: FakeClock) -> None:
    build.filed(cast.store)
    clock.advance(days=8)
    watch(clock())
    assert told("escalation") == ["Lena"]


def test_two_workers_escalate_once(cast: Cast, clock: FakeClock) -> None:
    build.filed(cast.store)
    clock.advance(days=8)
    both = [Proposal.objects.select_related("workspace", "deadline").get() for _ in range(2)]
    assert [escalate(row, "", clock()) for row in both] == [True, False]
    assert Entry.objects.filter(action=Action.PROPOSAL_ESCALATED).count() == 1


def test_what_was_decided_meanwhile_is_not_escalated(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    clock.advance(days=8)
    row = Proposal.objects.select_related("workspace", "deadline").get()
    approve(cast, proposal)
    assert not escalate(row, "", clock())


def test_nobody_present_who_can_is_told_to_the_leads(cast: Cast, clock: FakeClock) -> None:
    route = {"rule": "x", "version": 1, "needs": [["legal", 1]], "mode": "people", "reasons": []}
    proposal = build.filed(cast.store)
    Proposal.objects.filter(pk=proposal.pk).update(route=route)
    watch(clock())
    assert told("escalation") == ["Lena"]
    assert told("turn") == []


def test_an_assigned_proposal_is_told_to_that_person(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    assign(proposal, cast.reviewer, by=member(cast, "lead"))
    watch(clock())
    assert told("turn") == ["Rosa"]
    assign(proposal, cast.second_reviewer, by=member(cast, "lead"))
    watch(clock())
    assert told("turn") == ["Rosa", "Sven"]


def test_who_filed_what_went_back_is_told(cast: Cast, clock: FakeClock) -> None:
    proposal = by_hand(cast, "/a.md", "Say so.\n")
    watch(clock())
    now = fresh(proposal)
    request_changes(
        now,
        by=member(cast, "lead"),
        shown=Shown(now.revision, now.state, is_confirmed=True),
        reason="Which orders?",
    )
    watch(clock())
    assert told("sent_back") == ["Rosa"]
    assert told("turn") == []


def test_one_from_before_there_were_due_times_is_due_from_now_on(
    cast: Cast, clock: FakeClock
) -> None:
    proposal = build.proposal(cast.store, filed_at=clock() - timedelta(days=20))
    Deadline.objects.create(proposal=proposal, look_at=clock())
    watch(clock())
    assert fresh(proposal).due_at == clock() + timedelta(days=7)


def test_too_old_it_is_checked_and_told_anew(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    build.memory(cast.store, "/same.md", "Shipped orders cannot be cancelled.\n")
    watch(clock())
    clock.advance(days=31)
    watch(clock())
    assert fresh(proposal).state == "withdrawn"
    assert told("turn") == []
    watch(clock())
    assert Deadline.objects.get().look_at is None


def test_a_tick_looks_at_so_many_and_the_next_at_the_rest(cast: Cast, clock: FakeClock) -> None:
    for n in range(5):
        build.filed(cast.store, path=f"/{n}.md")
    assert [watch(clock(), limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert Notice.objects.values("proposal").distinct().count() == 5


def test_a_round_that_began_meanwhile_is_looked_at_at_once(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    watch(clock())
    Deadline.objects.filter(proposal=proposal).update(round=2, look_at=clock())
    watch(clock())
    assert Notice.objects.filter(key__contains="r2.v0").count() == 3


def test_workspaces_do_not_hear_of_each_other(cast: Cast, clock: FakeClock) -> None:
    build.filed(cast.store)
    watch(clock())
    assert not Notice.objects.filter(person=cast.outsider).exists()


# Who is named in a comment


def named(cast: Cast) -> Proposal:
    proposal = build.filed(cast.store)
    add_comment(proposal, "@Sven and @Lena, look.", by=member(cast, "reviewer"))
    return proposal


def test_who_is_named_in_a_comment_is_told_once(cast: Cast, clock: FakeClock) -> None:
    proposal = named(cast)
    for _ in range(3):
        tell_mentions()
        clock.advance(hours=1)
    assert told("mention") == ["Lena", "Sven"]
    found = Notice.objects.filter(kind="mention").first()
    assert (found.object, found.path) == (str(proposal), f"review/{proposal}/")


def test_a_second_comment_is_another_thing_to_tell(cast: Cast, clock: FakeClock) -> None:
    proposal = named(cast)
    add_comment(proposal, "@Sven once more.", by=member(cast, "reviewer"))
    tell_mentions()
    assert told("mention") == ["Lena", "Sven", "Sven"]


def test_who_opened_the_proposal_is_told_no_more(cast: Cast, clock: FakeClock) -> None:
    proposal = named(cast)
    tell_mentions()
    see_mentions(proposal, member(cast, "second_reviewer"))
    assert told("mention") == ["Lena"]
    tell_mentions()
    assert told("mention") == ["Lena"]


def test_being_named_outlives_the_steps_of_deciding(cast: Cast, clock: FakeClock) -> None:
    proposal = named(cast)
    watch(clock())
    tell_mentions()
    approve(cast, proposal)
    watch(clock())
    assert told("mention") == ["Lena", "Sven"]


def test_who_left_the_workspace_is_not_told(cast: Cast, clock: FakeClock) -> None:
    named(cast)
    cast.second_reviewer.memberships.all().delete()
    tell_mentions()
    assert told("mention") == ["Lena"]


def contained(cast: Cast, number: int, within: str = "workspace") -> Containment:
    """A restore by the lead of `within` that waits for its answer."""
    return build.containment(
        workspace=getattr(cast, within),
        number=number,
        kind="restore",
        target="M-1 version 1",
        by=cast.lead if within == "workspace" else cast.outsider,
        due_at=product_clock.now(),
    )


def test_all_who_may_answer_are_told_once_of_a_containment_by_its_number(
    cast: Cast, clock: FakeClock
) -> None:
    contained(cast, 71)
    for _ in range(3):
        tell_containments()
        clock.advance(hours=1)
    assert told("containment") == ["Rosa", "Sven"]
    found = Notice.objects.filter(kind="containment").values_list("object", "path").distinct()
    assert list(found) == [("C-71", "containment/C-71/")]


def test_a_quarantine_is_told_by_its_own_number_and_page(cast: Cast, clock: FakeClock) -> None:
    take_numbers(cast.workspace, "Q", 70)
    quarantine(cast, "memory", build.memory(cast.store))
    tell_containments()
    found = Notice.objects.filter(kind="containment").values_list("object", "path").distinct()
    assert list(found) == [("Q-71", "quarantine/Q-71/")]


def test_what_was_answered_is_told_no_more_in_its_own_workspace_alone(
    cast: Cast, clock: FakeClock
) -> None:
    made = contained(cast, 71)
    contained(cast, 71, "elsewhere")
    quarantine(cast, "memory", build.memory(cast.store))
    build.person("Noor", within=cast.elsewhere)
    tell_containments()
    Containment.objects.filter(pk=made.pk).update(answer="confirmed")
    tell_containments()
    standing = Notice.objects.filter(kind="containment", settled_at=None)
    assert set(standing.values_list("workspace__slug", "object")) == {
        ("elsewhere", "C-71"),
        ("northwind", "Q-1"),
    }
