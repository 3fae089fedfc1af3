"""Who is away and who stands in: seen by everybody, set by oneself, a lead or an admin."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from reviews.absences import end_absence, may_set_for, set_absence, span_of
from reviews.forms import AbsenceForm
from reviews.models import Absence


@require_GET
@member_page(Right.BE_HERE)
def absences(request: MemberRequest) -> HttpResponse:
    initial = {"person": request.person.public_id}
    return absences_page(request, AbsenceForm(member=request.member, initial=initial))


@require_POST
@member_page(Right.BE_HERE)
def absence_set(request: MemberRequest) -> HttpResponse:
    form = AbsenceForm(request.POST, member=request.member)
    if form.is_valid():
        given = form.cleaned_data
        starts, ends = span_of(given["first"], given["last"])
        try:
            absence = set_absence(
                request.workspace,
                given["person"],
                stand_in=given["stand_in"],
                starts_at=starts,
                ends_at=ends,
                by=request.member,
            )
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, said_of(absence))
            return redirect("absences", request.workspace.slug)
    return absences_page(request, form, status=422)


@require_POST
@member_page(Right.BE_HERE)
def absence_end(request: MemberRequest, absence: str) -> HttpResponse:
    rows = Absence.objects.filter(workspace=request.workspace, public_id=absence)
    found = rows.select_related("person", "workspace").first()
    if found is None:
        raise Http404(f"{request.workspace.name} has no such absence.")
    end_absence(found, by=request.member)
    messages.info(request, _("%(name)s decides again.") % {"name": found.person.name})
    return redirect("absences", request.workspace.slug)


def said_of(absence: Absence) -> str:
    """Return what was set, in a sentence."""
    names = {"name": absence.person.name}
    if absence.stand_in is None:
        return _("Set. Whoever else may decide has what is %(name)s's.") % names
    names["other"] = absence.stand_in.name
    return _("Set. %(other)s stands in for %(name)s.") % names


def absences_page(request: MemberRequest, form: AbsenceForm, status: int = 200) -> HttpResponse:
    """Render who is away now and later, with what was typed so far."""
    now = clock.now()
    rows = Absence.objects.filter(workspace=request.workspace, ends_at__gt=now, ended_at=None)
    found = rows.select_related("person", "stand_in", "set_by").order_by("starts_at", "pk")
    context = {
        "form": form,
        "lines": [
            (row, is_running(row, now), may_set_for(request.member, row.person)) for row in found
        ],
        "may_set": form.fields["person"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return render(request, "reviews/absences.html", context, status=status)


def is_running(absence: Absence, now: datetime) -> bool:
    """Say whether the absence has begun."""
    return absence.starts_at <= now
