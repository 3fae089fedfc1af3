"""What somebody types on a proposal's page, saved while they do; and what an ended session left."""

from collections.abc import Callable
from typing import TypeVar

from django.forms import Form
from django.http import Http404, HttpResponse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents import clock
from agents.access import LEFT, WORDS_LEFT, member_page
from agents.http import MemberRequest
from agents.prepared import Kept
from agents.rights import Right
from agents.web.addresses import address
from agents.web.fields import markup_of
from reviews import drafts
from reviews.access import proposal_of
from reviews.drafts import MOST_SIGNS, WORDS, Kind
from reviews.models import Proposal
from reviews.views.desk import Context

FIELDS = {Kind.REJECT: "reason", Kind.REQUEST: "reason", Kind.COMMENT: "text"}
PAGES = {"reject/": Kind.REJECT, "request-changes/": Kind.REQUEST, "comment/": Kind.COMMENT}
SAVING = {
    "hx-trigger": "input changed delay:600ms",
    "hx-swap": "none",
    "hx-sync": "this:replace",
    "data-quiet": True,
}
ADDRESS = "address-of-the-draft"
"""Stands in kept markup where the address of a proposal's draft comes."""
F = TypeVar("F", bound=Form)
_UNSENT = Kept(most=64)
KINDS = {kind.value: kind for kind in WORDS}


@require_POST
@member_page(Right.DECIDE)
def draft(request: MemberRequest, number: int, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404(_("There is no such field."))
    found = proposal_of(request.member, number)
    text = request.POST.get(FIELDS[KINDS[kind]], "").replace("\0", "")
    drafts.keep_words(found, request.member, KINDS[kind], text)
    return HttpResponse(status=204)


def with_draft(form: F, proposal: Proposal, kind: Kind, words: str = "") -> F:
    """Return a form of words whose field is saved while one types, with what was left of it."""
    field = form.fields[FIELDS[kind]]
    field.initial = words
    field.widget.attrs.update(SAVING | {"hx-post": draft_address(proposal, kind)})
    return form


def unsent(
    make: Callable[[], Form], proposal: Proposal, kind: Kind | None = None, words: str = ""
) -> Form | Context:
    """Return a form to begin with, as a template asks for its fields.

    kind: of the words that are saved while one types, None for a form without. Where nothing was
    left in it, all that differs is the address they go to, so its markup is made once a day.
    """
    if words and kind is not None:
        return with_draft(make(), proposal, kind, words)
    key = (make, kind, get_language(), clock.now().date())
    kept = _UNSENT.get(key, lambda: markup_of(_waiting(make(), kind)))
    if kind is None:
        return kept
    field, here = FIELDS[kind], escape(draft_address(proposal, kind))
    markup = kept[field]["as_field_group"].replace(ADDRESS, here, 1)
    return kept | {field: {"as_field_group": SafeString(markup)}}


def _waiting(form: Form, kind: Kind | None) -> Form:
    if kind is not None:
        form.fields[FIELDS[kind]].widget.attrs.update(SAVING | {"hx-post": ADDRESS})
    return form


def draft_address(proposal: Proposal, kind: Kind) -> str:
    """Return where words of this kind about the proposal are saved."""
    return address("proposal_draft", proposal.workspace.slug, proposal.number, kind.value)


def take_left(request: MemberRequest, found: Proposal) -> dict[Kind, str]:
    """Return what the member left in each field of words.

    What stood in a form whose session had ended becomes their draft now, if it was theirs.
    """
    left = drafts.words_left(found)
    for page, kind in PAGES.items():
        if held := take_held(request, found, page):
            words = held[FIELDS[kind]][:MOST_SIGNS]
            drafts.keep_words(found, request.member, kind, words)
            return left | {kind: words}
    return left


def take_held(request: MemberRequest, found: Proposal, page: str) -> dict[str, str] | None:
    """Return field -> words of the form at `page` that was sent after its session had ended.

    They wait no longer then. None where there are none, or where somebody else wrote them.
    """
    held = request.session.get(LEFT)
    path = f"/w/{request.workspace.slug}/review/{found}/{page}"
    if not isinstance(held, dict) or held["path"] != path:
        return None
    del request.session[LEFT]
    if held["writer"] != request.person.public_id:
        return None
    # A browser sends every line end as CR LF, whatever stood there.
    return {name: held[name].replace("\r\n", "\n") for name in WORDS_LEFT}


def drop_left(request: MemberRequest, found: Proposal, kind: Kind) -> None:
    """Forget the draft of what was sent; no query where there was none."""
    if drafts.words_left(found)[kind]:
        drafts.drop_draft(found, request.member, kind)
