"""Releases of a store, the difference of any two, and one of them with the way back to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import SHARED, member_page, release_of, store_of
from agents.http import MemberRequest, asked
from agents.models import Channel, MemoryStore, Release
from agents.releases import live_release
from agents.rights import Right
from agents.web.ids import BadId, parse_id
from agents.web.paging import page_of
from reviews.texts import MOST_PATHS, ChangedText, texts_between


@require_GET
@member_page(Right.SEE_MEMORY)
def release(request: MemberRequest, number: int) -> HttpResponse:
    found = release_of(request.member, number)
    changed = texts_between(found.parent, found) if found.parent else ()
    agent = found.store.agent
    context = {
        "release": found,
        "agent": agent,
        "name": agent.slug if agent else SHARED,
        "changed": changed[:MOST_PATHS],
        "paths": len(changed),
        "left": max(0, len(changed) - MOST_PATHS),
        "is_live": Channel.objects.filter(store=found.store_id, release=found).exists(),
    }
    return render(request, "reviews/release.html", context)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two releases of one store and the texts in which they differ; left: paths not shown."""

    before: Release
    after: Release
    changed: tuple[ChangedText, ...]
    paths: int
    left: int


@require_GET
@member_page(Right.SEE_MEMORY)
def release_list(request: MemberRequest, agent: str) -> HttpResponse:
    """List a store's releases, newest first; `from` and `to` name two of them to compare."""
    store = store_of(request.member, agent)
    rows = (
        Release.objects.filter(store=store)
        .select_related("goes_back_to")
        .annotate(changes=Count("items"), retired=Count("items", filter=Q(items__version=None)))
    )
    context = {
        "agent": store.agent,
        "name": store.agent.slug if store.agent else SHARED,
        "page": page_of(rows, order=("-sequence",), cursor=request.GET.get("at", "")),
        "live": live_release(store),
        "compared": compare(store, (asked(request, "from"), asked(request, "to"))),
    }
    return render(request, "reviews/releases.html", context)


def compare(store: MemoryStore, named: Iterable[str]) -> Compared | None:
    """Return what differs between two releases named as R-14, None unless both are the store's."""
    found = [_find(store, name) for name in named]
    before, after = found
    if before is None or after is None:
        return None
    changed = texts_between(before, after)
    left = max(0, len(changed) - MOST_PATHS)
    return Compared(before, after, changed[:MOST_PATHS], len(changed), left)


def _find(store: MemoryStore, name: str) -> Release | None:
    try:
        number = parse_id(name, expected="R").number
    except BadId:
        return None
    return Release.objects.filter(store=store, number=number).select_related("parent").first()
