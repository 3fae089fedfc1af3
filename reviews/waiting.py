"""The number on the way to the queue: how much waits for a member. Every page asks it."""

from django.db.models import QuerySet

from agents import clock
from agents.models import Workspace
from agents.people import Member
from agents.prepared import Listed, Slot
from reviews.models import Postponement, Proposal
from reviews.orders import BY_RISK
from reviews.queue import Counted, capped


@Listed
def _waiting(workspace: Slot, person: Slot, now: Slot) -> QuerySet[Workspace, int]:
    away = Postponement.objects.filter(person=person, workspace=workspace, until__gt=now)
    rows = Proposal.objects.filter(workspace=workspace, waits=1)
    rows = rows.exclude(number__in=away.values("number")).order_by(*BY_RISK.first)
    one = Workspace.objects.filter(pk=workspace).order_by("pk")
    return one.annotate(waiting=Counted(capped(rows))).values_list("waiting", flat=True)


def count_waiting(member: Member) -> int:
    """Return how many proposals the member's queue holds, up to COUNTED and one; one query."""
    found = _waiting(workspace=member.workspace.pk, person=member.person.pk, now=clock.now())
    return found[0]
