"""Who has a proposal's page open right now. Rows end by themselves, and nobody keeps many."""

from collections.abc import Sequence
from datetime import timedelta

from agents import clock
from agents.people import Member
from reviews.models import Presence, Proposal

ALIVE = timedelta(seconds=75)
"""Two pings and a bit: an open page says so every 30 s."""

MOST_NAMED = 3


def be_at(proposal: Proposal, by: Member) -> None:
    """Note that `by` has the page open; what they had open before is forgotten when it is stale.

    Not on the record: it says nothing about what was done.
    """
    now = clock.now()
    Presence.objects.filter(person=by.person, seen_at__lt=now - ALIVE).delete()
    Presence.objects.bulk_create(
        [Presence(proposal=proposal, person=by.person, seen_at=now)],
        update_conflicts=True,
        unique_fields=["proposal", "person"],
        update_fields=["seen_at"],
    )


def others_at(proposal: Proposal, member: Member) -> Sequence[str]:
    """Return the names of whoever else has the page open, at most MOST_NAMED and one."""
    rows = Presence.objects.filter(proposal=proposal, seen_at__gte=clock.now() - ALIVE)
    names = rows.exclude(person=member.person).order_by("person__name", "pk")
    return list(names.values_list("person__name", flat=True)[: MOST_NAMED + 1])
