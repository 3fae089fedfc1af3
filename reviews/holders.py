"""Whose turn it is to decide a proposal, of everybody in the workspace: rules as values. Pure.

Somebody always holds it: who was assigned, else everyone present who may give the next vote, and
once it is late those it was escalated to as well. A stand-in gets what is theirs whom they stand in
for, and no right beside: where the rules bar the stand-in, everyone else who may decide holds it.
Where nobody present can, it is said why, and the leads hold it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reviews import lifecycle
from reviews.approval_rules import (
    DECIDING_ROLES,
    PersonFacts,
    ProposalFacts,
    may_decide,
    unsatisfiable,
)
from reviews.lifecycle import Needs, StandingKind, Verdict, Vote

NOBODY_HERE = "Nobody in this workspace decides. An admin adds people."
ALL_AWAY = "Everybody who may decide this is away."
ALL_BARRED = "Everybody here filed it, wrote it, started its dream or has decided on it already."


class Holding(StrEnum):
    """Why they hold it."""

    ASSIGNED = "assigned"
    STANDING_IN = "standing_in"
    EVERYONE = "everyone"
    ESCALATED = "escalated"
    LEADS = "leads"


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is in the workspace now. away: person -> who stands in for them, None for nobody.

    group: the name of the group that hears of what is late, '' for the leads.
    """

    people: tuple[PersonFacts, ...] = ()
    away: Mapping[int, int | None] = field(default_factory=dict)
    group: str = ""

    @property
    def leads(self) -> tuple[PersonFacts, ...]:
        """Return the leads, or the admins where there are none."""
        leads = tuple(one for one in self.people if one.role == "lead")
        return leads or tuple(one for one in self.people if one.role == "admin")

    def is_away(self, person: PersonFacts) -> bool:
        """Say whether the person is away now."""
        return person.id in self.away


@dataclass(frozen=True, slots=True)
class Case:
    """What of a proposal says whose turn it is.

    is_conflicted: its path has changed, so that it is settled or rejected. assignee: who a lead
    assigned it to. is_escalated: it is late and the workspace was told.
    """

    needs: Needs
    facts: ProposalFacts
    votes: tuple[Vote, ...] = ()
    is_conflicted: bool = False
    assignee: int | None = None
    is_escalated: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is. people: ids, never empty while anybody is in the workspace.

    instead_of: whom the stand-in stands in for. why: what keeps everyone present from deciding.
    """

    holding: Holding
    people: tuple[int, ...]
    instead_of: int | None = None
    why: str = ""

    @property
    def is_stuck(self) -> bool:
        """Say whether nobody present can decide it."""
        return self.holding is Holding.LEADS


def turn_of(case: Case, roster: Roster) -> Turn:
    """Return whose turn it is in the workspace as it is now."""
    able = able_people(case, roster.people)
    present = [one for one in able if not roster.is_away(one)]
    why = _why_stuck(case, roster, able, present)
    if why:
        return Turn(Holding.LEADS, _ids(_present_or_all(roster.leads, roster)), why=why)
    turn = _usual_turn(case, roster, present)
    if not case.is_escalated:
        return turn
    wider = dict.fromkeys((*turn.people, *_ids(escalation_people(roster, present))))
    return Turn(Holding.ESCALATED, tuple(wider), instead_of=turn.instead_of)


def able_people(case: Case, people: Iterable[PersonFacts]) -> list[PersonFacts]:
    """Return who could do the next thing to it: vote so that it moves on, or settle its conflict.

    Where only a rejection could still move it, who may give that.
    """
    if case.is_conflicted:
        # Anybody who decides may settle a conflict; what they write, others approve.
        return [one for one in people if one.role in DECIDING_ROLES]
    free = [one for one in people if may_decide(one, case.facts) is None]
    approvers = [vote.groups for vote in case.votes if vote.verdict is Verdict.APPROVE]
    able = [one for one in free if lifecycle.advances(case.needs, approvers, one.groups)]
    if lifecycle.settle(case.needs, case.votes).kind is StandingKind.DISAGREEMENT:
        groups = set(lifecycle.deciding_groups(case.needs))
        able = [one for one in free if not groups or groups & one.groups]
    return able


def escalation_people(roster: Roster, present: Sequence[PersonFacts]) -> list[PersonFacts]:
    """Return who it is escalated to: the group's people who may decide it, else the leads."""
    group = [one for one in present if roster.group and roster.group in one.groups]
    return group or _leads_of(roster, present)


def _leads_of(roster: Roster, present: Sequence[PersonFacts]) -> list[PersonFacts]:
    able = [one for one in roster.leads if one in present]
    return able or _present_or_all(roster.leads, roster)


def _usual_turn(case: Case, roster: Roster, present: Sequence[PersonFacts]) -> Turn:
    """Return whose turn it is before it is late; somebody is present."""
    if case.assignee is not None:
        holder = _holder_for(case.assignee, roster, {one.id for one in present})
        if holder == case.assignee:
            return Turn(Holding.ASSIGNED, (holder,))
        if holder is not None:
            return Turn(Holding.STANDING_IN, (holder,), instead_of=case.assignee)
    return Turn(Holding.EVERYONE, _ids(present))


def _holder_for(person: int, roster: Roster, present: set[int]) -> int | None:
    """Return who holds what is theirs: they, or whoever stands in; None where nobody may.

    A stand-in who is away too passes it on to their own.
    """
    seen: set[int] = set()
    at: int | None = person
    while at is not None and at in roster.away and at not in seen:
        seen.add(at)
        at = roster.away[at]
    return at if at in present else None


def _why_stuck(
    case: Case,
    roster: Roster,
    able: Sequence[PersonFacts],
    present: Sequence[PersonFacts],
) -> str:
    """Return why nobody present can decide it, '' where somebody can."""
    if not any(one.role in DECIDING_ROLES for one in roster.people):
        return NOBODY_HERE
    if not able or not _can_be_completed(case, roster.people):
        return unsatisfiable(case.needs, roster.people, case.facts) or ALL_BARRED
    return "" if present else ALL_AWAY


def _can_be_completed(case: Case, people: Iterable[PersonFacts]) -> bool:
    """Say whether the approvals given and all that could still be given are what is asked for."""
    if case.is_conflicted or case.facts.disputed:
        return True
    given = [vote.groups for vote in case.votes if vote.verdict is Verdict.APPROVE]
    coming = [one.groups for one in people if may_decide(one, case.facts) is None]
    return lifecycle.missing_approvals(case.needs, [*given, *coming]) == 0


def _present_or_all(people: Sequence[PersonFacts], roster: Roster) -> list[PersonFacts]:
    """Return those who are present; all of them where nobody is, so that somebody holds it."""
    return [one for one in people if not roster.is_away(one)] or list(people)


def _ids(people: Iterable[PersonFacts]) -> tuple[int, ...]:
    return tuple(one.id for one in people)


def name_people(ids: Sequence[int], name_of: Callable[[int], str], most: int = 3) -> str:
    """Return the names in words: Ana or Jonas; Ana, Jonas or 4 others."""
    named = [name_of(one) for one in ids]
    if len(named) > most + 1:
        return f"{', '.join(named[:most])} or {len(named) - most} others"
    if len(named) < 2:
        return "".join(named)
    return f"{', '.join(named[:-1])} or {named[-1]}"
