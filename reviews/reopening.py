"""Reopening: what was applied here and could not be delivered goes back before people.

A store at a vendor may hold another text by the time a change arrives there. Then the change counts
for nothing anywhere: its paths say again what they said before, and people decide anew.
"""

from collections.abc import Sequence

from agents.memory import lock_store, replace_texts
from agents.models import Memory, MemoryStore, MemoryVersion
from agents.releases import publish_memories
from agents.web.ids import parse_id
from reviews.audit.actors import SYSTEM, Cause
from reviews.lifecycle import State
from reviews.models import Proposal
from reviews.proposals import conflict_others, lock, mark_conflicted, paths_of


def reopen(store: MemoryStore, proposal: str, *, reason: str, number: int) -> Proposal | None:
    """Take back what the applied proposal P-… wrote, and turn it conflicted; see the module.

    In the caller's transaction. number: of R-…, taken before. Writes nothing and returns None when
    it is not applied, or its path was changed since: what came later stands on its own decision.
    """
    locked = lock_store(store)
    key = parse_id(proposal, expected="P").number
    found = Proposal.objects.filter(store=store, number=key, state=State.APPLIED).first()
    if found is None:
        return None
    row = lock(found)
    written = [
        memory
        for memory in _memories(locked, paths_of(row))
        if memory.head is not None and memory.head.proposal == str(row)
    ]
    if row.path not in {memory.path for memory in written}:
        return None
    cause = Cause("decision", str(row))
    wanted = [(memory, _before(memory)) for memory in written]
    replace_texts(locked, wanted, actor=SYSTEM, on_behalf=cause)
    publish_memories(locked, written, number=number, actor=SYSTEM, on_behalf=cause)
    mark_conflicted(row, actor=SYSTEM, reason=reason)
    row.settled_at, row.applied_version = None, None
    row.save(update_fields=["settled_at", "applied_version"])
    conflict_others(locked, [memory.path for memory in written], actor=SYSTEM, but=row)
    return row


def _memories(store: MemoryStore, paths: Sequence[str]) -> list[Memory]:
    rows = Memory.objects.filter(store=store, path__in=paths).select_related("head")
    return list(rows.order_by("path"))


def _before(memory: Memory) -> MemoryVersion | None:
    """Return the version the path had before its head, None where that was no text.

    A path that was ever quarantined gets none back: its texts need approval to return.
    """
    if memory.head is None or memory.quarantines.exists():
        return None
    former = memory.versions.filter(number=memory.head.number - 1, is_tombstone=False)
    return former.first()
