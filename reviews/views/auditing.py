"""The auditor's pages: a period's population, its exceptions, samples of it and their packets."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from agents import clock
from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews.auditing import words
from reviews.auditing.exceptions import BY_KEY, QUESTIONS, exceptions_in, lines_of, page_found
from reviews.auditing.population import Share, Tally, population_of
from reviews.auditing.spans import Span, usual_span
from reviews.forms import SpanForm
from reviews.views.audit import address_of

Counted = TypeVar("Counted", Share, Tally)


@require_GET
@member_page(Right.AUDIT_EXPORT)
def population(request: MemberRequest) -> HttpResponse:
    span, form = span_asked(request)
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
    }
    return render(request, "reviews/population.html", context)


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
    if not {"since", "until"} & set(request.GET):
        return usual, SpanForm(initial=begin)
    form = SpanForm(request.GET)
    if not form.is_valid():
        return usual, form
    return Span(form.cleaned_data["since"], form.cleaned_data["until"]), form


def query_of(span: Span) -> str:
    """Return the period as a query, for links that stay in it."""
    return f"?since={span.since:%Y-%m-%d}&until={span.until:%Y-%m-%d}"
