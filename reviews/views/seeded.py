"""A test item laid out as the page of a proposal, which it looks like until it is answered."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.http import MemberRequest
from agents.models import Agent
from reviews import seeding
from reviews.drafts import Kind
from reviews.exhibits import Staging, dossier_of_sample, quote_of
from reviews.forms import ApproveForm, LaterForm, RejectForm, RequestForm
from reviews.models import Proposal, Reservation, SeededItem
from reviews.samples.base import Answer, is_right
from reviews.turns import Chip
from reviews.views.desk import Context, desk_of, is_fragment, show_pane
from reviews.views.draft import unsent
from reviews.views.proposal import VIEWS

HELD = "held_items"
"""The key of a session under which it stands until when the open item is reserved."""

SAID = {
    Answer.APPROVE: gettext_lazy("approve"),
    Answer.REJECT: gettext_lazy("reject"),
    Answer.SEND_BACK: gettext_lazy("request changes"),
    Answer.EDIT: gettext_lazy("edit"),
}


def item_page(
    request: MemberRequest, item: SeededItem, status: int = 200, **more: Any
) -> HttpResponse:
    """Answer with the pane of a proposal for the item; answered, with what is right and why."""
    context = item_context(request, item) | more
    row: Proposal = context["dossier"].proposal
    return show_pane(request, "reviews/proposal.html", context, proposal=row, status=status)


def item_context(request: MemberRequest, item: SeededItem) -> Context:
    """Return what the pane of a proposal shows, for a test item."""
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else "inline"
    dossier = dossier_of_sample(seeding.sample_of(item), staging_of(item))
    row = dossier.proposal
    row.workspace, row.agent = request.workspace, Agent(name=item.agent)
    until = held_until(request, item)
    if until is not None:
        row.reservation = Reservation(person=request.person, until=until)
    return {
        "dossier": dossier,
        "notice": told_of(item),
        "view": view,
        "views": tuple(VIEWS.items()),
        "view_next": "side" if view == "inline" else "inline",
        "view_link": f"{desk_of(request).more}view=",
        "approve_form": ApproveForm(),
        "reject_form": unsent(RejectForm, row, Kind.REJECT),
        "request_form": unsent(RequestForm, row, Kind.REQUEST),
        "session_base": "",
        "has_bar": True,
        "later_form": unsent(LaterForm, row),
    }


def hold(request: MemberRequest, item: SeededItem, until: datetime | None) -> None:
    """Keep until when the item's page says it is reserved: for its one reader, so in no table."""
    request.session[HELD] = {str(item): until.isoformat()} if until else {}


def held_until(request: MemberRequest, item: SeededItem) -> datetime | None:
    """Return until when the item's page says it is reserved, None where it does not."""
    kept = request.session.get(HELD, {}).get(str(item))
    return datetime.fromisoformat(kept) if kept else None


def staging_of(item: SeededItem) -> Staging:
    """Return how the item is shown: under its own id, after its answer without controls."""
    closed = Chip(_("Test item: nothing was applied"), "book-open") if item.answer else None
    published = seeding.publishing_of(item)
    return Staging(item.number, item.shown_at, item.dream, item.opened, closed, published)


def told_of(item: SeededItem) -> Context | None:
    """Return the notice after the answer: that it was a test item, what is right, and why."""
    if not item.answer:
        return None
    sample = seeding.sample_of(item)
    right = is_right(sample, Answer(item.answer))
    words = _("This was a test item. You said: {said}. Right answer: {right}.").format(
        said=SAID[Answer(item.answer)], right=SAID[sample.right]
    )
    return {"kind": "good" if right else "bad", "title": words, "text": sample.because}


def item_evidence(request: MemberRequest, item: SeededItem, position: int) -> HttpResponse:
    """Answer with a quote in its place, as a proposal's is."""
    sample = seeding.sample_of(item)
    if not 1 <= position <= len(sample.quotes):
        raise Http404(_("This proposal has no such quote."))
    seeding.note_quote_opened(item, position)
    context = {
        "proposal": dossier_of_sample(sample, staging_of(item)).proposal,
        "quote": quote_of(sample, position, staging_of(item), is_wide=True),
        "suffix": desk_of(request).suffix,
        "session_base": "",
        "opened": len(item.opened),
        "all": len(sample.quotes),
        "unseen": dossier_of_sample(sample, staging_of(item)).unseen,
    }
    template = "reviews/_quote.html#opened" if is_fragment(request) else "reviews/evidence.html"
    return render(request, template, context)
