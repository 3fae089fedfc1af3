"""How long deciding may take: the page on which a lead sets it and everybody reads it."""

from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from reviews.deadlines import NUMBERS, Settings, set_due_times, settings_of
from reviews.due_times import REMIND_AT, Limits
from reviews.forms import DueTimesForm

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class DueLine:
    """One risk with its times in seconds."""

    label: str
    due: int
    remind: float


@require_GET
@member_page(Right.READ_RULES)
def due_times(request: MemberRequest) -> HttpResponse:
    found = settings_of(request.workspace)
    initial = {**asdict(found.limits), "group": found.group}
    return due_times_page(request, DueTimesForm(initial=initial, workspace=request.workspace))


@require_POST
@member_page(Right.SET_DUE_TIMES)
def due_times_set(request: MemberRequest) -> HttpResponse:
    form = DueTimesForm(request.POST, workspace=request.workspace)
    if form.is_valid():
        limits = Limits(**{name: form.cleaned_data[name] for name in NUMBERS})
        wanted = Settings(limits, form.cleaned_data["group"])
        try:
            set_due_times(request.workspace, wanted, by=request.member)
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("Due times are set. What waits keeps the time it was given."))
            return redirect("due_times", request.workspace.slug)
    return due_times_page(request, form, status=422)


def due_times_page(request: MemberRequest, form: DueTimesForm, status: int = 200) -> HttpResponse:
    """Render the page with what was typed so far."""
    found = settings_of(request.workspace)
    context = {
        "form": form,
        "found": found,
        "lines": lines_of(found.limits),
        "may_set": request.member.may(Right.SET_DUE_TIMES),
    }
    return render(request, "reviews/due_times.html", context, status=status)


def lines_of(limits: Limits) -> list[DueLine]:
    """Return the times as they are read, the most urgent first."""
    labels = {"high": _("High risk"), "medium": _("Medium risk"), "low": _("Low risk")}
    return [
        DueLine(labels[risk], hours * HOUR, hours * HOUR * REMIND_AT)
        for risk, hours in limits.by_risk().items()
    ]
