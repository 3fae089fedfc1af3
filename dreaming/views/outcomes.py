"""How sessions ended that read a memory, beside those that did not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents import clock
from agents.access import member_page, store_of
from agents.http import MemberRequest
from agents.models import MemoryVersion, ReleaseItem
from agents.readership import Ends, ends_by_memory
from agents.rights import Right
from agents.web.amounts import spell_number, spell_points
from agents.web.charts import Pair, Rate, pair_of
from agents.web.paging import page_of
from dreaming.differences import LEAST, TELLABLE, Difference, compare_shares
from dreaming.views.overview import find_channels, live_items

LOOKED_BACK = timedelta(days=90)
TOO_FEW = "Not enough sessions to tell."


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One live memory: how the sessions ended that read it and that did not, in words."""

    version: MemoryVersion
    ends: Ends
    difference: Difference | None
    pair: Pair | None
    says: str
    more: str


@require_GET
@member_page(Right.SEE_MEMORY)
def outcomes(request: MemberRequest, store: str) -> HttpResponse:
    found = store_of(request.member, store)
    channel = find_channels(request.workspace).get(store=found)
    page = page_of(
        live_items(channel), order=("-memory__number",), cursor=request.GET.get("at", "")
    )
    numbers = [item.memory.number for item in page.items]
    ends = ends_by_memory(found, numbers, clock.now() - LOOKED_BACK)
    context = {
        "store": found,
        "agent": found.agent,
        "name": store,
        "page": page,
        "rows": rows_of(page.items, ends),
        "days": LOOKED_BACK.days,
        "least": LEAST,
        "points": round(100 * TELLABLE),
    }
    return render(request, "dreaming/outcomes.html", context)


def rows_of(items: Sequence[ReleaseItem], ends: dict[int, Ends]) -> list[OutcomeRow]:
    """Return one row a memory, in the order of the items."""
    rows = []
    for item in items:
        if item.version is not None:
            item.version.memory = item.memory
            rows.append(row_of(item.version, ends[item.memory.number]))
    return rows


def row_of(version: MemoryVersion, ends: Ends) -> OutcomeRow:
    """Return the row of one memory."""
    found = compare_shares(ends.read_succeeded, ends.read, ends.other_succeeded, ends.other)
    pair = pair_of(
        Rate("read", ends.read_succeeded, ends.read),
        Rate("not read", ends.other_succeeded, ends.other),
    )
    return OutcomeRow(
        version=version,
        ends=ends,
        difference=found,
        pair=pair if found else None,
        says=say_difference(found),
        more=say_more(ends, found),
    )


def say_difference(found: Difference | None) -> str:
    """Return what the two shares amount to, in one sentence; never a cause."""
    if found is None:
        return TOO_FEW
    between = f"{spell_points(found.low)} to {spell_points(found.high)}"
    if not found.is_told:
        return f"No difference can be told: anything from {between} points fits what was seen."
    which = "less" if found.is_below else "more"
    points = spell_points(found.points)
    return f"Those that read it succeeded {which} often: {points} points, {between}."


def say_more(ends: Ends, found: Difference | None) -> str:
    """Return about how many more sessions it takes to tell ten points, '' where enough came."""
    if found is None:
        if not ends.read and not ends.other:
            return "No session with a known end."
        return f"At least {LEAST} sessions on either side are needed to begin."
    wanted = [
        f"{spell_number(count)} that {words}"
        for count, words in ((found.more_read, "read it"), (found.more_other, "did not"))
        if count
    ]
    if not wanted:
        return ""
    return f"About {' and '.join(wanted)} more are needed to tell {round(100 * TELLABLE)} points."
