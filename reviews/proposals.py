"""Filing and withdrawing proposals: the write side of what is proposed. Edits: revisions.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from agents import clock
from agents.memory import find_head, heads_of
from agents.models import Event, Memory, MemoryStore, Workspace
from agents.numbers import take_number
from agents.people import Member, actor_of
from agents.prepared import Prepared, Slot
from agents.rights import Right
from agents.stores import check_content, check_path, text_sha256
from reviews import deadlines, lifecycle, risk, rules, sampling
from reviews.approval_rules import Facts, Route, route
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor, Cause
from reviews.audit.log import append
from reviews.changes import Change, Evidence, Op, PatternFacts, Trust
from reviews.due_times import Due, due_after
from reviews.errors import (
    InvalidChange,
    MayNotDecide,
    ReasonMissing,
)
from reviews.kin import join_kin
from reviews.lifecycle import Act, Given, State
from reviews.models import Evidence as EvidenceRow
from reviews.models import OriginKind, Proposal, ProposalRevision
from reviews.origins import Origin
from reviews.requests import replace_sent_back
from reviews.things import pack, things_in

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of one text of a proposal, and until when it is to be decided."""

    risk: risk.Risk
    route: Route
    facts: Facts
    due: Due


def judge(change: Change, store: MemoryStore) -> Judged:
    """Return the risk and the route of `change` against what its paths say now.

    A merge is held against every text it folds in: what it loses of one of them is a loss, and
    one protected memory among them protects it. Only rules of the store's workspace are asked.
    """
    paths = [change.path, *change.merged]
    heads = {head.memory.path: head for head in heads_of(store).filter(memory__path__in=paths)}
    texts = [heads[path].content for path in paths if path in heads]
    is_protected = Memory.objects.filter(store=store, path__in=paths, protected=True).exists()
    found = risk.assess(
        change,
        "\n".join(texts) if texts else None,
        taint=change.taint,
        memory=risk.MemoryFlags(protected=is_protected),
    )
    facts = rules.facts_of(change, found, store, texts)
    return Judged(
        risk=found,
        route=route(facts, rules.rules_of(store.workspace)),
        facts=facts,
        due=due_after(deadlines.limits_of(store.workspace), found.level.value, clock.now()),
    )


@transaction.atomic
def file_proposals(
    store: MemoryStore,
    changes: Sequence[Change],
    *,
    origin: Origin,
    actor: Actor,
    cause: Actor | Cause | None,
    numbers: Sequence[int],
    sentences: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Proposal, ...]:
    """File each change as a pending proposal with its evidence, risk and route; return the rows.

    numbers: one P number a change, taken before. sentences: what the numbers of a pattern say in
    words, by pattern key. Runs inside the caller's transaction where there is one. Raises
    InvalidChange when a change cannot be filed (path, size, or the same text is already open).
    What was sent back on its path or for its pattern is superseded by it.
    """
    return tuple(
        _file(store, change, origin, actor, cause, number, sentences or {})
        for change, number in zip(changes, numbers, strict=True)
    )


def _file(
    store: MemoryStore,
    change: Change,
    origin: Origin,
    actor: Actor,
    cause: Actor | Cause | None,
    number: int,
    sentences: Mapping[str, Sequence[str]],
) -> Proposal:
    _check_change(store, change)
    judged = judge(change, store)
    sha256 = text_sha256(change.content)
    events = _events_of(store.workspace, change.evidence)
    proposal = Proposal(
        workspace=store.workspace,
        store=store,
        agent=store.agent,
        number=number,
        op=change.op.value,
        path=change.path,
        memory=Memory.objects.filter(store=store, path=change.path).first(),
        merged=bases_of(store, change.merged),
        base_version=change.base_version,
        title=change.title[:TITLE_LENGTH],
        content_sha256=sha256,
        filed_at=clock.now(),
        **_origin_columns(origin),
        **_pattern_columns(change, origin, sentences),
        **sampling.draw(judged_columns(judged, change.taint), store.workspace, number),
    )
    join_kin(proposal, change.content, events.values())
    rules.ask(proposal, ())
    save_once(proposal)
    deadlines.begin_round(proposal)
    ProposalRevision.objects.create(
        proposal=proposal,
        number=1,
        content=change.content,
        sha256=sha256,
        base_version=change.base_version,
        rationale=change.rationale,
        things=pack(things_in(change.content)),
        author=origin.proposer,
        created_at=proposal.filed_at,
    )
    _file_evidence(proposal, change.evidence, events)
    _log_filed(proposal, change, actor, cause)
    replace_sent_back(proposal, actor=actor, cause=cause)
    return proposal


def _check_change(store: MemoryStore, change: Change) -> None:
    check_path(change.path)
    if change.op is not Op.RETIRE:
        check_content(change.path, change.content)
    if change.op in {Op.UPDATE, Op.RETIRE} and find_head(store, change.path) is None:
        raise InvalidChange(f"{change.path} is not in this memory, so it cannot be changed.")


def _origin_columns(origin: Origin) -> dict[str, object]:
    return {
        "origin_kind": origin.kind,
        "origin_id": origin.id,
        "origin_label": origin.label,
        "proposer": origin.proposer,
        "started_by": origin.started_by,
        "engine": origin.engine,
        "engine_version": origin.engine_version,
    }


def _pattern_columns(
    change: Change, origin: Origin, sentences: Mapping[str, Sequence[str]]
) -> dict[str, object]:
    """Freeze the pattern; what a person files rests on people's words where it names none."""
    pattern = change.pattern or PatternFacts("", "", "", "words" if origin.proposer else "")
    return {
        "pattern_kind": pattern.kind,
        "pattern_key": pattern.key,
        "pattern_statement": pattern.statement,
        "pattern_numbers": dict(pattern.numbers),
        "pattern_sentences": list(sentences.get(pattern.key, ())),
        "signal": pattern.signal,
        "support": int(str(pattern.numbers.get("sessions", 0))),
    }


def save_once(row: Proposal) -> None:
    """Save an open proposal; the database says whether its text waits already, also in a race."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        others = Proposal.objects.exclude(pk=row.pk) if row.pk else Proposal.objects.all()
        if others.filter(
            store=row.store_id,
            path=row.path,
            content_sha256=row.content_sha256,
            state__in=[*lifecycle.OPEN, State.SCHEDULED],
        ).exists():
            raise InvalidChange(
                f"The same text for {row.path} is already waiting for a decision."
            ) from error
        raise


def bases_of(store: MemoryStore, paths: Sequence[str]) -> list[dict[str, object]]:
    """Return what a merge folds in, each path with the version it is folded from.

    Raises InvalidChange when one of them has no text.
    """
    heads = heads_by_path(store, paths)
    missing = sorted(set(paths) - heads.keys())
    if missing:
        raise InvalidChange(f"{missing[0]} is not in this memory, so it cannot be merged.")
    return [{"path": path, "base_version": heads[path]} for path in paths]


def heads_by_path(store: MemoryStore, paths: Sequence[str]) -> dict[str, int]:
    """Return path -> number of its head, for those that have a text, in the order of paths."""
    heads = heads_of(store).filter(memory__path__in=paths)
    return dict(heads.values_list("memory__path", "number"))


def judged_columns(judged: Judged, taint: Trust) -> dict[str, object]:
    """Return what the rules said as the columns of a proposal."""
    return {
        "risk": judged.risk.level.value,
        "risk_rank": judged.risk.level.rank,
        "risk_reasons": [
            {"code": reason.code.value, "words": reason.words, "excerpt": reason.excerpt}
            for reason in judged.risk.reasons
        ],
        "taint": taint.value,
        "route": rules.route_body(judged.route, judged.facts),
        **judged.due._asdict(),
    }


def _file_evidence(
    proposal: Proposal,
    evidence: Sequence[Evidence],
    events: Mapping[tuple[str, int, int], Event],
) -> None:
    """Link each quote to its stored event; the quotes were found there before."""
    EvidenceRow.objects.bulk_create(
        EvidenceRow(
            proposal=proposal,
            position=position,
            event=_event_of(quote, events),
            quote=quote.quote,
            start=quote.start,
            end=quote.end,
            sha256=quote.sha256,
            relation=quote.relation.value,
        )
        for position, quote in enumerate(evidence, start=1)
    )


def _event_of(quote: Evidence, events: Mapping[tuple[str, int, int], Event]) -> Event:
    event = events.get((quote.session, quote.revision, quote.event))
    if event is None:
        raise InvalidChange(
            f"{quote.session} has no event {quote.event} in revision {quote.revision} here, "
            "so it cannot be cited."
        )
    if event.revision.session.quarantined_at is not None:
        raise InvalidChange(f"{quote.session} is quarantined; its words are no evidence.")
    return event


def _events_of(
    workspace: Workspace, evidence: Sequence[Evidence]
) -> dict[tuple[str, int, int], Event]:
    wanted = Q(pk__in=[])
    for quote in evidence:
        wanted |= Q(
            revision__session__number=int(quote.session.removeprefix("S-")),
            revision__number=quote.revision,
            index=quote.event,
        )
    events = Event.objects.filter(wanted, revision__session__workspace=workspace)
    return {
        (f"S-{event.revision.session.number}", event.revision.number, event.index): event
        for event in events.select_related("revision__session")
    }


def _log_filed(
    proposal: Proposal, change: Change, actor: Actor, cause: Actor | Cause | None
) -> None:
    quotes = {f"quote_{at}": quote.quote for at, quote in enumerate(change.evidence, start=1)}
    append(
        Action.PROPOSAL_FILED,
        workspace=proposal.workspace.slug,
        actor=actor,
        on_behalf=cause,
        object=str(proposal),
        revision=1,
        parents=[proposal.origin_id] if proposal.origin_kind == OriginKind.DREAM else [],
        after={
            "op": proposal.op,
            "state": proposal.state,
            "risk": proposal.risk,
            "taint": proposal.taint,
            "signal": proposal.signal or None,
            "base_version": proposal.base_version,
            "evidence": [
                {
                    "session": quote.session,
                    "revision": quote.revision,
                    "event": quote.event,
                    "start": quote.start,
                    "end": quote.end,
                    "relation": quote.relation.value,
                }
                for quote in change.evidence
            ],
        },
        values={
            "path": proposal.path,
            "title": proposal.title,
            "content": change.content,
            "rationale": change.rationale,
            **quotes,
        },
        rule=rules.route_reference(proposal.route),
        engine={"name": proposal.engine, "version": proposal.engine_version}
        if proposal.engine
        else None,
    )


def file_by_hand(
    store: MemoryStore, *, path: str, content: str, rationale: str, by: Member
) -> Proposal:
    """File what a person proposes for `path`: new text, changed text, or '' to retire it.

    Raises ReasonMissing without a rationale, InvalidChange or agents.errors.InvalidPath for what
    cannot be filed.
    """
    if not rationale.strip():
        raise ReasonMissing("Say why this change is needed: a reviewer decides on the reason.")
    number = take_number(store.workspace, "P")
    head = find_head(store, path)
    op = (Op.UPDATE if head else Op.CREATE) if content.strip() else Op.RETIRE
    change = Change(
        op=op,
        path=path,
        content=content if op is not Op.RETIRE else "",
        base_version=head.number if head else None,
        title=title_of(content) if content.strip() else f"Retire {path}",
        rationale=rationale.strip(),
    )
    actor = actor_of(by.person)
    origin = Origin(OriginKind.PERSON, by.person.public_id, by.person.name, proposer=by.person)
    with transaction.atomic(durable=True):
        (proposal,) = file_proposals(
            store, [change], origin=origin, actor=actor, cause=None, numbers=[number]
        )
    return proposal


def title_of(content: str) -> str:
    """Return the first line of a memory's text without its markdown marks, for lists."""
    lines = (line.strip().lstrip("#*- ").strip() for line in content.splitlines())
    first = next((line for line in lines if line), "")
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1].rstrip() + "…"


def withdraw(proposal: Proposal, *, reason: str, by: Member | None) -> Proposal:
    """Take the proposal back: its proposer, or the system (`by` None) with a reason.

    What a dream filed and a reviewer sent back has nobody to take it back: who may decide it does.
    Raises MayNotDecide for anybody else, IllegalTransition when it is already settled.
    """
    if not reason.strip():
        raise ReasonMissing("Say why the proposal is withdrawn.")
    with transaction.atomic():
        row = lock(proposal)
        if by is not None and not may_withdraw(row, by):
            raise MayNotDecide(f"Only who filed {row} can withdraw it.")
        state = lifecycle.next_state(State(row.state), Act.WITHDRAW)
        row.state, row.state_reason, row.settled_at = state.value, reason.strip(), clock.now()
        row.save(update_fields=["state", "state_reason", "settled_at"])
        append(
            Action.PROPOSAL_WITHDRAWN,
            workspace=row.workspace.slug,
            actor=actor_of(by.person) if by else SYSTEM,
            object=str(row),
            revision=row.revision,
            after={"state": row.state},
            values={"reason": reason.strip()},
        )
    return row


def may_withdraw(row: Proposal, by: Member) -> bool:
    """Say whether `by` may take the proposal back, whatever its state allows."""
    is_orphan = row.proposer_id is None and row.state == State.CHANGES_REQUESTED
    if is_orphan and by.may(Right.DECIDE):
        return row.started_by_id != by.person.pk
    return row.proposer_id == by.person.pk


def conflict_others(
    store: MemoryStore, paths: Sequence[str], *, actor: Actor, but: Proposal | None = None
) -> list[str]:
    """Turn the open proposals on `paths` conflicted, in the caller's transaction; return their ids.

    A merge is on every path it folds in as well.
    `but` is the proposal whose application moved the path.
    """
    rows = Proposal.objects.filter(
        Q(path__in=paths) | Q(op=Op.MERGE), store=store, state__in=list(lifecycle.OPEN)
    )
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    found = rows.select_for_update(of=("self",)).order_by("pk")
    conflicted = [row for row in found if not set(paths).isdisjoint(paths_of(row))]
    for row in conflicted:
        mark_conflicted(row, actor=actor, reason="Another change to this path was applied first.")
    return [str(row) for row in conflicted]


def mark_conflicted(row: Proposal, *, actor: Actor, reason: str) -> None:
    """Make a locked row conflicted and log it; the reason says what moved."""
    if row.state == State.SCHEDULED:
        state = lifecycle.next_state(State.SCHEDULED, Act.GRACE_ENDED, Given.STALE)
    else:
        state = lifecycle.next_state(State(row.state), Act.CONFLICT)
    before = row.state
    row.state, row.state_reason, row.apply_at = state.value, reason, None
    row.save(update_fields=["state", "state_reason", "apply_at"])
    append(
        Action.PROPOSAL_CONFLICTED,
        workspace=row.workspace.slug,
        actor=actor,
        object=str(row),
        revision=row.revision,
        before={"state": before},
        after={"state": row.state},
        values={"reason": reason},
    )


def lock(proposal: Proposal) -> Proposal:
    """Return the row as it is now, locked until the transaction ends."""
    return _locked(key=proposal.pk)[0]


@Prepared
def _locked(key: Slot) -> QuerySet[Proposal]:
    rows = Proposal.objects.select_for_update(of=("self",)).filter(pk=key)
    return rows.select_related("workspace", "store__agent", "memory__head", "agent")


def head_version(proposal: Proposal) -> int | None:
    """Return the number of the head of the proposal's path now; None where it has no text."""
    head = find_head(proposal.store, proposal.path)
    return head.number if head else None


def paths_of(proposal: Proposal) -> list[str]:
    """Return every path the proposal changes: its own, and those a merge folds into it."""
    return [proposal.path, *(merged["path"] for merged in proposal.merged)]


def is_stale(proposal: Proposal) -> bool:
    """Say whether the head of one of its paths is another than the one it was written on."""
    if head_version(proposal) != proposal.base_version:
        return True
    folded = {merged["path"]: merged["base_version"] for merged in proposal.merged}
    return bool(folded) and heads_by_path(proposal.store, list(folded)) != folded
