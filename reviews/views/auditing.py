"""The auditor's pages: a period's population, its exceptions, samples of it and their packets."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews.auditing import words
from reviews.auditing.exceptions import BY_KEY, QUESTIONS, exceptions_in, lines_of, page_found
from reviews.auditing.packet import make_packet
from reviews.auditing.population import Share, Tally, population_of
from reviews.auditing.selection import USUAL_SIZE, draw_sample, proposals_of, proposed_seed
from reviews.auditing.spans import Span, usual_span
from reviews.errors import InvalidChange
from reviews.forms import DrawForm, SpanForm
from reviews.models import AuditSample
from reviews.views.audit import address_of

SAMPLES = 20
Counted = TypeVar("Counted", Share, Tally)


@require_GET
@member_page(Right.AUDIT_EXPORT)
def population(request: MemberRequest) -> HttpResponse:
    span, form = span_asked(request)
    begin = {"since": span.since, "until": span.until}
    draw = DrawForm(initial=begin | {"size": USUAL_SIZE, "seed": proposed_seed()})
    return population_page(request, span, form, draw)


def population_page(
    request: MemberRequest, span: Span, form: SpanForm, draw: DrawForm, status: int = 200
) -> HttpResponse:
    """Render the population of a period with the samples drawn and the form that draws one."""
    found = population_of(request.workspace, span)
    context = {
        "span": span,
        "form": form,
        "query": query_of(span),
        "population": found,
        "kinds": named(found.kinds, words.KINDS),
        "risks": named(found.risks, words.RISKS),
        "fates": named(found.fates, words.FATES),
        "tallies": named(found.tallies, words.TALLIES),
        "draw": draw,
        "samples": samples_in(request).order_by("-number")[:SAMPLES],
    }
    return render(request, "reviews/population.html", context, status=status)


def samples_in(request: MemberRequest) -> QuerySet[AuditSample]:
    """Return the workspace's samples with what their lines show."""
    rows = AuditSample.objects.filter(workspace=request.workspace)
    return rows.select_related("by", "packet", "workspace")


@require_POST
@member_page(Right.AUDIT_EXPORT)
def sample_draw(request: MemberRequest) -> HttpResponse:
    draw = DrawForm(request.POST)
    if draw.is_valid():
        said = draw.cleaned_data
        span = Span(said["since"], said["until"])
        try:
            made = draw_sample(
                request.workspace, span, seed=said["seed"], size=said["size"], by=request.member
            )
        except InvalidChange as error:
            draw.add_error(None, str(error))
        else:
            return redirect("audit_sample", request.workspace.slug, made.number)
    span, form = span_asked(request)
    return population_page(request, span, form, draw, status=422)


@require_GET
@member_page(Right.AUDIT_EXPORT)
def sample(request: MemberRequest, number: int) -> HttpResponse:
    found = sample_of(request, number)
    rows = [(one, words.RISKS[one.risk], words.FATES[one.state]) for one in proposals_of(found)]
    context: dict[str, object] = {"sample": found, "proposals": rows}
    context["query"] = query_of(Span(found.since, found.until))
    return render(request, "reviews/audit_sample.html", context)


def sample_of(request: MemberRequest, number: int) -> AuditSample:
    """Return the workspace's sample `number`, or raise Http404."""
    found = samples_in(request).filter(number=number).first()
    if found is None:
        raise Http404(f"{request.workspace.name} has no sample {number}.")
    return found


@require_POST
@member_page(Right.AUDIT_EXPORT)
def packet_make(request: MemberRequest, number: int) -> HttpResponse:
    found = sample_of(request, number)
    try:
        made = make_packet(found, by=request.member)
    except InvalidChange as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("{packet} holds {count} proposals.").format(packet=made, count=len(found.drawn)),
        )
    return redirect("audit_sample", request.workspace.slug, number)


def named(counted: Iterable[Counted], names: Mapping[str, Promise]) -> list[tuple[object, Counted]]:
    """Return each count with what it is called on the page."""
    return [(names.get(one.name, one.name), one) for one in counted]


@require_GET
@member_page(Right.AUDIT_EXPORT)
def exceptions(request: MemberRequest) -> HttpResponse:
    span, form = span_asked(request)
    answers = exceptions_in(request.workspace, span)
    context = {"span": span, "form": form, "answers": answers, "query": query_of(span)}
    return render(request, "reviews/exceptions.html", context)


@require_GET
@member_page(Right.AUDIT_EXPORT)
def exception(request: MemberRequest) -> HttpResponse:
    asked = BY_KEY.get(request.GET.get("question", QUESTIONS[0].key))
    if asked is None:
        raise Http404("Nobody asks that here; Exceptions lists what is asked.")
    span, form = span_asked(request)
    page = page_found(asked, request.workspace, span, request.GET.get("at", ""))
    lines = [(line, address_of(request, line.object)) for line in lines_of(page)]
    context = {"span": span, "form": form, "question": asked, "page": page, "lines": lines}
    return render(request, "reviews/exception.html", context | {"query": query_of(span)})


def span_asked(request: MemberRequest) -> tuple[Span, SpanForm]:
    """Return the period in the address with its form; the usual one where it names none."""
    usual = usual_span(clock.now())
    begin = {"since": usual.since, "until": usual.until}
    given = request.POST or request.GET
    if not {"since", "until"} & set(given):
        return usual, SpanForm(initial=begin)
    form = SpanForm(given)
    if not form.is_valid():
        return usual, form
    return Span(form.cleaned_data["since"], form.cleaned_data["until"]), form


def query_of(span: Span) -> str:
    """Return the period as a query, for links that stay in it."""
    return f"?since={span.since:%Y-%m-%d}&until={span.until:%Y-%m-%d}"
