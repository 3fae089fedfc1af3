"""Deciding by rule: what an automatic approval rule lets through, by the same steps as a vote.

A rule settles nothing but identical texts folded into one, and only while everything that made it
the proposal's route still holds. Whatever is in doubt stays open, and people decide it.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from agents import clock
from agents.freezes import is_frozen
from agents.models import Memory
from agents.wakeups import APPLY, wake_on_commit
from reviews import baselines, lifecycle, rules
from reviews.approval_rules import Mode
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor
from reviews.audit.log import append
from reviews.changes import Change, Op, PatternFacts, Trust
from reviews.lifecycle import Act, Given, State, Verdict
from reviews.models import Decision, OriginKind, Proposal
from reviews.proposals import is_stale, judge, lock, mark_conflicted, paths_of
from reviews.risk import unsourced_in


def decide_by_rules(proposals: Iterable[Proposal]) -> int:
    """Let automatic rules decide what of `proposals` is theirs; return how many they let through.

    Idempotent: what is decided, edited, frozen, in conflict, or no longer the rule's is left as it
    is. Each decision is a transaction of its own, so this must not run inside another.
    """
    return sum(
        decide_by_rule(row)
        for row in proposals
        if row.state == State.PENDING and row.route.get("mode") == Mode.AUTOMATIC
    )


def decide_by_rule(proposal: Proposal) -> bool:
    """Let the rule that `proposal` is routed by approve it; say whether it did.

    Writes the Decision in the rule's name, schedules the change and logs it with the rule as
    actor, on behalf of the dream that filed it.
    """
    with transaction.atomic(durable=True):
        row = lock(proposal)
        if row.state != State.PENDING or is_frozen(row.store):
            return False
        if is_stale(row):
            mark_conflicted(row, actor=SYSTEM, reason="Its path has changed since it was proposed.")
            return False
        if doubt := why_not(row):
            row.state_reason = f"Left to people: {doubt}"
            row.save(update_fields=["state_reason"])
            return False
        _approve(row)
    return True


def why_not(row: Proposal) -> str:
    """Return why the rule may not decide the proposal now, '' when it may."""
    if row.revision != 1 or row.origin_kind != OriginKind.DREAM:
        return "rules decide what a dream filed, as it was filed."
    if row.round:
        return "a person undid what the rule had decided."
    now = judge(_change_of(row), row.store).route
    if now.mode is not Mode.AUTOMATIC:
        return f"by the rules of now, {now.rule} asks for people."
    if (now.rule, now.version) != (row.route["rule"], row.route["version"]):
        return f"rule {row.route['rule']} is another than when this was filed."
    return _why_not_in_memory(row)


def _why_not_in_memory(row: Proposal) -> str:
    """Return what about its memory leaves the proposal to people, '' for nothing."""
    if baselines.is_due(row.store):
        return "its memory is due for revalidation; a lead signs a new baseline first."
    memory, before = _find_quarantined(row), _done_before(row)
    if memory is not None:
        return f"{memory} is quarantined."
    return "" if before is None else f"it was applied as {before} before, and taken back."


def _change_of(row: Proposal) -> Change:
    revision = row.revisions.get(number=row.revision)
    return Change(
        op=Op(row.op),
        path=row.path,
        content=revision.content,
        base_version=row.base_version,
        title=row.title,
        rationale=revision.rationale,
        pattern=PatternFacts(row.pattern_kind, row.pattern_key, "", row.signal),
        taint=Trust(row.taint),
        merged=tuple(one["path"] for one in row.merged),
        unsourced=unsourced_in(one["words"] for one in row.risk_reasons),
    )


def _find_quarantined(row: Proposal) -> Memory | None:
    """Return a memory the proposal changes that is out of service, None where all are in it."""
    memories = Memory.objects.filter(store=row.store, path__in=paths_of(row))
    return memories.filter(quarantines__lifted_at=None, quarantines__isnull=False).first()


def _done_before(row: Proposal) -> Proposal | None:
    """Return the applied proposal that folded the same paths into the same text, if any.

    They stand apart again, so somebody took it back: a rule does not do that over and over.
    """
    folded = {one["path"] for one in row.merged}
    before = Proposal.objects.filter(
        store=row.store,
        path=row.path,
        op=row.op,
        content_sha256=row.content_sha256,
        state=State.APPLIED,
    )
    rows = before.exclude(pk=row.pk).order_by("number")
    return next((one for one in rows if folded & {path["path"] for path in one.merged}), None)


def _approve(row: Proposal) -> None:
    now = clock.now()
    rule, version = str(row.route["rule"]), int(row.route["version"])
    shown: dict[str, object] = {
        "revision": row.revision,
        "state": row.state,
        "sha256": row.content_sha256,
    }
    Decision.objects.create(
        proposal=row,
        revision=row.revision,
        round=row.round,
        rule=f"{rule} version {version}",
        verdict=Verdict.APPROVE.value,
        shown=shown,
        created_at=now,
    )
    before = State(row.state)
    row.state = lifecycle.next_state(before, Act.APPROVE, Given.SETTLED).value
    row.state_before, row.verdict = before.value, Verdict.APPROVE.value
    row.apply_at, row.decided_at = now + timedelta(seconds=settings.GRACE_S), now
    row.save(update_fields=["state", "state_before", "verdict", "apply_at", "decided_at"])
    wake_on_commit(APPLY, settings.GRACE_S)
    append(
        Action.APPROVED,
        workspace=row.workspace.slug,
        actor=Actor("rule", rule),
        on_behalf=Actor("dream", row.origin_id),
        object=str(row),
        revision=row.revision,
        before={"state": before.value},
        after={"state": row.state, "verdict": row.verdict, "code": None},
        rule=rules.route_reference(row.route),
        shown=shown,
    )
