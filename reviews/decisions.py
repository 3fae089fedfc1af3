"""Deciding: votes are recorded here and settled ones applied here, nowhere else.

A vote that cannot be taken is an entry too, so the refusal commits before the error is raised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from agents import clock
from agents.errors import StaleVersion, StoreFull
from agents.freezes import is_frozen
from agents.memory import Origin, heads_of, lock_store, retire_memory, set_review, write_memory
from agents.models import Memory, MemoryVersion
from agents.numbers import take_number
from agents.people import Member, actor_of
from agents.prepared import Prepared, Slot
from agents.releases import publish_due
from agents.wakeups import APPLY, wake_on_commit
from reviews import lifecycle, rules
from reviews.approval_rules import may_decide
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Cause
from reviews.audit.log import append
from reviews.changes import Op
from reviews.errors import (
    MayNotDecide,
    NotConfirmed,
    NotSeen,
    ReasonMissing,
    ReviewsError,
    StaleProposal,
)
from reviews.lifecycle import STANDS, Act, Given, Standing, State, Verdict, Vote
from reviews.models import Decision, Proposal
from reviews.paces import Pace, read_pace
from reviews.proposals import conflict_others, is_stale, lock, mark_conflicted, paths_of
from reviews.requests import SEND_BACK
from reviews.review_dates import asked_review, check_day
from reviews.risk import Level
from reviews.seeing import due_of
from reviews.unseen import Due, Seen, find_unseen

REASON_CODES = {
    "wrong": "It is wrong",
    "unsafe": "Unsafe or against a rule",
    "private": "Holds private data",
    "duplicate": "Says what memory says already",
    "outdated": "Outdated",
    "too_broad": "Too broad",
    "unsupported": "The evidence does not support it",
    "other": "Another reason",
}
VERDICTS: Mapping[Act, str] = {
    Act.APPROVE: Verdict.APPROVE.value,
    Act.REJECT: Verdict.REJECT.value,
    Act.REQUEST_CHANGES: SEND_BACK,
}
ACTIONS: Mapping[Act, Action] = {
    Act.APPROVE: Action.APPROVED,
    Act.REJECT: Action.REJECTED,
    Act.REQUEST_CHANGES: Action.CHANGES_REQUESTED,
}


SETTLING = ("state", "state_before", "verdict", "apply_at", "decided_at", "decided_by", "asked")
"""Columns of a proposal that a vote changes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page had shown when the person voted: kept with the decision."""

    revision: int
    state: str
    evidence_opened: tuple[int, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    is_read: bool = False
    """The end of a long change was on the person's screen."""
    is_confirmed: bool = False
    """The person said a second time that they approve of high risk."""

    def body(self) -> dict[str, object]:
        """Return the facts as they stand in the entry."""
        return {
            "revision": self.revision,
            "state": self.state,
            "evidence_opened": list(self.evidence_opened),
            **({"read_to_end": True} if self.is_read else {}),
            **({"confirmed": True} if self.is_confirmed else {}),
            **self.facts,
        }

    @property
    def seen(self) -> Seen:
        """Return what of it has to do with whether an approval counts."""
        return Seen(frozenset(self.evidence_opened), self.is_read)


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a proposal. token: of the form it was said with, '' without one."""

    act: Act
    code: str = ""
    reason: str = ""
    token: str = ""


def approve(
    proposal: Proposal,
    *,
    by: Member,
    shown: Shown,
    reason: str = "",
    token: str = "",
    review_by: date | None = None,
) -> Proposal:
    """Record `by`'s approval of the revision shown; enough approvals schedule the change.

    token: says the same when the same form is sent again, which then changes nothing. Raises
    StaleProposal when the proposal is no longer what the page showed (another revision, another
    state, or the head of its path moved: then it is conflicted now), MayNotDecide when this
    person may not decide it, NotSeen while something that speaks against it, a quote behind high
    risk or the end of a long change was not seen, NotConfirmed where high risk was approved by one
    press. A refused vote writes no Decision. review_by: the day by which the memory is to be looked
    at again; of several approvals the earliest counts.
    """
    if review_by is not None:
        check_day(review_by)
        shown = replace(shown, facts={**shown.facts, "review_by": review_by.isoformat()})
    return _vote(proposal, by, shown, Said(Act.APPROVE, reason=reason.strip(), token=token))


def reject(
    proposal: Proposal, *, by: Member, shown: Shown, code: str, reason: str, token: str = ""
) -> Proposal:
    """Record `by`'s rejection with its reason; see approve for what is refused.

    code: one of REASON_CODES; "other" needs words. Raises ReasonMissing.
    """
    check_reason(code, reason)
    return _vote(proposal, by, shown, Said(Act.REJECT, code, reason.strip(), token))


def check_reason(code: str, reason: str) -> None:
    """Raise ReasonMissing unless `code` is one of REASON_CODES, and "other" has words."""
    if code not in REASON_CODES:
        raise ReasonMissing("Choose why the change is rejected: the next dream is told.")
    if code == "other" and not reason.strip():
        raise ReasonMissing("Say in words why the change is rejected.")


def request_changes(
    proposal: Proposal, *, by: Member, shown: Shown, reason: str, token: str = ""
) -> Proposal:
    """Send the proposal back with what should change in it; see approve for what is refused.

    The next dream over its memory reads the words; votes given before no longer count. It is open
    no more until it is filed anew. Raises ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("Say what should change: the next dream reads it.")
    return _vote(proposal, by, shown, Said(Act.REQUEST_CHANGES, "", reason.strip(), token))


def _vote(proposal: Proposal, by: Member, shown: Shown, said: Said) -> Proposal:
    with transaction.atomic(durable=True):
        row = lock(proposal)
        refusal = cast_vote(row, by, shown, said, at=clock.now())
        if row.state == State.SCHEDULED:
            wake_on_commit(APPLY, settings.GRACE_S)
    if refusal is not None:
        raise refusal
    return row


def cast_vote(
    row: Proposal, by: Member, shown: Shown, said: Said, *, at: datetime
) -> ReviewsError | None:
    """Record `by`'s vote on a locked row, or log why it cannot be taken and return that.

    In the caller's transaction, which commits either way; who calls it wakes the worker. A form
    that was sent before changes nothing. at: the moment of the decision, from which its grace runs.
    """
    due = due_of(row)
    shown = replace(shown, facts={"evidence": due.quotes} | shown.facts)
    given = rules.decisions_of(row)
    before = _said_before(given, by, said)
    if before is not None and not before.is_undone:
        return None
    votes = rules.votes_of(row, given)
    refusal = _refusal(row, said.act, by, shown, votes, due) if before is None else _undone(row)
    if refusal is None:
        _record(row, by, shown, said, votes, at)
    else:
        _log_refused(row, said.act, by, shown, refusal)
    return refusal


def _said_before(given: Sequence[Decision], by: Member, said: Said) -> Decision | None:
    """Return what this very form did when it was sent before, None for the first time."""
    own = (one for one in given if said.token and one.token == said.token)
    verdict = VERDICTS[said.act]
    return next(
        (one for one in own if one.person_id == by.person.pk and one.verdict == verdict), None
    )


def _undone(row: Proposal) -> StaleProposal:
    message = f"What this form decided on {row} was undone; open it again to decide anew."
    return StaleProposal(message, proposal=str(row))


def _refusal(
    row: Proposal, act: Act, by: Member, shown: Shown, votes: Sequence[Vote], due: Due
) -> ReviewsError | None:
    """Return why this vote cannot be taken, or None; a moved head makes the row conflicted."""
    name = str(row)
    if row.revision != shown.revision:
        message = f"{name} was edited: it is at revision {row.revision} now."
        return StaleProposal(message, proposal=name)
    if row.state != shown.state or not _is_decidable(row, act):
        message = f"{name} {STANDS[State(row.state)]} now."
        return StaleProposal(message, proposal=name)
    barred = may_decide(*rules.facts_about(row, by, votes))
    if barred is not None:
        return MayNotDecide(barred)
    if row.state != State.CONFLICTED and is_stale(row):
        mark_conflicted(row, actor=SYSTEM, reason="Its path has changed since it was proposed.")
        message = f"{row.path} has changed since {name} was proposed; nothing was decided."
        return StaleProposal(message, proposal=name)
    return _refuse_approval(row, by, shown, votes, due) if act is Act.APPROVE else None


def _refuse_approval(
    row: Proposal, by: Member, shown: Shown, votes: Sequence[Vote], due: Due
) -> ReviewsError | None:
    if not rules.advances(row, by, votes):
        groups = ", ".join(lifecycle.settle(rules.needs_of(row), votes).groups)
        return MayNotDecide(f"The approval still needed is one from {groups}.")
    return _unseen(due, shown) or _unconfirmed(row, shown)


def check_seen(proposal: Proposal, shown: Shown) -> None:
    """Raise NotSeen where an approval of what was shown would be refused for it."""
    refusal = _unseen(due_of(proposal), shown)
    if refusal is not None:
        raise refusal


def _unseen(due: Due, shown: Shown) -> NotSeen | None:
    left = find_unseen(due, shown.seen)
    if not left:
        return None
    words = " ".join(one.words for one in left)
    return NotSeen(words, left=(left[0].label, left[0].anchor))


def needs_confirming(proposal: Proposal, shown: Shown) -> bool:
    """Say whether an approval of what was shown waits for a second press: its risk is high."""
    return proposal.risk == Level.HIGH and not shown.is_confirmed


def _unconfirmed(row: Proposal, shown: Shown) -> NotConfirmed | None:
    if not needs_confirming(row, shown):
        return None
    return NotConfirmed(f"{row} is of high risk. Nothing is approved until you confirm.")


def _is_decidable(row: Proposal, act: Act) -> bool:
    if row.state == State.CONFLICTED:
        return act is Act.REJECT
    return row.state in lifecycle.OPEN


def last_pace(by: Member) -> tuple[Pace, datetime | None]:
    """Return how fast `by` approved until their last decision anywhere, and when that was."""
    found = _last_decided.first(person=by.person.pk)
    return (read_pace(found[0]), found[1]) if found else (Pace(), None)


@Prepared
def _last_decided(person: Slot) -> QuerySet[Decision, tuple[dict[str, Any], datetime]]:
    rows = Decision.objects.filter(person=person)
    return rows.order_by("-pk").values_list("shown", "created_at")[:1]


def standing_of(row: Proposal) -> Standing:
    """Return what the votes on the newest revision amount to under the proposal's route."""
    return lifecycle.settle(rules.needs_of(row), rules.votes_of(row))


def _record(
    row: Proposal, by: Member, shown: Shown, said: Said, votes: Sequence[Vote], now: datetime
) -> None:
    """Write the vote beside those before it, give the locked row its next state, and log it."""
    Decision.objects.create(
        proposal=row,
        revision=row.revision,
        round=row.round,
        person=by.person,
        verdict=VERDICTS[said.act],
        reason_code=said.code,
        reason=said.reason,
        shown=shown.body(),
        token=said.token,
        created_at=now,
    )
    before = State(row.state)
    if said.act is Act.REQUEST_CHANGES:
        row.state = lifecycle.next_state(before, said.act).value
    else:
        _move_on(row, by, said.act, votes, now)
    row.save(update_fields=SETTLING)
    append(
        ACTIONS[said.act],
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=str(row),
        revision=row.revision,
        before={"state": before.value},
        after={"state": row.state, "verdict": row.verdict or None, "code": said.code or None},
        values={"reason": said.reason} if said.reason else {},
        rule=rules.route_reference(row.route),
        shown=shown.body(),
    )


def _move_on(row: Proposal, by: Member, act: Act, votes: Sequence[Vote], now: datetime) -> None:
    """Give a locked row the state its votes and this one lead to; a settled one is scheduled."""
    owner = row.agent.owner_id if row.agent else None
    own = Vote(by.person.pk, Verdict(VERDICTS[act]), by.groups, by.person.pk == owner)
    before, standing = State(row.state), rules.ask(row, [*votes, own])
    row.state = lifecycle.next_state(before, act, standing.given).value
    if row.state == State.SCHEDULED:
        row.state_before = before.value
        row.verdict = (standing.verdict or Verdict(VERDICTS[act])).value
        row.apply_at = now + timedelta(seconds=settings.GRACE_S)
        row.decided_at, row.decided_by = now, by.person


def _log_refused(row: Proposal, act: Act, by: Member, shown: Shown, refusal: ReviewsError) -> None:
    append(
        Action.DECISION_REFUSED,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=str(row),
        revision=row.revision,
        after={"state": row.state, "verdict": VERDICTS[act], "why": type(refusal).__name__},
        values={"message": str(refusal)},
        shown=shown.body(),
    )


def apply_due(now: datetime, *, limit: int = 200) -> int:
    """Carry out every verdict whose grace has ended, then publish what was applied.

    Return how many proposals were settled. What is frozen waits. Idempotent and safe to run in
    several workers at once: each proposal is locked and looked at again.
    """
    due = Proposal.objects.filter(state=State.SCHEDULED, apply_at__lte=now)
    settled = 0
    for row in due.select_related("workspace", "store").order_by("apply_at", "pk")[:limit]:
        settled += apply_approved(row, now)
    # Later than `now`: what was applied just above is due as well.
    publish_due(clock.now())
    return settled


def apply_approved(proposal: Proposal, now: datetime) -> int:
    """Carry out one scheduled verdict; return 1 when the proposal was settled by this call.

    Approved: the text becomes the head of its path, or the proposal is conflicted when the head
    is no longer its base (the decision is kept). Rejected: it becomes rejected.
    """
    number = None
    if not Memory.objects.filter(store_id=proposal.store_id, path=proposal.path).exists():
        number = take_number(proposal.workspace, "M")
    with transaction.atomic(durable=True):
        # The store before the proposal, as containment locks them: the other order can deadlock.
        lock_store(proposal.store)
        row = lock(proposal)
        if row.state != State.SCHEDULED or row.apply_at is None or row.apply_at > now:
            return 0
        if row.verdict == Verdict.REJECT:
            _settle_rejected(row, now)
        elif is_frozen(row.store):
            return 0
        else:
            _settle_approved(row, now, number)
    return 1


def _settle_rejected(row: Proposal, now: datetime) -> None:
    """The vote's own entry says why and by whom; becoming rejected adds no fact to the log."""
    row.state = lifecycle.next_state(State.SCHEDULED, Act.GRACE_ENDED, Given.REJECTED).value
    row.settled_at = now
    row.save(update_fields=["state", "settled_at"])


def _settle_approved(row: Proposal, now: datetime, number: int | None) -> None:
    try:
        with transaction.atomic():
            version = _write(row, number)
    except (StaleVersion, StoreFull) as error:
        mark_conflicted(row, actor=SYSTEM, reason=str(error))
        return
    row.state = lifecycle.next_state(State.SCHEDULED, Act.GRACE_ENDED, Given.APPROVED).value
    row.settled_at, row.applied_version, row.memory = now, version, version.memory
    row.save(update_fields=["state", "settled_at", "applied_version", "memory"])
    append(
        Action.PROPOSAL_APPLIED,
        workspace=row.workspace.slug,
        actor=SYSTEM,
        on_behalf=Cause("decision", str(row)),
        object=str(row),
        revision=row.revision,
        before={"version": row.base_version},
        after={"state": row.state, "memory": str(version.memory), "version": version.number},
        rule=rules.route_reference(row.route),
    )
    conflict_others(row.store, paths_of(row), actor=SYSTEM, but=row)


def _write(row: Proposal, number: int | None) -> MemoryVersion:
    """Write the approved text as the head of its path; a merge retires what it folded in."""
    cause = Cause("decision", str(row))
    if row.op == Op.RETIRE and row.base_version is not None:
        return retire_memory(
            row.store,
            row.path,
            base_version=row.base_version,
            actor=SYSTEM,
            on_behalf=cause,
            proposal=str(row),
        )
    content = row.revisions.get(number=row.revision).content
    version = write_memory(
        row.store,
        row.path,
        content,
        base_version=row.base_version,
        actor=SYSTEM,
        on_behalf=cause,
        number=number,
        **_origin_of(row, content),
    )
    if (day := asked_review(row)) is not None:
        set_review(version.memory, day, actor=SYSTEM, on_behalf=cause)
    for merged in row.merged:
        retire_memory(
            row.store,
            merged["path"],
            base_version=merged["base_version"],
            actor=SYSTEM,
            on_behalf=cause,
            proposal=str(row),
        )
    return version


def _origin_of(row: Proposal, content: str) -> Origin:
    """Return where the approved text comes from and what ranks it.

    What a path and those folded into it rested on is not forgotten by changing or merging them: the
    pattern stays the first one of the path, support is the most of any, evidence the newest.
    """
    heads = list(heads_of(row.store).filter(memory__path__in=paths_of(row)))
    own = next((head for head in heads if head.memory.path == row.path), None)
    is_same = own is not None and own.content == content
    return Origin(
        proposal=str(row),
        title=own.title if own is not None and is_same else row.title,
        pattern_key=(own.pattern_key if own is not None else "") or row.pattern_key,
        support=max([row.support, *(head.support for head in heads)]),
        last_evidence_at=_last_evidence(row, heads),
        taint=row.taint,
    )


def _last_evidence(row: Proposal, heads: Sequence[MemoryVersion]) -> datetime | None:
    """Return the newest date the text rests on: of its quotes, its pattern, or what it replaces."""
    quoted = row.evidence.exclude(event__at=None).order_by("-event__at")
    measured = row.pattern_numbers.get("last")
    dates = [
        quoted.values_list("event__at", flat=True).first(),
        datetime.fromisoformat(str(measured)) if measured else None,
        *(head.last_evidence_at for head in heads),
    ]
    return max((_as_aware(date) for date in dates if date is not None), default=None)


def _as_aware(moment: datetime) -> datetime:
    """Return a moment without a zone as one of UTC, as sessions are kept."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
