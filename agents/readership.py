"""Which memories sessions were given: counted from the record of reads, never guessed."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from agents.models import Memory, MemoryRead, MemoryStore, Rendering, Session
from agents.transcripts.base import Verdict

Items = Iterable[dict[str, object]]
LONGEST_SESSION = timedelta(days=30)


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


@dataclass(frozen=True, slots=True)
class Ends:
    """How sessions with a known end ended that read a memory, and those that did not."""

    read: int = 0
    read_succeeded: int = 0
    other: int = 0
    other_succeeded: int = 0


def ends_by_memory(
    store: MemoryStore, numbers: Collection[int], since: datetime
) -> dict[int, Ends]:
    """Return how the sessions that came in since then ended, by number of the M-… they read.

    Each session counts once, whatever it read how often; those with no known end, quarantined or
    failed through no fault of the agent do not count. Three queries, however many memories.
    """
    whose = {"agent": store.agent_id} if store.agent_id else {"workspace": store.workspace_id}
    known = Session.objects.filter(
        **whose, created_at__gte=since, not_agent_fault="", quarantined_at=None
    ).exclude(verdict=Verdict.UNKNOWN)
    succeeded = {
        (agent, name): verdict == Verdict.SUCCESS
        for agent, name, verdict in known.values_list("agent", "external_id", "verdict")
    }
    given: dict[tuple[int, str], frozenset[int]] = {}
    # A session reads before it comes in; none is open longer than its memory is worth reading.
    reads = MemoryRead.objects.filter(**whose, created_at__gte=since - LONGEST_SESSION)
    columns = ("agent", "external_session_id", "rendering")
    for agent, name, rendering in reads.values_list(*columns).distinct():
        if (agent, name) in succeeded:
            before = given.get((agent, name), frozenset())
            given[agent, name] = before | {rendering}
    alike = Counter((given.get(session, frozenset()), good) for session, good in succeeded.items())
    held = _held_by(set().union(*(renderings for renderings, _ in alike)), frozenset(numbers))
    return {number: _ends_of(number, alike, held) for number in numbers}


def _held_by(renderings: Collection[int], wanted: frozenset[int]) -> dict[int, frozenset[int]]:
    """Return which of the wanted memories each rendering gave."""
    rows = Rendering.objects.filter(pk__in=renderings).values_list("pk", "items").iterator()
    return {pk: wanted & _numbers_in(items) for pk, items in rows}


def _ends_of(
    number: int,
    alike: Mapping[tuple[frozenset[int], bool], int],
    held: Mapping[int, frozenset[int]],
) -> Ends:
    counts = {(read, good): 0 for read in (True, False) for good in (True, False)}
    for (renderings, good), times in alike.items():
        counts[any(number in held[one] for one in renderings), good] += times
    return Ends(
        read=counts[True, True] + counts[True, False],
        read_succeeded=counts[True, True],
        other=counts[False, True] + counts[False, False],
        other_succeeded=counts[False, True],
    )
