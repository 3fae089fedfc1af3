"""One proposal: why, what changes, and the evidence, in the order in which it is judged."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page
from agents.http import MemberRequest, is_prefetch
from agents.people import Member
from agents.rights import Right
from reviews.access import proposal_of
from reviews.comments import see_mentions
from reviews.dossier import dossier_of
from reviews.drafts import Kind
from reviews.foresight import preview_of
from reviews.forms import ApproveForm, CommentForm, LaterForm, RejectForm, RequestForm
from reviews.lines import UndoLine, store_label, undo_line
from reviews.models import Proposal
from reviews.quotes import A_PAGE, find_evidence, quotes_of, widen
from reviews.reading import (
    opened_positions,
    record_change_read,
    record_evidence_opened,
    seen_of,
)
from reviews.seeing import due_of
from reviews.unseen import find_unseen
from reviews.views.desk import (
    Context,
    SeeOther,
    address_of,
    desk_of,
    is_fragment,
    show_pane,
    vote_on,
)
from reviews.views.draft import take_left, unsent

VIEWS = {"inline": "Inline", "side": "Side by side", "full": "Full entry"}
NOTHING_BESIDE: Context = dict.fromkeys(
    (
        "notice",
        "columns",
        "confirming",
        "rejecting",
        "requesting",
        "postponing",
        "has_own_addresses",
    )
)
"""What a pane asks its context for and mostly lacks: to look in vain costs a template most."""


@require_GET
@member_page(Right.SEE_QUEUE)
def proposal(request: MemberRequest, number: int) -> HttpResponse:
    return proposal_page(request, proposal_of(request.member, number))


def proposal_page(
    request: MemberRequest,
    found: Proposal,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Answer with the proposal's pane; more: notice, or a reject form with what was typed."""
    context = proposal_context(request, found) | more
    discussion = context["dossier"].discussion
    if discussion.names_reader and not is_prefetch(request):
        see_mentions(found, request.member)
    return show_pane(request, "reviews/proposal.html", context, proposal=found, status=status)


def proposal_context(request: MemberRequest, found: Proposal) -> Context:
    """Return everything the pane of a proposal shows, beside its head."""
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else "inline"
    left = take_left(request, found)
    more = desk_of(request).more
    return {
        "dossier": dossier_of(found, request.member),
        "undo_here": undo_here(request, found),
        "view": view,
        "views": tuple(VIEWS.items()),
        "view_next": "side" if view == "inline" else "inline",
        "view_link": f"{more}view=",
        "approve_form": ApproveForm(),
        "reject_form": unsent(RejectForm, found, Kind.REJECT, left[Kind.REJECT]),
        "request_form": unsent(RequestForm, found, Kind.REQUEST, left[Kind.REQUEST]),
        "session_base": session_base(request),
        "ask_link": f"{more}after=",
        "comment_form": unsent(CommentForm, found, Kind.COMMENT, left[Kind.COMMENT]),
        "has_bar": True,
        "later_form": unsent(LaterForm, found),
        **NOTHING_BESIDE,
    }


def undo_here(request: MemberRequest, found: Proposal) -> UndoLine | None:
    """Return the offer to undo the last vote on this proposal, None where its state allows none."""
    row = vote_on(found)
    return undo_line(row, desk_of(request).address) if row else None


def session_base(request: MemberRequest) -> str:
    """Return the address of session S-1 without it; quotes put their own session behind it."""
    return address_of("session", request.workspace.slug, 1).removesuffix("S-1/")


@require_GET
@member_page(Right.SEE_TRANSCRIPTS)
def evidence(request: MemberRequest, number: int, position: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    quote = find_evidence(found, position)
    # A browser that fetches ahead shows nobody anything, so nothing was opened.
    if not is_prefetch(request):
        record_evidence_opened(found, quote, request.member)
    context = {
        "proposal": found,
        "quote": widen(quote, found.workspace.masked),
        "suffix": desk_of(request).suffix,
        "session_base": session_base(request),
        **seen_context(found, request.member),
    }
    template = "reviews/_quote.html#opened" if is_fragment(request) else "reviews/evidence.html"
    return render(request, template, context)


def seen_context(found: Proposal, member: Member) -> Context:
    """Return how much of the proposal is seen, and what is left before it can be approved."""
    due, seen = due_of(found), seen_of(found, member)
    return {"opened": len(seen.opened), "all": due.quotes, "unseen": find_unseen(due, seen)}


@require_POST
@member_page(Right.DECIDE)
def change_read(request: MemberRequest, number: int) -> HttpResponse:
    """Keep that the end of the change was on the screen: told by the page, or pressed there."""
    found = proposal_of(request.member, number)
    record_change_read(found, request.member)
    if not is_fragment(request):
        return SeeOther(f"{desk_of(request).address('proposal', number)}#change-end")
    return render(request, "reviews/_change.html#read", seen_context(found, request.member))


@require_GET
@member_page(Right.SEE_TRANSCRIPTS)
def more_evidence(request: MemberRequest, number: int) -> HttpResponse:
    """Answer with the quotes from place `after` on, a page of them; without script as a page."""
    found = proposal_of(request.member, number)
    quotes = quotes_of(found, opened_positions(found, request.member))
    given = request.GET.get("after", "")
    after = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 0
    context = {
        "proposal": found,
        "quotes": quotes[after : after + A_PAGE],
        "after": after + A_PAGE,
        "more_quotes": max(0, len(quotes) - after - A_PAGE),
        "suffix": desk_of(request).suffix,
        "ask_link": f"{desk_of(request).more}after=",
        "session_base": session_base(request),
    }
    page = "reviews/evidence_list.html"
    return render(request, f"{page}#rest" if is_fragment(request) else page, context)


@require_GET
@member_page(Right.SEE_MEMORY)
def reads(request: MemberRequest, number: int) -> HttpResponse:
    """Answer with what the agent reads now and would read after; as a page without script."""
    found = proposal_of(request.member, number)
    context = {
        "proposal": found,
        "preview": preview_of(found),
        "store_label": store_label(found),
        "suffix": desk_of(request).suffix,
    }
    page = "reviews/reads.html"
    return render(request, f"{page}#reads" if is_fragment(request) else page, context)
