"""Proposing by hand: new memory, a change, or an empty text to retire a path."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.access import SHARED, member_page, store_of
from agents.errors import InvalidInput, InvalidPath, StoreFull
from agents.http import MemberRequest, asked
from agents.memory import find_head
from agents.rights import Right
from agents.web.ids import BadId, parse_id
from reviews import proposals
from reviews.access import proposal_of
from reviews.errors import InvalidChange, ReasonMissing
from reviews.forms import ProposeForm
from reviews.views.desk import SeeOther, desk_of


@require_http_methods(["GET", "POST"])
@member_page(Right.PROPOSE_RETIRE)
def propose(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return propose_page(request, first_form(request))
    form = ProposeForm(request.POST, workspace=request.workspace)
    if not form.is_valid():
        return propose_page(request, form, status=422)
    try:
        filed = proposals.file_by_hand(
            store_of(request.member, form.cleaned_data["store"]),
            path=form.cleaned_data["path"],
            content=form.cleaned_data["text"],
            rationale=form.cleaned_data["rationale"],
            by=request.member,
        )
    except (InvalidChange, InvalidInput, InvalidPath, StoreFull, ReasonMissing) as error:
        form.add_error(None, str(error))
        return propose_page(request, form, status=422)
    messages.info(request, _("{proposal} is filed. Others decide it.").format(proposal=filed))
    return SeeOther(desk_of(request).address("proposal", filed.number))


def first_form(request: MemberRequest) -> ProposeForm:
    """Return the form with the store, path and present text that the address names.

    from: a proposal whose store, path and text it begins with (P-1042).
    """
    if before := asked(request, "from"):
        return form_after(request, before)
    store, path = asked(request, "store"), asked(request, "path")
    text = ""
    if store and path:
        head = find_head(store_of(request.member, store), path)
        text = head.content if head and "retire" not in request.GET else ""
    initial = {"store": store, "path": path, "text": text}
    return ProposeForm(initial=initial, workspace=request.workspace)


def form_after(request: MemberRequest, name: str) -> ProposeForm:
    """Return the form with what another proposal says, to be changed and filed anew."""
    try:
        found = proposal_of(request.member, parse_id(name, expected="P").number)
    except BadId as error:
        raise Http404(f"There is no proposal {name}.") from error
    initial = {
        "store": found.agent.slug if found.agent else SHARED,
        "path": found.path,
        "text": found.revisions.get(number=found.revision).content,
    }
    return ProposeForm(initial=initial, workspace=request.workspace)


def propose_page(request: MemberRequest, form: ProposeForm, *, status: int = 200) -> HttpResponse:
    """Answer with the form, what was typed in it."""
    return render(request, "reviews/propose.html", {"form": form}, status=status)
