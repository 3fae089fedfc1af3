"""What waits for one person, section by section: the page they begin their day on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from agents import clock
from agents.models import Memory, Workspace
from agents.people import Member
from reviews.lines import ContainmentLine, Line, Reader, containment_lines, lines_of, spell_count
from reviews.models import Mention, Proposal
from reviews.orders import BY_RISK, NEWEST, Order, order_of
from reviews.postponements import Aside
from reviews.queue import (
    COUNTED,
    as_seen_by,
    count_rows,
    list_of,
    open_containments,
    page_of,
)
from reviews.reservations import DECIDABLE, live_of
from reviews.review_dates import overdue
from reviews.searches import Search, Where

MOST = 8
"""So many rows a section shows; the rest is behind its count."""


@dataclass(frozen=True, slots=True)
class Section:
    """One list of the page. count: of the whole, as printed; search: where the whole is listed."""

    name: str
    count: str
    lines: tuple[Line, ...]
    search: str


def sections_of(member: Member, aside: Aside, reader: Reader) -> tuple[Section, ...]:
    """Return what waits for the member, what matters most first.

    Two queries a section, whatever it holds.
    """
    yours = list_of(member, Search(where=Where.YOURS), aside=aside)
    first = order_of(Search(where=Where.YOURS), aside)
    own = list_of(member, Search(where=Where.OWN)).filter(
        state__in=("changes_requested", "conflicted")
    )
    reserved = live_of(member, clock.now()).values("number")
    held = list_of(member, Search(where=Where.ALL)).filter(number__in=reserved, state__in=DECIDABLE)
    later = list_of(member, Search(where=Where.LATER), aside=aside)
    return (
        _section("turn", yours, first, "is:yours", reader),
        _section("second", yours.filter(state="awaiting_second"), BY_RISK, "is:second", reader),
        _section("reserved", held, BY_RISK, "is:reserved", reader),
        _section("later", later, BY_RISK, "is:later", reader),
        _section("back", own, NEWEST, "is:own", reader),
    )


def _section(
    name: str, rows: QuerySet[Proposal], order: Order, search: str, reader: Reader
) -> Section:
    shown = page_of(as_seen_by(reader.member, rows), order, size=MOST).rows
    count = len(shown) if len(shown) < MOST else count_rows(rows)
    return Section(name, spell_count(count), lines_of(shown, reader), search)


@dataclass(frozen=True, slots=True)
class Named:
    """A comment that names the member and was not opened since. by: who wrote it."""

    id: str
    url: str
    title: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Memories whose review-by date has come. count: of all, as printed."""

    count: str
    memories: tuple[Memory, ...]


def names_for(member: Member, reader: Reader) -> tuple[Named, ...]:
    """Return what names the member and was not opened since, newest first; one query.

    What it says is read on the proposal's page, which knows what is held back from whom.
    """
    rows = Mention.objects.filter(
        person=member.person, seen_at=None, comment__proposal__workspace=member.workspace
    )
    found = rows.select_related("comment__proposal", "comment__person").order_by("-pk")[:MOST]
    comments = [row.comment for row in found]
    return tuple(
        Named(
            str(one.proposal),
            f"{reader.address('proposal', one.proposal.number)}#c-{one.number}",
            one.proposal.title,
            one.person.name,
            one.created_at,
        )
        for one in comments
    )


def upkeep_of(workspace: Workspace) -> Upkeep:
    """Return the memories to look at again; two queries at most."""
    rows = overdue(workspace).select_related("head", "store__agent")
    shown = tuple(rows[:MOST])
    count = len(shown) if len(shown) < MOST else rows[: COUNTED + 1].count()
    return Upkeep(spell_count(count), shown)


def containments_for(member: Member, reader: Reader) -> Sequence[ContainmentLine]:
    """Return the containments that wait for an answer by somebody like the member, in full."""
    rows = open_containments(member.workspace).exclude(by=member.person)
    found = rows.select_related("store__agent", "quarantine", "by")[:COUNTED]
    return containment_lines(found, reader.address)
