"""What was approved goes out to the store at the vendor, each change once, by a journal.

A row is planned, then sent (the request is on its way or its answer is unknown), then done or
refused; each step commits before the next begins, so a worker that is killed anywhere is resumed by
the rows. A request is made again as it was: the vendor answers one that is carried out already
without doing it twice. It is made on the condition that the path still says what it said when both
sides agreed; where it does not, nothing is written and the proposal goes back before people.
"""

from typing import TYPE_CHECKING

from django.db import transaction

from agents import clock
from agents.memory import lock_store, name_store
from agents.models import (
    HostedMemory,
    HostedPush,
    HostedStore,
    MemoryStore,
    MemoryVersion,
)
from agents.numbers import take_number
from agents.people import actor_of
from agents.releases import contents, live_release, quarantined
from agents.stores import ReleaseLine
from agents.web.ids import parse_id
from dreaming.hosted.plans import REFUSED, STALE, Outcome, Row, Step, There, plan, settled
from dreaming.hosted.turns import keep_turn
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor, Cause
from reviews.audit.log import append
from reviews.lifecycle import State
from reviews.models import Proposal
from reviews.reopening import reopen

if TYPE_CHECKING:
    from dreaming.hosted.vendor import Vendor

OPEN = ("planned", "sent")
"""States of a push that is still on its way."""

SETTLED = frozenset({State.APPLIED, State.REJECTED, State.SUPERSEDED, State.WITHDRAWN})
"""States in which people are done with what was filed."""

OVERTAKEN = "overtaken"
"""Why a planned push is not sent: it is no longer wanted."""

MOVED = "{path} says something else at the vendor than when this was approved; nothing was sent."


def wanted_of(store: MemoryStore) -> dict[str, ReleaseLine]:
    """Return path -> what is served here now: the live release without what is quarantined."""
    out = quarantined(store.workspace)
    return {
        line.path: line
        for line in contents(live_release(store))
        if line.version > out.get(line.memory_id, 0)
    }


def there_of(hosted: HostedStore) -> dict[str, There]:
    """Return path -> what is known of it at the vendor."""
    rows = hosted.memories.values_list("path", "agreed", "seen")
    return {path: There(agreed, seen) for path, agreed, seen in rows}


def waits_to_go(hosted: HostedStore) -> bool:
    """Say whether something is to be sent now; a store nobody looked at yet waits for that."""
    if hosted.synced_at is None:
        return False
    if hosted.pushes.filter(state__in=OPEN).exists():
        return True
    wanted = {path: line.sha256 for path, line in wanted_of(hosted.store).items()}
    there = there_of(hosted)
    held = _held(hosted, wanted, there)
    if plan(wanted, there, held) or settled(wanted, there):
        return True
    return bool(_undeliverable(hosted))


def resume(hosted: HostedStore, vendor: "Vendor", turn: str) -> None:
    """Settle what a worker that was cut short had sent; raises VendorFailed, LeaseLost."""
    for row in hosted.pushes.filter(state="sent").order_by("pk"):
        keep_turn(hosted, turn)
        _settle(row, _ask(vendor, hosted, row, again=True))


def push(hosted: HostedStore, vendor: "Vendor", turn: str) -> bool:
    """Send what is to be sent; say whether something was found stale, so that a look is due.

    Raises VendorFailed when the vendor cannot be asked; the row stays sent and is resumed.
    """
    plan_pushes(hosted)
    is_stale = False
    # What is taken out goes first: the store there may be full.
    for row in hosted.pushes.filter(state="planned").order_by("sha256", "pk"):
        keep_turn(hosted, turn)
        sent = _mark_sent(hosted, row)
        if sent is None:
            continue
        outcome = _ask(vendor, hosted, sent, again=False)
        _settle(sent, outcome)
        is_stale = is_stale or outcome.cause == STALE
    return is_stale


def plan_pushes(hosted: HostedStore) -> None:
    """Write down what has to go out; agree on what already is there, and reopen what cannot go."""
    with transaction.atomic(durable=True):
        store = lock_store(hosted.store)
        lines, there = wanted_of(store), there_of(hosted)
        wanted = {path: line.sha256 for path, line in lines.items()}
        _agree(hosted, settled(wanted, there))
        steps = plan(wanted, there, _held(hosted, wanted, there))
        HostedPush.objects.bulk_create(
            [_row_of(hosted, step, lines.get(step.path)) for step in steps], batch_size=200
        )
    _reopen_strayed(hosted)


def _row_of(hosted: HostedStore, step: Step, line: ReleaseLine | None) -> HostedPush:
    return HostedPush(
        hosted=hosted,
        path=step.path,
        version_id=line.version_id if line else None,
        sha256=step.sha256,
        expected=step.expected,
        planned_at=clock.now(),
    )


def _agree(hosted: HostedStore, paths: tuple[str, ...]) -> None:
    """Let what is found there count as what both sides have: it is what is wanted."""
    for row in hosted.memories.filter(path__in=paths):
        row.agreed = row.seen
        row.save(update_fields=["agreed"])
    writes = hosted.writes.filter(path__in=paths, answer="")
    writes.update(answer="passed", answered_at=clock.now())


def _held(hosted: HostedStore, wanted: dict[str, str], there: dict[str, There]) -> set[str]:
    """Return the paths that wait: on their way, refused as they are wanted, or before people."""
    rows = hosted.pushes.filter(state__in=OPEN).values_list("path", flat=True)
    held = set(rows) | before_people(hosted)
    refused = hosted.pushes.filter(state="refused", cause=REFUSED)
    for path, sha256, expected in refused.values_list("path", "sha256", "expected"):
        found = there.get(path, There())
        if (wanted.get(path, ""), found.agreed) == (sha256, expected):
            held.add(path)
    return held


def before_people(hosted: HostedStore) -> set[str]:
    """Return the paths whose outside write was filed and is not settled, here and as served."""
    filed = hosted.writes.filter(answer="filed").values_list("path", "proposal")
    numbers = {parse_id(name, expected="P").number: path for path, name in filed}
    store = hosted.store
    rows = Proposal.objects.filter(workspace=store.workspace_id, number__in=numbers)
    settled_states = SETTLED if store.unpublished_since is None else SETTLED - {State.APPLIED}
    return {
        numbers[number]
        for number, state in rows.values_list("number", "state")
        if state not in settled_states
    }


def _reopen_strayed(hosted: HostedStore) -> None:
    """Send back what was approved for a path that says something else at the vendor by now."""
    for head in _undeliverable(hosted):
        number = take_number(hosted.store.workspace, "R")
        with transaction.atomic(durable=True):
            reason = MOVED.format(path=head.memory.path)
            reopen(hosted.store, head.proposal, reason=reason, number=number)


def _undeliverable(hosted: HostedStore) -> list[MemoryVersion]:
    """Return what is served here and can not go out, for somebody else's text is in its place.

    Where a lead answered that by a revert, their push carries what is served.
    """
    lines, there = wanted_of(hosted.store), there_of(hosted)
    moving = set(hosted.pushes.filter(state__in=OPEN).values_list("path", flat=True))
    strayed = {path for path, found in there.items() if found.is_strayed} - moving
    heads = MemoryVersion.objects.filter(
        pk__in=hosted.store.memories.filter(path__in=strayed).values("head")
    )
    left: list[MemoryVersion] = []
    for head in heads.select_related("memory").order_by("memory__path"):
        path = head.memory.path
        served = lines[path].sha256 if path in lines else ""
        is_served = served == ("" if head.is_tombstone else head.sha256)
        is_new = served not in {there[path].agreed, there[path].seen}
        if is_served and is_new and _rests_on(hosted, head):
            left.append(head)
    return left


def _rests_on(hosted: HostedStore, version: MemoryVersion) -> bool:
    """Say whether a proposal stands behind the version that people decided since the link.

    What was approved before knew nothing of the store there; what was put back is containment.
    """
    is_decided = bool(version.proposal) and version.restores is None
    return is_decided and version.created_at >= hosted.linked_at


def _mark_sent(hosted: HostedStore, planned: HostedPush) -> HostedPush | None:
    """Fix what is asked for, as it is wanted at this moment; None when nothing is any more."""
    with transaction.atomic(durable=True):
        store = lock_store(hosted.store)
        row = HostedPush.objects.select_for_update(of=("self",)).get(pk=planned.pk)
        if row.state != "planned":
            return None
        line = wanted_of(store).get(row.path)
        there = hosted.memories.filter(path=row.path).first()
        row.version_id = line.version_id if line else _tombstone(store, row.path)
        row.sha256 = line.sha256 if line else ""
        row.remote_id = there.remote_id if there else ""
        if row.sha256 == row.expected:
            row.state, row.cause, row.settled_at = "refused", OVERTAKEN, clock.now()
            row.words = "It is no longer wanted."
        else:
            row.state, row.sent_at = "sent", clock.now()
        row.save()
    return row if row.state == "sent" else None


def _tombstone(store: MemoryStore, path: str) -> int | None:
    """Return the version by which a path left memory; None for one that is only quarantined."""
    heads = store.memories.filter(path=path, head__is_tombstone=True)
    return heads.values_list("head_id", flat=True).first()


def _ask(vendor: "Vendor", hosted: HostedStore, row: HostedPush, *, again: bool) -> Outcome:
    """Make the request of a sent row; again: it may have been carried out before."""
    if not row.expected:
        return _create(vendor, hosted.remote_id, row, again=again)
    found = vendor.memory(hosted.remote_id, row.remote_id, "basic")
    if found is None:
        # A removal that finds nothing left has nothing to do, whoever did it.
        return Outcome() if not row.sha256 else Outcome(STALE, "It is gone there.")
    if found.get("path") != row.path:
        return Outcome(STALE, "It was moved to another path there.")
    if found.get("content_sha256") == row.sha256:
        return _as_wanted(found, again=again)
    if found.get("content_sha256") != row.expected:
        return Outcome(STALE, "Its text is another there.")
    return _replace(vendor, hosted.remote_id, row)


def _as_wanted(found: Row, *, again: bool) -> Outcome:
    """The path is as wanted: by this push when it was asked before, else by somebody else."""
    version = str(found.get("memory_version_id") or "") if again else ""
    return Outcome(remote_id=str(found["id"]), version=version)


def _create(vendor: "Vendor", store: str, row: HostedPush, *, again: bool) -> Outcome:
    made = vendor.create(store, row.path, _text_of(row))
    if isinstance(made, Outcome):
        return made
    found = vendor.memory(store, made.memory, "basic") if made.memory else None
    is_same = found is not None and found.get("content_sha256") == row.sha256
    if found is not None and is_same and found.get("path") == row.path:
        return _as_wanted(found, again=again)
    return Outcome(STALE, "There is another text there.")


def _replace(vendor: "Vendor", store: str, row: HostedPush) -> Outcome:
    """Write over, or take out, the text that both sides last had, and no other one."""
    if not row.sha256:
        return vendor.delete(store, row.remote_id, row.expected)
    return vendor.update(store, row.remote_id, _text_of(row), row.expected)


def _text_of(row: HostedPush) -> str:
    if row.version is None:
        raise ValueError(f"{row} has a text to write and no version of it")
    return row.version.content


def _settle(sent: HostedPush, outcome: Outcome) -> None:
    """Write down what became of a sent row, once, with its entry and what follows from it."""
    hosted = sent.hosted
    number = take_number(hosted.store.workspace, "R") if outcome.cause == STALE else 0
    with transaction.atomic(durable=True):
        store = lock_store(hosted.store)
        row = HostedPush.objects.select_for_update(of=("self",)).get(pk=sent.pk)
        if row.state != "sent":
            return
        row.state = "refused" if outcome.cause else "done"
        row.cause, row.words = outcome.cause, outcome.words
        row.remote_version, row.settled_at = outcome.version, clock.now()
        row.save()
        if not outcome.cause:
            _note_agreed(row, outcome)
        elif row.by is not None:
            _reopen_write(row)
        _log(store, row)
        if outcome.cause == STALE and row.version and _rests_on(hosted, row.version):
            reason = MOVED.format(path=row.path)
            reopen(store, row.version.proposal, reason=reason, number=number)


def _reopen_write(row: HostedPush) -> None:
    """Let the outside write that a lead's revert did not take back wait for an answer again."""
    answered = row.hosted.writes.filter(path=row.path, answer="reverted").order_by("-pk")
    row.hosted.writes.filter(pk__in=answered.values("pk")[:1]).update(answer="")


def _note_agreed(row: HostedPush, outcome: Outcome) -> None:
    HostedMemory.objects.update_or_create(
        hosted_id=row.hosted_id,
        path=row.path,
        defaults={
            "agreed": row.sha256,
            "seen": row.sha256,
            "remote_id": outcome.remote_id if row.sha256 else "",
        },
    )


def _log(store: MemoryStore, row: HostedPush) -> None:
    version = row.version
    proposal = version.proposal if version else ""
    cause: Actor | Cause | None = Cause("decision", proposal) if proposal else None
    append(
        Action.HOSTED_PUSH_REFUSED if row.cause else Action.HOSTED_PUSHED,
        workspace=store.workspace.slug,
        actor=SYSTEM,
        on_behalf=actor_of(row.by) if row.by else cause,
        object=name_store(store),
        after={
            "push": row.pk,
            "op": "write" if row.sha256 else "remove",
            "memory": str(version.memory) if version else None,
            "version": version.number if version else None,
            "proposal": proposal or None,
            "remote": row.remote_version or None,
            "cause": row.cause or None,
        },
        values={"path": row.path} | ({"words": row.words} if row.words else {}),
    )
