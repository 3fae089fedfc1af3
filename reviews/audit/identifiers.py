"""What may stand in a body: identifiers. Whatever a person wrote or is called goes to a value."""

import re
from collections.abc import Mapping
from enum import Enum

from reviews.audit.canonical import Json
from reviews.audit.errors import EntryRefused

MAX_IDENTIFIER = 512
IDENTIFIER = re.compile(r"(?!/)[A-Za-z0-9._:,;+#=~/*()<>\[\]-]*\Z")
"""ASCII without blanks, quotes and @, and no leading slash, which would be a memory's path."""


def refuse_text(text: str, where: str) -> None:
    """Raise EntryRefused unless `text` is an identifier: a sentence, an address or a path is none.

    A blank, a letter beyond ASCII, an @ or a leading slash is the sign of words, names and paths,
    which must stay erasable.
    """
    if len(text) > MAX_IDENTIFIER or not IDENTIFIER.match(text):
        raise EntryRefused(
            f"{where} holds {text[:40]!r}, which is text: give it in `values`, not in the body."
        )


def plain(value: object, where: str) -> Json:
    """Return `value` as it may stand in a body; members that are None are left out.

    Raises EntryRefused for text. Numbers and unknown types are judged by the canonical profile.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        refuse_text(value, where)
        return value
    if isinstance(value, Mapping):
        for key in value:
            refuse_text(str(key), f"a key of {where}")
        return {
            key: plain(member, f"{where}.{key}")
            for key, member in value.items()
            if member is not None
        }
    if isinstance(value, list | tuple | set | frozenset):
        members = sorted(value) if isinstance(value, set | frozenset) else value
        return [plain(member, f"{where}[{at}]") for at, member in enumerate(members)]
    return value  # type: ignore[return-value]  # the canonical writer refuses what it cannot spell
