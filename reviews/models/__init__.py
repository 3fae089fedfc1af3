"""What is proposed, who decided, and by which rule. One file a noun."""

from reviews.models.audit_samples import AuditSample
from reviews.models.baselines import Baseline
from reviews.models.batches import Batch
from reviews.models.comments import Comment, Mention
from reviews.models.containments import ANSWER_WITHIN, Containment, ContainmentKind
from reviews.models.deadlines import Absence, Deadline, DueTimes
from reviews.models.drafts import Draft
from reviews.models.exports import Export
from reviews.models.notices import Mail, Notice, NoticeChoices
from reviews.models.postponements import Postponement
from reviews.models.proposals import (
    OPEN_STATES,
    STATES,
    Decision,
    Evidence,
    OriginKind,
    Proposal,
    ProposalRevision,
)
from reviews.models.reservations import Presence, Reservation
from reviews.models.rules import (
    ApprovalRule,
    ApprovalRuleVersion,
    RuleChange,
    RuleChangeState,
)
from reviews.models.samples import SampleAnswer, SampleRun
from reviews.models.saved_views import SavedView
from reviews.models.seeded import SeededItem
from reviews.models.undos import Undo
from reviews.models.webhooks import Delivery, Webhook

__all__ = [
    "ANSWER_WITHIN",
    "OPEN_STATES",
    "STATES",
    "Absence",
    "ApprovalRule",
    "ApprovalRuleVersion",
    "AuditSample",
    "Baseline",
    "Batch",
    "Comment",
    "Containment",
    "ContainmentKind",
    "Deadline",
    "Decision",
    "Delivery",
    "Draft",
    "DueTimes",
    "Evidence",
    "Export",
    "Mail",
    "Mention",
    "Notice",
    "NoticeChoices",
    "OriginKind",
    "Postponement",
    "Presence",
    "Proposal",
    "ProposalRevision",
    "Reservation",
    "RuleChange",
    "RuleChangeState",
    "SampleAnswer",
    "SampleRun",
    "SavedView",
    "SeededItem",
    "Undo",
    "Webhook",
]
