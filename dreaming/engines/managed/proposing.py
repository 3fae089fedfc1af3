"""From two listings of the store to candidates: one a changed path, grounded or not. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dreaming.engines.base import Candidate, Dropped, EngineMemory, EngineSession
from dreaming.engines.managed.changes import Changed, Way, find_changes
from dreaming.engines.managed.grounding import (
    Grounds,
    ground,
    known_statements,
    new_statements,
)
from dreaming.engines.managed.statements import sentences_of
from dreaming.engines.wording import cut_title

KIND = "hosted"
SPEAKERS = frozenset({"member", "principal"})


@dataclass(frozen=True, slots=True)
class Proposed:
    """The candidates of a hosted dream in the order of their paths, and what is none."""

    candidates: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]


def propose(
    before: Mapping[str, str],
    after: Mapping[str, str],
    memories: Sequence[EngineMemory],
    sessions: Iterable[EngineSession],
    read: frozenset[str],
) -> Proposed:
    """Return a candidate for each path the dream changed.

    before, after: the store at the vendor as the dream found and as it left it. memories: what was
    approved here; only that counts as known. read: ids of the sessions the dream was given, in
    which its changes are looked for.
    """
    changes = find_changes(before, after)
    held = {memory.path: memory for memory in memories}
    known = known_statements(memory.content for memory in memories)
    wanted = {one.path: new_statements(one.path, one.after, known) for one in changes}
    grounds = ground(wanted, (one for one in sessions if one.id in read))
    candidates: list[Candidate] = []
    dropped: list[Dropped] = []
    for one in changes:
        if one.way is Way.REMOVED and one.path not in held:
            why = "It was never approved here, so there is nothing to retire."
            dropped.append(Dropped(f"removal of {one.path}", why))
            continue
        candidates.append(_candidate(one, grounds[one.path], held.get(one.path), read))
    return Proposed(tuple(candidates), tuple(dropped))


def _candidate(
    one: Changed, found: Grounds, memory: EngineMemory | None, read: frozenset[str]
) -> Candidate:
    said = bool(found.trusts) and found.trusts <= SPEAKERS
    taints = () if memory is None or one.way is Way.REMOVED else (memory.taint,)
    return Candidate(
        kind=KIND,
        tool="",
        template=one.path,
        statement=f"Stop keeping {one.path}." if one.way is Way.REMOVED else one.after,
        title=cut_title(_title(one)),
        matched=found.matched,
        quotes=found.quotes,
        signal="words" if said else "outcome",
        exposed=read,
        # The vendor's model wrote it, so at best the words are an agent's.
        sources=tuple(sorted({"agent", *found.trusts, *taints})),
        rationale=_rationale(one, memory),
        op=_op(one, memory),
        path=one.path,
        unfounded=found.missing,
    )


def _op(one: Changed, memory: EngineMemory | None) -> str:
    if one.way is Way.REMOVED:
        return "retire"
    return "update" if memory is not None else "create"


def _title(one: Changed) -> str:
    first = next((words for words in sentences_of(one.after) if words), one.path)
    return f"Retire {one.path}" if one.way is Way.REMOVED else first.lstrip("#*- ") or one.path


def _rationale(one: Changed, memory: EngineMemory | None) -> str:
    held = memory.content if memory is not None else ""
    drifted = "The text at the vendor was another than the one approved here."
    return " ".join(part for part in (one.told, drifted if one.before != held else "") if part)
