"""The worker's look at what waits: whose turn, remind, escalate, check again, tell. Bounded.

Every waiting proposal has a time at which it is looked at next; votes are found by the newest
decisions. What is told is unique by step, so several workers at once tell nobody twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from agents import clock
from agents.models import Workspace
from agents.people import people_with
from agents.rights import Right
from reviews import absences, deadlines, notices, rechecks, rules
from reviews.assignments import WAITING
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.log import append
from reviews.audit.models import Entry
from reviews.due_times import Limits, due_after
from reviews.holders import Case, Roster, Turn, able_people, escalation_people, turn_of
from reviews.lifecycle import State, named_groups
from reviews.models import Containment, Deadline, Decision, Mention, Notice, Proposal
from reviews.notices import Kind, Telling, path_of
from reviews.proposals import lock
from reviews.rosters import cases_of, roster_of

LIMIT = 200
NEWEST = 200
"""So many of the newest decisions are asked whether they made it somebody else's turn."""

SWEEP = timedelta(hours=6)
"""A waiting proposal is looked at so often at least: people come and go."""

LATELY = timedelta(minutes=10)
"""A change of groups is looked for so long; a worker that slept longer sweeps."""

REGROUPED = (Action.GROUP_CREATED, Action.GROUP_CHANGED, Action.GROUP_REMOVED)
STUCK_SWEEP = timedelta(hours=1)
GRACE_SWEEP = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Scene:
    """A workspace at one moment."""

    workspace: Workspace
    roster: Roster
    settings: deadlines.Settings
    now: datetime
    next_change: datetime | None

    @property
    def limits(self) -> Limits:
        """Return how long deciding may take."""
        return self.settings.limits


def watch(now: datetime, *, limit: int = LIMIT) -> int:
    """Look at what is to be looked at by `now`, the longest due first; return how many were."""
    due = Deadline.objects.filter(look_at__lte=now).order_by("look_at", "pk")
    swept = set(due.values_list("proposal", flat=True)[:limit]) | _regrouped(now)
    keys = swept | _voted_on()
    rows = Proposal.objects.filter(pk__in=keys).select_related("workspace", "agent", "deadline")
    by_workspace: dict[int, list[Proposal]] = {}
    for row in rows.order_by("pk"):
        if row.pk in swept:
            _ask_anew(row)
        by_workspace.setdefault(row.workspace_id, []).append(row)
    for found in by_workspace.values():
        _look(_scene_of(found[0].workspace, now), found)
    return len(keys)


def _voted_on() -> set[int]:
    newest = list(Decision.objects.order_by("-pk").values_list("proposal", flat=True)[:NEWEST])
    watched = Deadline.objects.filter(proposal__in=newest, look_at__isnull=False)
    return set(watched.values_list("proposal", flat=True))


def _regrouped(now: datetime) -> set[int]:
    """Return what was voted on and waits where groups changed lately: votes count as they stand."""
    changed = Entry.objects.filter(
        workspace=OuterRef("slug"), action__in=REGROUPED, at__gt=now - LATELY
    )
    watched = Deadline.objects.filter(
        proposal__workspace__in=Workspace.objects.filter(Exists(changed)),
        proposal__state=State.AWAITING_SECOND,
        look_at__isnull=False,
    )
    return set(watched.order_by("-pk").values_list("proposal", flat=True)[:NEWEST])


def _ask_anew(row: Proposal) -> None:
    """Let it ask those whose approval is due now: a vote's own verb knew the groups of then."""
    if row.state == State.AWAITING_SECOND and named_groups(rules.needs_of(row)):
        rechecks.ask_anew(row)


def _scene_of(workspace: Workspace, now: datetime) -> Scene:
    return Scene(
        workspace=workspace,
        roster=roster_of(workspace, now),
        settings=deadlines.settings_of(workspace),
        now=now,
        next_change=absences.next_change(workspace, now),
    )


def _look(scene: Scene, found: Sequence[Proposal]) -> None:
    """Look at some proposals of one workspace."""
    _close_the_settled(scene, [row for row in found if row.state not in WAITING])
    waiting = [row for row in found if row.state in WAITING]
    for row in waiting:
        _give_time(row, scene)
    old = [row for row in waiting if _is_old(row, scene)]
    for row in old:
        rechecks.recheck(row, scene.limits.recheck_days, scene.now)
    if old:
        fresh = Proposal.objects.filter(pk__in=[row.pk for row in waiting], state__in=WAITING)
        waiting = list(fresh.select_related("workspace", "agent", "deadline").order_by("pk"))
        notices.settle(row.pk for row in old if row.pk not in {one.pk for one in waiting})
    for row in waiting:
        if row.due_at is not None and row.due_at <= scene.now:
            escalate(row, scene.settings.group, scene.now)
    cases = cases_of(waiting, scene.roster)
    _tell(scene, waiting, cases)


def _is_old(row: Proposal, scene: Scene) -> bool:
    checked = row.deadline.checked_at
    return rechecks.is_due(row, checked, scene.limits.recheck_days, scene.now)


def _close_the_settled(scene: Scene, rows: Sequence[Proposal]) -> None:
    """Let what waits for nobody rest; a verdict in its grace may still be undone."""
    if not rows:
        return
    keys = [row.pk for row in rows]
    graced = [row.pk for row in rows if row.state == State.SCHEDULED]
    with transaction.atomic():
        notices.settle(keys)
        Deadline.objects.filter(proposal__in=keys).exclude(proposal__in=graced).update(look_at=None)
        Deadline.objects.filter(proposal__in=graced).update(look_at=scene.now + GRACE_SWEEP)
        notices.tell(scene.workspace, [_came_back(row) for row in rows if _is_sent_back(row)])


def _is_sent_back(row: Proposal) -> bool:
    return row.state == State.CHANGES_REQUESTED and row.proposer_id is not None


def _came_back(row: Proposal) -> Telling:
    people = (row.proposer_id,) if row.proposer_id else ()
    return Telling(Kind.SENT_BACK, str(row), f"r{row.revision}", people, path_of(row), row.pk)


def _give_time(row: Proposal, scene: Scene) -> None:
    """Settle when a proposal from before there were due times is due: from now on."""
    if row.due_at is None:
        row.due_at, row.remind_at = due_after(scene.limits, row.risk, scene.now)
        late = Proposal.objects.filter(pk=row.pk, due_at=None)
        late.update(due_at=row.due_at, remind_at=row.remind_at)


def escalate(proposal: Proposal, group: str, now: datetime) -> bool:
    """Put on the record that a proposal is late; once a round. Return whether this call did."""
    deadline = proposal.deadline
    if deadline.escalated_at is not None:
        return False
    with transaction.atomic(durable=True):
        row = lock(proposal)
        standing = Deadline.objects.filter(proposal=row, escalated_at=None, round=deadline.round)
        is_late = row.due_at is not None and row.due_at <= now and row.state in WAITING
        if not is_late or not standing.update(escalated_at=now, escalated_to=group):
            return False
        deadline.escalated_at, deadline.escalated_to = now, group
        append(
            Action.PROPOSAL_ESCALATED,
            workspace=row.workspace.slug,
            actor=SYSTEM,
            object=str(row),
            revision=row.revision,
            after={"state": row.state, "to": group or "leads", "round": deadline.round},
        )
    return True


def tell_containments() -> None:
    """Tell everybody but who did it that a containment waits for its answer, once."""
    rows = Containment.objects.select_related("workspace", "quarantine")
    for row in rows.filter(answer="").order_by("pk")[:LIMIT]:
        deciders = people_with(row.workspace, Right.DECIDE).exclude(pk=row.by_id)
        people = tuple(deciders.order_by("pk").values_list("pk", flat=True))
        notices.tell(row.workspace, [_telling_of(row, people)])
    answered = rows.exclude(answer="").order_by("-pk")[:LIMIT]
    keys = [notices.key_of(row.workspace, _telling_of(row)) for row in answered]
    Notice.objects.filter(key__in=keys, settled_at=None).update(settled_at=clock.now())


def _telling_of(row: Containment, people: tuple[int, ...] = ()) -> Telling:
    """Return what is told of a containment, once."""
    place = "containment" if row.quarantine is None else "quarantine"
    return Telling(Kind.CONTAINMENT, str(row), "once", people, f"{place}/{row}/")


def tell_mentions() -> None:
    """Tell who was named in a comment and has not opened its proposal since, once."""
    newest = Mention.objects.filter(
        seen_at=None,
        person__is_active=True,
        person__memberships__workspace=F("comment__proposal__workspace"),
    ).select_related("comment__proposal__workspace")
    by_workspace: dict[Workspace, list[Telling]] = {}
    for mention in newest.order_by("-pk")[:LIMIT]:
        proposal, step = mention.comment.proposal, f"c{mention.comment.number}"
        by_workspace.setdefault(proposal.workspace, []).append(
            Telling(
                Kind.MENTION,
                str(proposal),
                step,
                (mention.person_id,),
                path_of(proposal),
                proposal.pk,
            )
        )
    for workspace, tellings in by_workspace.items():
        notices.tell(workspace, tellings)


def _tell(scene: Scene, rows: Sequence[Proposal], cases: Mapping[int, Case]) -> None:
    """Tell whose turn it is, once a step, and say when each is looked at next."""
    tellings: list[Telling] = []
    past: list[int] = []
    turns = {row.pk: turn_of(cases[row.pk], scene.roster) for row in rows}
    for row in rows:
        step = step_of(row, cases[row.pk])
        if row.deadline.told not in {"", step}:
            past.append(row.pk)
        tellings.extend(tellings_of(row, cases[row.pk], turns[row.pk], scene))
    with transaction.atomic():
        notices.settle(past)
        notices.tell(scene.workspace, tellings)
        for row in rows:
            _note(row, cases[row.pk], turns[row.pk], scene)


def step_of(row: Proposal, case: Case) -> str:
    """Return which step of deciding the proposal waits for: told once to each person."""
    kind = "c" if case.is_conflicted else "v"
    return f"r{row.deadline.round}.{kind}{len(case.votes)}"


def tellings_of(row: Proposal, case: Case, turn: Turn, scene: Scene) -> Iterable[Telling]:
    """Yield what is to be told about a waiting proposal now, told before or not."""
    name, step, path = str(row), step_of(row, case), path_of(row)
    current = f"r{row.deadline.round}"
    if turn.is_stuck:
        yield Telling(Kind.ESCALATION, name, f"{step}.stuck", turn.people, path, row.pk)
        return
    yield Telling(_turn_kind(row, case), name, step, turn.people, path, row.pk)
    if row.deadline.escalated_at is not None:
        able = [
            one for one in able_people(case, scene.roster.people) if not scene.roster.is_away(one)
        ]
        people = tuple(one.id for one in escalation_people(scene.roster, able))
        yield Telling(Kind.ESCALATION, name, current, people, path, row.pk)
    elif row.remind_at is not None and row.remind_at <= scene.now:
        yield Telling(Kind.REMINDER, name, current, turn.people, path, row.pk)


def _turn_kind(row: Proposal, case: Case) -> Kind:
    if row.risk == "high":
        return Kind.TURN_HIGH
    return Kind.SECOND if case.votes else Kind.TURN


def _note(row: Proposal, case: Case, turn: Turn, scene: Scene) -> None:
    """Write down what was told and when the proposal is looked at next, unless it began anew."""
    deadline = row.deadline
    reminded = deadline.reminded_at
    if reminded is None and row.remind_at is not None and row.remind_at <= scene.now:
        reminded = scene.now
    same = Deadline.objects.filter(proposal=row, round=deadline.round)
    same.update(told=step_of(row, case), reminded_at=reminded, look_at=_next_look(row, turn, scene))


def _next_look(row: Proposal, turn: Turn, scene: Scene) -> datetime:
    """Return when there is something to do next about a proposal."""
    now = scene.now
    days = timedelta(days=scene.limits.recheck_days)
    times = [
        row.remind_at,
        row.due_at,
        (row.deadline.checked_at or row.filed_at) + days,
        now + (STUCK_SWEEP if turn.is_stuck else SWEEP),
    ]
    if row.assignee_id is not None or turn.is_stuck:
        times.append(scene.next_change)
    return min(time for time in times if time is not None and time > now)
