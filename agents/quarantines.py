"""Sessions out of service: which of them a quarantine takes out, those that come in later too.

A session is out while anything in force names it: itself, its agent, or somebody it served or who
speaks in it. What is out feeds no dream and is no evidence.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet

from agents import clock
from agents.models import Event, Quarantine, QuarantineKind, Session, Workspace


def in_force(workspace: Workspace) -> QuerySet[Quarantine]:
    """Return what people put out of service in the workspace and nobody gave back, oldest first."""
    rows = Quarantine.objects.filter(workspace=workspace, cause=None, lifted_at=None)
    return rows.order_by("pk")


def covers(version: OuterRef) -> Q:
    """Return which rows take out a version of their memory, by the number of the version."""
    return Q(through=None) | Q(through__gte=version)


def sessions_of(row: Quarantine, among: QuerySet[Session] | None = None) -> QuerySet[Session]:
    """Return the sessions the quarantine takes out; `row` need not be stored yet.

    among: only of these sessions of its workspace.
    """
    sessions = Session.objects.filter(workspace=row.workspace_id) if among is None else among
    if row.ended_at is not None:
        sessions = sessions.filter(created_at__lte=row.ended_at)
    if row.session_id is not None:
        return sessions.filter(pk=row.session_id)
    if row.agent_id is not None:
        return sessions.filter(agent=row.agent_id)
    if row.kind == QuarantineKind.PERSON:
        return sessions.filter(_is_about(row.names, sessions))
    return sessions.none()


def take_out(row: Quarantine, at: datetime) -> int:
    """Take out what the quarantine names and is still in service; return how many sessions."""
    return sessions_of(row).filter(quarantined_at=None).update(quarantined_at=at)


def give_back(row: Quarantine) -> int:
    """Put the sessions of a lifted quarantine back, but for those another one keeps out.

    Return how many came back.
    """
    back = sessions_of(row).exclude(quarantined_at=None)
    for other in _naming_sessions(row.workspace).exclude(pk=row.pk):
        back = back.exclude(pk__in=sessions_of(other).values("pk"))
    return Session.objects.filter(pk__in=list(back.values_list("pk", flat=True))).update(
        quarantined_at=None
    )


def take_out_arrivals(workspace: Workspace, sessions: Collection[int]) -> None:
    """Take out those of the sessions just written that a quarantine in force names.

    Run it after the rows were written, in their transaction: whoever opens a quarantine holds the
    workspace's row, for which a new session waits.
    """
    for row in _naming_sessions(workspace):
        among = Session.objects.filter(pk__in=sessions, quarantined_at=None)
        sessions_of(row, among).update(quarantined_at=clock.now())


def _naming_sessions(workspace: Workspace) -> QuerySet[Quarantine]:
    return in_force(workspace).exclude(kind=QuarantineKind.MEMORY).select_related("workspace")


def _is_about(names: Collection[str], sessions: QuerySet[Session]) -> Q:
    """Return which of the sessions served one of these names, or hold words of theirs.

    Letters' case does not count, in whatever alphabet: neither database folds all of them.
    """
    served = sessions.exclude(principal="").values_list("principal", flat=True).distinct()
    events = Event.objects.filter(revision__session__in=sessions).exclude(person="")
    spoke = events.values_list("person", flat=True).distinct()
    own = {word for word in (*served, *spoke) if word.casefold() in names}
    words = events.filter(person__in=own).values("revision__session")
    return Q(principal__in=own) | Q(pk__in=words)
