"""The closed catalogue: every action that can ever be logged, as stable dotted strings.

A string is never renamed and never taken away, because entries cannot be rewritten; a new action is
a new line here and in docs/audit-format.md.
"""

from enum import StrEnum

from reviews.audit.errors import UnknownAction


class Action(StrEnum):
    """What happened. The part before the dot is the noun, the part after it what was done."""

    # Signing in and credentials of people
    SIGNED_IN = "session.signed_in"
    SIGNED_OUT = "session.signed_out"
    SIGN_IN_FAILED = "session.sign_in_failed"
    REAUTHENTICATED = "session.reauthenticated"
    CREDENTIAL_CHANGED = "credential.changed"
    CREDENTIAL_RESET = "credential.reset"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_RESET = "factor.reset"
    ACCESS_DENIED = "access.denied"
    # People, rights and places
    PERSON_ADDED = "person.added"
    PERSON_INVITED = "person.invited"
    PERSON_CHANGED = "person.changed"
    PERSON_DEACTIVATED = "person.deactivated"
    PERSON_REACTIVATED = "person.reactivated"
    MEMBERSHIP_ADDED = "membership.added"
    MEMBERSHIP_CHANGED = "membership.changed"
    MEMBERSHIP_REMOVED = "membership.removed"
    GROUP_CREATED = "group.created"
    GROUP_CHANGED = "group.changed"
    GROUP_REMOVED = "group.removed"
    ABSENCE_SET = "absence.set"
    ABSENCE_ENDED = "absence.ended"
    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_CHANGED = "workspace.changed"
    WORKSPACE_FROZEN = "workspace.frozen"
    WORKSPACE_UNFROZEN = "workspace.unfrozen"
    WORKSPACE_PAUSED = "workspace.paused"
    WORKSPACE_RESUMED = "workspace.resumed"
    AGENT_CREATED = "agent.created"
    AGENT_CHANGED = "agent.changed"
    AGENT_FROZEN = "agent.frozen"
    AGENT_UNFROZEN = "agent.unfrozen"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 (a name, no secret)
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 (a name, no secret)
    TOKEN_REFUSED = "token.refused"  # noqa: S105 (a name, no secret)
    WEBHOOK_SET = "webhook.set"
    WEBHOOK_ROTATED = "webhook.rotated"
    WEBHOOK_REMOVED = "webhook.removed"
    RULE_PROPOSED = "rule.proposed"
    RULE_SET = "rule.set"
    RULE_DECLINED = "rule.declined"
    RULE_WITHDRAWN = "rule.withdrawn"
    RULE_REMOVED = "rule.removed"
    SCHEDULE_CREATED = "schedule.created"
    SCHEDULE_CHANGED = "schedule.changed"
    SCHEDULE_REMOVED = "schedule.removed"
    # Sessions of agents, and who looked at them
    SESSION_INGESTED = "session.ingested"
    SESSION_REVISED = "session.revised"
    SESSION_REFUSED = "session.refused"
    SESSION_QUARANTINED = "session.quarantined"
    SESSION_RELEASED = "session.released"
    SESSION_OPENED = "session.opened"
    SESSION_REVEALED = "session.revealed"
    EVIDENCE_OPENED = "evidence.opened"
    OUTCOME_RECORDED = "outcome.recorded"
    IMPORT_COMPLETED = "import.completed"
    # Dreams
    DREAM_QUEUED = "dream.queued"
    DREAM_STARTED = "dream.started"
    DREAM_COMPLETED = "dream.completed"
    DREAM_PARTIAL = "dream.partial"
    DREAM_FAILED = "dream.failed"
    DREAM_CANCELLED = "dream.cancelled"
    DREAM_SKIPPED = "dream.skipped"
    DREAM_HELD = "dream.held"
    DREAM_ADMITTED = "dream.admitted"
    DREAM_REFUSED = "dream.refused"
    DREAM_RESUMED = "dream.resumed"
    # Proposals and decisions
    PROPOSAL_FILED = "proposal.filed"
    PROPOSAL_REVISED = "proposal.revised"
    PROPOSAL_REBASED = "proposal.rebased"
    PROPOSAL_REFILED = "proposal.refiled"
    PROPOSAL_WITHDRAWN = "proposal.withdrawn"
    PROPOSAL_CONFLICTED = "proposal.conflicted"
    PROPOSAL_SUPERSEDED = "proposal.superseded"
    PROPOSAL_APPLIED = "proposal.applied"
    PROPOSAL_ASSIGNED = "proposal.assigned"
    PROPOSAL_ESCALATED = "proposal.escalated"
    PROPOSAL_RECHECKED = "proposal.rechecked"
    PROPOSAL_RESERVED = "proposal.reserved"
    PROPOSAL_RELEASED = "proposal.released"
    PROPOSAL_POSTPONED = "proposal.postponed"
    PROPOSAL_TAKEN_BACK = "proposal.taken_back"
    PROPOSAL_COMMENTED = "proposal.commented"
    CHANGES_REQUESTED = "proposal.changes_requested"
    TAINT_CLEARED = "proposal.taint_cleared"
    APPROVED = "decision.approved"
    REJECTED = "decision.rejected"
    DECISION_REFUSED = "decision.refused"
    DECISION_UNDONE = "decision.undone"
    # Samples, which are no proposals
    FIRST_VISIT_ENDED = "practice.settled_in"
    PRACTICE_STARTED = "practice.started"
    PRACTICE_ENDED = "practice.ended"
    QUALIFICATION_STARTED = "qualification.started"
    QUALIFICATION_PASSED = "qualification.passed"
    QUALIFICATION_FAILED = "qualification.failed"
    SAMPLE_OPENED = "sample.opened"
    SAMPLE_ANSWERED = "sample.answered"
    TEST_ITEM_SHOWN = "testitem.shown"
    TEST_ITEM_ANSWERED = "testitem.answered"
    # Memory and what is served
    STORE_CREATED = "store.created"
    MEMORY_WRITTEN = "memory.written"
    MEMORY_RETIRED = "memory.retired"
    MEMORY_CHANGED = "memory.changed"
    MEMORY_REVIEWED = "memory.reviewed"
    RELEASE_PUBLISHED = "release.published"
    RELEASE_ROLLED_BACK = "release.rolled_back"
    CHANNEL_MOVED = "channel.moved"
    # Containment
    CONTAINMENT_OPENED = "containment.opened"
    CONTAINMENT_CONFIRMED = "containment.confirmed"
    CONTAINMENT_REVERSED = "containment.reversed"
    QUARANTINE_OPENED = "quarantine.opened"
    QUARANTINE_LIFTED = "quarantine.lifted"
    # Proof
    EXPORT_REQUESTED = "export.requested"
    EXPORT_MADE = "export.made"
    EXPORT_FAILED = "export.failed"
    EXPORT_DOWNLOADED = "export.downloaded"
    AUDIT_OPENED = "audit.opened"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_DIVERGED = "audit.diverged"
    LOG_MANIFEST = "log.manifest"
    CHECKPOINT_EXPORTED = "checkpoint.exported"
    CHECKPOINT_REFUSED = "checkpoint.refused"
    KEY_CREATED = "key.created"
    KEY_ROTATED = "key.rotated"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    ERASURE_REQUESTED = "erasure.requested"
    ERASURE_DECLINED = "erasure.declined"
    ERASURE_DONE = "erasure.done"
    SETTING_CHANGED = "setting.changed"


def known_action(action: str) -> Action:
    """Return the catalogue's member for `action`, or raise UnknownAction."""
    try:
        return Action(action)
    except ValueError as error:
        raise UnknownAction(
            f"Action {action!r} is not in the catalogue: add it to reviews/audit/actions.py first."
        ) from error
