"""How large the parts of a transcript may be, and what a short field may hold.

Everything that comes from outside passes here before it becomes a value: a record that breaks a
limit is refused with the field's name, the limit and what was sent, never cut silently.
"""

import re

MAX_LINE_BYTES = 10 * 1024 * 1024
"""One session: a line of the daybreak format, a record of any other."""

MAX_FILE_BYTES = 256 * 1024 * 1024
"""A file that has to be held whole, unpacked."""

MAX_EVENTS = 20_000
"""Events of one session."""

MAX_TEXT = 1_000_000
"""Characters of an event's text or of a system prompt."""

MAX_MESSAGE = 4_000
"""Characters of a check's message or of the reason a session was not the agent's fault."""

MAX_CHECKS = 500
"""Checks of one outcome."""

MAX_SUB_SESSIONS = 1_000
"""Sub-sessions of one session."""

MAX_REASON = 300
"""Characters of a refusal's reason: it quotes names from the input, which may be of any length."""

MAX_WORD = {
    "agent": 80,
    "external_id": 300,
    "task_key": 300,
    "trial": 120,
    "principal": 300,
    "model": 120,
    "environment": 120,
    "tool": 200,
    "call_id": 200,
    "person": 300,
    "sub_session": 200,
    "label": 200,
    "check": 200,
}
"""Characters of the short fields: what the columns hold."""

# C0 and C1 controls, lone surrogates, line and paragraph separators, bidirectional controls: none
# of them has a use in an id, and each can make two ids look alike or a column refuse the row.
NOT_A_WORD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def fault_of_word(name: str, word: str) -> str:
    """Return what is wrong with a short field (a key of MAX_WORD), or '' when nothing is."""
    limit = MAX_WORD[name]
    if len(word) > limit:
        return f"{name} has {len(word):,} characters; the limit is {limit}"
    if found := NOT_A_WORD.search(word):
        return f"{name} holds the control character U+{ord(found.group()):04X}; remove it"
    return ""


def fault_of_text(name: str, text: str, limit: int = MAX_TEXT) -> str:
    """Return what is wrong with a long field, or '' when nothing is.

    NUL and lone surrogates are allowed here: ingest replaces and counts them.
    """
    if len(text) > limit:
        return f"{name} has {len(text):,} characters; the limit is {limit:,}"
    return ""


def printable_reason(reason: str) -> str:
    """Return a refusal's reason on one line without control characters, at most MAX_REASON long."""
    line = " ".join(NOT_A_WORD.sub("\ufffd", reason.replace("\n", " ")).split())
    return line if len(line) <= MAX_REASON else f"{line[: MAX_REASON - 1]}…"
