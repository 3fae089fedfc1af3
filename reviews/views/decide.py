"""Approve, reject, send back, withdraw: one verb each, then on to the next of the same list."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents import clock
from agents.access import member_page
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.rights import Right
from reviews import decisions, proposals
from reviews.access import proposal_of
from reviews.collisions import columns_of
from reviews.decisions import Shown
from reviews.drafts import Kind
from reviews.errors import MayNotDecide, NotSeen, ReasonMissing, StaleProposal
from reviews.forms import ApproveForm, RejectForm, RequestForm, ShownForm, WithdrawForm
from reviews.lifecycle import STANDS, IllegalTransition
from reviews.models import Proposal
from reviews.paces import Pace, go_on
from reviews.reading import seen_of
from reviews.turns import who_answers
from reviews.views.desk import SeeOther, desk_of, is_fragment, new_token, vote_on
from reviews.views.draft import drop_left, take_left, with_draft
from reviews.views.onward import move_on, said_of
from reviews.views.proposal import VIEWS, proposal_page

__all__ = ["approve", "reject", "request_changes", "withdraw"]
View = Callable[[MemberRequest, int], HttpResponse]


def refused_in_place(view: View) -> View:
    """Show the proposal as it is now where a decision was not taken, with the reason on top.

    409 for what changed since the page was shown, 403 for who may not decide.
    """

    @wraps(view)
    def answered(request: MemberRequest, number: int) -> HttpResponse:
        try:
            return view(request, number)
        except NotSeen as error:
            return _not_seen(request, number, error)
        except (StaleProposal, IllegalTransition) as error:
            return _refused(request, number, f"{error}{_seen(request)}", 409)
        except MayNotDecide as error:
            return _refused(request, number, str(error), 403)

    return answered


def _not_seen(request: MemberRequest, number: int, error: NotSeen) -> HttpResponse:
    """Say what is still unseen, with a link to where it stands."""
    found = proposal_of(request.member, number)
    label, anchor = error.left
    notice = {"kind": "bad", "title": _("Not approved yet."), "text": str(error)}
    notice |= {"url": f"#{anchor}", "action": label}
    return proposal_page(request, found, status=422, notice=notice)


def _seen(request: MemberRequest) -> str:
    """Return what the page had shown when the button was pressed, as a sentence to follow on."""
    form = ShownForm(request.POST)
    if not form.is_valid():
        return ""
    stood = STANDS.get(form.cleaned_data["state"], "")
    saw = f"revision {form.cleaned_data['revision']}"
    return f" You saw {saw}: “{stood}”." if stood else f" You saw {saw}."


def _refused(request: MemberRequest, number: int, words: str, status: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    title = "You cannot decide this." if status == 403 else "Your decision was not recorded."
    notice = {"kind": "bad", "title": title, "text": words}
    form = ShownForm(request.POST)
    revision = form.cleaned_data["revision"] if form.is_valid() and status == 409 else 0
    columns = columns_of(found, shown=revision)
    return proposal_page(request, found, status=status, notice=notice, columns=columns)


@require_POST
@member_page(Right.DECIDE)
@refused_in_place
def approve(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    form = ApproveForm(request.POST)
    if "review_by" in form.errors:
        return _refused(request, number, _("The review-by date could not be read."), 422)
    shown = shown_of(request, found, form)
    pace = pace_of(request, form)
    shown = replace(shown, facts=shown.facts | ({"pace": pace.body()} if pace.count else {}))
    if decisions.needs_confirming(found, shown):
        decisions.check_seen(found, shown)
        return proposal_page(request, found, confirming=True, approve_form=form)
    said = {name: form.cleaned_data[name] for name in ("token", "review_by")}
    try:
        decided = decisions.approve(found, by=request.member, shown=shown, **said)
    except InvalidInput as error:
        return _refused(request, number, str(error), 422)
    return move_on(request, decided, said_of(decided, "approved"), pace=pace, vote=vote_on(decided))


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
@refused_in_place
def reject(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    if request.method == "GET":
        left = take_left(request, found)[Kind.REJECT]
        return reject_page(request, found, with_draft(RejectForm(), found, Kind.REJECT, left))
    form = RejectForm(request.POST)
    if not form.is_valid():
        return reject_page(request, found, form)
    shown = shown_of(request, found, form)
    said = {name: form.cleaned_data[name] for name in ("code", "reason", "token")}
    try:
        decided = decisions.reject(found, by=request.member, shown=shown, **said)
    except ReasonMissing as error:
        form.add_error("reason", str(error))
        return reject_page(request, found, form)
    drop_left(request, found, Kind.REJECT)
    return move_on(request, decided, said_of(decided, "rejected"), vote=vote_on(decided))


def reject_page(request: MemberRequest, found: Proposal, form: RejectForm) -> HttpResponse:
    """Answer with the reasons: the dialog over the pane, or a page where there is no script."""
    status = 422 if form.is_bound else 200
    if is_fragment(request):
        return proposal_page(request, found, status=status, reject_form=form, rejecting=True)
    context = {"proposal": found, "form": form, "suffix": desk_of(request).suffix}
    context["token"] = new_token()
    return render(request, "reviews/reject.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
@refused_in_place
def request_changes(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    if request.method == "GET":
        left = take_left(request, found)[Kind.REQUEST]
        return request_page(request, found, with_draft(RequestForm(), found, Kind.REQUEST, left))
    form = RequestForm(request.POST)
    if not form.is_valid():
        return request_page(request, found, form)
    shown = shown_of(request, found, form)
    said = {name: form.cleaned_data[name] for name in ("reason", "token")}
    try:
        decided = decisions.request_changes(found, by=request.member, shown=shown, **said)
    except ReasonMissing as error:
        form.add_error("reason", str(error))
        return request_page(request, found, form)
    drop_left(request, found, Kind.REQUEST)
    return move_on(request, decided, f"{decided} is sent back. {who_answers(decided)}")


def request_page(request: MemberRequest, found: Proposal, form: RequestForm) -> HttpResponse:
    """Answer with the form: the dialog over the pane, or a page where there is no script."""
    status = 422 if form.is_bound else 200
    if is_fragment(request):
        return proposal_page(request, found, status=status, request_form=form, requesting=True)
    context = {"proposal": found, "form": form, "suffix": desk_of(request).suffix}
    context |= {"follows": who_answers(found), "token": new_token()}
    return render(request, "reviews/request.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_page(Right.SEE_QUEUE)
@refused_in_place
def withdraw(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    if not proposals.may_withdraw(found, request.member):
        raise MayNotDecide(f"Only who filed {found} can withdraw it.")
    form = WithdrawForm(request.POST or None)
    if not form.is_valid():
        context = {"proposal": found, "form": form, "suffix": desk_of(request).suffix}
        status = 422 if form.is_bound else 200
        return render(request, "reviews/withdraw.html", context, status=status)
    proposals.withdraw(found, reason=form.cleaned_data["reason"], by=request.member)
    messages.info(request, _("{proposal} is withdrawn.").format(proposal=found))
    return SeeOther(desk_of(request).address("proposal", number))


def pace_of(request: MemberRequest, form: ShownForm) -> Pace:
    """Return how fast approvals follow one another with this one; none where that is not known."""
    before, at = decisions.last_pace(request.member)
    signs = form.cleaned_data["signs"]
    if at is None or not signs:
        return Pace()
    return go_on(before, round((clock.now() - at).total_seconds() * 1_000), signs)


def shown_of(request: MemberRequest, found: Proposal, form: ShownForm) -> Shown:
    """Return what the page had shown: from the form what it was, from the log what was opened."""
    if not form.is_valid():
        raise InvalidInput(
            "The form does not say which revision it showed. Open the proposal and decide there."
        )
    seen, said = seen_of(found, request.member), form.cleaned_data
    facts: dict[str, object] = {"sha256": found.content_sha256}
    if said["view"] in VIEWS:
        facts |= {"view": said["view"], "folds_opened": said["folds"] or 0}
    return Shown(
        revision=said["revision"],
        state=said["state"],
        evidence_opened=tuple(sorted(seen.opened)),
        facts=facts,
        is_read=seen.is_read,
        is_confirmed=said["confirmed"],
    )
