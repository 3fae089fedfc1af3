"""A test item behind the addresses of a proposal: what its page links answers as a proposal's."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext as _

from agents import clock
from agents.access import as_member_request, member_for
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.models import Agent, MemoryStore
from agents.previews import preview
from agents.rights import Right
from reviews import seeding
from reviews.exhibits import remembered_of_sample, texts_of_sample
from reviews.forms import LaterForm, RejectForm, RequestForm
from reviews.kin import about_of
from reviews.lines import store_label
from reviews.models import Proposal, SeededItem
from reviews.past import past_with
from reviews.postponements import check_until
from reviews.reservations import LEASE
from reviews.risk import Level
from reviews.samples.base import Answer
from reviews.views.beside import piece, render_revisions
from reviews.views.desk import Context, SeeOther, desk_of, is_fragment
from reviews.views.later import later_form_page, said_of, until_of
from reviews.views.onward import move_on
from reviews.views.presence import released_words, render_presence, reserved_words
from reviews.views.seeded import (
    held_until,
    hold,
    item_context,
    item_evidence,
    item_page,
    staging_of,
)

View = Callable[..., HttpResponseBase]
ANSWERS = {
    "proposal_approve": Answer.APPROVE,
    "proposal_reject": Answer.REJECT,
    "proposal_request_changes": Answer.SEND_BACK,
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
    if name in LINKED:
        return LINKED[name](request, item)
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


def item_draft(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer as keeping a draft does; the words are nobody's, so they are not kept."""
    return HttpResponse(status=204)


def _row(request: MemberRequest, item: SeededItem) -> Proposal:
    """Return the item as the unsaved proposal that its page shows."""
    row: Proposal = item_context(request, item)["dossier"].proposal
    return row


def _agent_of(item: SeededItem) -> Agent | None:
    """Return the agent the item's page names, None where it names the shared memory."""
    rows = Agent.objects.filter(workspace=item.workspace_id, name=item.agent)
    return rows.order_by("pk").first()


def item_reads(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer with what the item's agent reads now, and would read with its text laid in."""
    row, agent = _row(request, item), _agent_of(item)
    store = MemoryStore.objects.get(workspace=request.workspace, agent=agent)
    sample, staging = seeding.sample_of(item), staging_of(item)
    text = remembered_of_sample(sample, staging, is_shared=agent is None)
    context = {
        "preview": preview(store, sample.path, {sample.path: text}),
        "store_label": store_label(row),
    }
    return piece(request, row, "reviews/reads.html", "reads", context)


def item_past(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer with the past sessions of the item's agent that its text would have met."""
    row, agent = _row(request, item), _agent_of(item)
    about = Proposal(
        workspace=request.workspace, agent=agent, title=row.title, about=about_of(row.path, ())
    )
    context = {"past": past_with(about, seeding.sample_of(item).new)}
    return piece(request, row, "reviews/past.html", "past", context)


def item_revisions(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer with the item's text beside the one it was written on."""
    texts = texts_of_sample(seeding.sample_of(item), staging_of(item))
    return render_revisions(request, _row(request, item), texts)


def item_presence(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer that nobody else is here; the first time the page reserves what it shows."""
    if "opened" in request.POST and held_until(request, item) is None:
        hold(request, item, clock.now() + LEASE)
    row = _row(request, item)
    return render_presence(request, row, row)


def item_reserve(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer as reserving a proposal does."""
    hold(request, item, clock.now() + LEASE)
    row = _row(request, item)
    return _held(request, row, reserved_words(row))


def item_release(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer as releasing a proposal does."""
    hold(request, item, None)
    row = _row(request, item)
    return _held(request, row, released_words(row))


def _held(request: MemberRequest, row: Proposal, words: str) -> HttpResponse:
    if is_fragment(request):
        return render_presence(request, row, row, words)
    messages.info(request, words)
    return SeeOther(desk_of(request).address("proposal", row.number))


def item_later(request: MemberRequest, item: SeededItem) -> HttpResponse:
    """Answer as putting a proposal aside does; the item stays open at its address."""
    if item.answer:
        return item_page(request, item)
    if request.method == "GET":
        return _later_page(request, item, LaterForm())
    form = LaterForm(request.POST)
    if not form.is_valid():
        return _later_page(request, item, form)
    until = until_of(form)
    try:
        check_until(until, clock.now())
    except InvalidInput as error:
        form.add_error("until", str(error))
        return _later_page(request, item, form)
    row = _row(request, item)
    return move_on(request, row, said_of(row, until))


def _later_page(request: MemberRequest, item: SeededItem, form: LaterForm) -> HttpResponse:
    if is_fragment(request):
        status = 422 if form.is_bound else 200
        return item_page(request, item, status=status, later_form=form, postponing=True)
    return later_form_page(request, _row(request, item), form)


LINKED: Mapping[str, Callable[[MemberRequest, SeededItem], HttpResponse]] = {
    "proposal_draft": item_draft,
    "proposal_reads": item_reads,
    "proposal_past": item_past,
    "proposal_revisions": item_revisions,
    "proposal_presence": item_presence,
    "proposal_reserve": item_reserve,
    "proposal_release": item_release,
    "proposal_later": item_later,
}
