"""Undoing the last vote: the proposal waits again, and its page is open."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from reviews import undos
from reviews.access import proposal_of
from reviews.errors import MayNotDecide, UndoTooLate
from reviews.forms import UndoForm
from reviews.lifecycle import State
from reviews.models import Proposal
from reviews.views.onward import stay_at
from reviews.views.proposal import proposal_page


@require_POST
@member_page(Right.DECIDE)
def undo(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    form = UndoForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("The form does not say which decision it showed. Open the proposal.")
    round_, state = form.cleaned_data["round"], State(form.cleaned_data["state"])
    try:
        undone = undos.undo(found, by=request.member, expected_round=round_, expected=state)
    except UndoTooLate as error:
        return _kept(request, found, str(error), 409)
    except MayNotDecide as error:
        return _kept(request, found, str(error), 403)
    return stay_at(request, undone, f"{undone}: the decision is undone. It waits again.")


def _kept(request: MemberRequest, found: Proposal, words: str, status: int) -> HttpResponse:
    now = proposal_of(request.member, found.number)
    notice = {"kind": "bad", "title": "Nothing was undone.", "text": words}
    return proposal_page(request, now, status=status, notice=notice)
