"""Quarantine: one lead takes a session, an agent, a person or a memory out of service at once.

What rests on it by evidence goes with it, out of every read; releases are not rewritten. Another
person confirms within 48 hours, and then the texts are retired, or restores; open or late, it stays
in force. A text that was quarantined comes back otherwise only by its full number of approvals.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from agents import clock
from agents.memory import lock_store, take_out_memory
from agents.models import (
    Agent,
    Event,
    Memory,
    MemoryStore,
    Person,
    Quarantine,
    QuarantineKind,
    Session,
    Workspace,
)
from agents.numbers import take_number, take_numbers
from agents.people import Member, actor_of, lock_workspace, names_of, subject_of
from agents.quarantines import give_back, in_force, take_out
from agents.reads import file_spooled_reads
from agents.releases import publish_memories
from agents.rights import Right
from agents.web.ids import BadId, parse_id
from agents.workspaces import name_agent
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.descent import Descent, trace
from reviews.errors import InvalidChange, MayNotDecide, NotAllowed, ReasonMissing, StaleProposal
from reviews.lifecycle import State
from reviews.models import ANSWER_WITHIN, Containment, ContainmentKind, Proposal
from reviews.proposals import conflict_others, mark_conflicted, withdraw

LISTED = 1_000
"""Names an entry lists one by one; a longer list is its count, and a value."""


def aim(workspace: Workspace, kind: str, target: str) -> Quarantine:
    """Return a quarantine of what is named, not stored yet; nothing is out of service by it.

    target: S-12, an agent's slug, M-5, or of a person the public id, an address, or how sessions
    name who they served. Raises InvalidChange for what is not there.
    """
    finders = {
        QuarantineKind.SESSION: _aim_at_session,
        QuarantineKind.AGENT: _aim_at_agent,
        QuarantineKind.PERSON: _aim_at_person,
        QuarantineKind.MEMORY: _aim_at_memory,
    }
    if kind not in finders:
        raise InvalidChange("A session, an agent, a person or a memory is quarantined.")
    found = finders[QuarantineKind(kind)](workspace, target.strip())
    if found is None:
        raise InvalidChange(f"{workspace.name} has no {kind} “{target.strip()[:80]}”.")
    return found


def _number(name: str, letter: str) -> int:
    """Return the number of a human id, 0, which nothing has, for anything else."""
    try:
        return parse_id(name.upper(), expected=letter).number
    except BadId:
        return 0


def _aim_at_session(workspace: Workspace, name: str) -> Quarantine | None:
    row = Session.objects.filter(workspace=workspace, number=_number(name, "S")).first()
    if row is None:
        return None
    return Quarantine(
        workspace=workspace, kind=QuarantineKind.SESSION, target=str(row), session=row
    )


def _aim_at_agent(workspace: Workspace, name: str) -> Quarantine | None:
    row = Agent.objects.filter(workspace=workspace, slug=name).first()
    if row is None:
        return None
    return Quarantine(workspace=workspace, kind=QuarantineKind.AGENT, target=row.slug, agent=row)


def _aim_at_memory(workspace: Workspace, name: str) -> Quarantine | None:
    rows = Memory.objects.filter(workspace=workspace, number=_number(name, "M"))
    row = rows.filter(head__isnull=False).select_related("head").first()
    if row is None:
        return None
    return Quarantine(workspace=workspace, kind=QuarantineKind.MEMORY, target=str(row), memory=row)


def _aim_at_person(workspace: Workspace, name: str) -> Quarantine | None:
    """Return a quarantine of a member, or of somebody only sessions name."""
    here = Person.objects.filter(memberships__workspace=workspace)
    row = here.filter(Q(public_id=name) | Q(email__iexact=name)).first()
    if row is not None:
        return Quarantine(
            workspace=workspace,
            kind=QuarantineKind.PERSON,
            target=row.public_id,
            person=row,
            names=names_of(row),
        )
    served = Session.objects.filter(workspace=workspace, principal=name)
    spoke = Event.objects.filter(revision__session__workspace=workspace, person=name)
    if not name or not (served.exists() or spoke.exists()):
        return None
    return Quarantine(
        workspace=workspace,
        kind=QuarantineKind.PERSON,
        target=name[:80],
        names=[name.casefold()],
    )


def name_target(row: Quarantine) -> str:
    """Return what is quarantined as people call it: S-12, Claims review, M-5, Ana Ribeiro."""
    if row.agent is not None:
        return row.agent.name
    return row.target if row.person is None else row.person.name


def preview(row: Quarantine) -> Descent:
    """Return what would go with the target, reads that wait in the spool counted in."""
    file_spooled_reads()
    return trace(row)


def find_in_force(row: Quarantine) -> Quarantine | None:
    """Return the quarantine of the same target that is in force, None where there is none."""
    same = in_force(row.workspace).filter(kind=row.kind, containment__isnull=False)
    if row.kind == QuarantineKind.PERSON:
        return next((one for one in same if set(one.names) & set(row.names)), None)
    return same.filter(session=row.session, agent=row.agent, memory=row.memory).first()


def open_quarantine(
    row: Quarantine, *, by: Member, reason: str, shown: Mapping[str, int]
) -> Containment:
    """Take the target of `row` out of service with everything that rests on it by evidence.

    shown: what the page had counted when it was confirmed; what is taken out is what rests on it
    now. What waits and rests on it is withdrawn: its numbers count what is no evidence any more,
    and a later dream proposes it anew from what is left. Raises NotAllowed, ReasonMissing, or
    InvalidChange for what is quarantined already.
    """
    if not by.may(Right.CONTAIN):
        raise NotAllowed("A lead of this workspace quarantines.")
    if not reason.strip():
        raise ReasonMissing("Say why: a reviewer confirms or restores this within 48 hours.")
    file_spooled_reads()
    number = take_number(row.workspace, "Q")
    with transaction.atomic(durable=True):
        _lock(row.workspace)
        if find_in_force(row) is not None:
            raise InvalidChange(f"{name_target(row)} is quarantined already.")
        descent = trace(row)
        row.number, row.by = number, by.person
        row.reason, row.created_at = reason.strip(), clock.now()
        _store(row, descent)
        sessions = take_out(row, row.created_at)
        withdrawn, conflicted = _settle_proposals(row, descent, by)
        made = Containment.objects.create(
            workspace=row.workspace,
            kind=ContainmentKind.QUARANTINE,
            target=name_target(row)[:80],
            quarantine=row,
            by=by.person,
            reason=row.reason,
            created_at=row.created_at,
            due_at=row.created_at + ANSWER_WITHIN,
        )
        _log_opened(
            row,
            by,
            descent,
            {"sessions": sessions, "withdrawn": withdrawn, "conflicted": conflicted},
            shown,
        )
    return made


def _lock(workspace: Workspace) -> None:
    """Keep out whoever applies, files or brings in sessions; stores first, as they are taken."""
    for store in MemoryStore.objects.filter(workspace=workspace).order_by("pk"):
        lock_store(store)
    lock_workspace(workspace)


def _store(row: Quarantine, descent: Descent) -> None:
    """Write the row of the target and one for each memory that goes with it.

    Out is what rests on it: a text that was written since and does not is served on.
    """
    through = {one.memory.pk: one.versions[-1] for one in descent.memories}
    if row.memory_id is not None:
        row.through = through[row.memory_id]
    row.save()
    Quarantine.objects.bulk_create(
        (
            Quarantine(
                workspace=row.workspace,
                cause=row,
                kind=QuarantineKind.MEMORY,
                target=str(one.memory),
                memory=one.memory,
                through=through[one.memory.pk],
                by=row.by,
                created_at=row.created_at,
            )
            for one in descent.memories
            if one.memory.pk != row.memory_id
        ),
        batch_size=500,
    )


def _settle_proposals(row: Quarantine, descent: Descent, by: Member) -> tuple[list[str], list[str]]:
    """Withdraw what rests on the target and set aside what changes its memories; return both."""
    resting = [one.pk for one in descent.proposals]
    rows = Proposal.objects.filter(pk__in=[*resting, *(one.pk for one in descent.touching)])
    withdrawn, conflicted = [], []
    why = _why_withdrawn(row)
    for one in rows.select_for_update(of=("self",)).select_related("workspace").order_by("pk"):
        if one.pk not in resting:
            reason = "A memory it changes was quarantined."
            mark_conflicted(one, actor=actor_of(by.person), reason=reason)
            conflicted.append(str(one))
            continue
        if one.state == State.SCHEDULED:
            mark_conflicted(one, actor=actor_of(by.person), reason=why)
        withdraw(one, reason=why, by=None)
        withdrawn.append(str(one))
    return withdrawn, conflicted


def _why_withdrawn(row: Quarantine) -> str:
    return f"It rests on {name_target(row)}, which was quarantined."


def withdrawn_by(row: Quarantine) -> QuerySet[Proposal]:
    """Return the proposals a stored quarantine withdrew, in order of their numbers."""
    rows = Proposal.objects.filter(
        workspace=row.workspace_id,
        state=State.WITHDRAWN,
        state_reason=_why_withdrawn(row),
        settled_at__gte=row.created_at,
    )
    return rows.select_related("store__agent").order_by("number")


def _log_opened(
    row: Quarantine,
    by: Member,
    descent: Descent,
    done: Mapping[str, Any],
    shown: Mapping[str, int],
) -> None:
    memories = [str(one.memory) for one in descent.memories]
    flagged = [str(one.memory) for one in descent.flagged]
    lists = {
        "memories": memories,
        "flagged": flagged,
        "withdrawn": done["withdrawn"],
        "conflicted": done["conflicted"],
    }
    append(
        Action.QUARANTINE_OPENED,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=str(row),
        after={
            "kind": row.kind,
            "target": _identify(row),
            "sessions": done["sessions"],
            "counts": {name: len(names) for name, names in lists.items()},
            "readers": len(descent.readers),
            "running": len(descent.having),
            **{name: _listed(names) for name, names in lists.items()},
        },
        values={
            "reason": row.reason,
            "target": name_target(row),
            **{name: " ".join(names) for name, names in lists.items() if len(names) > LISTED},
        },
        shown=dict(shown),
    )


def _identify(row: Quarantine) -> str | None:
    """Return how the log names the target; None for a person only sessions name."""
    if row.person is not None:
        return subject_of(row.person)
    if row.agent is not None:
        return name_agent(row.agent)
    return None if row.kind == QuarantineKind.PERSON else row.target


def _listed(names: Sequence[str]) -> list[str] | None:
    return list(names) if len(names) <= LISTED else None


def parts_of(row: Quarantine) -> QuerySet[Quarantine]:
    """Return the memories a quarantine took out, given back or not, by number."""
    rows = Quarantine.objects.filter(Q(pk=row.pk) | Q(cause=row), memory__isnull=False)
    return rows.select_related("memory__store__agent", "memory__head").order_by("memory__number")


def release_numbers(row: Quarantine) -> dict[int, int]:
    """Take one number of R-… for each store with a memory to retire; before the transaction."""
    stores = sorted({part.memory.store_id for part in parts_of(row) if part.memory is not None})
    return dict(zip(stores, take_numbers(row.workspace, "R", len(stores)), strict=True))


def confirm(row: Quarantine, *, by: Member, numbers: Mapping[int, int]) -> None:
    """Retire the texts that are still out, in the caller's transaction; their history stays.

    numbers: `release_numbers`. A text that was approved for its path meanwhile stays.
    """
    actor = actor_of(by.person)
    for pk in numbers:
        lock_store(MemoryStore(pk=pk))
    for store, memories in _by_store(parts_of(row).filter(lifted_at=None)):
        for memory in memories:
            if memory.head is not None:
                take_out_memory(store, memory.path, base_version=memory.head.number, actor=actor)
        publish_memories(store, memories, number=numbers[store.pk], actor=actor)
        conflict_others(store, [memory.path for memory in memories], actor=actor)


def _by_store(parts: Iterable[Quarantine]) -> list[tuple[MemoryStore, list[Memory]]]:
    """Return the memories whose head is among the texts that are out, by store."""
    found: dict[int, tuple[MemoryStore, list[Memory]]] = {}
    for part in parts:
        memory = part.memory
        if memory is None or memory.head is None or memory.head.is_tombstone:
            continue
        if part.through is None or memory.head.number <= part.through:
            found.setdefault(memory.store_id, (memory.store, []))[1].append(memory)
    return [found[pk] for pk in sorted(found)]


def restore(row: Quarantine, *, by: Member, reason: str) -> None:
    """Give everything this quarantine took out back, in the caller's transaction.

    What another one keeps out stays out. What was withdrawn stays so; a dream proposes it anew.
    """
    now = clock.now()
    parts = parts_of(row).filter(lifted_at=None)
    memories = [str(part.memory) for part in parts]
    family = Quarantine.objects.filter(Q(pk=row.pk) | Q(cause=row), lifted_at=None)
    family.update(lifted_at=now, lifted_by=by.person, lift_reason=reason.strip())
    sessions = give_back(row)
    _log_lifted(row, by, memories, sessions, reason)


def restore_part(part: Quarantine, *, by: Member, reason: str) -> None:
    """Give one memory of an unanswered quarantine back; the rest stays out.

    Raises NotAllowed for roles that do not decide, MayNotDecide for the lead who did it and for the
    person it is about, ReasonMissing, StaleProposal once it was answered or is back already.
    """
    if not by.may(Right.DECIDE):
        raise NotAllowed("A reviewer or lead restores what was quarantined.")
    if not reason.strip():
        raise ReasonMissing("Say why this memory is restored.")
    root = part.cause if part.cause is not None else part
    with transaction.atomic(durable=True):
        containment = Containment.objects.select_for_update(of=("self",)).get(quarantine=root)
        refuse_involved(containment, by)
        name = str(part.memory)
        if containment.answer:
            raise StaleProposal(f"This was {containment.answer} before.", proposal=name)
        lifted = Quarantine.objects.filter(pk=part.pk, lifted_at=None).update(
            lifted_at=clock.now(), lifted_by=by.person, lift_reason=reason.strip()
        )
        if not lifted:
            raise StaleProposal(f"{name} was restored before.", proposal=name)
        _log_lifted(root, by, [name], None, reason)


def why_not_let_in(row: Quarantine) -> str:
    """Return why what comes in later cannot be let in, '' when it can: the row's own state."""
    if row.kind not in {QuarantineKind.AGENT, QuarantineKind.PERSON} or row.lifted_at is not None:
        return "Nothing that comes in later is kept out by it."
    if row.containment.answer != "confirmed":
        return "It waits for its answer first."
    return "" if row.ended_at is None else "Sessions that come in are in service already."


def let_in(row: Quarantine, *, by: Member, reason: str) -> Quarantine:
    """Let sessions that come in from now on be in service again; what came before stays out.

    Of an agent or a person whose quarantine was confirmed, once what was wrong is mended. Raises
    NotAllowed for roles that do not decide, MayNotDecide for the lead who opened it and the person
    it is about, ReasonMissing, StaleProposal where there is nothing to let in.
    """
    if not by.may(Right.DECIDE):
        raise NotAllowed("A reviewer or lead lets sessions in again.")
    if not reason.strip():
        raise ReasonMissing("Say what was mended since.")
    with transaction.atomic(durable=True):
        # Sessions that are being stored wait for this row: each is before or after, never between.
        lock_workspace(row.workspace)
        rows = Quarantine.objects.select_related("containment", "workspace")
        found = rows.get(pk=row.pk)
        refuse_involved(found.containment, by)
        if words := why_not_let_in(found):
            raise StaleProposal(words, proposal=name_target(found))
        found.ended_at = clock.now()
        found.save(update_fields=["ended_at"])
        append(
            Action.QUARANTINE_ENDED,
            workspace=found.workspace.slug,
            actor=actor_of(by.person),
            object=str(found),
            after={"kind": found.kind, "target": _identify(found)},
            values={"reason": reason.strip()},
        )
    return found


def refuse_involved(containment: Containment, by: Member) -> None:
    """Raise MayNotDecide for the lead who did it, and for the person it is about."""
    if containment.by_id == by.person.pk:
        raise MayNotDecide("Another person than the lead who did it answers.")
    row = containment.quarantine
    if row is not None and row.person_id == by.person.pk:
        raise MayNotDecide("This quarantine is about you; another person answers.")


def _log_lifted(
    row: Quarantine, by: Member, memories: Sequence[str], sessions: int | None, reason: str
) -> None:
    """Log what came back; sessions: how many, None where one memory came back alone."""
    append(
        Action.QUARANTINE_LIFTED,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=str(row),
        after={
            "memories": _listed(memories),
            "counts": {"memories": len(memories)},
            "sessions": sessions,
            "whole": sessions is not None,
        },
        values={"reason": reason.strip()}
        | ({"memories": " ".join(memories)} if len(memories) > LISTED else {}),
    )
