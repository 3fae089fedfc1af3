"""Who is at a proposal: its reservation, who else looks at it, whether it moved meanwhile."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews import lines, reservations
from reviews.access import proposal_of
from reviews.errors import AlreadyReserved
from reviews.forms import ShownForm
from reviews.models import Proposal
from reviews.presence import MOST_NAMED, be_at, others_at
from reviews.views.desk import SeeOther, desk_of, is_fragment


@require_POST
@member_page(Right.DECIDE)
def presence(request: MemberRequest, number: int) -> HttpResponse:
    """An open page says so every half minute; the first time it also reserves what it shows."""
    found = proposal_of(request.member, number)
    be_at(found, request.member)
    if "opened" in request.POST:
        reservations.open_up(found, by=request.member)
    return presence_fragment(request, found)


@require_POST
@member_page(Right.DECIDE)
def reserve(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    words = reserved_words(found)
    try:
        reservations.reserve(found, by=request.member)
    except AlreadyReserved as error:
        words = str(error)
    return answer(request, found, words)


@require_POST
@member_page(Right.DECIDE)
def release(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    reservations.release(found, by=request.member)
    return answer(request, found, released_words(found))


def reserved_words(found: Proposal) -> str:
    """Return in a sentence that the proposal is reserved."""
    return f"{found} is reserved by you for 10 minutes."


def released_words(found: Proposal) -> str:
    """Return in a sentence that the proposal is not reserved any more."""
    return f"{found} is not reserved by you."


def answer(request: MemberRequest, found: Proposal, words: str) -> HttpResponse:
    """Answer with the line in the head of the pane, or without a script with the page."""
    if is_fragment(request):
        return presence_fragment(request, found, words)
    messages.info(request, words)
    return SeeOther(desk_of(request).address("proposal", found.number))


def presence_fragment(request: MemberRequest, found: Proposal, words: str = "") -> HttpResponse:
    """Return who is here now, and whose the proposal is."""
    others = others_at(found, request.member)
    newest = proposal_of(request.member, found.number)
    return render_presence(request, found, newest, words, others)


def render_presence(
    request: MemberRequest,
    found: Proposal,
    newest: Proposal,
    words: str = "",
    others: Sequence[str] = (),
) -> HttpResponse:
    """Render the line in the head; the revision and state first shown are told along, for the next.

    newest: the proposal with the reservation as it is now.
    """
    shown = ShownForm(request.POST)
    is_read = shown.is_valid()
    seen = (shown.cleaned_data["revision"], shown.cleaned_data["state"]) if is_read else None
    context = {
        "proposal": found,
        "suffix": desk_of(request).suffix,
        "watch": lines.is_watched(found, request.member),
        "held": lines.held_of(newest, request.member),
        "others": others[:MOST_NAMED],
        "others_more": len(others) > MOST_NAMED,
        "seen": seen or (found.revision, found.state),
        "moved": seen is not None and seen != (found.revision, found.state),
        "has_bar": "bar" in request.POST,
        "is_ping": True,
        "words": words,
    }
    return render(request, "reviews/_presence.html", context)
