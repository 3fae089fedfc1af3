"""One release: what it changed, its SHA-256, where it is served, and the way back to it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import SHARED, member_page, release_of
from agents.http import MemberRequest
from agents.models import Channel
from agents.rights import Right
from reviews.texts import MOST_PATHS, texts_between


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
