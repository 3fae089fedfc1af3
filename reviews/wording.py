"""Entries of the log in words, for the audit page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agents.web.amounts import spell_number
from reviews.audit.actions import Action
from reviews.audit.canonical import Json
from reviews.audit.history import LoggedEntry
from reviews.audit.models import Entry

ERASED = "erased"
UNREADABLE = "cannot be read"
CHANGED = "Changed after it was sealed"

WORDS: Mapping[str, str] = {
    Action.SIGNED_IN: "Signed in",
    Action.SIGNED_OUT: "Signed out",
    Action.SIGN_IN_FAILED: "Failed to sign in",
    Action.PERSON_ADDED: "Added a person",
    Action.MEMBERSHIP_ADDED: "Gave a role",
    Action.MEMBERSHIP_CHANGED: "Changed a role",
    Action.MEMBERSHIP_REMOVED: "Removed a member",
    Action.GROUP_CREATED: "Made a group",
    Action.GROUP_CHANGED: "Changed a group",
    Action.WORKSPACE_CREATED: "Opened the workspace",
    Action.AGENT_CREATED: "Added an agent",
    Action.TOKEN_ISSUED: "Issued a token",
    Action.TOKEN_REVOKED: "Revoked a token",
    Action.WEBHOOK_SET: "Set a webhook",
    Action.WEBHOOK_ROTATED: "Gave a webhook a new secret",
    Action.WEBHOOK_REMOVED: "Removed a webhook",
    Action.RULE_PROPOSED: "Proposed a rule",
    Action.RULE_SET: "Set a rule",
    Action.RULE_DECLINED: "Refused a rule",
    Action.RULE_WITHDRAWN: "Withdrew a rule",
    Action.RULE_REMOVED: "Retired a rule",
    Action.SETTING_CHANGED: "Changed a setting",
    Action.SESSION_INGESTED: "Took a session in",
    Action.SESSION_REVISED: "Took a changed session in",
    Action.SESSION_OPENED: "Opened a session",
    Action.EVIDENCE_OPENED: "Opened evidence",
    Action.CHANGE_READ: "Read a change to its end",
    Action.DREAM_QUEUED: "Queued a dream",
    Action.DREAM_STARTED: "Began to dream",
    Action.DREAM_RESUMED: "Resumed a dream",
    Action.DREAM_COMPLETED: "Completed a dream",
    Action.DREAM_ADMITTED: "Let a held dream through",
    Action.PROPOSAL_FILED: "Filed",
    Action.PROPOSAL_REVISED: "Edited",
    Action.PROPOSAL_REBASED: "Rebased",
    Action.PROPOSAL_WITHDRAWN: "Withdrew",
    Action.PROPOSAL_CONFLICTED: "Marked as in conflict",
    Action.PROPOSAL_APPLIED: "Applied",
    Action.PROPOSAL_SUPERSEDED: "Replaced",
    Action.PROPOSAL_REFILED: "Filed anew",
    Action.CHANGES_REQUESTED: "Sent back",
    Action.PROPOSAL_ASSIGNED: "Assigned",
    Action.PROPOSAL_ESCALATED: "Escalated",
    Action.PROPOSAL_RECHECKED: "Checked again",
    Action.ABSENCE_SET: "Set an absence",
    Action.ABSENCE_ENDED: "Ended an absence",
    Action.APPROVED: "Approved",
    Action.REJECTED: "Rejected",
    Action.DECISION_REFUSED: "Was refused a decision",
    Action.FIRST_VISIT_ENDED: "Put the checklist away",
    Action.PRACTICE_STARTED: "Began to practise",
    Action.PRACTICE_ENDED: "Ended practice",
    Action.QUALIFICATION_STARTED: "Began to qualify",
    Action.QUALIFICATION_PASSED: "Qualified",
    Action.QUALIFICATION_FAILED: "Did not qualify",
    Action.SAMPLE_OPENED: "Opened a quote of a sample",
    Action.SAMPLE_ANSWERED: "Answered a sample",
    Action.TEST_ITEM_SHOWN: "Showed a test item",
    Action.TEST_ITEM_ANSWERED: "Answered a test item",
    Action.DECISION_UNDONE: "Undid a decision",
    Action.BATCH_DECIDED: "Decided a batch",
    Action.BATCH_UNDONE: "Undid a batch",
    Action.VIEW_SHARED: "Shared a view",
    Action.VIEW_CHANGED: "Changed a shared view",
    Action.VIEW_REMOVED: "Deleted a shared view",
    Action.PROPOSAL_RESERVED: "Reserved",
    Action.PROPOSAL_RELEASED: "Released a reservation",
    Action.PROPOSAL_POSTPONED: "Put aside",
    Action.PROPOSAL_TAKEN_BACK: "Took back to the queue",
    Action.MEMORY_WRITTEN: "Wrote memory",
    Action.MEMORY_RETIRED: "Retired memory",
    Action.RELEASE_PUBLISHED: "Published",
    Action.RELEASE_ROLLED_BACK: "Rolled back",
    Action.CONTAINMENT_OPENED: "Contained",
    Action.CONTAINMENT_CONFIRMED: "Confirmed a containment",
    Action.CONTAINMENT_REVERSED: "Reversed a containment",
    Action.QUARANTINE_OPENED: "Quarantined",
    Action.QUARANTINE_LIFTED: "Restored from quarantine",
    Action.EXPORT_MADE: "Exported",
    Action.EXPORT_DOWNLOADED: "Took an export out",
    Action.AUDIT_VERIFIED: "Verified the log",
    Action.SAMPLE_DRAWN: "Drew a sample",
    Action.LOG_MANIFEST: "Counted the log",
}
DETAILS = ("title", "target", "reason", "message", "words", "path", "name")
FACTS: Mapping[str, str] = {
    "status": "{}",
    "state": "{}",
    "verdict": "{}",
    "risk": "{} risk",
    "role": "as {}",
    "memory": "{}",
    "version": "version {}",
    "format": "{}",
    "rows": "{} entries",
    "changed": "{} changed",
    "events": "{} events",
    "problems": "{} problems",
}
SHOWN_FACTS = 3


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of the audit table. number: in the workspace, None while it waits for its leaf.

    object: the name of what was acted on, for a link. is_changed: the row is not what was sealed.
    """

    pk: int
    number: int | None
    at: datetime
    who: str
    did: str
    what: str
    object: str
    detail: str
    hash: str
    is_changed: bool = False


def spell_action(action: str) -> str:
    """Return the action in words; one without words of its own is spelled from its name."""
    return WORDS.get(action) or action.replace(".", " ").replace("_", " ").capitalize()


def spell_actor(entry: LoggedEntry, values: Mapping[str, str | None]) -> str:
    """Return who acted: the printed name, the dream's id, the rule's name, or "system"."""
    if "actor_name" in entry.commitments:
        return values.get("actor_name", UNREADABLE) or ERASED
    kind = entry.columns.actor_kind
    if kind == "rule":
        return f"Rule {entry.columns.actor_id}"
    return "system" if kind == "system" else entry.columns.actor_id


def spell_object(name: str) -> str:
    """Return the object as people quote it; pseudonyms of people and rows stay out of the way."""
    kind, _, rest = name.partition(":")
    if not rest:
        return name[:1].upper() + name[1:]
    words = {
        "store": "Memory of",
        "rule": "Rule",
        "schedule": "Schedule",
        "agent": "Agent",
        "setting": "Setting",
        "audit_sample": "Sample",
        "qualification": "For",
    }
    if kind in words:
        return f"{words[kind]} {'the workspace' if rest == '*' else rest}"
    return kind.capitalize()


def spell_detail(entry: LoggedEntry, values: Mapping[str, str | None]) -> str:
    """Return the one thing worth reading beside the object: a title, a reason or a fact."""
    texts = (ERASED if values[name] is None else values[name] for name in DETAILS if name in values)
    text = next((text for text in texts if text), None)
    if text is not None:
        return text
    after = entry.body.get("after")
    return _facts(after) if isinstance(after, Mapping) else ""


def _facts(after: Mapping[str, Json]) -> str:
    """Return the first few facts in words; zeros and empty ones say nothing worth a line."""
    said = [
        words.format(spell_number(fact) if isinstance(fact, int) else fact.replace("_", " "))
        for name, words in FACTS.items()
        if isinstance(fact := after.get(name), str | int) and fact
    ]
    return ", ".join(said[:SHOWN_FACTS])


def line_of(pk: int, entry: LoggedEntry, values: Mapping[str, str | None]) -> EntryLine:
    """Return the line of one entry; values: its texts by name."""
    own = f"{entry.columns.actor_kind}:{entry.columns.actor_id}"
    return EntryLine(
        pk=pk,
        number=entry.number,
        at=entry.columns.at,
        who=spell_actor(entry, values),
        did=spell_action(entry.columns.action),
        # Who signs in does so to themselves: the person stands in the line already.
        what="" if entry.columns.object == own else spell_object(entry.columns.object),
        object=entry.columns.object,
        detail=spell_detail(entry, values),
        hash=short_hash(entry.event_id),
    )


def changed_line(row: Entry) -> EntryLine:
    """Return the line of a row that is not what was sealed: nothing it says can be believed."""
    leaf = getattr(row, "leaf", None)
    return EntryLine(
        pk=row.pk,
        number=leaf.number if leaf else None,
        at=row.at,
        who="",
        did=CHANGED,
        what="",
        object="",
        detail="Verify the log",
        hash=short_hash(bytes(leaf.hash).hex() if leaf else row.event_id),
        is_changed=True,
    )


def short_hash(spelled: str) -> str:
    """Return both ends of a hash, enough to compare by eye."""
    return f"{spelled[:4]}\u2026{spelled[-4:]}"
