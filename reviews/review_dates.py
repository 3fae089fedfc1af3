"""By when somebody looks at a memory again: asked for at approving, kept on it, and answered.

A date is no expiry: what is overdue is still served. It asks people, and it stays until somebody
says that the text still holds, or the text is changed or retired.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet

from agents import clock
from agents.errors import InvalidInput
from agents.memory import set_review
from agents.models import Memory, Workspace
from agents.people import Member, actor_of
from agents.rights import Right
from reviews.errors import NotAllowed
from reviews.models import Decision, Proposal

LONGEST = timedelta(days=3 * 366)


def check_day(on: date) -> None:
    """Raise InvalidInput unless `on` is a day after today (UTC) and within three years."""
    today = clock.now().date()
    if not today < on <= today + LONGEST:
        raise InvalidInput("Choose a day after today and within three years.")


def day_of(shown: Mapping[str, object]) -> date | None:
    """Return the review-by date a decision asked for, from what it was cast with."""
    given = shown.get("review_by")
    return date.fromisoformat(str(given)) if given else None


def asked_review(row: Proposal) -> date | None:
    """Return the earliest day the approvals of the newest revision ask for, None for none."""
    votes = Decision.objects.filter(
        proposal=row, revision=row.revision, verdict="approve", undo=None
    )
    return _earliest(votes.values_list("shown", flat=True))


def _earliest(shown: Iterable[Mapping[str, object]]) -> date | None:
    days = (day_of(one) for one in shown)
    return min((day for day in days if day is not None), default=None)


def overdue(workspace: Workspace) -> QuerySet[Memory]:
    """Return the memories whose day has come and that still have a text, the oldest day first."""
    rows = Memory.objects.filter(
        workspace=workspace, review_by__lte=clock.now().date(), head__is_tombstone=False
    )
    return rows.order_by("review_by", "number")


def keep(memory: Memory, until: date, *, by: Member) -> Memory:
    """Say for `by` that the memory's text still holds, and until which day; on the record.

    Raises NotAllowed for roles that do not decide, InvalidInput for a day that is past, too far, or
    where there is no text.
    """
    if not by.may(Right.DECIDE):
        raise NotAllowed("Reviewers and leads look at memories again; your role does not.")
    check_day(until)
    with transaction.atomic(durable=True):
        rows = Memory.objects.select_for_update(of=("self",)).select_related("head", "workspace")
        row = rows.get(pk=memory.pk)
        if row.head is None or row.head.is_tombstone:
            raise InvalidInput(f"{row} is retired: there is no text to look at.")
        set_review(row, until, actor=actor_of(by.person))
    return row
