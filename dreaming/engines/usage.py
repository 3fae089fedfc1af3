"""Which names a call used: tables and columns, commands and their options, modules, files, fields.

What worked is remembered by these, so that nothing is said to be missing that a call has used.
"""

import re
import shlex
from collections.abc import Iterator
from functools import lru_cache

from dreaming.engines.calls import SAFE_NAME, is_command_text, read_arguments
from dreaming.engines.commands import COMMAND_NAMES
from dreaming.engines.names import KINDS, is_plain_name
from dreaming.engines.queries import is_query, read_query

Use = tuple[str, str, str]
"""(kind, holder, name) as in names.Absence, columns in lower case.

A column of one of several tables is ("shared", "a|b", name); what some databases take for a column
and others for a text is ("quoted", table, text).
"""

USES_LIMIT = 80
"""Names remembered of one call."""

_TEXT_LIMIT = 2000
_MAKES = ("create", "rename", "add", "mkdir", "install", "touch")
_SEPARATOR = re.compile(r"\|\|?|&&?|;|\n|\$\(|`|\bdo\b|\bthen\b|\belse\b|[({]|-exec\s")
_WRAPPERS = frozenset({"sudo", "xargs", "env", "time", "nohup", "exec", "command", "nice"})
_IMPORT = re.compile(r"(?:^|[\s;'\"])(?:import|from)\s+([A-Za-z_][\w.]*)")
_MADE = re.compile(
    r"\b(?:create\s+(?:temporary\s+)?(?:table|view|database)(?:\s+if\s+not\s+exists)?"
    r"|rename\s+to|add\s+column|add|mkdir|install|touch)\s+(?:-\S+\s+)*(?P<names>[\w`./\s-]{1,200})",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w@%+=:,./~-]+")
_QUOTING = frozenset("'\"\\")
_PROGRAM = re.compile(r"(?:/[\w.-]+)*/?([a-z][a-z0-9_.+-]{1,39})\Z")


def read_command(arguments: str) -> str:
    """Return the command or query among the arguments of a call, '' where there is none."""
    given = read_arguments(arguments)
    texts = [
        str(value)
        for name, value in given.items()
        if isinstance(value, str) and (name in COMMAND_NAMES or is_command_text(value))
    ]
    return "\n".join(texts)[: 2 * _TEXT_LIMIT]


@lru_cache(maxsize=4096)
def read_uses(tool: str, arguments: str) -> frozenset[Use]:
    """Return the names a call used, as far as its text tells; at most eighty."""
    uses: list[Use] = [("tool", "", tool)] if SAFE_NAME.match(tool) else []
    given = read_arguments(arguments)
    for name in given:
        if name and len(name) <= 64:
            uses += [("field", "", name), ("argument", tool, name)]
    command = read_command(arguments)
    if command and is_query(command):
        uses += _read_query_uses(command)
    elif command:
        uses += _read_shell_uses(command[:_TEXT_LIMIT])
    return frozenset(uses[:USES_LIMIT])


def list_names(kind: str, holder: str, arguments: str) -> tuple[str, ...]:
    """Return the names of one kind that a call used, as it wrote them, sorted."""
    if kind == "column":
        columns = read_query(read_command(arguments)).columns
        names = {name for table, name in columns if table == holder}
    else:
        names = {u[2] for u in read_uses("", arguments) if u[0] == kind and u[1] == holder}
    return tuple(sorted(name for name in names if is_plain_name(name, KINDS[kind].pattern)))


def _read_query_uses(command: str) -> list[Use]:
    names = read_query(command)
    uses: list[Use] = [("table", "", table) for table in sorted(names.tables)]
    uses += [("column", table, name.lower()) for table, name in sorted(names.columns)]
    uses += [("shared", "|".join(tables), name.lower()) for tables, name in sorted(names.shared)]
    uses += [
        ("quoted", table, text.lower())
        for table, text in sorted(names.quoted)
        if is_plain_name(text)
    ]
    return uses


def _read_shell_uses(command: str) -> Iterator[Use]:
    for module in _IMPORT.findall(command):
        yield "module", "", module
    for part in _SEPARATOR.split(command):
        words = _split_words(part)
        while words and ("=" in words[0] or words[0] in _WRAPPERS):
            words = words[1:]
        program = _PROGRAM.match(words[0]) if words else None
        if program is None:
            continue
        yield "command", "", program[1]
        for word in words[1:]:
            yield from _read_word(program[1], word)


def _split_words(part: str) -> list[str]:
    if _QUOTING.isdisjoint(part):
        return part.split()
    try:
        return shlex.split(part)
    except ValueError:
        return _WORD.findall(part)


def _read_word(program: str, word: str) -> Iterator[Use]:
    if word.startswith("-"):
        option = word.partition("=")[0]
        yield "option", program, option
        if not word.startswith("--") and len(option) <= 6:
            for letter in option[1:]:
                yield "option", program, f"-{letter}"
    elif KINDS["file"].pattern.match(word):
        yield "file", "", word.rstrip("/")


def list_made(arguments: str) -> frozenset[str]:
    """Return words a command made, installed or added: what a session makes is its own only."""
    low = arguments.lower()
    if not any(sign in low for sign in _MAKES):
        return frozenset()
    words = [
        word.rstrip("/").lower()
        for match in _MADE.finditer(read_command(arguments))
        for word in match["names"].replace("`", " ").split()[:8]
    ]
    return frozenset(words) | frozenset(word.rpartition(".")[2] for word in words)
