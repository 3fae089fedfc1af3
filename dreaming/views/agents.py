"""Agents for a lead: the list, and what one of them (or all together) remembers and how it grew."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from agents import clock
from agents.access import SHARED, member_page, store_of
from agents.errors import InvalidInput
from agents.http import MemberRequest, asked
from agents.models import Channel, Release
from agents.readership import count_reads
from agents.rights import Right
from agents.stores import MAX_MEMORIES
from agents.web.paging import page_of
from dreaming import schedules
from dreaming.models import Dream
from dreaming.views.overview import (
    LISTED,
    RECENTLY,
    WEEK,
    find_channels,
    find_published,
    find_sessions,
    growth_in_weeks,
    live_items,
    live_rows,
    totals_of,
)
from reviews.baselines import baseline_of, distance_of
from reviews.provenance import sources_of

LISTED_ROWS = 4


@require_GET
@member_page(Right.SEE_MEMORY)
def agents(request: MemberRequest) -> HttpResponse:
    found = find_channels(request.workspace).order_by("store__agent__name", "store")
    agents = [channel for channel in found if channel.store.agent]
    shared = [channel for channel in found if channel.store.agent is None]
    context = {"agents": agents, "channels": [*agents, *shared]}
    return render(request, "dreaming/agents.html", context)


@require_GET
@member_page(Right.SEE_MEMORY)
def agent(request: MemberRequest, agent: str) -> HttpResponse:
    found = find_channels(request.workspace).filter(store__agent__slug=agent).first()
    if found is None:
        raise Http404(f"{request.workspace.name} has no agent {agent!r}.")
    return render(request, "dreaming/agent.html", overview_of(request, found))


@require_GET
@member_page(Right.SEE_MEMORY)
def shared_memory(request: MemberRequest) -> HttpResponse:
    found = find_channels(request.workspace).get(store__agent=None)
    return render(request, "dreaming/agent.html", overview_of(request, found))


@require_GET
@member_page(Right.SEE_MEMORY)
def release_on(request: MemberRequest, store: str) -> HttpResponse:
    found = store_of(request.member, store)
    end = datetime.combine(read_day(asked(request, "day")), time.max, tzinfo=UTC)
    releases = Release.objects.filter(store=found, created_at__lte=end)
    release = releases.order_by("-sequence").first()
    if release is None:
        raise Http404(f"{found} had no release on {end.date()}.")
    return redirect("release", request.workspace.slug, release.number)


def read_day(text: str) -> date:
    """Return the day that is spelled 2026-11-24, or raise InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text[:20]!r} is no day. Write it as 2026-11-24.") from error


def overview_of(request: MemberRequest, channel: Channel) -> dict[str, Any]:
    """Return everything the page of one store shows."""
    now = clock.now()
    store, release = channel.store, channel.release
    page = page_of(
        live_items(channel),
        order=("-waiting", "-release__sequence", "-memory__number"),
        cursor=request.GET.get("at", ""),
    )
    versions = [item.version for item in page.items if item.version]
    published = find_published(channel, now)
    share, newest = find_sessions(channel, now - RECENTLY)
    plan = getattr(store, "schedule", None)
    baseline = baseline_of(store)
    return {
        "baseline": baseline,
        "distance": distance_of(baseline) if baseline else None,
        "channel": channel,
        "store": store,
        "agent": store.agent,
        "name": store.agent.slug if store.agent else SHARED,
        "release": release,
        "limit": MAX_MEMORIES,
        "filled": release.memory_count / MAX_MEMORIES,
        "totals": totals_of(published, now - RECENTLY, release.memory_count),
        "share": share,
        "sessions": newest[:LISTED_ROWS],
        "chart": growth_in_weeks(published, release.memory_count, now),
        "page": page,
        "rows": live_rows(
            page.items, sources_of(store.workspace, versions), count_reads(store, now - WEEK)
        ),
        "published": published[:LISTED],
        "dreams": Dream.objects.filter(store=store).order_by("-number")[:LISTED_ROWS],
        "next_dream": schedules.next_start(plan, now) if plan else None,
    }
