"""Containment: going back and restoring, by one lead at once, confirmed by another within 48 hours.

Only text that was approved for its path before can come back this way; new text always needs its
full number of approvals.
"""

from collections.abc import Callable, Mapping, Sequence

from django.db import transaction

from agents import clock
from agents.memory import find_head, restore_memory
from agents.models import Memory, MemoryStore, MemoryVersion, Quarantine, Release
from agents.numbers import take_number
from agents.people import Member, actor_of
from agents.releases import (
    differences,
    go_back,
    live_release,
    publish_memories,
    take_back,
)
from agents.rights import Right, may
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import InvalidChange, NotAllowed, ReasonMissing, StaleProposal
from reviews.models import ANSWER_WITHIN, Containment, ContainmentKind
from reviews.proposals import conflict_others
from reviews.quarantines import confirm, refuse_involved, release_numbers, restore

CONFIRMED = "confirmed"
REVERSED = "reversed"


def roll_back(store: MemoryStore, release: Release, *, by: Member, reason: str) -> Containment:
    """Serve `release`'s text again: new head versions, a new release, open proposals conflicted.

    New sessions read it from now on; sessions that began keep what they began with, and the
    proposals that were applied since stay applied. Raises NotAllowed unless `by` may contain,
    ReasonMissing, InvalidChange when nothing differs.
    """
    _check(by, reason)
    if release.store_id != store.pk:
        raise InvalidChange(f"{release} is not a release of this memory.")
    return _contain(
        store,
        ContainmentKind.ROLL_BACK,
        str(release),
        by,
        reason,
        lambda number: _go_back(store, release, by, reason, number),
    )


def _go_back(
    store: MemoryStore, release: Release, by: Member, reason: str, number: int
) -> tuple[Release, Sequence[str]]:
    _refuse_quarantined(store, release)
    back = go_back(store, release, actor=actor_of(by.person), reason=reason, number=number)
    if not back.paths:
        raise InvalidChange(f"Memory says now what {release} says; there is nothing to go back.")
    return back.release, back.paths


def _refuse_quarantined(store: MemoryStore, release: Release) -> None:
    """Raise InvalidChange when a text that would come back is of a memory ever quarantined."""
    returning = [one.after for one in differences(live_release(store), release) if one.after]
    found = Quarantine.objects.filter(memory__in=[line.memory_id for line in returning]).first()
    if found is not None:
        raise InvalidChange(
            f"{release} would bring back {found.memory}, which was quarantined; its texts need "
            "approval to come back."
        )


def restore_version(
    memory: Memory, version: MemoryVersion, *, by: Member, reason: str
) -> Containment:
    """Put one earlier text of a path back at once and publish it.

    Raises NotAllowed, ReasonMissing, or InvalidChange when the version is the head already, is a
    tombstone, belongs to another path, or was ever quarantined.
    """
    _check(by, reason)
    if version.memory_id != memory.pk or version.is_tombstone:
        raise InvalidChange(f"{memory} has no text under version {version.number}.")
    if memory.head_id == version.pk:
        raise InvalidChange(f"Version {version.number} of {memory} is what agents read now.")
    if memory.quarantines.exists():
        raise InvalidChange(f"{memory} was quarantined; its texts need approval to come back.")
    return _contain(
        memory.store,
        ContainmentKind.RESTORE,
        f"{memory} version {version.number}",
        by,
        reason,
        lambda number: _restore(memory, version, by, number),
    )


def _restore(
    memory: Memory, version: MemoryVersion, by: Member, number: int
) -> tuple[Release, Sequence[str]]:
    head = find_head(memory.store, memory.path)
    actor = actor_of(by.person)
    restore_memory(
        memory.store,
        memory.path,
        version.number,
        base_version=head.number if head else None,
        actor=actor,
    )
    release = publish_memories(memory.store, [memory], number=number, actor=actor)
    if release is None:
        raise InvalidChange(f"Agents read the text of version {version.number} already.")
    return release, [memory.path]


def answer(containment: Containment, *, by: Member, verdict: str, reason: str) -> Containment:
    """Confirm a containment, or reverse it: then its paths say again what they said before.

    What was applied to other paths since stays. Raises MayNotDecide for the lead who did it, for
    who it is about and for roles that do not decide, StaleProposal when somebody answered before.
    """
    if not may(by.role, Right.DECIDE):
        raise NotAllowed("A reviewer or lead answers a containment.")
    if verdict not in {CONFIRMED, REVERSED}:
        raise InvalidChange("Confirm or reverse; there is no other answer.")
    if verdict == REVERSED and not reason.strip():
        done = "reversed" if containment.quarantine is None else "restored"
        raise ReasonMissing(f"Say why the containment is {done}.")
    refuse_involved(containment, by)
    numbers = _take_numbers(containment, verdict)
    with transaction.atomic(durable=True):
        rows = Containment.objects.select_for_update(of=("self",))
        row = rows.select_related("workspace", "quarantine").get(pk=containment.pk)
        refuse_involved(row, by)
        if row.answer:
            raise StaleProposal(f"This was {row.answer} before.", proposal=row.target)
        _carry_out(row, by, verdict, reason, numbers)
        row.answer, row.answered_by, row.answered_at = verdict, by.person, clock.now()
        row.save(update_fields=["answer", "answered_by", "answered_at"])
        append(
            Action.CONTAINMENT_CONFIRMED if verdict == CONFIRMED else Action.CONTAINMENT_REVERSED,
            workspace=row.workspace.slug,
            actor=actor_of(by.person),
            object=str(row),
            after={"kind": row.kind, "answer": verdict},
            values={"reason": reason.strip()} if reason.strip() else {},
        )
    return row


def _take_numbers(row: Containment, verdict: str) -> dict[int, int]:
    """Take the numbers of the releases the answer will publish, by store."""
    if row.quarantine is not None:
        return release_numbers(row.quarantine) if verdict == CONFIRMED else {}
    if verdict == CONFIRMED or row.store is None:
        return {}
    return {row.store.pk: take_number(row.workspace, "R")}


def _carry_out(
    row: Containment, by: Member, verdict: str, reason: str, numbers: Mapping[int, int]
) -> None:
    if row.quarantine is None:
        if verdict == REVERSED:
            _reverse(row, by, numbers)
    elif verdict == CONFIRMED:
        confirm(row.quarantine, by=by, numbers=numbers)
    else:
        restore(row.quarantine, by=by, reason=reason)


def _reverse(row: Containment, by: Member, numbers: Mapping[int, int]) -> None:
    if row.store is None or row.release is None or row.release_before is None:
        raise InvalidChange(f"{row.target} kept no release to return to.")
    actor, number = actor_of(by.person), numbers[row.store.pk]
    back = take_back(row.store, row.release, row.release_before, actor=actor, number=number)
    conflict_others(row.store, back.paths, actor=actor)


def _check(by: Member, reason: str) -> None:
    if not may(by.role, Right.CONTAIN):
        raise NotAllowed("A lead of this workspace goes back or restores.")
    if not reason.strip():
        raise ReasonMissing("Say why: a reviewer confirms or reverses this within 48 hours.")


def _contain(
    store: MemoryStore,
    kind: ContainmentKind,
    target: str,
    by: Member,
    reason: str,
    act: Callable[[int], tuple[Release, Sequence[str]]],
) -> Containment:
    """Do `act` with a release number, turn open proposals on its paths conflicted, log it all."""
    number, release_number = (take_number(store.workspace, letter) for letter in "CR")
    now = clock.now()
    with transaction.atomic(durable=True):
        before = live_release(store)
        release, paths = act(release_number)
        conflicted = conflict_others(store, paths, actor=actor_of(by.person))
        row = Containment.objects.create(
            workspace=store.workspace,
            store=store,
            number=number,
            kind=kind,
            target=target,
            release=release,
            release_before=before,
            by=by.person,
            reason=reason.strip(),
            created_at=now,
            due_at=now + ANSWER_WITHIN,
        )
        append(
            Action.CONTAINMENT_OPENED,
            workspace=store.workspace.slug,
            actor=actor_of(by.person),
            object=str(row),
            before={"release": str(before)},
            after={
                "kind": kind.value,
                "release": str(release),
                "paths": len(paths),
                "conflicted": conflicted,
            },
            values={"reason": row.reason, "target": target},
        )
    return row
