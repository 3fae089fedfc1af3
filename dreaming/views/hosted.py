"""The store at Claude Managed Agents that a memory stands for: its page, linking and parting."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page, name_in_addresses, store_of
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.models import HostedStore, MemoryStore, OutsideWrite
from agents.rights import Right
from agents.web.ids import parse_id
from dreaming.errors import DreamingError
from dreaming.forms import LinkForm, WritesForm, store_label
from dreaming.hosted.arrivals import WRITES
from dreaming.hosted.drift import actor_words, revert, standing, take_up
from dreaming.hosted.links import ask_for_sync, link_store, unlink_store

LISTED = 20
MOST_WAITING = 100
VERBS = {
    "created": gettext_lazy("written anew"),
    "modified": gettext_lazy("changed"),
    "deleted": gettext_lazy("removed"),
}


@require_GET
@member_page(Right.SEE_MEMORY)
def hosted(request: MemberRequest, store: str) -> HttpResponse:
    return hosted_page(request, store_of(request.member, store), LinkForm())


@require_POST
@member_page(Right.LINK_STORES)
def hosted_link(request: MemberRequest, store: str) -> HttpResponse:
    found = store_of(request.member, store)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return hosted_page(request, found, form, status=422)
    try:
        row = link_store(found, **form.cleaned_data, by=request.member)
    except DreamingError as error:
        form.add_error(None, str(error))
        return hosted_page(request, found, form, status=422)
    messages.info(request, _("Linked to {name}. It is read now.").format(name=row.remote_id))
    return redirect("hosted", request.workspace.slug, store)


@require_POST
@member_page(Right.LINK_STORES)
def hosted_unlink(request: MemberRequest, store: str) -> HttpResponse:
    row = link_of(store_of(request.member, store))
    unlink_store(row, reason=request.POST.get("reason", ""), by=request.member)
    messages.info(request, _("Unlinked from {name}.").format(name=row.remote_id))
    return redirect("hosted", request.workspace.slug, store)


@require_POST
@member_page(Right.LINK_STORES)
def hosted_sync(request: MemberRequest, store: str) -> HttpResponse:
    ask_for_sync(link_of(store_of(request.member, store)))
    messages.info(request, _("It is read within seconds."))
    return redirect("hosted", request.workspace.slug, store)


@require_POST
@member_page(Right.CONTAIN)
def hosted_revert(request: MemberRequest, store: str) -> HttpResponse:
    chosen, reason = chosen_of(request, link_of(store_of(request.member, store)))
    for one in chosen:
        revert(one, reason=reason, by=request.member)
    words = ngettext(
        "{count} text is put back within seconds.",
        "{count} texts are put back within seconds.",
        len(chosen),
    )
    messages.info(request, words.format(count=len(chosen)))
    return redirect("hosted", request.workspace.slug, store)


@require_POST
@member_page(Right.CONTAIN)
def hosted_take_up(request: MemberRequest, store: str) -> HttpResponse:
    chosen, reason = chosen_of(request, link_of(store_of(request.member, store)))
    left = take_up(chosen, reason=reason, by=request.member)
    filed = len(chosen) - len(left)
    words = ngettext("{count} proposal is filed.", "{count} proposals are filed.", filed)
    messages.info(request, words.format(count=filed))
    if left:
        paths = ", ".join(one.path for one in left[:3])
        messages.warning(request, _("Not filed: {paths}. Put it back instead.").format(paths=paths))
    return redirect("hosted", request.workspace.slug, store)


def chosen_of(request: MemberRequest, row: HostedStore) -> tuple[list[OutsideWrite], str]:
    """Return the writes that were chosen and the reason; raises InvalidInput for a bad form."""
    waiting = {one.pk: one for one in standing(row)}
    form = WritesForm(request.POST, standing={pk: one.path for pk, one in waiting.items()})
    if not form.is_valid():
        raise InvalidInput(
            _("Choose what is answered and say why. Something may be answered by now.")
        )
    chosen = [waiting[int(pk)] for pk in form.cleaned_data["write"]]
    return chosen, str(form.cleaned_data["reason"])


def link_of(store: MemoryStore) -> HostedStore:
    """Return the link of a memory, or raise Http404 where there is none."""
    row = HostedStore.objects.filter(store=store).select_related("linked_by", "store").first()
    if row is None:
        raise Http404(f"{store_label(store)} is not linked to a store elsewhere.")
    return row


def hosted_page(
    request: MemberRequest, store: MemoryStore, form: LinkForm, status: int = 200
) -> HttpResponse:
    """Render the page of a memory's link, with what was typed so far."""
    row = HostedStore.objects.filter(store=store).select_related("linked_by").first()
    context = {
        "store": store,
        "name": name_in_addresses(store),
        "label": store_label(store),
        "link": row,
        "form": form,
        "may_link": request.member.may(Right.LINK_STORES),
        **(facts_of(row) if row else {}),
    }
    return render(request, "dreaming/hosted.html", context, status=status)


def shown(one: OutsideWrite) -> dict[str, Any]:
    """Return an outside write as the page tells it."""
    return {
        "row": one,
        "who": actor_words(one.actor_kind, one.actor),
        "verb": VERBS.get(one.operation, _("written")),
        "number": parse_id(one.proposal, expected="P").number if one.proposal else None,
    }


def facts_of(row: HostedStore) -> dict[str, Any]:
    """Return what the page says of a link: as many queries however much there is."""
    sessions = row.sessions.order_by("-pk")
    waiting = standing(row).select_related("hosted")
    return {
        "waiting": [shown(one) for one in waiting[:MOST_WAITING]],
        "waiting_total": waiting.count(),
        "writes": [
            shown(one)
            for one in row.writes.exclude(pk__in=waiting.values("pk"))
            .select_related("answered_by")
            .order_by("-pk")[:LISTED]
        ],
        "pushes": row.pushes.select_related("by", "version__memory").order_by("-pk")[:LISTED],
        "read": sessions.exclude(updated_at="").count(),
        "refused": sessions.exclude(refusal="")[:LISTED],
        "writers": sessions.filter(access=WRITES)[:LISTED],
        "writers_total": sessions.filter(access=WRITES).count(),
    }
