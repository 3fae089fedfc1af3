"""What a proposal is held against on demand: each a fragment of its page, and a page by itself."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews.access import proposal_of
from reviews.blocks import in_blocks
from reviews.dossier import compare
from reviews.models import Proposal
from reviews.past import past_of
from reviews.rewrites import Text, compare_texts, texts_of
from reviews.twins import text_beside
from reviews.views.desk import Context, desk_of, is_fragment


@require_GET
@member_page(Right.SEE_MEMORY)
def near(request: MemberRequest, number: int, memory: int) -> HttpResponse:
    """Answer with what tells the proposed text from a live one its agent would read beside it."""
    found = proposal_of(request.member, number)
    other = text_beside(found, memory)
    text = found.revisions.get(number=found.revision).content
    context = {"other": other, "diff": in_blocks(compare(other.content, text))}
    return piece(request, found, "reviews/near.html", "beside", context)


@require_GET
@member_page(Right.SEE_TRANSCRIPTS)
def past(request: MemberRequest, number: int) -> HttpResponse:
    """Answer with the past sessions the proposed text would have met, and how they ended."""
    found = proposal_of(request.member, number)
    return piece(request, found, "reviews/past.html", "past", {"past": past_of(found)})


@require_GET
@member_page(Right.SEE_QUEUE)
def revisions(request: MemberRequest, number: int) -> HttpResponse:
    """Answer with any two texts of the proposal side by side; `from` and `to` name them."""
    found = proposal_of(request.member, number)
    return render_revisions(request, found, texts_of(found))


def render_revisions(
    request: MemberRequest, found: Proposal, texts: Sequence[Text]
) -> HttpResponse:
    """Answer with two of the texts side by side: those the address names, else the newest two."""
    compared = compare_texts(texts, request.GET.get("from", ""), request.GET.get("to", ""))
    context = {"proposal": found, "texts": texts, "compared": compared}
    context["suffix"] = desk_of(request).suffix
    return render(request, "reviews/revisions.html", context)


def piece(
    request: MemberRequest, found: Proposal, page: str, fragment: str, context: Context
) -> HttpResponse:
    """Answer with the fragment to htmx, and with the page around it to whom it is opened by."""
    whole = {"proposal": found, "suffix": desk_of(request).suffix, **context}
    return render(request, f"{page}#{fragment}" if is_fragment(request) else page, whole)
