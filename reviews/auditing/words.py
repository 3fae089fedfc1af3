"""What kinds, risks and states are called in a population's tables."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: Mapping[str, Promise] = {
    "create": _("New memory"),
    "update": _("Update"),
    "merge": _("Merge"),
    "retire": _("Retirement"),
}
RISKS: Mapping[str, Promise] = {"low": _("Low"), "medium": _("Medium"), "high": _("High")}
FATES: Mapping[str, Promise] = {
    "pending": _("Waits for a decision"),
    "awaiting_second": _("Waits for another person"),
    "scheduled": _("Decided, in its grace"),
    "applied": _("Applied"),
    "rejected": _("Rejected"),
    "changes_requested": _("Sent back"),
    "conflicted": _("In conflict"),
    "superseded": _("Replaced"),
    "withdrawn": _("Withdrawn"),
}
TALLIES: Mapping[str, Promise] = {
    "proposals": _("Proposals decided"),
    "approve": _("Approvals"),
    "reject": _("Rejections"),
    "send_back": _("Sent back"),
}
