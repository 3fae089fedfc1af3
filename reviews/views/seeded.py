"""A test item behind the address of a proposal: looks like one until it is answered."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.access import as_member_request, member_for
from agents.http import MemberRequest
from agents.models import Agent
from agents.rights import Right
from reviews import seeding
from reviews.drafts import Kind
from reviews.exhibits import Staging, dossier_of_sample, quote_of
from reviews.forms import ApproveForm, RejectForm, RequestForm
from reviews.models import Proposal, SeededItem
from reviews.risk import Level
from reviews.samples.base import Answer, is_right
from reviews.turns import Chip
from reviews.views.desk import Context, desk_of, is_fragment, show_pane
from reviews.views.draft import with_draft
from reviews.views.proposal import VIEWS

View = Callable[..., HttpResponseBase]
ANSWERS = {
    "proposal_approve": Answer.APPROVE,
    "proposal_reject": Answer.REJECT,
    "proposal_request_changes": Answer.SEND_BACK,
}
SAID = {
    Answer.APPROVE: gettext_lazy("approve"),
    Answer.REJECT: gettext_lazy("reject"),
    Answer.SEND_BACK: gettext_lazy("request changes"),
    Answer.EDIT: gettext_lazy("edit"),
}


def or_test_item(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Return the addresses of a proposal, each answering for a test item where no proposal is."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = _wrapped(pattern.callback, pattern.name or "")
    return patterns


def _wrapped(view: View, name: str) -> View:
    @wraps(view)
    def answered(
        request: HttpRequest, workspace: str, number: int, **rest: Any
    ) -> HttpResponseBase:
        try:
            return view(request, workspace=workspace, number=number, **rest)
        except Http404:
            known = as_member_request(request, member_for(request.user, workspace))
            item = seeding.find_item(known.member, number)
            if item is None or not known.member.may(Right.DECIDE):
                raise
            return item_view(known, item, name, **rest)

    return answered


def item_view(request: MemberRequest, item: SeededItem, name: str, **rest: Any) -> HttpResponse:
    """Answer for a test item at one of a proposal's addresses."""
    if name == "proposal_evidence":
        return item_evidence(request, item, rest["position"])
    if name == "proposal_draft" and request.method == "POST":
        return HttpResponse(status=204)
    is_edit = name == "proposal_edit"
    if not item.answer and is_edit:
        item = seeding.answer_item(item, Answer.EDIT, by=request.member)
    elif name in ANSWERS and request.method == "POST":
        form = _form_of(name, request)
        if form is not None and not form.is_valid():
            return item_page(request, item, status=422, **_asked(name, form))
        asked_first = _asked_first(request, item) if name == "proposal_approve" else None
        if asked_first is not None:
            return asked_first
        item = seeding.answer_item(item, ANSWERS[name], by=request.member)
    elif name in ANSWERS:
        return item_page(request, item, **_asked(name, _form_of(name, None)))
    elif name != "proposal":
        raise Http404(_("There is nothing here for this proposal."))
    return item_page(request, item)


def _asked_first(request: MemberRequest, item: SeededItem) -> HttpResponse | None:
    """Return what is asked before an approval counts, as of a proposal: to see it, to confirm."""
    dossier = item_context(request, item)["dossier"]
    if item.answer:
        return None
    if dossier.unseen:
        left = dossier.unseen[0]
        notice = {"kind": "bad", "title": _("Not approved yet."), "url": f"#{left.anchor}"}
        notice |= {"text": " ".join(one.words for one in dossier.unseen), "action": left.label}
        return item_page(request, item, status=422, notice=notice)
    if dossier.proposal.risk == Level.HIGH and not request.POST.get("confirmed"):
        return item_page(request, item, confirming=True)
    return None


def _form_of(name: str, request: MemberRequest | None) -> RejectForm | RequestForm | None:
    data = request.POST if request is not None else None
    if name == "proposal_reject":
        return RejectForm(data)
    return RequestForm(data) if name == "proposal_request_changes" else None


def _asked(name: str, form: RejectForm | RequestForm | None) -> Context:
    if name == "proposal_reject":
        return {"reject_form": form, "rejecting": True}
    return {"request_form": form, "requesting": True}


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
    return {
        "dossier": dossier,
        "notice": told_of(item),
        "view": view,
        "views": tuple(VIEWS.items()),
        "view_next": "side" if view == "inline" else "inline",
        "view_link": f"{desk_of(request).more}view=",
        "approve_form": ApproveForm(),
        "reject_form": with_draft(RejectForm(), row, Kind.REJECT),
        "request_form": with_draft(RequestForm(), row, Kind.REQUEST),
        "session_base": "",
        "has_bar": True,
    }


def staging_of(item: SeededItem) -> Staging:
    """Return how the item is shown: under its own id, after its answer without controls."""
    closed = Chip(_("Test item: nothing was applied"), "book-open") if item.answer else None
    return Staging(item.number, item.shown_at, item.dream, item.opened, closed)


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
