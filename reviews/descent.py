"""What descends from a session, an agent, a person or a memory: by evidence, and by being read.

By evidence: the memories whose text, now or earlier, rests on it. A proposal quotes a session, a
version comes from the proposal, later texts are written over it and merges carry it on. By being
read: what was learned from sessions that had been given such a text. The first is taken out of
service, the second is only flagged, and what rests on that in turn is not followed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from agents.models import Memory, MemoryVersion, Quarantine, QuarantineKind, Session
from agents.quarantines import sessions_of
from agents.readers import Reader, find_readers
from agents.web.ids import parse_id
from reviews.changes import Op, Relation
from reviews.lifecycle import State, Verdict
from reviews.lineage import Rest, VersionFacts, is_earlier_only, rest_of
from reviews.models import OPEN_STATES, Evidence, OriginKind, Proposal

WAITING = (*OPEN_STATES, State.CONFLICTED.value, State.CHANGES_REQUESTED.value)


@dataclass(frozen=True, slots=True)
class Resting:
    """One memory that rests on the target. is_earlier: what it says now does not, only before.

    memory: with its head, and its store's agent. versions: numbers, rising.
    """

    memory: Memory
    versions: tuple[int, ...]
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class Descent:
    """Everything that descends from a target.

    sessions: those that go with it. memories: by evidence. proposals: what waits or is scheduled
    and rests on it. touching: what else waits on the paths of those whose text now rests on it.
    readers: sessions that were given a text that rests on it. flagged: memories learned from them.
    """

    sessions: QuerySet[Session]
    memories: tuple[Resting, ...]
    proposals: tuple[Proposal, ...]
    touching: tuple[Proposal, ...]
    readers: tuple[Reader, ...]
    flagged: tuple[Resting, ...]

    @property
    def having(self) -> tuple[Reader, ...]:
        """Return the sessions that run and were last given one of the memories."""
        return tuple(one for one in self.readers if one.has_it)


def trace(row: Quarantine) -> Descent:
    """Return what descends from the target of `row`, which need not be stored yet."""
    sessions = sessions_of(row)
    sources = _sources(row, sessions)
    whole = {row.memory_id} if row.memory_id is not None else set()
    memories = _memories_resting(row, sources, whole)
    readers = _readers(row, memories)
    others = Q(pk__in=[one.session.pk for one in readers if one.session is not None])
    quoting = _quoting(row, Session.objects.filter(others))
    known = {one.memory.pk for one in memories}
    flagged = _memories_resting(row, quoting, set(), known)
    proposals = tuple(_still_to_come(sources).order_by("number"))
    return Descent(
        sessions=sessions,
        memories=memories,
        proposals=proposals,
        touching=_touching(memories, proposals),
        readers=readers,
        flagged=flagged,
    )


def memories_of(pks: Iterable[int]) -> QuerySet[Memory]:
    """Return these memories with what a page or a verb needs of them, in order of their numbers."""
    rows = Memory.objects.filter(pk__in=pks).select_related("store__agent", "head")
    return rows.defer("head__content").order_by("number")


def _sources(row: Quarantine, sessions: QuerySet[Session]) -> QuerySet[Proposal]:
    """Return the proposals that rest on the target itself: they quote it, or it wrote them."""
    found = _quoting(row, sessions)
    proposals = Proposal.objects.filter(workspace=row.workspace_id)
    if row.person_id is not None:
        wrote = Q(proposer=row.person_id) | Q(revisions__author=row.person_id)
        found |= proposals.filter(pk__in=proposals.filter(wrote).values("pk"))
    if row.kind == QuarantineKind.AGENT and row.agent is not None:
        found |= proposals.filter(origin_kind=OriginKind.AGENT, origin_id=row.agent.slug)
    return found


def _quoting(row: Quarantine, sessions: QuerySet[Session]) -> QuerySet[Proposal]:
    """Return the proposals with a quote of one of the sessions for them, not against them."""
    quotes = Evidence.objects.filter(
        event__revision__session__in=sessions, relation=Relation.SUPPORTS
    )
    return Proposal.objects.filter(workspace=row.workspace_id, pk__in=quotes.values("proposal"))


def _still_to_come(sources: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Return those that are not settled; a scheduled rejection takes nothing in and stays."""
    scheduled = Q(state=State.SCHEDULED, verdict=Verdict.APPROVE)
    return sources.filter(Q(state__in=WAITING) | scheduled).select_related("store__agent")


def _memories_resting(
    row: Quarantine,
    sources: QuerySet[Proposal],
    whole: Collection[int],
    known: Collection[int] = (),
) -> tuple[Resting, ...]:
    """Return the memories whose texts rest on the sources, but for `known` ones.

    whole: primary keys of memories all of whose texts count as resting.
    """
    applied = sources.filter(applied_version__isnull=False)
    names: set[str] = set()
    frontier = set(whole)
    for number, memory in applied.values_list("number", "applied_version__memory"):
        names.add(f"P-{number}")
        frontier.add(memory)
    found: dict[int, Rest] = {}
    earlier: dict[int, bool] = {}
    while frontier:
        facts = _facts_of(frontier)
        for memory, versions in facts.items():
            every = names | {one.proposal for one in versions} if memory in whole else names
            found[memory] = rest_of(versions, every)
            earlier[memory] = is_earlier_only(found[memory], versions)
        folded = {name for memory in facts for name in found[memory].folded_into} - names
        names |= folded
        frontier = _merged_into(row, folded)
    resting = {pk: rest for pk, rest in found.items() if rest.versions and pk not in known}
    return tuple(
        Resting(memory, resting[memory.pk].versions, earlier[memory.pk])
        for memory in memories_of(resting)
    )


def _facts_of(memories: Collection[int]) -> dict[int, list[VersionFacts]]:
    facts: dict[int, list[VersionFacts]] = {}
    rows = MemoryVersion.objects.filter(memory__in=memories).order_by("number")
    for memory, number, proposal, restores, is_tombstone in rows.values_list(
        "memory_id", "number", "proposal", "restores", "is_tombstone"
    ):
        one = VersionFacts(number, proposal, restores, is_tombstone)
        facts.setdefault(memory, []).append(one)
    return facts


def _merged_into(row: Quarantine, names: Collection[str]) -> set[int]:
    """Return the memories that merges among the proposals of these names wrote."""
    numbers = [parse_id(name, expected="P").number for name in names]
    merges = Proposal.objects.filter(
        workspace=row.workspace_id,
        number__in=numbers,
        op=Op.MERGE,
        applied_version__isnull=False,
    )
    return set(merges.values_list("applied_version__memory", flat=True))


def _readers(row: Quarantine, memories: Collection[Resting]) -> tuple[Reader, ...]:
    versions = {one.memory.number: frozenset(one.versions) for one in memories}
    since = _first_written(memories)
    return tuple(find_readers(row.workspace, versions, since)) if since is not None else ()


def _first_written(memories: Collection[Resting]) -> datetime | None:
    """Return when the first of the texts was written; no read can have given it before."""
    wanted: Mapping[int, int] = {one.memory.pk: one.versions[0] for one in memories}
    rows = MemoryVersion.objects.filter(memory__in=wanted).values_list(
        "memory_id", "number", "created_at"
    )
    return min((at for memory, number, at in rows if wanted[memory] == number), default=None)


def _touching(
    memories: Collection[Resting], proposals: Collection[Proposal]
) -> tuple[Proposal, ...]:
    """Return what else is open on these paths, but for what would retire them."""
    paths: dict[int, set[str]] = {}
    for one in memories:
        if not one.is_earlier:
            paths.setdefault(one.memory.store_id, set()).add(one.memory.path)
    known = {one.pk for one in proposals}
    scheduled = Q(state=State.SCHEDULED, verdict=Verdict.APPROVE)
    rows = Proposal.objects.filter(
        Q(state__in=OPEN_STATES) | scheduled, store__in=paths.keys()
    ).exclude(op=Op.RETIRE)
    every = {path for some in paths.values() for path in some}
    near = rows.filter(Q(path__in=every) | Q(op=Op.MERGE)).select_related("store__agent")
    return tuple(
        row
        for row in near.order_by("number")
        if row.pk not in known
        and not paths[row.store_id].isdisjoint(
            [row.path, *(merged["path"] for merged in row.merged)]
        )
    )
