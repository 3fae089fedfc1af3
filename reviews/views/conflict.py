"""The conflict surface: only lines both sides touched are asked, the result stands below."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import member_page
from agents.errors import InvalidInput, StoreFull
from agents.http import MemberRequest
from agents.people import require_right
from agents.rights import Right
from agents.web.characters import count_hidden
from reviews import drafts, revisions
from reviews.access import proposal_of
from reviews.conflicts import (
    Conflict,
    conflict_of,
    fallen_approvals,
    first_picks,
    questions_of,
    read_picks,
    result_of,
    settle_text,
)
from reviews.diffs import Pick, UnsettledConflict
from reviews.dossier import MOST_MARKED, compare, dossier_of
from reviews.errors import InvalidChange, StaleProposal
from reviews.firsts import firsts_in
from reviews.forms import RebaseForm, RejectForm
from reviews.lifecycle import IllegalTransition
from reviews.marks import mark_firsts
from reviews.models import Proposal
from reviews.views.desk import Context, SeeOther, desk_of, is_fragment, show_pane
from reviews.views.draft import take_held
from reviews.views.proposal import proposal_page, session_base


@require_http_methods(["GET", "POST"])
@member_page(Right.SEE_QUEUE)
def conflict(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    if request.method == "POST":
        require_right(request.member, Right.DECIDE)
        return save(request, found)
    if found.state != "conflicted":
        return redirect(desk_of(request).address("proposal", number))
    here, by_hand = conflict_of(found), "by_hand" in request.GET
    # It may have been sent as an edit, before the conflict came.
    held = take_held(request, found, "conflict/") or take_held(request, found, "edit/")
    if held:
        by_hand = True
        drafts.keep_draft(found, request.member, revision=found.revision, text=held["text"])
    left = drafts.draft_of(found, request.member) if by_hand else None
    text = left.text if left else ""
    return conflict_page(request, here, first_picks(here), by_hand=by_hand, draft=text)


@require_POST
@member_page(Right.DECIDE)
def preview(request: MemberRequest, number: int) -> HttpResponse:
    here = conflict_of(proposal_of(request.member, number))
    picks = read_picks(here, request.POST)
    if is_fragment(request):
        context = {"conflict": here, **result_context(here, picks)}
        return render(request, "reviews/conflict.html#result", context)
    return conflict_page(request, here, picks)


def result_context(here: Conflict, picks: Mapping[int, Pick]) -> Context:
    """Return the text the picks lead to, its diff, and what it names or hides; None while open."""
    result = result_of(here, picks)
    if result is None:
        return {"result": None, "text": ""}
    text = settle_text(here, picks)
    firsts = firsts_in(text, here.proposal.store)
    return {
        "result": mark_firsts(result, firsts.spans[:MOST_MARKED]),
        "text": text,
        "firsts": firsts,
        "hidden": count_hidden(text),
    }


def save(request: MemberRequest, found: Proposal) -> HttpResponse:
    """Put the proposal on what is live; whatever is refused, the choices and the draft stay."""
    here = conflict_of(found)
    form = RebaseForm(request.POST)
    picks = read_picks(here, request.POST)
    if not form.is_valid():
        raise InvalidInput("The form does not say what it showed. Open the conflict again.")
    by_hand = form.cleaned_data["by_hand"]
    draft = form.cleaned_data["text"]
    try:
        text = draft if by_hand else settle_text(here, picks)
        rebased = rebase(request, here, text, form)
    except (StaleProposal, IllegalTransition) as error:
        return stale_page(request, found, picks, str(error), draft if by_hand else "")
    except (UnsettledConflict, InvalidChange, InvalidInput, StoreFull) as error:
        notice = {"kind": "bad", "title": "Nothing was saved.", "text": str(error)}
        return conflict_page(
            request, here, picks, status=422, by_hand=by_hand, draft=draft, notice=notice
        )
    return saved(request, rebased)


def rebase(request: MemberRequest, here: Conflict, text: str, form: RebaseForm) -> Proposal:
    """Save the settled text on the version the page showed."""
    if not here.retires and text == here.live:
        raise InvalidChange("That leaves memory as it is now. Reject the proposal instead.")
    live = form.cleaned_data["live"] or None
    where = f"version {live}" if live else "an empty path"
    return revisions.rebase(
        here.proposal,
        content=text,
        reason=f"Settled on {where}.",
        by=request.member,
        expected_revision=form.cleaned_data["revision"],
        expected_head=live,
        token=form.cleaned_data["token"],
    )


def stale_page(
    request: MemberRequest, found: Proposal, picks: Mapping[int, Pick], words: str, draft: str
) -> HttpResponse:
    """Show what is the case now: the conflict again on the newest version, or the proposal."""
    now = proposal_of(request.member, found.number)
    notice = {"kind": "bad", "title": "Nothing was saved.", "text": words}
    if now.state != "conflicted":
        return proposal_page(request, now, status=409, notice=notice)
    here = conflict_of(now)
    return conflict_page(
        request, here, picks, status=409, by_hand=bool(draft), draft=draft, notice=notice
    )


def saved(request: MemberRequest, rebased: Proposal) -> HttpResponse:
    """Show the proposal, open again on what is live."""
    drafts.drop_draft(rebased, request.member)
    words = f"{rebased} stands on what is live now and is open again."
    url = desk_of(request).address("proposal", rebased.number)
    if not is_fragment(request):
        messages.info(request, words)
        return SeeOther(url)
    notice = {"kind": "good", "title": words, "text": ""}
    response = proposal_page(request, proposal_of(request.member, rebased.number), notice=notice)
    response.headers["HX-Push-Url"] = url
    return response


def conflict_page(
    request: MemberRequest,
    here: Conflict,
    picks: Mapping[int, Pick],
    *,
    status: int = 200,
    by_hand: bool = False,
    draft: str = "",
    **more: Any,
) -> HttpResponse:
    """Answer with the conflict; by_hand: the text itself stands there to be written."""
    result = result_context(here, picks)
    context: Context = {
        "dossier": dossier_of(here.proposal, request.member),
        "conflict": here,
        "questions": questions_of(here, picks),
        **result,
        "under": compare(here.base, here.live),
        "fallen": fallen_approvals(here.proposal),
        "by_hand": by_hand,
        "by_hand_link": f"{desk_of(request).more}by_hand=1",
        "draft": draft or (result["text"] if result["result"] else here.proposed),
        "reject_form": RejectForm(initial={"code": "outdated"}),
        "session_base": session_base(request),
        **more,
    }
    proposal = here.proposal
    return show_pane(request, "reviews/conflict.html", context, proposal=proposal, status=status)
