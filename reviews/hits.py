"""What screening names: the codes of reasons, and where in a text something was found. Pure."""

from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    """What a reason of a risk is about; stable, for rules and audit entries, worst first."""

    SKIPPED_CHECK = "skipped_check"
    OVERSIGHT = "oversight"
    REMOVED_CHECK = "removed_check"
    INSTRUCTION = "instruction"
    CREDENTIAL = "credential"
    COMMAND = "command"
    PACKAGE = "package"
    ADDRESS = "address"
    PERMISSION = "permission"
    AUTHORITY = "authority"
    HIDDEN = "hidden"
    MIXED_SCRIPT = "mixed_script"
    BLOB = "blob"
    NO_SOURCE = "no_source"
    TAINT = "taint"
    PROTECTED = "protected"
    SECRECY = "secrecy"
    RETIRE = "retire"
    REMOVAL = "removal"
    APPROVALS_ONLY = "approvals_only"


class Hit(NamedTuple):
    """Something found from `start` to `end` in the folded text of a reading."""

    code: Code
    start: int
    end: int
