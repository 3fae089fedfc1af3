"""After a decision: the next of the list, or the one that waits again, with the queue renewed."""

from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from agents.http import MemberRequest
from reviews import seeding
from reviews.access import proposal_of
from reviews.models import Proposal, SeededItem
from reviews.neighbours import Neighbours
from reviews.paces import Pace, is_told
from reviews.queue import COUNTED, Counts, Decided
from reviews.views.desk import (
    Context,
    Desk,
    SeeOther,
    counts_of,
    desk_of,
    is_fragment,
    neighbours_of,
    number_after,
    pane_context,
    queue_context,
    queue_fragment,
    shorter_queue,
    tally_context,
)
from reviews.views.proposal import proposal_context
from reviews.views.queue import calm_context
from reviews.views.seeded import item_context

NO_PACE = Pace()
FOLLOWS = "Queue-Follows"
"""Header of a decision: `12 of 40`, the number that follows the decided row in the page's list and
how many that holds, as it was counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step onward, in words.

    decided: what was decided or put aside in this request; following: the number the list has after
    it; vote: what was said of it, where that can be undone.
    """

    words: str
    decided: Proposal | None = None
    following: int | None = None
    nudge: str = ""
    vote: Decided | None = None


def said_of(decided: Proposal, verb: str) -> str:
    """Return what became of a decision, in a sentence or two."""
    if decided.state == "awaiting_second":
        return f"{decided} {verb}. It waits for another reviewer."
    return f"{decided} {verb}."


def nudge_of(pace: Pace) -> str:
    """Return a calm line about approvals much faster than their texts can be read, '' for none."""
    if not is_told(pace):
        return ""
    return _(
        "%(count)d approvals in %(taken)d s; their texts take about %(reading)d s to read. "
        "A break is fine: what waits stays where it is."
    ) % {
        "count": pace.count,
        "taken": round(pace.taken_ms / 1_000),
        "reading": round(pace.reading_ms / 1_000),
    }


def move_on(
    request: MemberRequest,
    decided: Proposal,
    words: str,
    *,
    pace: Pace = NO_PACE,
    vote: Decided | None = None,
) -> HttpResponse:
    """Open the next proposal of the list: by redirect, or as a pane with the queue renewed.

    vote: the one just given, where it can be undone.
    """
    desk = desk_of(request)
    following = next_of(desk, decided)
    step = Step(words, decided, following, nudge_of(pace), vote)
    item = seeding.offer(decided, by=request.member)
    if item is not None:
        return show_item(request, desk, item, replace(step, nudge=""))
    if not is_fragment(request):
        messages.info(request, f"{words} {step.nudge}".rstrip())
        return SeeOther(desk.address("proposal", following) if following else desk.address("queue"))
    found = proposal_of(request.member, following) if following else None
    return show_next(request, desk, found, step)


def show_item(request: MemberRequest, desk: Desk, item: SeededItem, step: Step) -> HttpResponse:
    """Open a test item as the next proposal is opened."""
    if not is_fragment(request):
        messages.info(request, step.words)
        return SeeOther(desk.address("proposal", item.number))
    pane = item_context(request, item)
    return show_next(request, desk, pane["dossier"].proposal, step, pane)


def stay_at(request: MemberRequest, proposal: Proposal, words: str) -> HttpResponse:
    """Open the proposal that was acted on, with the queue renewed."""
    desk = desk_of(request)
    if not is_fragment(request):
        messages.info(request, words)
        return SeeOther(desk.address("proposal", proposal.number))
    return show_next(request, desk, proposal_of(request.member, proposal.number), Step(words))


def next_of(desk: Desk, decided: Proposal) -> int | None:
    """Return who comes after the proposal in the list, or else its first one; None when alone."""
    following = number_after(desk, decided)
    if following is not None:
        return following
    rows = (*desk.listing.in_front(), *desk.listing.page(size=2).rows)
    return next((row.number for row in rows if row.number != decided.number), None)


def show_next(
    request: MemberRequest,
    desk: Desk,
    found: Proposal | None,
    step: Step,
    own: Context | None = None,
) -> HttpResponse:
    """Return a pane, and out of band the queue, the count in the head, and the words.

    found: whose pane, None where nothing is left. own: what its pane shows, where it is no
    proposal's.
    """
    counts = counts_of(desk)
    at = neighbours_of(desk, found, counts) if found else None
    queue, listed = list_after(request, desk, counts, step, found, at)
    if found and at:
        pane: Context = (own or proposal_context(request, found)) | pane_context(desk, found, at)
        body = render_to_string("reviews/proposal.html#pane", pane, request)
        url = desk.address("proposal", found.number)
    else:
        # In place of a pane it is the page's main part, whatever stands in the list beside it.
        calm = queue | calm_context(desk, queue) | {"lists": False, "level": 1}
        body = render_to_string("reviews/queue.html#pane", calm, request)
        url = desk.address("queue")
    context = {
        **queue,
        "words": step.words,
        "nudge": step.nudge,
        "open": f"{found} is open." if found else "",
        "can_undo": step.vote is not None,
    }
    after = render_to_string("reviews/_after.html", context, request)
    return HttpResponse(body + listed + after, headers={"HX-Push-Url": url})


def list_after(
    request: MemberRequest,
    desk: Desk,
    counts: Counts,
    step: Step,
    found: Proposal | None,
    at: Neighbours | None,
) -> tuple[Context, str]:
    """Return what the queue says now, and what makes the page's queue say it.

    The whole queue, or the little that a decision changed of it where the page's list is known to
    be in step.
    """
    if step.decided is not None and is_in_step(request, desk, counts, step, step.decided):
        tally = tally_context(desk, counts, step.vote)
        return tally, shorter_queue(request, tally, step.decided)
    queue = queue_context(desk, counts, found, at, vote=step.vote)
    return queue, queue_fragment(request, queue)


def is_in_step(
    request: MemberRequest, desk: Desk, counts: Counts, step: Step, decided: Proposal
) -> bool:
    """Say whether the page's list is the one there is now but for the decided row.

    The page says what its list shows after the decided row and how many it holds, if it is long
    enough and the row is not folded in with others. Whoever comes or goes meanwhile changes that;
    where something stands in front, or the decided stays in the list, the whole is sent.
    """
    is_gone = decided.state == "scheduled" and not desk.lists(decided)
    is_front_empty = not counts.conflicted and not counts.containments
    # Of what is too many to be counted one less is as many.
    before = counts.total + (1 if getattr(counts, decided.risk) <= COUNTED else 0)
    shown = request.headers.get(FOLLOWS)
    is_plain = is_gone and is_front_empty and desk.search.is_by_risk
    return is_plain and shown == f"{step.following} of {before}"
