"""Proposals that are read better together: about one thing in one dream, or nearly the same text.

Who belongs together is settled once, at filing: a proposal takes the place in the queue of the
first of its kin (`Proposal.lead`), so that they stand one after the other and cost no query to
find.
"""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from agents.models import Event
from reviews.changes import text_key
from reviews.models import OriginKind, Proposal

ABOUT_LENGTH = 120


def about_of(path: str, cited: Iterable[Event]) -> str:
    """Return what a change is about: the tool most of its quotes are of, else its folder."""
    tools = Counter(event.tool for event in cited if event.tool)
    if tools:
        # The first by name among those cited as often, whatever order the quotes came in.
        return min(tools, key=lambda tool: (-tools[tool], tool))[:ABOUT_LENGTH]
    return path.rpartition("/")[0][:ABOUT_LENGTH]


def join_kin(row: Proposal, content: str, cited: Iterable[Event]) -> None:
    """Settle the kin of a proposal that is being filed, before it is saved, in its transaction.

    content: its text, '' for one that retires. cited: the events of its quotes.
    """
    row.about, row.text_key = about_of(row.path, cited), text_key(content)
    first = _alike(row).first() or _of_one_dream(row).first()
    row.kin = first.lead if first else None


def _alike(row: Proposal) -> QuerySet[Proposal]:
    if not row.text_key:
        return Proposal.objects.none()
    rows = Proposal.objects.filter(workspace=row.workspace, text_key=row.text_key, waits=1)
    return rows.order_by("number")


def _of_one_dream(row: Proposal) -> QuerySet[Proposal]:
    if row.origin_kind != OriginKind.DREAM or not row.about:
        return Proposal.objects.none()
    rows = Proposal.objects.filter(
        workspace=row.workspace,
        origin_kind=row.origin_kind,
        origin_id=row.origin_id,
        about=row.about,
    )
    return rows.order_by("number")


def kin_of(row: Proposal) -> QuerySet[Proposal]:
    """Return the others of the proposal's kin, those that wait first, then by age."""
    return kin_at(row.workspace_id, row.lead, row.number)


def kin_at(workspace: int, lead: int, number: int) -> QuerySet[Proposal]:
    """Return who stands at `lead` beside the proposal of that number, as kin_of."""
    rows = Proposal.objects.filter(workspace=workspace, lead=lead).filter(~Q(number=number))
    return rows.order_by("-waits", "number")
