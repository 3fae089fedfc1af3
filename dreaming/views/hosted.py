"""The store at Claude Managed Agents that a memory stands for: its page, linking and parting."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page, name_in_addresses, store_of
from agents.http import MemberRequest
from agents.models import HostedStore, MemoryStore
from agents.rights import Right
from dreaming.errors import DreamingError
from dreaming.forms import LinkForm, store_label
from dreaming.hosted.arrivals import WRITES
from dreaming.hosted.links import ask_for_sync, link_store, unlink_store

LISTED = 20


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


def facts_of(row: HostedStore) -> dict[str, Any]:
    """Return what the page says of a link: as many queries however much there is."""
    sessions = row.sessions.order_by("-pk")
    return {
        "read": sessions.exclude(updated_at="").count(),
        "refused": sessions.exclude(refusal="")[:LISTED],
        "writers": sessions.filter(access=WRITES)[:LISTED],
        "writers_total": sessions.filter(access=WRITES).count(),
    }
