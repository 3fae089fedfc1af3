"""The clock moved 60 days over 300 proposals: none without an owner, the badge true, told once."""

import os
import random
from collections import Counter
from datetime import timedelta

import pytest

from agents.people import set_group
from dreaming.navigation import count_open
from reviews import decisions
from reviews.absences import set_absence
from reviews.approval_rules import Rule
from reviews.assignments import WAITING, assign, assignable
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.deadlines import Settings, set_due_times
from reviews.decisions import Shown
from reviews.due_times import Limits
from reviews.holders import able_people, turn_of
from reviews.lifecycle import OPEN
from reviews.models import Deadline, Notice, OriginKind, Proposal
from reviews.origins import Origin
from reviews.rosters import cases_of, roster_of
from reviews.rules import set_rule
from reviews.watch import watch
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import PLAIN, WITH_COMMAND
from tests.reviews.views.desks import fresh, member

pytestmark = [pytest.mark.django_db, pytest.mark.long]

DAYS = 60
LOOK_EVERY = 1 if os.environ.get("TEST_TIER") == "soak" else 5
"""Days between two looks at everything; the worker runs each day."""

PROPOSALS = 300
DECIDERS = ("reviewer", "second_reviewer", "lead")


def furnish(cast: Cast) -> None:
    """Groups, a rule nobody can satisfy, an escalation group, and people on leave."""
    set_group(cast.workspace, "risk-desk", [cast.lead, cast.second_reviewer], by=SYSTEM)
    set_group(cast.workspace, "legal", [cast.reviewer], by=SYSTEM)
    for position, rule in enumerate(
        (
            Rule("desk", needs=(("risk-desk", 1), (None, 1)), path_prefix="/desk/"),
            Rule("legal-twice", needs=(("legal", 2),), path_prefix="/stuck/"),
        ),
        start=20,
    ):
        set_rule(cast.workspace, rule, position=position, actor=SYSTEM, by=None)
    set_due_times(cast.workspace, Settings(Limits(), "risk-desk"), by=member(cast, "lead"))


def send_on_leave(cast: Cast, clock: FakeClock) -> None:
    """Each decider is away for a while, two of them together, one without a stand-in."""
    leaves = (
        ("reviewer", 3, 12, "lead"),
        ("lead", 10, 20, "second_reviewer"),
        ("second_reviewer", 18, 19, None),
        ("reviewer", 40, 55, "second_reviewer"),
    )
    for name, first, last, other in leaves:
        set_absence(
            cast.workspace,
            getattr(cast, name),
            stand_in=getattr(cast, other) if other else None,
            starts_at=clock() + timedelta(days=first),
            ends_at=clock() + timedelta(days=last),
            by=member(cast, "lead"),
        )


def file_many(cast: Cast) -> list[Proposal]:
    """Mixed risks, routes, stores, origins and operations."""
    memories = [build.memory(cast.store, f"/old/{n}.md", f"Old {n}.\n") for n in range(20)]
    made = []
    for n in range(PROPOSALS):
        folder = ("/plain", "/desk", "/stuck", "/plain", "/plain")[n % 5]
        starter = (None, cast.lead, None, cast.reviewer)[n % 4]
        store = cast.shared_store if n % 7 == 0 else cast.store
        text = (WITH_COMMAND if n % 3 == 0 else PLAIN) + f"Case {n}.\n"
        origin = Origin(OriginKind.DREAM, "D-1", "Dream D-1", "local", "1", started_by=starter)
        change: dict = {"path": f"{folder}/{n}.md", "content": text, "origin": origin}
        if n % 15 == 0:
            memory = memories[n // 15]
            change |= {"op": Op.UPDATE, "path": memory.path, "base_version": 1}
            store = cast.store
        made.append(build.filed(store, **change))
    return made


def overtake(cast: Cast, made: list[Proposal]) -> None:
    """Some no longer apply: memory says the same, or their path changed under them."""
    for row in made[1:9]:
        content = row.revisions.get().content
        build.memory(cast.shared_store if row.agent is None else cast.store, f"/same/{row}.md",
                     content)  # fmt: skip
    moved = [row for row in made if row.op == "update"][:5]
    Proposal.objects.filter(pk__in=[row.pk for row in moved]).update(state="conflicted")


def run_worker(clock: FakeClock) -> None:
    """Let several workers' ticks pass until nothing is to be looked at."""
    for _ in range(20):
        decisions.apply_due(clock())
        watch(clock())
        if not Deadline.objects.filter(look_at__lte=clock()).exists():
            return
    raise AssertionError("the worker did not come to an end")


def decide_some(cast: Cast, clock: FakeClock, dice: random.Random) -> int:
    """Let holders of a few proposals decide by the verb itself; a refusal is an error."""
    people = {getattr(cast, name).pk: name for name in DECIDERS}
    roster = roster_of(cast.workspace, clock())
    rows = list(Proposal.objects.filter(state__in=OPEN).select_related("agent", "deadline"))
    cases, done = cases_of(rows, roster), 0
    for row in dice.sample(rows, min(4, len(rows))):
        turn = turn_of(cases[row.pk], roster)
        able = {one.id for one in able_people(cases[row.pk], roster.people)}
        acting = [one for one in turn.people if one in able]
        if turn.is_stuck or not acting:
            continue
        by = member(cast, people[dice.choice(acting)])
        now = fresh(row)
        decisions.approve(now, by=by, shown=Shown(now.revision, now.state, is_confirmed=True))
        done += 1
    return done


def look_for_owners(cast: Cast, clock: FakeClock) -> Counter:
    """Hold every waiting proposal to having somebody; return how many of each kind there are."""
    roster = roster_of(cast.workspace, clock())
    rows = list(Proposal.objects.filter(state__in=WAITING).select_related("agent", "deadline"))
    cases, kinds = cases_of(rows, roster), Counter()
    leads = {one.id for one in roster.leads}
    told = set(Notice.objects.values_list("proposal", "person"))
    for row in rows:
        turn = turn_of(cases[row.pk], roster)
        assert turn.people, f"{row} has no owner on {clock()}"
        kinds[turn.holding] += 1
        if turn.is_stuck:
            assert turn.why
            assert set(turn.people) <= leads
        else:
            able = {one.id for one in able_people(cases[row.pk], roster.people)}
            present = [one for one in turn.people if one in able and one not in roster.away]
            assert present, f"nobody who holds {row} may act on {clock()}"
        assert {(row.pk, one) for one in turn.people} <= told, f"{row}: an owner was not told"
    return kinds


def hold_the_badge(cast: Cast) -> None:
    """The tab's number is the number of proposals of which a decision is still open."""
    undecided = [
        row
        for row in Proposal.objects.filter(workspace=cast.workspace)
        if row.state in OPEN and not row.verdict and row.settled_at is None
    ]
    assert count_open(member(cast, "lead")) == (str(len(undecided)) if undecided else "")
    late = [row for row in undecided if row.due_at is None]
    assert late == []


def test_for_sixty_days_every_proposal_is_somebodys_and_the_badge_is_true(
    cast: Cast, clock: FakeClock
) -> None:
    dice = random.Random(9)  # noqa: S311 (the same story each time)
    furnish(cast)
    made = file_many(cast)
    assert len(made) == PROPOSALS
    overtake(cast, made)
    send_on_leave(cast, clock)
    for row in made[::10]:
        if cast.reviewer.pk in assignable(row) and row.state in WAITING:
            assign(row, cast.reviewer, by=member(cast, "lead"))
    seen: Counter = Counter()
    decided = 0
    for day in range(DAYS):
        clock.advance(days=1)
        run_worker(clock)
        decided += decide_some(cast, clock, dice)
        clock.advance(minutes=1)
        run_worker(clock)
        if day % LOOK_EVERY == 0:
            seen += look_for_owners(cast, clock)
            hold_the_badge(cast)
    told = Counter(Notice.objects.values_list("person", "key"))
    assert max(told.values()) == 1
    assert decided > 100
    assert set(seen) == {"assigned", "standing_in", "everyone", "escalated", "leads"}
    closed = Proposal.objects.filter(state="withdrawn")
    assert closed.filter(state_reason__contains="says the same").count() >= 5
    assert Entry.objects.filter(action=Action.PROPOSAL_RECHECKED).exists()
    assert Entry.objects.filter(action=Action.PROPOSAL_ESCALATED).exists()
