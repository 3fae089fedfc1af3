"""Looking again at a proposal that waits too long: does what it rests on still hold?

One that no longer applies closes itself and says why; one that does gets a new due time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from agents.memory import heads_of
from reviews import deadlines, proposals, rules
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.log import append
from reviews.changes import Op
from reviews.due_times import due_after
from reviews.lifecycle import OPEN, State
from reviews.models import Deadline, Evidence, Proposal

LOOKED_AT = frozenset({*OPEN, State.CONFLICTED})


@dataclass(frozen=True, slots=True)
class Standing:
    """What is asked of an old proposal.

    base_stands: its paths say what they said when it was written. quotes: how many it was filed
    with; stored: how many of them are still there and not quarantined. says_same: live memory says
    its text already; is_gone: what it would retire is gone.
    """

    base_stands: bool = True
    quotes: int = 0
    stored: int = 0
    says_same: bool = False
    is_gone: bool = False


def why_moot(standing: Standing) -> str:
    """Return in a sentence why the proposal no longer applies, '' where it still does."""
    if standing.is_gone:
        return "What it would retire is no longer in memory."
    if standing.says_same:
        return "Live memory says the same already."
    if not standing.base_stands:
        return "The text it would change has changed since, and nobody settled the conflict."
    if standing.quotes and not standing.stored:
        return "None of the quotes it rests on is stored any more: erased or quarantined."
    return ""


def standing_of(row: Proposal) -> Standing:
    """Return what is the case now; its store is there, for it takes its proposals with it."""
    evidence = Evidence.objects.filter(proposal=row)
    stored = evidence.exclude(quote="").filter(event__revision__session__quarantined_at=None)
    is_retire = row.op == Op.RETIRE
    sha256 = row.content_sha256
    same = heads_of(row.store).filter(sha256=sha256).exists() if not is_retire else False
    if row.op == Op.MERGE:
        # Others are still to be folded in, whatever the path says.
        same = False
    return Standing(
        base_stands=not proposals.is_stale(row),
        quotes=evidence.count(),
        stored=stored.count(),
        says_same=same,
        is_gone=is_retire and proposals.head_version(row) is None,
    )


def is_due(row: Proposal, checked_at: datetime | None, days: int, now: datetime) -> bool:
    """Say whether a proposal has waited `days` since it was filed or last checked."""
    return (checked_at or row.filed_at) + timedelta(days=days) <= now


def recheck(proposal: Proposal, days: int, now: datetime) -> bool:
    """Hold one proposal against what is there now; return whether it still applies.

    It is withdrawn by the system with the reason, or its time begins anew. Idempotent and safe in
    several workers: the row is locked and asked again.
    """
    with transaction.atomic(durable=True):
        row = proposals.lock(proposal)
        deadline = Deadline.objects.get(proposal=row)
        if row.state not in LOOKED_AT or not is_due(row, deadline.checked_at, days, now):
            return row.state in LOOKED_AT
        why = why_moot(standing_of(row))
        if why:
            proposals.withdraw(row, reason=why, by=None)
            return False
        _go_on(row, now)
    return True


def ask_anew(proposal: Proposal) -> bool:
    """Let an open proposal ask for what its votes leave due now; return whether that changed.

    Who enters or leaves a group takes their votes along, and what changes groups knows no proposals
    (agents.people, agents.group_rules). Idempotent, safe in several workers; it locks only a row
    that is to be written.
    """
    if not _asks_others(proposal):
        return False
    with transaction.atomic(durable=True):
        row = proposals.lock(proposal)
        is_changed = row.state in OPEN and _asks_others(row)
        if is_changed:
            row.save(update_fields=["asked"])
    return is_changed


def _asks_others(row: Proposal) -> bool:
    before = row.asked
    rules.ask(row, rules.votes_of(row))
    return row.asked != before


def _go_on(row: Proposal, now: datetime) -> None:
    row.due_at, row.remind_at = due_after(deadlines.limits_of(row.workspace), row.risk, now)
    row.save(update_fields=["due_at", "remind_at"])
    deadlines.begin_round(row)
    Deadline.objects.filter(proposal=row).update(checked_at=now)
    append(
        Action.PROPOSAL_RECHECKED,
        workspace=row.workspace.slug,
        actor=SYSTEM,
        object=str(row),
        revision=row.revision,
        after={"state": row.state, "applies": "yes"},
    )
