"""The sample queue: looks and answers like the true one, and nothing in it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest, is_prefetch
from agents.models import Qualification
from agents.people import Member
from agents.qualifications import Holding, holdings_of
from agents.rights import Right
from reviews import first_visit, practice, sampling, seeding
from reviews.calibration import calibrations_of
from reviews.exhibits import Exhibit, Staging, dossier_of_sample, quote_of
from reviews.forms import DoubleReviewForm, RejectForm, RequestForm, TestItemsForm
from reviews.models import SampleAnswer, SampleRun
from reviews.practice import Reply, answers_of, next_position, run_of, sample_of
from reviews.samples.base import Answer, is_right
from reviews.samples.runs import COUNT, TRAPS, say_rule
from reviews.turns import Chip
from reviews.views.desk import Context, SeeOther, is_fragment
from reviews.views.proposal import VIEWS

MOST_RUNS = 20
ANSWERED: Mapping[str, str] = {
    Answer.APPROVE: "approved",
    Answer.REJECT: "rejected",
    Answer.SEND_BACK: "sent back",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sample of somebody's run as it is opened: which, and all answers so far."""

    run: SampleRun
    answers: tuple[SampleAnswer, ...]
    position: int

    @property
    def answer(self) -> SampleAnswer:
        """Return the row of this sample."""
        return self.answers[self.position - 1]

    @property
    def next(self) -> int | None:
        """Return which sample is answered next, None after the last."""
        return next_position(self.answers)

    @property
    def is_test(self) -> bool:
        """Say whether nothing is told before the end: the run is to qualify and goes on."""
        return bool(self.run.group) and self.next is not None

    @property
    def is_closed(self) -> bool:
        """Say whether this sample was answered and is not opened again before the end."""
        return self.is_test and bool(self.answer.answer)


@require_GET
@member_page(Right.DECIDE)
def practice_home(request: MemberRequest) -> HttpResponse:
    runs = list(practice.runs_of(request.member)[:MOST_RUNS])
    context = {
        "open_run": next((run for run in runs if run.ended_at is None and not run.group), None),
        "ended": [run for run in runs if run.ended_at is not None],
        "count": COUNT,
        "traps": TRAPS,
        "rule": say_rule(),
        "now": clock.now(),
        "own": calibrations_of(request.workspace, request.person),
        "first_steps": first_visit.steps_of(request.member),
        "holdings": [holding_line(request.member, one) for one in holdings_at(request.member)],
    }
    return render(request, "reviews/practice.html", context)


@require_POST
@member_page(Right.DECIDE)
def first_visit_end(request: MemberRequest) -> HttpResponse:
    first_visit.settle_in(by=request.member)
    return SeeOther(reverse("queue", args=[request.workspace.slug]))


@require_POST
@member_page(Right.PROPOSE_RULES)
def double_review_set(request: MemberRequest) -> HttpResponse:
    form = DoubleReviewForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(str(form.errors["percent"][0]))
    percent = form.cleaned_data["percent"]
    sampling.set_double_review(request.workspace, percent, by=request.member)
    messages.info(request, _("%s of 100 are drawn for double review.") % percent)
    return SeeOther(reverse("rules", args=[request.workspace.slug]))


@require_POST
@member_page(Right.PROPOSE_RULES)
def test_items_set(request: MemberRequest) -> HttpResponse:
    form = TestItemsForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(str(form.errors["percent"][0]))
    percent = form.cleaned_data["percent"]
    seeding.set_test_items(request.workspace, percent, by=request.member)
    messages.info(request, _("After %s of 100 decisions a test item comes next.") % percent)
    return SeeOther(reverse("rules", args=[request.workspace.slug]))


def holdings_at(member: Member) -> tuple[Holding, ...]:
    """Return how the member stands to the groups that ask them to qualify."""
    return holdings_of(member.workspace, member.person) if member.asking else ()


def holding_line(member: Member, holding: Holding) -> Context:
    """Return a group that asks to qualify: until when one is, and from when one can try again."""
    now, begins = clock.now(), practice.begins_at(member, holding)
    return {
        "group": holding.group,
        "until": holding.until,
        "is_current": holding.is_current(now),
        "is_due": holding.is_due(now),
        "begins": begins if begins is not None and begins > now else None,
    }


@require_POST
@member_page(Right.DECIDE)
def qualification_start(request: MemberRequest, group: str) -> HttpResponse:
    if group not in request.member.asking:
        raise Http404(_("No group of that name asks you to qualify for it."))
    run = practice.start_qualification(group, by=request.member)
    return SeeOther(address_of("practice_run", run))


@require_POST
@member_page(Right.DECIDE)
def practice_start(request: MemberRequest) -> HttpResponse:
    run = practice.start_practice(by=request.member)
    return SeeOther(reverse("practice_run", args=[request.workspace.slug, run.attempt]))


@require_GET
@member_page(Right.DECIDE)
def practice_run(request: MemberRequest, attempt: int) -> HttpResponse:
    run = run_of(request.member, attempt)
    answers = answers_of(run)
    following = next_position(answers)
    if following is not None:
        return redirect(address_of("practice_sample", run, following))
    context = {"run": run, "rule": say_rule(), "until": until_of(run), **result_of(answers)}
    return render(request, "reviews/practice_result.html", context)


def until_of(run: SampleRun) -> datetime | None:
    """Return until when what the run passed holds, None where it passed nothing."""
    if not run.passed:
        return None
    return Qualification.objects.get(
        workspace=run.workspace, person=run.person, attempt=run.attempt
    ).valid_until


def result_of(answers: list[SampleAnswer]) -> Context:
    """Return what a whole run came to: its marks, and each sample with what was right."""
    lines = [
        {
            "position": one.position,
            "sample": sample_of(one),
            "answered": ANSWERED[one.answer],
            "right": ANSWERED[sample_of(one).right],
            "is_right": is_right(sample_of(one), Answer(one.answer)),
            "opened": len(one.opened),
            "quotes": len(sample_of(one).quotes),
        }
        for one in answers
    ]
    return {
        "lines": lines,
        "marks": practice.marks_of(answers),
        "opened": sum(len(one.opened) for one in answers),
        "quotes": sum(len(sample_of(one).quotes) for one in answers),
    }


@require_GET
@member_page(Right.DECIDE)
def practice_sample(request: MemberRequest, attempt: int, position: int) -> HttpResponse:
    sheet = sheet_of(request, attempt, position)
    if sheet.is_closed:
        return redirect(address_of("practice_run", sheet.run))
    return sample_page(request, sheet)


def sheet_of(request: MemberRequest, attempt: int, position: int) -> Sheet:
    """Return a sample of the member's own run that is answered or next, or raise Http404."""
    run = run_of(request.member, attempt)
    answers = tuple(answers_of(run))
    if not 1 <= position <= min(next_position(answers) or COUNT, COUNT):
        raise Http404(_("This sample is not reached yet."))
    return Sheet(run, answers, position)


def sample_page(
    request: MemberRequest, sheet: Sheet, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Answer with the sample's pane alone to htmx, else with the sample queue beside it."""
    context = sample_context(request, sheet) | more
    name = "reviews/sample.html"
    if not is_fragment(request):
        return render(request, name, context, status=status)
    body = render_to_string(f"{name}#pane", context, request)
    listed = render_to_string("reviews/_samples.html", {**context, "oob": True}, request)
    address = address_of("practice_sample", sheet.run, sheet.position)
    return HttpResponse(body + listed, status=status, headers={"HX-Push-Url": address})


def sample_context(request: MemberRequest, sheet: Sheet) -> Context:
    """Return everything the pane of a sample shows, under the names a proposal's page uses."""
    sample, answer = sample_of(sheet.answer), sheet.answer
    staging = staging_of(sheet)
    dossier = dossier_of_sample(sample, staging)
    lead = _("Sample %(position)s of %(count)s.") % {"position": sheet.position, "count": COUNT}
    turn = replace(dossier.turn, lead=lead, effect=_("Nothing here is applied."))
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else "inline"
    return {
        "sheet": sheet,
        "sample": sample,
        "dossier": replace(dossier, turn=turn),
        "proposal": Exhibit(dossier.proposal, _("Sample %s") % sheet.position),
        "store_label": sample.agent,
        "chip": chip_of(sheet),
        "is_listed": True,
        "place": f"{sheet.position} of {COUNT}",
        "page_title": f"Sample {sheet.position} of {COUNT}",
        "view": view,
        "views": tuple(VIEWS.items()),
        "view_next": "side" if view == "inline" else "inline",
        "view_link": "?view=",
        "reject_form": RejectForm(),
        "request_form": RequestForm(),
        "lines": lines_of(sheet),
        "answered": sum(bool(one.answer) for one in sheet.answers),
        "count": COUNT,
        "told": None if sheet.is_test else told_of(answer),
        **addresses_of(sheet),
    }


def chip_of(sheet: Sheet) -> Chip:
    """Return the one state of a sample: that it is one."""
    if sheet.run.group:
        group = sheet.run.group
        return Chip(_("Sample for %s: nothing here is applied") % group, "book-open")
    return Chip(_("Sample: nothing here is applied"), "book-open")


def staging_of(sheet: Sheet) -> Staging:
    """Return how the run shows this sample."""
    closed = Chip(_("Answered"), "check") if sheet.answer.answer else None
    return Staging(
        number=sheet.position,
        now=sheet.run.started_at,
        opened=sheet.answer.opened,
        closed=closed,
    )


def told_of(answer: SampleAnswer) -> Context | None:
    """Return what is said once a sample is answered: whether it was right, and why."""
    if not answer.answer:
        return None
    sample = sample_of(answer)
    return {
        "is_right": is_right(sample, Answer(answer.answer)),
        "answered": ANSWERED[answer.answer],
        "right": ANSWERED[sample.right],
        "because": sample.because,
        "is_trap": sample.is_trap,
    }


def lines_of(sheet: Sheet) -> list[Context]:
    """Return the rows of the sample queue: those reached with their titles, the rest to come."""
    reached = sheet.next or COUNT
    return [
        {
            "position": one.position,
            "url": address_of("practice_sample", sheet.run, one.position),
            "sample": sample_of(one),
            "is_reached": one.position <= reached,
            "is_answered": bool(one.answer),
            "told": None if sheet.is_test else told_of(one),
        }
        for one in sheet.answers
    ]


def addresses_of(sheet: Sheet) -> Context:
    """Return where the bar and the quotes of a sample lead, in place of a proposal's addresses."""
    here = address_of("practice_sample", sheet.run, sheet.position)
    following = sheet.next
    return {
        "has_own_addresses": True,
        "here_url": here,
        "approve_url": f"{here}approve/",
        "reject_url": f"{here}reject/",
        "request_url": f"{here}request-changes/",
        "evidence_base": f"{here}evidence/",
        "queue_url": reverse("practice", args=[sheet.run.workspace.slug]),
        "next_sample_url": address_of("practice_sample", sheet.run, following) if following else "",
        "result_url": address_of("practice_run", sheet.run),
    }


def address_of(name: str, run: SampleRun, *parts: object) -> str:
    """Return the address of a page of a run."""
    return reverse(name, args=[run.workspace.slug, run.attempt, *parts])


@require_GET
@member_page(Right.DECIDE)
def sample_evidence(
    request: MemberRequest, attempt: int, position: int, quote: int
) -> HttpResponse:
    sheet = sheet_of(request, attempt, position)
    sample = sample_of(sheet.answer)
    if not 1 <= quote <= len(sample.quotes):
        raise Http404(_("This sample has no such quote."))
    if not is_prefetch(request):
        practice.record_quote_opened(sheet.run, position, quote, by=request.member)
        sheet = sheet_of(request, attempt, position)
    context = {
        **sample_context(request, sheet),
        "quote": quote_of(sample, quote, staging_of(sheet), is_wide=True),
        "opened": len(sheet.answer.opened),
        "all": len(sample.quotes),
    }
    template = "reviews/_quote.html#opened" if is_fragment(request) else "reviews/evidence.html"
    return render(request, template, context)


@require_POST
@member_page(Right.DECIDE)
def sample_approve(request: MemberRequest, attempt: int, position: int) -> HttpResponse:
    return take_answer(request, attempt, position, Reply(Answer.APPROVE))


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
def sample_reject(request: MemberRequest, attempt: int, position: int) -> HttpResponse:
    form = RejectForm(request.POST) if request.method == "POST" else RejectForm()
    if not form.is_valid():
        asked = {"reject_form": form, "rejecting": True}
        return reasons_page(request, sheet_of(request, attempt, position), form, asked)
    data = form.cleaned_data
    return take_answer(
        request, attempt, position, Reply(Answer.REJECT, data["code"], data["reason"])
    )


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
def sample_request_changes(request: MemberRequest, attempt: int, position: int) -> HttpResponse:
    form = RequestForm(request.POST) if request.method == "POST" else RequestForm()
    if not form.is_valid():
        asked = {"request_form": form, "requesting": True}
        return reasons_page(request, sheet_of(request, attempt, position), form, asked)
    reply = Reply(Answer.SEND_BACK, reason=form.cleaned_data["reason"])
    return take_answer(request, attempt, position, reply)


def reasons_page(
    request: MemberRequest, sheet: Sheet, form: RejectForm | RequestForm, asked: Context
) -> HttpResponse:
    """Answer with the form: the dialog over the pane, or a page where there is no script."""
    status = 422 if form.is_bound else 200
    if is_fragment(request):
        return sample_page(request, sheet, status=status, **asked)
    name = "reviews/reject.html" if "rejecting" in asked else "reviews/request.html"
    context = {**sample_context(request, sheet), "form": form, "follows": ""}
    return render(request, name, context, status=status)


def take_answer(request: MemberRequest, attempt: int, position: int, reply: Reply) -> HttpResponse:
    """Record the answer, and show what was right and why; in a test, what comes next."""
    run = run_of(request.member, attempt)
    run = practice.answer_sample(run, position, reply, by=request.member)
    is_over = run.group and run.ended_at is not None
    place = address_of("practice_run", run)
    if not is_fragment(request):
        told = address_of("practice_sample", run, position)
        return SeeOther(place if run.group else told)
    if is_over:
        return HttpResponseClientRedirect(place)
    shown = position + 1 if run.group else position
    return sample_page(request, sheet_of(request, attempt, shown))
