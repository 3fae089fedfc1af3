"""The workspace for a lead: what becomes of what is proposed, and how sessions end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from agents import clock
from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from agents.web.charts import Column, columns_of
from dreaming import tallies
from reviews.approval_rules import OP_WORDS
from reviews.changes import Op

FATES: Mapping[str, tuple[str, ...]] = {
    "open": ("pending", "awaiting_second", "scheduled", "conflicted"),
    "applied": ("applied",),
    "rejected": ("rejected",),
    "sent_back": ("changes_requested",),
    "gone": ("superseded", "withdrawn"),
}


AGES: Mapping[str, Promise] = {
    "day": _("Less than a day"),
    "week": _("A day to a week"),
    "month": _("A week to 30 days"),
    "older": _("More than 30 days"),
}


@dataclass(frozen=True, slots=True)
class FateLine:
    """One kind of change and where its proposals stand."""

    kind: str
    total: int
    open: int
    applied: int
    rejected: int
    sent_back: int
    gone: int


@require_GET
@member_page(Right.SEE_MEMORY)
def insights(request: MemberRequest) -> HttpResponse:
    now = clock.now()
    since = now - tallies.LOOKED_BACK
    weeks = tallies.count_weeks(request.workspace, now)
    points = [Column(week.until, week.known, week.failed) for week in weeks]
    dreams = tallies.count_dreams(request.workspace, since)
    filed = tallies.count_filed(request.workspace, since, now)
    context = {
        "fates": fate_lines(filed.fates),
        "waiting": [(AGES[name], count) for name, count in filed.ages.items()],
        "waits": sum(filed.ages.values()),
        "decided": tallies.tally_decided(request.workspace, since, now),
        "dreams": dreams.total(),
        "dreams_by_state": dreams.most_common(),
        "dreamt": filed.dreamt.total(),
        "dreamt_applied": filed.dreamt["applied"],
        "weeks": weeks,
        "sessions": sum(week.sessions for week in weeks),
        "failed": tallies.share_of(
            sum(week.failed for week in weeks), sum(week.known for week in weeks)
        ),
        "chart": columns_of(points, what="sessions with a known end", part="failed"),
        "days": tallies.LOOKED_BACK.days,
        "newest": tallies.NEWEST,
        "least": tallies.LEAST,
    }
    return render(request, "dreaming/insights.html", context)


def fate_lines(counted: Mapping[str, Counter[str]]) -> list[FateLine]:
    """Return one line a kind of change that was proposed, in their fixed order."""
    lines = []
    for op in Op:
        states = counted.get(op.value, Counter())
        if states:
            sums = {fate: sum(states[one] for one in of) for fate, of in FATES.items()}
            lines.append(FateLine(OP_WORDS[op], states.total(), **sums))
    return lines
