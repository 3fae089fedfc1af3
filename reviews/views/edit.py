"""Edit in place: the text at full measure, the diff to live memory below it as it is typed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import member_page
from agents.errors import InvalidInput, StoreFull
from agents.http import MemberRequest
from agents.rights import Right
from agents.stores import MAX_MEMORY_BYTES
from agents.web.characters import count_hidden
from reviews import drafts, revisions
from reviews.access import proposal_of
from reviews.collisions import columns_of
from reviews.dossier import MOST_MARKED, base_text, compare, dossier_of
from reviews.errors import InvalidChange, ReasonMissing, StaleProposal
from reviews.firsts import firsts_in
from reviews.forms import EditForm
from reviews.lifecycle import OPEN, STANDS, IllegalTransition, State
from reviews.marks import mark_firsts
from reviews.models import Draft, Proposal
from reviews.turns import Chip
from reviews.views.desk import Context, SeeOther, desk_of, is_fragment, show_pane
from reviews.views.draft import take_held
from reviews.views.proposal import proposal_page, session_base

COMPARISONS = (("live", "with live memory"), ("proposal", "with proposal"))
EDITING = Chip("Editing", "pencil", "yours")


@require_http_methods(["GET", "POST"])
@member_page(Right.DECIDE)
def edit(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    if found.state == "conflicted":
        return to_conflict(request, found)
    if found.state not in OPEN:
        return closed_page(request, found)
    if request.method == "GET":
        return edit_page(request, found, *opening_form(request, found))
    return submit(request, found, EditForm(request.POST))


def opening_form(request: MemberRequest, found: Proposal) -> tuple[EditForm, Draft | None]:
    """Return the form with the draft that was left here, or with the proposal's own text.

    What was sent from here after the session had ended is the draft then, and its reason stands.
    """
    held = take_held(request, found, "edit/") or {}
    if held:
        keep(request, found, EditForm(held))
    draft = drafts.draft_of(found, request.member) if "afresh" not in request.GET else None
    text = draft.text if draft else _text_of(found)
    return EditForm(initial={"text": text, "reason": held.get("reason")}), draft


def to_conflict(request: MemberRequest, found: Proposal) -> HttpResponse:
    """Go where a conflict is settled; a text that came for this page is kept and stands there."""
    desk = desk_of(request)
    address = desk.address("proposal_conflict", found.number)
    if request.method != "POST":
        return redirect(address)
    keep(request, found, EditForm(request.POST))
    words = _("{proposal} is in conflict now. Your text is kept: it stands below.")
    messages.info(request, words.format(proposal=found))
    return SeeOther(f"{address}{'&' if desk.suffix else '?'}by_hand=1")


def closed_page(request: MemberRequest, found: Proposal) -> HttpResponse:
    """Say that it cannot be edited any more; what its writer wrote meanwhile is there to copy."""
    if sent := request.POST or take_held(request, found, "edit/"):
        keep(request, found, EditForm(sent))
    draft = drafts.draft_of(found, request.member)
    notice = {
        "kind": "bad",
        "title": f"{found} cannot be edited any more.",
        "text": f"It {STANDS[State(found.state)]} now.",
        "left": draft.text if draft else "",
    }
    return proposal_page(request, found, status=409, notice=notice)


def keep(request: MemberRequest, found: Proposal, form: EditForm) -> None:
    """Save what the form holds as the draft; the proposal's own words are none."""
    form.is_valid()
    text, revision = form.cleaned_data.get("text", ""), form.cleaned_data.get("revision")
    if text == _text_of(found):
        drafts.drop_draft(found, request.member)
        return
    drafts.keep_draft(found, request.member, revision=revision or found.revision, text=text)


def submit(request: MemberRequest, found: Proposal, form: EditForm) -> HttpResponse:
    """Hand the edited text to the verb; whatever it refuses, the draft stays in the form."""
    if not form.is_valid():
        return edit_page(request, found, form, status=422)
    try:
        revised = revisions.submit_edit(
            found,
            content=form.cleaned_data["text"],
            reason=form.cleaned_data["reason"],
            by=request.member,
            expected_revision=form.cleaned_data["revision"],
            token=form.cleaned_data["token"],
        )
    except (StaleProposal, IllegalTransition) as error:
        notice = {
            "kind": "bad",
            "title": "Your edit was not recorded; your text is kept.",
            "text": f"{error} Compare it below and submit it again.",
        }
        now = proposal_of(request.member, found.number)
        said = form.cleaned_data
        columns = columns_of(now, shown=said["revision"], mine=said["text"])
        return edit_page(request, now, form, status=409, notice=notice, columns=columns)
    except (InvalidChange, InvalidInput, StoreFull, ReasonMissing) as error:
        form.add_error(None, str(error))
        return edit_page(request, found, form, status=422)
    return submitted(request, revised)


def submitted(request: MemberRequest, revised: Proposal) -> HttpResponse:
    """Show the proposal with its new revision; its author cannot decide it, and sees so."""
    drafts.drop_draft(revised, request.member)
    words = f"Revision {revised.revision} of {revised} is submitted. Others decide it."
    if is_fragment(request):
        notice = {"kind": "good", "title": words, "text": ""}
        now = proposal_of(request.member, revised.number)
        response = proposal_page(request, now, notice=notice)
        response.headers["HX-Push-Url"] = desk_of(request).address("proposal", revised.number)
        return response
    messages.info(request, words)
    return SeeOther(desk_of(request).address("proposal", revised.number))


@require_POST
@member_page(Right.DECIDE)
def preview(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    form = EditForm(request.POST)
    keep(request, found, form)
    text = form.cleaned_data.get("text", "")
    context = preview_context(found, text, request.POST.get("against", ""))
    return render(request, "reviews/edit.html#livediff", context)


def preview_context(found: Proposal, text: str, against: str = "") -> Context:
    """Return the diff of a draft against live memory, or against the proposal."""
    size = len(text.encode(errors="surrogatepass"))
    shared: Context = {
        "proposal": found,
        "comparisons": COMPARISONS,
        "against": "proposal" if against == "proposal" else "live",
        "size": size,
        "limit": MAX_MEMORY_BYTES,
        "lines": text.removesuffix("\n").count("\n") + 1,
        "hidden": count_hidden(text[:MAX_MEMORY_BYTES]),
    }
    if size > MAX_MEMORY_BYTES:
        return shared | {"too_long": True}
    old = _text_of(found) if shared["against"] == "proposal" else base_text(found)
    firsts = firsts_in(text, found.store)
    marked = mark_firsts(compare(old, text), firsts.spans[:MOST_MARKED])
    return shared | {"diff": marked, "firsts": firsts}


def edit_page(
    request: MemberRequest,
    found: Proposal,
    form: EditForm,
    draft: Draft | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Answer with the editor and the text in it; draft: where it was restored from one."""
    text = str(form["text"].value() or "").replace("\r\n", "\n")
    context = {
        "dossier": dossier_of(found, request.member),
        "form": form,
        "text": text,
        "draft": draft,
        "afresh": f"{desk_of(request).more}afresh=1",
        "editing_chip": EDITING,
        "session_base": session_base(request),
        **preview_context(found, text),
        **more,
    }
    return show_pane(request, "reviews/edit.html", context, proposal=found, status=status)


def _text_of(found: Proposal) -> str:
    return found.revisions.get(number=found.revision).content
