"""The number on the way to the queue: how much waits for a member. Every page asks it."""

from django.db.models import QuerySet

from agents import clock
from agents.models import Workspace
from agents.people import Member
from agents.prepared import Kept, Prepared, Slot, Written
from reviews.models import Postponement, Proposal
from reviews.orders import BY_RISK
from reviews.queue import Counted, capped

KEPT = Kept(most=256)
"""The query of each member who was here lately, in this process."""


def count_waiting(member: Member) -> int:
    """Return how many proposals the member's queue holds, up to COUNTED and one; one query."""
    workspace, person = member.workspace.pk, member.person.pk
    asked = KEPT.get((workspace, person), lambda: _waiting(workspace, person))
    return asked(now=clock.now())[0]


def _waiting(workspace: int, person: int) -> Prepared[int]:
    def build(now: Slot) -> QuerySet[Workspace, int]:
        away = Postponement.objects.filter(person=person, workspace=workspace, until__gt=now)
        rows = Proposal.objects.filter(workspace=workspace, waits=1)
        rows = rows.exclude(number__in=away.values("number")).order_by(*BY_RISK.first)
        one = Workspace.objects.filter(pk=workspace).order_by("pk")
        return one.annotate(waiting=Counted(capped(rows))).values_list("waiting", flat=True)

    return Written(build)
