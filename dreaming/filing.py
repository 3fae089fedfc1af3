"""From what was mined to proposals: what is known already, the loss budget, filing in batches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from agents import clock
from agents.memory import heads_of, lock_store, name_store
from agents.models import MemoryStore, MemoryVersion
from agents.numbers import take_numbers
from agents.stores import text_sha256
from dreaming.consolidation import Consolidated, Listed, consolidate
from dreaming.engines.base import DreamCancelled, Dropped
from dreaming.leases import Lease
from dreaming.loss import Loss, is_over_budget, measure_loss
from dreaming.measures import Measured
from dreaming.mining import Mined
from dreaming.models import Dream, DreamState, Pattern
from dreaming.notes import (
    Request,
    Seen,
    answer_requests,
    find_seen,
    mark_refiled,
    open_requests,
    refiled_paths,
    support_of,
)
from dreaming.precedents import (
    ALREADY_IN_MEMORY,
    ALREADY_OPEN,
    REJECTED_BEFORE,
    Precedent,
    comes_back,
    say_return,
)
from dreaming.selection import quarantined_since
from dreaming.sentences import sentences
from reviews.audit.actions import Action
from reviews.audit.actors import Actor, Cause
from reviews.audit.log import append
from reviews.automation import decide_by_rules
from reviews.changes import Change, Evidence, Op, PatternFacts, Relation, Trust, Unsourced
from reviews.errors import InvalidChange
from reviews.models import OriginKind, Proposal
from reviews.origins import Origin
from reviews.proposals import file_proposals

TOGETHER = 40
"""Changes filed in one transaction: at most 500 rows with their evidence and entries."""

FILED = "filed"
HELD = "held"
NOT_FOUND = "None of its quotes was found."
WAITING_STATES = ("pending", "awaiting_second", "scheduled", "conflicted", "changes_requested")


Refused = Mapping[str, Dropped]
"""Path of a change -> what could not be filed, and why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A change and what became of it: its status, and the proposal or path that has it already."""

    change: Change
    status: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a dream is about to write."""

    standings: tuple[Standing, ...]
    consolidated: Consolidated
    loss: Loss
    is_held: bool
    said: Mapping[str, tuple[str, ...]]
    requests: tuple[Request, ...] = ()

    @property
    def new(self) -> tuple[Change, ...]:
        """Return the changes nobody proposed, rejected or remembered before."""
        return tuple(one.change for one in self.standings if one.status in {FILED, HELD})


def plan(lease: Lease, mined: Mined) -> Plan:
    """Return what the dream proposes and what is known already; writes nothing.

    Patterns are compared with the agent's and the shared store: live memory, open proposals,
    rejections. What this same dream filed before it was interrupted is its own, not known; nor is
    what was sent back and comes with other words or grown evidence.
    """
    dream = Dream.objects.select_related("workspace", "store").get(pk=lease.dream_id)
    known = known_patterns(dream, [one.key for one in mined.measured])
    consolidated = consolidate(
        mined.measured,
        mined.evidence,
        mined.memories,
        known,
        scope=mined.scope,
        shared=_shared_texts(dream),
    )
    requests = open_requests(dream)
    own = set(filed_by(dream).values_list("path", flat=True))
    own |= refiled_paths(requests, consolidated.changes)
    settled = {
        path: standing
        for path, standing in _name_settled(dream.store, consolidated.settled).items()
        if path not in own
    }
    standings = [
        Standing(change, FILED) if change.path in own else _standing(change, dream, settled)
        for change in consolidated.changes
    ]
    new = [one.change for one in standings if one.status == FILED]
    loss = measure_loss(new, mined.memories)
    is_held = is_over_budget(loss)
    if is_held:
        standings = [replace(one, status=HELD) if one.status == FILED else one for one in standings]
    said = {one.key: sentences(one) for one in mined.measured}
    return Plan(tuple(standings), consolidated, loss, is_held, said, requests)


def _name_settled(
    store: MemoryStore, settled: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Return where changes stand already, with memories named by their human id."""
    paths = [reference for _, reference in settled.values() if reference.startswith("/")]
    heads = heads_of(store).filter(memory__path__in=paths)
    names = {head.memory.path: str(head.memory) for head in heads}
    return {
        path: (status, names.get(reference, reference))
        for path, (status, reference) in settled.items()
    }


def _standing(change: Change, dream: Dream, settled: Mapping[str, tuple[str, str]]) -> Standing:
    if change.path in settled:
        return Standing(change, *settled[change.path])
    same = Proposal.objects.filter(
        store=dream.store,
        path=change.path,
        op=change.op.value,
        content_sha256=text_sha256(change.content),
    )
    waiting = same.filter(state__in=WAITING_STATES).first()
    if waiting is not None:
        return Standing(change, ALREADY_OPEN, str(waiting))
    rejected = same.filter(state="rejected", base_version=change.base_version)
    before = rejected.order_by("-number").first()
    return Standing(change, FILED) if before is None else _file_again(change, before)


def _file_again(change: Change, rejected: Proposal) -> Standing:
    """Return where a text stands that a reviewer rejected: filed again only when more is behind it.

    What rests on no pattern, such as a merge, does not come back in the same words.
    """
    before = _precedent(REJECTED_BEFORE, rejected)
    numbers = change.pattern.numbers if change.pattern else {}
    sessions, told = support_of(change), bool(numbers.get("told"))
    if not sessions or not comes_back(before, sessions=sessions, is_told=told):
        return Standing(change, REJECTED_BEFORE, str(rejected))
    said = say_return(before, sessions=sessions, is_told=told)
    if change.rationale.startswith(said):
        return Standing(change, FILED)
    return Standing(replace(change, rationale=f"{said} {change.rationale}"), FILED)


def _precedent(status: str, proposal: Proposal) -> Precedent:
    told = bool(proposal.pattern_numbers.get("told"))
    return Precedent(status, str(proposal), proposal.support, told)


def known_patterns(dream: Dream, keys: Sequence[str]) -> dict[str, Precedent]:
    """Return pattern key -> what memory or a reviewer has dealt with, and what it rested on."""
    stores = _stores_of(dream)
    known: dict[str, Precedent] = {}
    proposals = Proposal.objects.filter(store__in=stores, pattern_key__in=keys).exclude(
        origin_kind=OriginKind.DREAM, origin_id=str(dream)
    )
    for proposal in proposals.filter(state="rejected").order_by("number"):
        known[proposal.pattern_key] = _precedent(REJECTED_BEFORE, proposal)
    for proposal in proposals.filter(state__in=WAITING_STATES).order_by("number"):
        known[proposal.pattern_key] = _precedent(ALREADY_OPEN, proposal)
    for store in stores:
        for head in heads_of(store).filter(pattern_key__in=keys):
            known[head.pattern_key] = _remembered(dream, head)
    return known


def _remembered(dream: Dream, head: MemoryVersion) -> Precedent:
    """Return what memory holds of a pattern, and what its dream had proposed word for word."""
    number = head.proposal.removeprefix("P-")
    rows = Proposal.objects.filter(workspace=dream.workspace, origin_kind=OriginKind.DREAM)
    row = rows.filter(number=int(number)).first() if number.isdigit() else None
    name = str(head.memory)
    if row is None:
        return Precedent(ALREADY_IN_MEMORY, name, head.support)
    told = bool(row.pattern_numbers.get("told"))
    return Precedent(
        ALREADY_IN_MEMORY, name, head.support, told, row.revisions.get(number=1).content
    )


def _shared_texts(dream: Dream) -> dict[str, str]:
    """Return M-id -> text of the shared memory, for a dream over an agent's own."""
    if dream.agent_id is None:
        return {}
    shared = MemoryStore.objects.get(workspace=dream.workspace, agent=None)
    return {str(head.memory): head.content for head in heads_of(shared)}


def _stores_of(dream: Dream) -> list[MemoryStore]:
    both = Q(pk=dream.store_id) | Q(agent=None)
    return list(MemoryStore.objects.filter(both, workspace=dream.workspace))


def numbers_for(dream: Dream, changes: Sequence[object]) -> range:
    """Take one P number a change, before the transaction that files them."""
    return take_numbers(dream.workspace, "P", len(changes))


def filed_by(dream: Dream) -> QuerySet[Proposal]:
    """Return the proposals `dream` has filed so far."""
    return Proposal.objects.filter(
        store=dream.store, origin_kind=OriginKind.DREAM, origin_id=str(dream)
    )


def file_plan(lease: Lease, made: Plan) -> Refused:
    """File the plan's new changes, forty a transaction, each fenced by the lease.

    What this dream filed in an earlier attempt is not filed again. Returns the changes that can no
    longer be filed because memory changed while it dreamt. Then automatic rules decide what is
    theirs; an attempt lost in between leaves that to the next one. Raises LeaseLost, and
    DreamCancelled once it was cancelled, frozen or paused.
    """
    if made.is_held:
        return {}
    refused: dict[str, Dropped] = {}
    dream = Dream.objects.select_related("workspace", "store__agent").get(pk=lease.dream_id)
    left = _not_filed_yet(dream, made.new)
    lease.update(step_total=len(made.new), step_done=len(made.new) - len(left))
    for start in range(0, len(left), TOGETHER):
        batch = left[start : start + TOGETHER]
        numbers = numbers_for(dream, batch)
        with transaction.atomic():
            locked = lease.lock()
            lease.check()
            refused |= file_changes(locked, batch, numbers, made.said)
            locked.step_done += len(batch)
            locked.save(update_fields=["step_done"])
    decide_by_rules(filed_by(dream).filter(op=Op.MERGE))
    return refused


def _not_filed_yet(dream: Dream, changes: Iterable[Change]) -> list[Change]:
    filed = set(filed_by(dream).values_list("path", flat=True))
    return [change for change in changes if change.path not in filed]


def file_changes(
    dream: Dream,
    changes: Sequence[Change],
    numbers: Sequence[int],
    said: Mapping[str, Sequence[str]],
) -> Refused:
    """File `changes` as proposals of `dream`, in the caller's transaction; return what cannot be.

    said: what the numbers of a pattern say in words, by its key. Raises DreamCancelled when a
    session it read is quarantined by now: every number it found counts that session.
    """
    # Whoever quarantines holds the store's row: it comes before, or sees what is filed here.
    lock_store(dream.store)
    if quarantined_since(dream) is not None:
        raise DreamCancelled
    origin = Origin(
        kind=OriginKind.DREAM,
        id=str(dream),
        label=label_of(dream),
        engine=dream.engine,
        engine_version=dream.engine_version,
        started_by=dream.started_by,
    )
    refused = {}
    for change, number in zip(changes, numbers, strict=True):
        try:
            file_proposals(
                dream.store,
                [change],
                origin=origin,
                actor=Actor("dream", str(dream)),
                cause=cause_of(dream),
                numbers=[number],
                sentences=said,
            )
        except InvalidChange as error:
            refused[change.path] = Dropped(change.title, str(error))
    return refused


def label_of(dream: Dream) -> str:
    """Return how proposals name the dream they come from for good."""
    return f"Dream {dream}, a recording" if dream.is_recording else f"Dream {dream}"


def cause_of(dream: Dream) -> Cause | None:
    """Return on whose behalf the dream acts: its starter or its schedule."""
    if dream.started_by is not None:
        return Cause("person", dream.started_by.public_id)
    return Cause("schedule", str(dream.schedule_id)) if dream.schedule_id else None


def finish(lease: Lease, made: Plan, mined: Mined, refused: Refused) -> Dream:
    """Write the patterns, what was dropped and the last state, in one fenced transaction.

    refused: changes that could not be filed.
    """
    made = _leave_out(made, refused)
    state, action = _last_state(made, mined)
    with transaction.atomic():
        dream = lease.lock()
        _write_patterns(dream, made, mined)
        dream.state, dream.lease_token, dream.finished_at = state, "", clock.now()
        dream.dropped = [asdict(one) for one in (*_dropped(made, mined), *refused.values())]
        dream.loss = loss_body(made.loss)
        dream.proposed = [standing_body(one) for one in made.standings]
        dream.usage = dict(mined.usage)
        dream.covered = mined.covered
        dream.sessions_succeeded = mined.succeeded
        dream.requests = answer_requests(dream, _seen_of(made, mined))
        dream.failure = _words(made, mined)
        dream.save()
        _log_end(dream, action, made)
    return dream


def _seen_of(made: Plan, mined: Mined) -> dict[str, Seen]:
    """Return by proposal that was sent back what this dream saw of it."""
    changes = [
        (one.change, Seen(one.status, one.reference, support_of(one.change)))
        for one in made.standings
    ]
    support = {one.key: one.sessions for one in mined.measured}
    patterns = {key: Seen("dropped", "", count, NOT_FOUND) for key, count in support.items()}
    patterns |= {
        one.key: Seen(one.status, one.reference, support.get(one.key, 0), one.why)
        for one in made.consolidated.listed
    }
    return find_seen(made.requests, changes, patterns, mined.dropped)


def _leave_out(made: Plan, refused: Refused) -> Plan:
    """Return the plan without what could not be filed; its patterns are listed with the reason."""
    listed = tuple(
        Listed(
            one.pattern.key, one.title, one.pattern.statement, "dropped", "", refused[one.path].why
        )
        for one in made.new
        if one.path in refused and one.pattern is not None
    )
    consolidated = replace(made.consolidated, listed=(*made.consolidated.listed, *listed))
    standings = tuple(one for one in made.standings if one.change.path not in refused)
    return replace(made, standings=standings, consolidated=consolidated)


def _last_state(made: Plan, mined: Mined) -> tuple[DreamState, Action]:
    if made.is_held:
        return DreamState.HELD, Action.DREAM_HELD
    if mined.not_analysed:
        return DreamState.PARTIAL, Action.DREAM_PARTIAL
    return DreamState.COMPLETED, Action.DREAM_COMPLETED


def _dropped(made: Plan, mined: Mined) -> tuple[Dropped, ...]:
    return (*mined.not_analysed, *mined.dropped, *made.consolidated.dropped)


def _words(made: Plan, mined: Mined) -> str:
    if made.is_held:
        return (
            "Held: it would take more from memory than a dream may. A lead and a reviewer let it "
            "through."
        )
    if mined.not_analysed:
        count = len(mined.not_analysed)
        were = "session was" if count == 1 else "sessions were"
        return f"{count} {were} not analysed; they are listed below."
    if not made.standings:
        return "Nothing to change: no pattern had enough support."
    if not made.new:
        return "Nothing new: memory or the queue has every pattern already."
    return ""


def _write_patterns(dream: Dream, made: Plan, mined: Mined) -> None:
    by_key = {
        one.change.pattern.key: one for one in made.standings if one.change.pattern is not None
    }
    listed = {one.key: one for one in made.consolidated.listed}
    proposals = {proposal.pattern_key: proposal for proposal in filed_by(dream)}
    Pattern.objects.filter(dream=dream).delete()
    Pattern.objects.bulk_create(
        (
            _pattern(dream, at, one, by_key.get(one.key), listed.get(one.key), proposals)
            for at, one in enumerate(mined.measured, start=1)
        ),
        batch_size=100,
    )


def _pattern(
    dream: Dream,
    position: int,
    one: Measured,
    standing: Standing | None,
    listed: Listed | None,
    proposals: Mapping[str, Proposal],
) -> Pattern:
    candidate = one.candidate
    status, reference, why = "dropped", "", NOT_FOUND
    if standing is not None:
        status, reference, why = standing.status, standing.reference, ""
    elif listed is not None:
        status, reference, why = listed.status, listed.reference, listed.why
    return Pattern(
        dream=dream,
        position=position,
        key=one.key,
        kind=candidate.kind,
        tool=candidate.tool,
        template=candidate.template,
        scope=candidate.scope,
        title=candidate.title[:120],
        statement=candidate.statement,
        signal=candidate.signal,
        support=one.sessions,
        numbers=one.numbers,
        sentences=list(sentences(one)),
        status=status,
        status_ref=reference,
        why=why,
        proposal=proposals.get(one.key),
    )


def _log_end(dream: Dream, action: Action, made: Plan) -> None:
    counts: dict[str, int] = {}
    for one in made.standings:
        counts[one.status] = counts.get(one.status, 0) + 1
    append(
        action,
        workspace=dream.workspace.slug,
        actor=Actor("dream", str(dream)),
        on_behalf=cause_of(dream),
        object=str(dream),
        after={
            "state": dream.state,
            "store": name_store(dream.store),
            "sessions": dream.sessions_read,
            "proposals": counts,
            "listed": len(made.consolidated.listed),
            "notes": len(dream.requests),
            "dropped": len(dream.dropped),
            "input": f"sha256:{dream.input_sha256}",
        },
        engine={"name": dream.engine, "version": dream.engine_version},
    )


def file_held(dream: Dream, numbers: Sequence[int]) -> None:
    """File the changes a held dream kept, in the transaction of the second consent."""
    changes = held_changes(dream)
    said = dict(dream.patterns.values_list("key", "sentences"))
    refused = file_changes(dream, changes, numbers, said)
    dream.dropped = [*dream.dropped, *(asdict(one) for one in refused.values())]
    dream.proposed = [one for one in dream.proposed if one["change"]["path"] not in refused]
    for one in dream.proposed:
        one["status"] = FILED if one["status"] == HELD else one["status"]
    for pattern in dream.patterns.filter(status=HELD):
        pattern.proposal = filed_by(dream).filter(pattern_key=pattern.key).first()
        pattern.status = FILED if pattern.proposal else "dropped"
        pattern.save(update_fields=["status", "proposal"])
    dream.requests = mark_refiled(dream)
    dream.failure = "Held, and let through by a lead and a reviewer."


def held_changes(dream: Dream) -> list[Change]:
    """Return the changes a held dream keeps until two people let them through."""
    return [change_of(one["change"]) for one in dream.proposed if one["status"] == HELD]


def loss_body(loss: Loss) -> dict[str, Any]:
    """Return what would be lost, in whole numbers and per cent, for the row and the page."""
    return {
        "memories": loss.memories,
        "removed": loss.removed,
        "size_bytes": loss.size_bytes,
        "lost_bytes": loss.lost_bytes,
        "removed_percent": round(100 * loss.removed_share),
        "lost_percent": round(100 * loss.shrunk_share),
        "protected": list(loss.protected),
        "leaves_empty": loss.leaves_empty,
    }


def standing_body(one: Standing) -> dict[str, Any]:
    """Return a change and its status as JSON; `change_of` reads the change back."""
    return {"status": one.status, "reference": one.reference, "change": asdict(one.change)}


def change_of(body: Mapping[str, Any]) -> Change:
    """Return the change a dream kept as JSON."""
    pattern = body["pattern"]
    return Change(
        op=Op(body["op"]),
        path=body["path"],
        content=body["content"],
        base_version=body["base_version"],
        title=body["title"],
        rationale=body["rationale"],
        evidence=tuple(
            Evidence(**{**quote, "relation": Relation(quote["relation"])})
            for quote in body["evidence"]
        ),
        pattern=PatternFacts(**pattern) if pattern else None,
        taint=Trust(body["taint"]),
        merged=tuple(body["merged"]),
        unsourced=Unsourced(body.get("unsourced", "")),
    )
