"""Deciding a list of low risk at once: the frozen list, what became of it, and taking it back."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.people import Member
from agents.rights import Right
from reviews import batches
from reviews.batches import Candidate, Frozen
from reviews.decisions import Said
from reviews.errors import ReasonMissing, UndoTooLate
from reviews.exclusions import MOST, TYPED_FROM, WORDS, Exclusion, left_to_open
from reviews.forms import BatchForm
from reviews.lifecycle import Act
from reviews.models import Batch
from reviews.orders import order_of
from reviews.queue import as_seen_by, page_of
from reviews.reading import opened_in_each
from reviews.risk import Level
from reviews.turns import DID
from reviews.views.desk import Context, SeeOther, desk_of, new_token

SCANNED = 60
"""Rows of the list that are looked at for a batch."""

ITEM = re.compile(r"([1-9][0-9]{0,17})\.([1-9][0-9]{0,5})")


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
def batch(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return render(request, "reviews/batch.html", context_of(request, find_listed(request)))
    chosen = read_items(request.POST.getlist("item"))
    form = BatchForm(request.POST, chosen=len(chosen))
    if form.is_valid():
        try:
            made = batches.decide_batch(chosen, said_in(form), by=request.member)
        except ReasonMissing as error:
            form.add_error("code", str(error))
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            return SeeOther(desk_of(request).address("batch_decided", made.key))
    return show_again(request, form, chosen)


def said_in(form: BatchForm) -> Said:
    """Return what a valid form says; an approval has no reason, whatever stands in its fields."""
    cleaned = form.cleaned_data
    if cleaned["verdict"] == "approve":
        return Said(Act.APPROVE, token=cleaned["token"])
    return Said(Act.REJECT, cleaned["code"], cleaned["reason"].strip(), cleaned["token"])


def read_items(sent: Sequence[str]) -> list[Frozen]:
    """Return the proposals a form names, each with the revision its page showed."""
    read = [ITEM.fullmatch(one) for one in sent]
    return [Frozen(int(one[1]), int(one[2])) for one in read if one is not None]


def find_listed(request: MemberRequest) -> list[Candidate]:
    """Return what of the desk's list is of low risk, as far as it is looked at, in its order."""
    desk = desk_of(request)
    rows = desk.rows.filter(risk_rank=Level.LOW.rank, waits=1)
    page = page_of(as_seen_by(desk.member, rows), order_of(desk.search, desk.aside), size=SCANNED)
    found = batches.find_rows(request.member, [row.number for row in page.rows])
    return batches.look_at(found, request.member)


def show_again(request: MemberRequest, form: BatchForm, chosen: Sequence[Frozen]) -> HttpResponse:
    """Answer with the same list and what is wrong with the form."""
    listed = read_items(request.POST.getlist("listed"))[:SCANNED] or list(chosen)[:SCANNED]
    rows = batches.find_rows(request.member, [one.number for one in listed])
    known = set(listed)
    found = [one for one in batches.look_at(rows, request.member) if one.frozen in known]
    context = context_of(request, found) | {"form": form, "chosen": set(chosen)}
    return render(request, "reviews/batch.html", context, status=422)


def context_of(request: MemberRequest, found: Sequence[Candidate]) -> Context:
    """Return what the page of a batch shows: what is in it, and what is left out and why."""
    able = [one for one in found if one.why is None]
    desk = desk_of(request)
    return {
        "listed": able[:MOST],
        "more": len(able) - MOST if len(able) > MOST else 0,
        "left_out": [(one.row, WORDS[one.why]) for one in found if one.why is not None],
        "looked_at": len(found),
        "chosen": {one.frozen for one in able[:MOST]},
        "form": BatchForm(),
        "is_typed": len(able[:MOST]) >= TYPED_FROM,
        "to_open": _to_open(request.member, able[:MOST]),
        "token": new_token(),
        "grace_s": settings.GRACE_S,
        "suffix": desk.suffix,
        "queue_url": desk.address("queue"),
    }


def _to_open(member: Member, listed: Sequence[Candidate]) -> int:
    """Return of how many more of the list a quote is to be opened before all are approved."""
    return left_to_open(len(listed), len(opened_in_each([one.row for one in listed], member)))


@require_GET
@member_page(Right.SEE_QUEUE)
def batch_decided(request: MemberRequest, key: str) -> HttpResponse:
    return decided_page(request, batch_of(request, key))


@require_POST
@member_page(Right.DECIDE)
def batch_undo(request: MemberRequest, key: str) -> HttpResponse:
    found = batch_of(request, key)
    try:
        batches.undo_batch(found, by=request.member)
    except UndoTooLate as error:
        return decided_page(request, found, status=409, problem=str(error))
    messages.info(request, _("The batch is undone. What it decided waits again."))
    return SeeOther(desk_of(request).address("batch_decided", key))


def batch_of(request: MemberRequest, key: str) -> Batch:
    """Return the batch, or raise Http404 where the member may not see it."""
    found = batches.find_batch(request.member, key)
    if found is None:
        raise Http404(_("There is no such batch."))
    return found


def decided_page(
    request: MemberRequest, found: Batch, *, status: int = 200, problem: str = ""
) -> HttpResponse:
    """Answer with what became of each proposal of the batch."""
    desk = desk_of(request)
    rows = {
        row.number: row
        for row in batches.find_rows(request.member, [one["number"] for one in found.items])
    }
    told = [(rows.get(one["number"]), one["number"], one["why"]) for one in found.items]
    seconds = int(batches.seconds_left(found, clock.now()))
    context = {
        "batch": found,
        "title": title_of(found),
        "decided": [row for row, _number, why in told if row is not None and not why],
        "skipped": [(row, number, WORDS[Exclusion(why)]) for row, number, why in told if why],
        "seconds": seconds,
        "may_undo": request.member.may(Right.DECIDE) and seconds > 0,
        "problem": problem,
        "suffix": desk.suffix,
        "queue_url": desk.address("queue"),
        "batch_url": desk.address("batch"),
    }
    return render(request, "reviews/batch_decided.html", context, status=status)


def title_of(found: Batch) -> str:
    """Return how many proposals were decided, and how."""
    count = len(batches.decided_in(found))
    words = ngettext("%(count)d proposal %(did)s", "%(count)d proposals %(did)s", count)
    return words % {"count": count, "did": DID[found.verdict]}
