"""Releases of a store, the difference of any two, and one of them with the way back to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import SHARED, member_page, release_of, store_of
from agents.errors import BadTimes, InvalidInput, StaleRelease
from agents.http import MemberRequest, asked
from agents.models import Channel, MemoryStore, MemoryVersion, Publishing, Release
from agents.releases import contents, live_release, quarantined
from agents.rights import Right
from agents.slots import explain, next_slot
from agents.stores import ReleaseLine
from agents.web.ids import BadId, parse_id
from agents.web.paging import page_of
from agents.zones import zone_names
from reviews import baselines, publishing
from reviews.errors import InvalidChange
from reviews.forms import PublishForm, PublishingForm
from reviews.provenance import Source, Span, sources_in, versions_in
from reviews.publishing import Plan
from reviews.texts import MOST_PATHS, ChangedText, texts_between
from reviews.views.desk import SeeOther, address_of

TEXTS_A_PAGE = 40


@require_GET
@member_page(Right.SEE_MEMORY)
def release(request: MemberRequest, number: int) -> HttpResponse:
    found = release_of(request.member, number)
    changed = texts_between(found.parent, found) if found.parent else ()
    shown = changed[:MOST_PATHS]
    agent = found.store.agent
    sources = approved_in(found, shown)
    context = {
        "release": found,
        "agent": agent,
        "name": agent.slug if agent else SHARED,
        "changed": [(one, sources.get(one.memory, ())) for one in shown],
        "paths": len(changed),
        "left": len(changed) - len(shown),
        "is_live": Channel.objects.filter(store=found.store_id, release=found).exists(),
    }
    return render(request, "reviews/release.html", context)


@require_GET
@member_page(Right.SEE_MEMORY)
def release_texts(request: MemberRequest, number: int) -> HttpResponse:
    """Show every text of one release, by path, some on a page."""
    found = release_of(request.member, number)
    lines = contents(found)
    pages = max(1, -(-len(lines) // TEXTS_A_PAGE))
    asked_for = asked(request, "page")
    page = min(max(int(asked_for) if asked_for.isdecimal() else 1, 1), pages)
    some = lines[(page - 1) * TEXTS_A_PAGE : page * TEXTS_A_PAGE]
    context = {
        "release": found,
        "agent": found.store.agent,
        "texts": read_lines(found, some),
        "page": page,
        "pages": pages,
    }
    return render(request, "reviews/release_texts.html", context)


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One text of a release. is_out: a quarantine keeps it from agents now."""

    line: ReleaseLine
    text: str
    is_out: bool


def read_lines(release: Release, lines: Sequence[ReleaseLine]) -> list[ReadLine]:
    """Return the texts of some of a release's lines, in their order; two queries for any number."""
    wanted = MemoryVersion.objects.filter(pk__in=[line.version_id for line in lines])
    texts = dict(wanted.values_list("pk", "content"))
    out = quarantined(release.store.workspace)
    return [
        ReadLine(line, texts[line.version_id], line.version <= out.get(line.memory_id, 0))
        for line in lines
    ]


def approved_in(
    release: Release, changed: Iterable[ChangedText]
) -> Mapping[int, tuple[Source, ...]]:
    """Return by number of memory what stands behind each text the release changed."""
    spans = {one.memory: Span(one.before or 0, release.created_at) for one in changed}
    workspace = release.store.workspace
    return sources_in(workspace, versions_in(workspace, spans))


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
    return releases_page(request, store_of(request.member, agent))


@require_POST
@member_page(Right.PUBLISH)
def publish(request: MemberRequest, agent: str) -> HttpResponse:
    """Publish what waits in the store, as the page listed it."""
    store = store_of(request.member, agent)
    form = PublishForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Open the releases page and publish what it lists.")
    try:
        made = publishing.publish_by_hand(store, by=request.member, seen=form.cleaned_data["seen"])
    except StaleRelease as error:
        return releases_page(request, store, status=409, words=str(error))
    messages.info(request, _("%(release)s is live.") % {"release": made})
    return SeeOther(address_of("releases", request.workspace.slug, agent))


@require_POST
@member_page(Right.SET_PUBLISHING)
def publishing_set(request: MemberRequest, agent: str) -> HttpResponse:
    """Set when the store's approved changes are published."""
    store = store_of(request.member, agent)
    form = PublishingForm(request.POST)
    if not form.is_valid():
        return releases_page(request, store, form=form, status=422)
    given = form.cleaned_data
    plan = Plan(Publishing(given["mode"]), given["cron"], given["zone"])
    try:
        publishing.set_publishing(store, plan, by=request.member)
    except (BadTimes, InvalidChange) as error:
        form.add_error(None, str(error))
        return releases_page(request, store_of(request.member, agent), form=form, status=422)
    messages.info(request, _("When it is published is set."))
    return SeeOther(address_of("releases", request.workspace.slug, agent))


def releases_page(
    request: MemberRequest,
    store: MemoryStore,
    *,
    form: PublishingForm | None = None,
    status: int = 200,
    words: str = "",
) -> HttpResponse:
    """Answer with a store's releases, what waits to be one, and when it will be."""
    rows = (
        Release.objects.filter(store=store)
        .select_related("goes_back_to", "published_by")
        .annotate(changes=Count("items"), retired=Count("items", filter=Q(items__version=None)))
    )
    baseline = baselines.baseline_of(store)
    context = {
        "agent": store.agent,
        "baseline": baseline,
        "distance": baselines.distance_of(baseline) if baseline else None,
        "name": store.agent.slug if store.agent else SHARED,
        "page": page_of(rows, order=("-sequence",), cursor=request.GET.get("at", "")),
        "live": live_release(store),
        "compared": compare(store, (asked(request, "from"), asked(request, "to"))),
        "parcel": publishing.parcel_of(store, request.member),
        "words": words,
        "zones": zone_names(),
        **plan_of(store),
        "form": form or PublishingForm(initial=initial_of(store)),
    }
    return render(request, "reviews/releases.html", context, status=status)


def initial_of(store: MemoryStore) -> dict[str, str]:
    """Return what the form shows before anything is typed."""
    return {
        "mode": store.publishing,
        "cron": store.publish_cron or "0 6 * * MON-FRI",
        "zone": store.publish_zone,
    }


def plan_of(store: MemoryStore) -> dict[str, Any]:
    """Return when the store is published, in words, and the next time of its schedule in UTC."""
    plan: dict[str, Any] = {"mode": Publishing(store.publishing), "times": "", "next_slot": None}
    if store.publishing != Publishing.SCHEDULED:
        return plan
    try:
        words = explain(store.publish_cron)
        slot = next_slot(store.publish_cron, store.publish_zone, clock.now())
    except BadTimes as error:
        return plan | {"times": str(error)}
    times = f"{words[:1].lower()}{words[1:]}, {store.publish_zone}"
    return plan | {"times": times, "next_slot": slot}


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
