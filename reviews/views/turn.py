"""Whose turn a proposal is, why, until when; and assigning it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from reviews import lines
from reviews.access import proposal_of
from reviews.assignments import WAITING
from reviews.assignments import assign as assign_proposal
from reviews.forms import AssignForm
from reviews.holders import Holding, Roster, Turn, able_people, name_people, turn_of
from reviews.models import Proposal
from reviews.rosters import cases_of, names_of, roster_of
from reviews.views.desk import SeeOther, desk_of


@dataclass(frozen=True, slots=True)
class TurnLines:
    """Whose turn it is, in words. away: who else could, but is away; able: ids to assign to."""

    who: str
    why: str
    away: str
    able: tuple[int, ...]


@require_GET
@member_page(Right.SEE_QUEUE)
def turn(request: MemberRequest, number: int) -> HttpResponse:
    return turn_page(request, proposal_of(request.member, number))


@require_POST
@member_page(Right.ASSIGN)
def assign(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    form = AssignForm(request.POST, people=lines_of(found).able)
    if not form.is_valid():
        raise InvalidInput(_("Choose one of the people of the list."))
    person = form.cleaned_data["person"]
    assign_proposal(found, person, by=request.member)
    who = person.name if person else _("everybody who may decide it")
    messages.info(request, _("%(proposal)s waits for %(who)s.") % {"proposal": found, "who": who})
    return SeeOther(desk_of(request).address("proposal_turn", number))


def turn_page(request: MemberRequest, found: Proposal) -> HttpResponse:
    """Render the page of a proposal's turn."""
    told = lines_of(found)
    initial = {"person": found.assignee.public_id if found.assignee else ""}
    context = {
        "proposal": found,
        "suffix": desk_of(request).suffix,
        "waits": found.state in WAITING,
        "told": told,
        "due": lines.due_of(found),
        "deadline": getattr(found, "deadline", None),
        "may_assign": request.member.may(Right.ASSIGN),
        "form": AssignForm(initial=initial, people=told.able),
    }
    return render(request, "reviews/turn.html", context)


def lines_of(found: Proposal) -> TurnLines:
    """Return whose turn it is now, with names."""
    roster = roster_of(found.workspace, clock.now())
    case = cases_of([found], roster)[found.pk]
    able = tuple(one.id for one in able_people(case, roster.people))
    held = turn_of(case, roster)
    names = names_of([*held.people, *able, *filter(None, [held.instead_of, case.assignee])])
    return TurnLines(
        who=name_people(held.people, names.__getitem__, most=8),
        why=_why(held, roster, names),
        away=name_people([one for one in able if one in roster.away], names.__getitem__, most=8),
        able=able,
    )


def _why(held: Turn, roster: Roster, names: Mapping[int, str]) -> str:
    """Return in a sentence why it is theirs."""
    if held.holding is Holding.LEADS:
        return held.why
    if held.holding is Holding.ASSIGNED:
        return _("A lead assigned it.")
    if held.holding is Holding.STANDING_IN and held.instead_of is not None:
        return _("Stands in for %(name)s.") % {"name": names[held.instead_of]}
    if held.holding is Holding.ESCALATED:
        group = roster.group or _("the leads")
        return _("It is late, so %(group)s may take it as well.") % {"group": group}
    return _("Any of them may give the next vote.")
