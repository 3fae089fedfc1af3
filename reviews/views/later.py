"""Later: put a proposal aside for oneself until a date, and take it back before."""

from datetime import UTC, datetime, time

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from agents.web.times import spell_day
from reviews import postponements
from reviews.access import proposal_of
from reviews.forms import LaterForm
from reviews.models import Proposal
from reviews.views.decide import refused_in_place
from reviews.views.desk import desk_of, is_fragment
from reviews.views.onward import move_on, stay_at
from reviews.views.proposal import proposal_page


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
@refused_in_place
def later(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    if request.method == "GET":
        return later_page(request, found, LaterForm())
    form = LaterForm(request.POST)
    if not form.is_valid():
        return later_page(request, found, form)
    until, note = until_of(form), form.cleaned_data["note"]
    try:
        postponements.postpone(found, by=request.member, until=until, note=note)
    except InvalidInput as error:
        form.add_error("until", str(error))
        return later_page(request, found, form)
    return move_on(request, found, said_of(found, until))


def until_of(form: LaterForm) -> datetime:
    """Return when what is put aside comes back: as the day begins that a valid form names."""
    return datetime.combine(form.cleaned_data["until"], time(), UTC)


def said_of(found: Proposal, until: datetime) -> str:
    """Return in a sentence that the proposal is put aside."""
    on = spell_day(until.date(), clock.now().date())
    return _("%(id)s is put aside until %(day)s, for you alone.") % {"id": found, "day": on}


def later_page(request: MemberRequest, found: Proposal, form: LaterForm) -> HttpResponse:
    """Answer with the form: the dialog over the pane, or a page where there is no script."""
    if is_fragment(request):
        status = 422 if form.is_bound else 200
        return proposal_page(request, found, status=status, later_form=form, postponing=True)
    return later_form_page(request, found, form)


def later_form_page(request: MemberRequest, found: Proposal, form: LaterForm) -> HttpResponse:
    """Answer with the form as a page of its own."""
    status = 422 if form.is_bound else 200
    context = {"proposal": found, "form": form, "suffix": desk_of(request).suffix}
    return render(request, "reviews/later.html", context, status=status)


@require_POST
@member_page(Right.DECIDE)
def take_back(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    postponements.take_back(found, by=request.member)
    return stay_at(request, found, _("%(id)s is in your queue again.") % {"id": found})
