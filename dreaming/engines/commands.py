"""Commands inside of arguments: what is wrapped around them, and the word they begin with.

All a database agent ever calls is one tool; what it does stands in the command. Only words that are
known commands, or stand where a command must, are read; words of questions and prose never are.
"""

import re
from collections.abc import Mapping

COMMAND_NAMES = frozenset({"", "cmd", "code", "command", "query", "script", "sql", "statement"})
"""Names of arguments that hold a command; '' where the whole text is the argument."""

_SHELL_NAMES = frozenset({"cmd", "command"})
_SQL_NAMES = frozenset({"query", "sql", "statement"})

_SQL_WORDS = (
    "select show describe desc explain with insert update delete create alter drop use pragma set "
    "truncate merge replace begin commit rollback grant analyze"
)
_SQL = frozenset(_SQL_WORDS.split())
_SHELL_WORDS = (
    "ls cd cat find grep egrep rg sed awk head tail cut sort uniq wc tr tee xargs echo printf "
    "touch mkdir rmdir rm cp mv ln chmod chown du df ps kill top free which whereis type file "
    "stat diff cmp comm tar zip unzip gzip gunzip curl wget ping ssh scp rsync git make cmake "
    "gcc python python3 pip pytest node npm npx yarn go cargo java mvn docker kubectl psql "
    "mysql sqlite3 date cal uname hostname whoami id env export source tree md5sum sha256sum "
    "basename dirname seq sleep history man mount ifconfig netstat pwd for while if test bash "
    "sh"
)
_SHELL = frozenset(_SHELL_WORDS.split())
_SYNONYMS = {"desc": "describe"}

_WRAPPED = (
    ("execute[…]", re.compile(r"^\s*execute\[(?P<bare>.*)\]\s*$", re.DOTALL | re.IGNORECASE)),
    ("a code fence", re.compile(r"^\s*```(?:[\w+-]*[ \t]*\n)?(?P<bare>.*?)\n?```\s*$", re.DOTALL)),
    ("quotes", re.compile(r"^\s*(?P<mark>[\"'`])(?P<bare>(?:(?!(?P=mark)).)+)(?P=mark)\s*$")),
)
_WORD = re.compile(r"[\s(]*(?P<word>[A-Za-z][a-zA-Z0-9_-]{1,19})(?=[\s;(]|$)")
_SHELL_WORD = re.compile(r"\s*(?P<word>[a-z][a-z0-9_-]{1,19})(?=[\s;|&]|$)")
_BEFORE = re.compile(r"\s*(?:sudo\s+|[A-Z_]{1,40}=\S{0,80}\s+|cd\s+[^\s;&|]{1,200}\s*(?:&&|;)\s*)")
_LEFT_OPEN = re.compile(r"^\s*(?:execute\[|```(?:[\w+-]*[ \t]*\n)?)", re.IGNORECASE)
_PROSE = re.compile(r"[.!?:]\s*$|[.!?]\s+[A-Z]|,\s[a-z]+\s[a-z]+\s[a-z]+")
_HEAD = 400


def is_shell_word(word: str) -> bool:
    """Say whether a word is a known command of a shell."""
    return word in _SHELL


def unwrap(text: str) -> tuple[str, str]:
    """Return the bare text, and what stood around it: execute[…], a code fence, quotes or ''."""
    for name, pattern in _WRAPPED:
        found = pattern.match(text)
        if found:
            return found["bare"].strip(), name
    return text, ""


def command_word(arguments: Mapping[str, object]) -> str:
    """Return the word the one command among the arguments begins with, in lower case, else ''."""
    found = [
        (name, value)
        for name, value in arguments.items()
        if name in COMMAND_NAMES and isinstance(value, str) and value
    ]
    if len(found) != 1:
        return ""
    name, text = found[0]
    if text.startswith(("[", "{")):
        return ""
    bare, _ = unwrap(text if len(text) > _HEAD and "```" in text[:40] else text[: 10 * _HEAD])
    return _find_word(name, bare[:_HEAD])


def _find_word(name: str, text: str) -> str:
    text = _LEFT_OPEN.sub("", text)
    if name not in _SHELL_NAMES:
        found = _WORD.match(text)
        word = found["word"].lower() if found else ""
        if word in _SQL:
            return _SYNONYMS.get(word, word)
        if name in _SQL_NAMES:
            return ""
    while before := _BEFORE.match(text):
        text = text[before.end() :]
    found = _SHELL_WORD.match(text)
    word = found["word"] if found else ""
    if word in _SHELL:
        return word
    return word if name in _SHELL_NAMES and not _PROSE.search(text) else ""
