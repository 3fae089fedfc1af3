"""Which memories sessions were given: counted from the record of reads, never guessed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Q

from agents.models import Memory, MemoryRead, MemoryStore, Rendering, Session

Items = Iterable[dict[str, object]]


def count_reads(store: MemoryStore, since: datetime) -> Counter[int]:
    """Return how many reads since then gave each memory of the store, by the number of its M-….

    A session that read twice, with another budget or release, counts twice.
    """
    counted: Counter[int] = Counter()
    renderings = Rendering.objects.filter(_of_store(store, since, "reads__"))
    for items, reads in renderings.annotate(times=Count("reads")).values_list("items", "times"):
        for number in _numbers_in(items):
            counted[number] += reads
    return counted


def count_sessions(memory: Memory, since: datetime) -> int:
    """Return how many sessions were given the memory since then, each counted once."""
    renderings = Rendering.objects.filter(_of_store(memory.store, since, "reads__")).distinct()
    holding = [
        pk
        for pk, items in renderings.values_list("pk", "items")
        if memory.number in _numbers_in(items)
    ]
    reads = MemoryRead.objects.filter(_of_store(memory.store, since), rendering__in=holding)
    return reads.values("agent", "external_session_id").distinct().count()


def reads_of(session: Session) -> Sequence[MemoryRead]:
    """Return what the session was given, oldest first, each with its releases and rendering."""
    reads = MemoryRead.objects.filter(
        agent=session.agent_id, external_session_id=session.external_id
    )
    return list(reads.select_related("release", "shared_release", "rendering").order_by("pk"))


def _of_store(store: MemoryStore, since: datetime, prefix: str = "") -> Q:
    """Return which reads could give a memory of the store: its agent's, or the workspace's."""
    whose = {"agent": store.agent_id} if store.agent_id else {"workspace": store.workspace_id}
    wanted = whose | {"created_at__gte": since}
    return Q(**{prefix + name: value for name, value in wanted.items()})


def _numbers_in(items: Items) -> set[int]:
    return {int(str(item["memory"])) for item in items if item["in"]}
