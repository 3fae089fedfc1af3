"""Who may do what: one table of roles and rights. Pure; the row checks live in access.py."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is in a workspace: exactly one of these."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """One thing a role may do. The value completes the sentence "Your role does not let you …"."""

    BE_HERE = "open this workspace"
    SEE_QUEUE = "see proposals"
    SEE_DREAMS = "see dreams"
    SEE_MEMORY = "see what agents remember"
    SEE_TRANSCRIPTS = "see transcripts"
    REVEAL_TRANSCRIPTS = "reveal masked text"
    DECIDE = "decide proposals"
    PUBLISH = "publish what was approved"
    SET_PUBLISHING = "set when approved changes are published"
    SIGN_BASELINE = "sign a baseline release"
    LINK_STORES = "link stores at Claude Managed Agents"
    PROPOSE_RETIRE = "propose to retire a memory"
    ASSIGN = "assign proposals"
    START_DREAMS = "start dreams"
    PAUSE = "pause dreams or let them go on"
    CONTAIN = "roll back, restore or quarantine"
    FREEZE = "freeze an agent or the workspace"
    UNFREEZE = "lift a freeze"
    READ_RULES = "read approval rules"
    PROPOSE_RULES = "propose approval rules"
    APPLY_RULES = "apply approval rules"
    SET_DUE_TIMES = "set due times"
    AUDIT_OWN = "see your own entries of the audit log"
    AUDIT_WORKSPACE = "see the workspace's audit log"
    AUDIT_SIGN_INS = "see the sign-ins of members"
    AUDIT_VERIFY = "verify the audit log"
    AUDIT_EXPORT = "export the approval history"
    MANAGE_PEOPLE = "manage people"
    MANAGE_TOKENS = "manage agents' tokens"
    MANAGE_WEBHOOKS = "manage webhooks"


REVIEWER = frozenset(
    {
        Right.BE_HERE,
        Right.SEE_QUEUE,
        Right.SEE_DREAMS,
        Right.SEE_MEMORY,
        Right.SEE_TRANSCRIPTS,
        Right.DECIDE,
        Right.PUBLISH,
        Right.PROPOSE_RETIRE,
        Right.READ_RULES,
        Right.AUDIT_OWN,
    }
)
LEAD = REVIEWER | {
    Right.ASSIGN,
    Right.START_DREAMS,
    Right.PAUSE,
    Right.CONTAIN,
    Right.FREEZE,
    Right.UNFREEZE,
    Right.PROPOSE_RULES,
    Right.SET_DUE_TIMES,
    Right.SET_PUBLISHING,
    Right.SIGN_BASELINE,
    Right.LINK_STORES,
    Right.AUDIT_WORKSPACE,
}
AUDITOR = frozenset(
    {
        Right.BE_HERE,
        Right.SEE_QUEUE,
        Right.SEE_DREAMS,
        Right.SEE_MEMORY,
        Right.SEE_TRANSCRIPTS,
        Right.REVEAL_TRANSCRIPTS,
        Right.READ_RULES,
        Right.AUDIT_OWN,
        Right.AUDIT_WORKSPACE,
        Right.AUDIT_SIGN_INS,
        Right.AUDIT_VERIFY,
        Right.AUDIT_EXPORT,
    }
)
# An admin decides who is here, never what agents remember: no content, no decisions, no dreams.
ADMIN = frozenset(
    {
        Right.BE_HERE,
        Right.FREEZE,
        Right.READ_RULES,
        Right.APPLY_RULES,
        Right.AUDIT_OWN,
        Right.AUDIT_WORKSPACE,
        Right.AUDIT_SIGN_INS,
        Right.AUDIT_VERIFY,
        Right.MANAGE_PEOPLE,
        Right.MANAGE_TOKENS,
        Right.MANAGE_WEBHOOKS,
    }
)
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.REVIEWER: REVIEWER,
        Role.LEAD: LEAD,
        Role.AUDITOR: AUDITOR,
        Role.ADMIN: ADMIN,
    }
)


def may(role: str, right: Right) -> bool:
    """Return whether `role` includes `right`; an unknown role includes nothing."""
    return role in RIGHTS and right in RIGHTS[Role(role)]


def roles_with(right: Right) -> tuple[Role, ...]:
    """Return the roles that include `right`, in the order of Role."""
    return tuple(role for role in Role if right in RIGHTS[role])
