"""One memory: what it says, every version of it with who approved it, and the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents import clock
from agents.access import SHARED, member_page, memory_of
from agents.errors import InvalidInput
from agents.http import MemberRequest
from agents.models import Memory, MemoryVersion, Quarantine, Release, ReleaseItem
from agents.quarantines import covers
from agents.readership import count_sessions
from agents.rights import Right
from reviews.authorship import Written, trace_lines
from reviews.diffs import Diff, diff
from reviews.forms import KeepForm
from reviews.models import OPEN_STATES, Proposal
from reviews.provenance import Source, sources_of
from reviews.review_dates import keep
from reviews.views.desk import SeeOther

RECENTLY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the list. is_back: it can be put back as it stands."""

    version: MemoryVersion
    source: Source | None
    is_live: bool
    is_head: bool
    is_back: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions and what differs between them; a tombstone counts as an empty text."""

    before: MemoryVersion
    after: MemoryVersion
    diff: Diff


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the text now: the version that wrote it so, and where that came from."""

    line: Written
    source: Source | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was served of the memory at the end of a day (UTC); version None: nothing."""

    on: date
    version: MemoryVersion | None
    release: Release | None
    source: Source | None


@require_GET
@member_page(Right.SEE_MEMORY)
def memory(request: MemberRequest, number: int) -> HttpResponse:
    """Show a memory; `from` and `to` name two versions to compare, `as_of` a day to go back to."""
    found = memory_of(request.member, number)
    versions = list(found.versions.order_by("-number"))
    served = newest_item(found)
    live = next((one for one in versions if served and one.pk == served.version_id), None)
    sources = sources_of(request.workspace, versions)
    store = found.store
    context = {
        "memory": found,
        "store": store,
        "agent": store.agent,
        "name": store.agent.slug if store.agent else SHARED,
        "head": found.head,
        "live": live,
        "release": served.release if served else None,
        "source": sources.get(found.head.proposal) if found.head else None,
        "is_quarantined": getattr(served, "is_quarantined", False),
        "was_quarantined": getattr(served, "was_quarantined", False),
        "rows": version_rows(found, versions, live, sources),
        "lines": line_rows(versions, sources),
        "as_of": as_of(found, request.GET.get("as_of", ""), sources),
        "today": clock.now().date(),
        "keep_form": KeepForm(),
        "compared": compare(versions, request.GET.get("from", ""), request.GET.get("to", "")),
        "open": Proposal.objects.filter(
            store=store, path=found.path, state__in=OPEN_STATES
        ).order_by("number"),
        "readers": count_sessions(found, clock.now() - RECENTLY),
    }
    return render(request, "reviews/memory.html", context)


@require_POST
@member_page(Right.DECIDE)
def reviewed(request: MemberRequest, number: int) -> HttpResponse:
    """Keep the text of a memory until a day: somebody looked at it and it still holds."""
    found = memory_of(request.member, number)
    form = KeepForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Choose a day to look at the memory again."))
    kept = keep(found, form.cleaned_data["until"], by=request.member)
    messages.info(request, _("{memory} is to be looked at again.").format(memory=kept))
    return SeeOther(reverse("memory", args=[request.workspace.slug, number]))


def newest_item(found: Memory) -> ReleaseItem | None:
    """Return the last release item of the memory, which is what its store serves of it now.

    It has also `is_quarantined` (now) and `was_quarantined` (ever).
    """
    quarantines = Quarantine.objects.filter(memory=OuterRef("memory"))
    in_force = quarantines.filter(covers(OuterRef("version__number")), lifted_at=None)
    items = ReleaseItem.objects.filter(memory=found).select_related("release")
    return (
        items.annotate(
            is_quarantined=Exists(in_force),
            was_quarantined=Exists(quarantines),
        )
        .order_by("-release__sequence")
        .first()
    )


def version_rows(
    found: Memory,
    versions: Sequence[MemoryVersion],
    live: MemoryVersion | None,
    sources: Mapping[str, Source],
) -> list[VersionRow]:
    """Return the versions, newest first, as they are listed."""
    return [
        VersionRow(
            version=version,
            source=sources.get(version.proposal),
            is_live=live is not None and version.pk == live.pk,
            is_head=version.pk == found.head_id,
            is_back=version.pk != found.head_id and not version.is_tombstone,
        )
        for version in versions
    ]


def compare(versions: Sequence[MemoryVersion], start: str, end: str) -> Compared | None:
    """Return what differs between two versions named by number, None unless both exist."""
    by_number = {str(version.number): version for version in versions}
    before, after = by_number.get(start), by_number.get(end)
    if before is None or after is None:
        return None
    return Compared(before, after, diff(before.content, after.content))


def line_rows(versions: Sequence[MemoryVersion], sources: Mapping[str, Source]) -> list[LineRow]:
    """Return the lines of the newest text with who approved each; versions: newest first."""
    by_number = {version.number: version for version in versions}
    texts = [(one.number, one.content) for one in reversed(versions)]
    rows: list[LineRow] = []
    for line in trace_lines(texts):
        source = sources.get(by_number[line.version].proposal)
        is_first = not rows or rows[-1].line.version != line.version
        rows.append(LineRow(line, source, is_first))
    return rows


def as_of(found: Memory, day: str, sources: Mapping[str, Source]) -> AsOf | None:
    """Return what was served of the memory when `day` (2026-11-20) ended, None for no day."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        return None
    end = datetime.combine(on, time.max, tzinfo=UTC)
    items = ReleaseItem.objects.filter(memory=found, release__created_at__lte=end)
    last = items.select_related("release", "version").order_by("-release__sequence").first()
    version = last.version if last else None
    source = sources.get(version.proposal) if version else None
    return AsOf(on, version, last.release if last else None, source)
