"""The desk: the queue on the left and one proposal's pane on the right, as page or as fragment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch

from agents.http import MemberRequest, asked
from agents.people import Member
from agents.rights import Right
from agents.web.addresses import address
from agents.web.characters import HIDDEN_RUN
from reviews import lines
from reviews.kin import kin_of
from reviews.lifecycle import UNDOABLE
from reviews.listings import Listing
from reviews.models import Postponement, Proposal
from reviews.neighbours import Neighbours
from reviews.postponements import NOTHING_ASIDE, Aside, aside_of, find_postponement
from reviews.queue import (
    SIZE,
    STATES_OF,
    Counts,
    Decided,
    Keys,
    cursor_before,
    find_agents,
    last_decided,
    open_containments,
    place_of,
)
from reviews.saved_views import find_view, is_changed, may_change, views_of
from reviews.searches import Search, Where, read_search

Context = dict[str, Any]
MOST_KIN = 8
"""So many others of its kin a proposal's page links; of more it says how many."""


class SeeOther(HttpResponseRedirect):
    """303: after a POST, GET this page."""

    status_code = 303


@dataclass(frozen=True)
class Desk:
    """Which list is open: the search, and the keys of the agents it names."""

    member: Member
    search: Search
    agents: Keys
    view: str = ""
    """The key of the saved view that was chosen, '' for none."""

    @cached_property
    def aside(self) -> Aside:
        """Return what the member put aside; asked of the database once, by whom lists rows."""
        return aside_of(self.member) if self.member.may(Right.DECIDE) else NOTHING_ASIDE

    @cached_property
    def listing(self) -> Listing:
        """Return the list itself."""
        return Listing(self.member, self.search, self.agents, self.aside)

    @property
    def rows(self) -> QuerySet[Proposal]:
        """Return the proposals of the list, in no order."""
        return self.listing.segments[-1][0]

    @property
    def suffix(self) -> str:
        """Return what every address of the desk ends with, so that the list stays the same."""
        query = {"q": self.search.text} | ({"view": self.view} if self.view else {})
        return f"?{urlencode(query)}" if self.search.text or self.view else ""

    @property
    def more(self) -> str:
        """Return what an address of the desk begins its query with to add a parameter."""
        return f"{self.suffix}&" if self.suffix else "?"

    def lists(self, proposal: Proposal) -> bool:
        """Say whether proposals in this one's state stand in the list."""
        where = self.search.where
        is_in_front = where is Where.OPEN and proposal.state == "conflicted"
        return is_in_front or proposal.state in STATES_OF.get(where, (proposal.state,))

    def address(self, name: str, *parts: str | int) -> str:
        """Return the address of a page of this workspace with the list kept."""
        return address(name, self.member.workspace.slug, *parts) + self.suffix


def desk_of(request: MemberRequest) -> Desk:
    """Return the desk the address asks for (`?q=`)."""
    view, text = asked(request, "view"), request.GET.get("q")
    if view and text is None:
        chosen = find_view(request.member, view)
        text, view = (chosen.text, view) if chosen else ("", "")
    search, agents = find_agents(request.workspace, read_search(text or ""))
    return Desk(request.member, search, agents, view)


def is_fragment(request: MemberRequest) -> bool:
    """Say whether htmx asks for a piece of the page; after Back it asks for the whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def address_of(name: str, *parts: str | int) -> str:
    """Return the address of another room's page, '' where there is no such page."""
    try:
        return address(name, *parts)
    except NoReverseMatch:
        return ""


def show_pane(
    request: MemberRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    proposal: Proposal,
    status: int = 200,
) -> HttpResponse:
    """Answer with the pane alone to htmx, else with the whole desk around it."""
    desk = desk_of(request)
    counts = None if is_fragment(request) else counts_of(desk)
    at = neighbours_of(desk, proposal, counts)
    whole = {**context, **pane_context(desk, proposal, at)}
    if counts is None:
        response = render(request, f"{template}#pane", whole, status=status)
        if status == 403:
            # htmx shows no refusal in place unless the answer says where it belongs.
            response.headers["HX-Retarget"] = "#pane"
            response.headers["HX-Reswap"] = "outerHTML"
        return response
    whole |= queue_context(desk, counts, proposal, at)
    return render(request, template, whole, status=status)


def pane_context(desk: Desk, proposal: Proposal, at: Neighbours) -> Context:
    """Return what the head of every pane shows: ids, neighbours, addresses of other rooms."""
    slug = desk.member.workspace.slug
    memory = proposal.memory
    return {
        "proposal": proposal,
        "is_listed": desk.lists(proposal),
        # A window's title cannot box what does not show, so it is left out there.
        "page_title": f"{proposal} {HIDDEN_RUN.sub('', proposal.title)}",
        "suffix": desk.suffix,
        "at": at,
        "place": lines.spell_place(at),
        "queue_url": desk.address("queue"),
        "previous_url": desk.address("proposal", at.previous) if at.previous else "",
        "next_url": desk.address("proposal", at.next) if at.next else "",
        "memory_url": address_of("memory", slug, memory.number) if memory else "",
        "dream_url": _dream_url(slug, proposal),
        "store_label": lines.store_label(proposal),
        "watch": lines.is_watched(proposal, desk.member),
        "held": lines.held_of(proposal, desk.member),
        "put_aside": _put_aside(desk, proposal),
        "due": lines.due_of(proposal),
        "kin": _kin_lines(desk, proposal) if at.kin else (),
        "kin_more": max(0, at.kin - MOST_KIN),
        "token": new_token(),
    }


def new_token() -> str:
    """Return what the forms of one page send along: by it a form that comes twice is known."""
    return token_hex(16)


def _put_aside(desk: Desk, proposal: Proposal) -> Postponement | None:
    """Return what the member put aside of the proposal; one query where there is something."""
    if proposal.number in desk.aside.away or proposal.number in desk.aside.back:
        return find_postponement(proposal, desk.member)
    return None


def _kin_lines(desk: Desk, proposal: Proposal) -> list[lines.KinLine]:
    rows = kin_of(proposal).select_related("agent")[:MOST_KIN]
    return [lines.kin_line(proposal, row, desk.address) for row in rows]


def _dream_url(slug: str, proposal: Proposal) -> str:
    number = proposal.origin_id.removeprefix("D-")
    if proposal.origin_kind != "dream" or not number.isdecimal():
        return ""
    return address_of("dream", slug, int(number))


def counts_of(desk: Desk) -> Counts:
    """Return every number of the desk's queue."""
    return desk.listing.counts()


def neighbours_of(desk: Desk, proposal: Proposal, counts: Counts | None = None) -> Neighbours:
    """Return who stands around the proposal in the desk's list; counts: where they are at hand."""
    # Where nothing is in conflict nothing stands in front, and the list's count is the whole.
    total = None if counts is None or counts.conflicted else counts.total
    return desk.listing.around(place_of(proposal), _segment_of(desk, proposal), total)


def number_after(desk: Desk, proposal: Proposal) -> int | None:
    """Return who comes after the proposal in the desk's list, None at its end."""
    return desk.listing.after(place_of(proposal), _segment_of(desk, proposal))


def _segment_of(desk: Desk, proposal: Proposal) -> int:
    """Return in which of the lists that are walked the proposal stands."""
    has_front = desk.search.where is Where.OPEN
    return 1 if has_front and proposal.state != "conflicted" else 0


def queue_context(
    desk: Desk,
    counts: Counts,
    proposal: Proposal | None = None,
    at: Neighbours | None = None,
    cursor: str = "",
    vote: Decided | None = None,
) -> Context:
    """Return the queue as its template wants it; the open proposal's page where there is one.

    vote: given in this request, where it can be undone.
    """
    if proposal and at and at.position > SIZE and desk.search.is_by_risk:
        cursor = cursor_before(place_of(proposal))
    page = desk.listing.page(cursor)
    front = () if cursor else _front(desk, counts)
    containments = () if cursor else _containments(desk, counts)
    reader = lines.Reader(desk.member, desk.address, desk.aside)
    return tally_context(desk, counts, vote) | {
        "suffix": desk.suffix,
        "page": page,
        "page_link": f"{desk.more}at=",
        "page_size": SIZE,
        "front": lines.lines_of(front, reader),
        "in_front": lines.spell_count(counts.containments + counts.conflicted),
        "containments": containments,
        "groups": lines.groups_of(
            page.rows,
            counts,
            desk.search,
            reader,
            desk.listing.kin(page) if desk.search.is_by_risk else {},
            str(proposal or ""),
        ),
        "filters": lines.filters_of(
            desk.search, page.rows, address("queue", _slug(desk)), desk.view
        ),
        **_views_context(desk),
        "current": str(proposal) if proposal else "",
    }


def tally_context(desk: Desk, counts: Counts, vote: Decided | None = None) -> Context:
    """Return what stands around the queue's rows: its numbers, and what can be undone."""
    return {
        "search": desk.search,
        "counts": counts,
        "spelled": lines.spell_counts(counts),
        "total": lines.spell_count(counts.total),
        "queue_url": address("queue", _slug(desk)),
        "decided_of": counts.decided_today + counts.open,
        "undo": undo_offer(desk, vote),
    }


def undo_offer(desk: Desk, vote: Decided | None = None) -> lines.UndoLine | None:
    """Return what the member can undo: the vote given just now, or else the last in its grace."""
    row = vote or last_decided(desk.member)
    return lines.undo_line(row, desk.address) if row else None


def vote_on(proposal: Proposal) -> Decided | None:
    """Return the last vote on it as one that can be undone, None where its state allows none."""
    if proposal.state not in UNDOABLE:
        return None
    return Decided(proposal.number, proposal.round, proposal.apply_at)


def _views_context(desk: Desk) -> Context:
    """Return the saved views, and of the chosen one whether it looks for something else now."""
    views = views_of(desk.member)
    chosen = next((view for view in views if view.key == desk.view), None)
    return {
        "saved_views": views,
        "chosen": chosen,
        "is_view_changed": chosen is not None and is_changed(chosen, desk.search.text),
        "may_change_view": chosen is not None and may_change(chosen, desk.member),
    }


def _slug(desk: Desk) -> str:
    return desk.member.workspace.slug


def _front(desk: Desk, counts: Counts) -> tuple[Any, ...]:
    """Return the conflicted proposals that stand in front of what is open."""
    return desk.listing.in_front() if counts.conflicted else ()


def _containments(desk: Desk, counts: Counts) -> tuple[lines.ContainmentLine, ...]:
    if not desk.search.is_plain or not counts.containments:
        return ()
    rows = open_containments(desk.member.workspace)
    found = rows.select_related("store__agent", "quarantine", "by")[:SIZE]
    return lines.containment_lines(found, desk.address)


def queue_fragment(request: MemberRequest, context: Context) -> str:
    """Return the whole queue as a piece that replaces the one on the page, row by row."""
    return render_to_string("reviews/_queue.html", {**context, "oob": True}, request)


def shorter_queue(request: MemberRequest, context: Context, decided: Proposal) -> str:
    """Return the pieces by which a queue without the decided row differs from one with it."""
    own = {"decided": decided, "left": context["spelled"][decided.risk], "is_piece": True}
    return render_to_string("reviews/_shorter.html", context | own, request)
