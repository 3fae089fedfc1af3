"""What errors say is not there: tables, columns, commands, modules, options, files, fields.

Forms of databases, shells, languages and web interfaces stand in one table. A name leaves here only
when it is a plain identifier that the failed call itself used; the rest of an error never does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dreaming.engines.signatures import is_command, is_planted

NAME_LIMIT = 64
READ_LIMIT = 8000
_PER_RESULT = 8
_LONG_NAME_WORDS = 6

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$-]{0,63}\Z")
_COMMAND_NAME = re.compile(r"[a-z][a-z0-9_+-]{1,30}(?:\.\d{1,3}){0,2}\Z")
_MODULE_NAME = re.compile(r"@?[A-Za-z_][A-Za-z0-9_./-]{0,63}\Z")
_OPTION_NAME = re.compile(r"--?[A-Za-z][A-Za-z0-9-]{0,39}\Z")
_STAND_IN = re.compile(r"(?:your_?)?(?:command|cmd)\d*\Z", re.IGNORECASE)
_IN_QUOTES = re.compile(r"\\\"[^\"\\]*\\\"|(?<![A-Za-z])'[^'\n]*'")
_BEFORE_COMMAND = (
    r"(?:^|[|;&({\[]|\$\(|\\n|: *\"|\b(?:sudo|xargs|env|exec|execdir|time|nohup|then|do|else)\s)\s*"
)
_FILE_NAME = re.compile(r"~?/[A-Za-z0-9_./+-]{1,62}\Z")


@dataclass(frozen=True, slots=True)
class Absence:
    """One thing that is not there. kind: an entry of KINDS.

    holder: what lacks it (a table, a command, a function), '' where the error does not say; place:
    the database it is missing from, '' where the error names none. line: the words that say so, as
    they stand in the result.
    """

    kind: str
    name: str
    line: str
    holder: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that can be missing: its words, and what its names must look like.

    is_placed: it belongs to a database. has_holder: it belongs to a thing that must be known.
    in_call: the failed call must hold the name.
    """

    noun: str
    plural: str
    pattern: re.Pattern[str] = _IDENTIFIER
    is_placed: bool = False
    has_holder: bool = False
    in_call: bool = True
    folds_case: bool = False


KINDS = {
    "table": Kind("table", "tables", is_placed=True),
    "column": Kind("column", "columns", is_placed=True, has_holder=True, folds_case=True),
    "database": Kind("database", "databases"),
    "routine": Kind("function", "functions", is_placed=True, folds_case=True),
    "command": Kind("command", "commands", _COMMAND_NAME),
    "option": Kind("option", "options", _OPTION_NAME, has_holder=True),
    "module": Kind("module", "modules", _MODULE_NAME, in_call=False),
    "package": Kind("package", "packages", _MODULE_NAME),
    "attribute": Kind("attribute", "attributes", has_holder=True),
    "file": Kind("file or folder", "files or folders", _FILE_NAME),
    "tool": Kind("tool", "tools"),
    "field": Kind("field", "fields"),
    "argument": Kind("argument", "arguments", has_holder=True),
    "type": Kind("type", "types"),
}


@dataclass(frozen=True, slots=True)
class _Form:
    """One wording of an error. sign: words in lower case that it always holds."""

    kind: str
    sign: str
    pattern: re.Pattern[str]
    in_output: bool


def _form(kind: str, sign: str, pattern: str, *, in_output: bool = False) -> _Form:
    return _Form(kind, sign, re.compile(pattern, re.IGNORECASE | re.MULTILINE), in_output)


_Q = "[\"'`\u2018\u2019]"
_WORD = r"[\w$.-]{1,120}"
_SHELL = r"^(?:[\w./-]*sh: )?(?:line \d+: |\d+: )?"
_REFUSED = (
    r"cannot (?:access|stat|open|touch|remove|move)|failed to (?:access|open)|can't (?:cd to|open)"
)

# in_output: shells print these among what else a command prints, and nothing marks the result.
# What MySQL does not know in a HAVING may be a column all the same: only selected ones count there.
_FORMS = (
    _form(
        "table",
        "doesn't exist",
        rf"table {_Q}(?:(?P<place>{_WORD}?)\.)?(?P<name>[\w$-]+){_Q} doesn't exist",
    ),
    _form(
        "table",
        "relation",
        r"(?<!of )relation \"(?:\w+\.)?(?P<name>[\w$]+)\" does not exist",
    ),
    _form("table", "no such table", r"no such table: (?:\w+\.)?(?P<name>[\w$]+)"),
    _form("table", "invalid object name", r"invalid object name '(?:\w+\.)*(?P<name>[\w$]+)'"),
    _form(
        "table",
        "table",
        rf"table (?:or view |with name )?(?:not found: )?{_Q}?(?:\w+\.)*(?P<name>[\w$]+){_Q}?"
        r" (?:does not exist|cannot be found|not found)",
    ),
    _form("table", "view not found", r"table or view not found: (?:\w+\.)*(?P<name>[\w$]+)"),
    _form(
        "column",
        "unknown column",
        r"unknown column '(?:(?P<alias>[\w$.]+)\.)?(?P<name>[\w$-]+)' in '(?!having)",
    ),
    _form(
        "column",
        "column",
        r"column \"?(?:(?P<alias>[\w$]+)\.)?(?P<name>[\w$]+)\"?"
        r"(?: of relation \"(?P<holder>[\w$]+)\")? does not exist",
    ),
    _form("column", "no such column", r"no such column: (?:(?P<alias>[\w$]+)\.)?(?P<name>[\w$]+)"),
    _form(
        "column",
        "has no column named",
        r"table (?P<holder>[\w$]+) has no column named (?P<name>[\w$]+)",
    ),
    _form("column", "invalid column name", r"invalid column name '(?P<name>[\w$]+)'"),
    _form("column", "invalid identifier", r"\"(?P<name>[\w$]+)\": invalid identifier"),
    _form(
        "column",
        "unrecognized name",
        r"unrecognized name: (?:(?P<alias>[\w$]+)\.)?(?P<name>[\w$]+)",
    ),
    _form("column", "referenced column", r"referenced column \"(?P<name>[\w$]+)\" not found"),
    _form("database", "unknown database", rf"unknown database {_Q}?(?P<name>[\w$-]+)"),
    _form("database", "database", r"database \"(?P<name>[\w$-]+)\" does not exist"),
    _form("routine", "no such function", r"no such function: (?P<name>[\w$]+)"),
    _form(
        "routine",
        "function",
        r"function (?:(?P<place>[\w$]+)\.)?(?P<name>[\w$]+)(?:\([^()\n]*\))? does not exist",
    ),
    _form(
        "command",
        "command not found",
        rf"{_SHELL}(?P<name>[\w.+-]+): command not found",
        in_output=True,
    ),
    _form(
        "command",
        "command not found",
        r"^\w*sh: command not found: (?P<name>[\w.+-]+)",
        in_output=True,
    ),
    _form("command", "not found", r"^\w*sh: \d+: (?P<name>[\w.+-]+): not found", in_output=True),
    _form(
        "command",
        "is not recognized as",
        rf"(?:the term )?{_Q}(?P<name>[\w.+-]+){_Q} is not recognized as",
    ),
    _form(
        "command",
        "executable file not found",
        r"exec: \"(?P<name>[\w.+-]+)\": executable file not found",
        in_output=True,
    ),
    _form(
        "option",
        "invalid option",
        rf"^(?P<holder>[\w.-]+): invalid option -- {_Q}?(?P<letter>[A-Za-z])",
        in_output=True,
    ),
    _form(
        "option",
        "unrecognized option",
        rf"^(?P<holder>[\w.-]+): unrecognized option {_Q}(?P<name>--?[\w-]+)",
        in_output=True,
    ),
    _form(
        "option",
        "unknown predicate",
        rf"^(?P<holder>[\w.-]+): unknown predicate {_Q}(?P<name>--?[\w-]+)",
        in_output=True,
    ),
    _form(
        "option",
        "unrecognized arguments",
        r"^(?P<holder>[\w.-]+): error: unrecognized arguments: (?P<name>--?[\w-]+)",
        in_output=True,
    ),
    _form(
        "module",
        "no module named",
        rf"(?:ModuleNotFoundError|ImportError): no module named {_Q}?(?P<name>[\w.]+)",
        in_output=True,
    ),
    _form("module", "cannot find module", r"cannot find module '(?P<name>[@\w/.-]+)'"),
    _form("module", "there is no package called", rf"no package called {_Q}(?P<name>[\w.]+){_Q}"),
    _form("module", "cannot load such file", r"cannot load such file -- (?P<name>[\w/-]+)"),
    _form("package", "unable to locate package", r"unable to locate package (?P<name>[\w.+-]+)"),
    _form(
        "package",
        "no matching distribution",
        r"no matching distribution found for (?P<name>[\w-]+)",
    ),
    _form(
        "attribute",
        "has no attribute",
        r"AttributeError: (?:module |type object )?'(?P<holder>[\w.]+)'(?: object)? has no "
        r"attribute '(?P<name>\w+)'",
        in_output=True,
    ),
    _form(
        "file",
        "no such file or directory",
        rf"^[\w.() -]{{2,24}}: (?:{_REFUSED}) {_Q}?(?P<name>[\w./~+-]+?)/?{_Q}?: no such file",
        in_output=True,
    ),
    _form(
        "file",
        "no such file or directory",
        rf"^(?:{_SHELL[1:]})(?:cd|cat|find|grep|head|tail|wc|sed|sort|ls): {_Q}?"
        rf"(?P<name>[\w./~+-]+?)/?{_Q}?: no such file",
        in_output=True,
    ),
    _form(
        "file",
        "no such file or directory",
        r"(?:\[Errno 2\] no such file or directory: |ENOENT: no such file or directory, \w+ )"
        r"'(?P<name>[\w./~+-]+?)/?'",
        in_output=True,
    ),
    _form("file", "cannot find path", r"cannot find path '(?P<name>[\w./~+-]+?)/?' because"),
    _form(
        "tool", "unknown", rf"unknown (?:tool|function|action)(?: name)?:? {_Q}?(?P<name>{_WORD})"
    ),
    _form("tool", "no such", rf"no such (?:tool|action):? {_Q}?(?P<name>{_WORD})"),
    _form(
        "tool",
        "not",
        rf"(?:tool|function|action) {_Q}(?P<name>{_WORD}){_Q} (?:was |is )?"
        r"(?:not found|not available|not defined|not registered|does not exist)",
    ),
    _form(
        "tool",
        "is not a valid tool",
        rf"^(?:error: )?{_Q}?(?P<name>{_WORD}?){_Q}? is not a valid tool",
    ),
    _form("field", "cannot query field", r"cannot query field \"(?P<name>\w+)\" on type"),
    _form(
        "field",
        "un",
        rf"(?:unknown|unrecognized|unexpected) (?:field|property|parameter|search parameter|key)"
        rf":? (?:name )?{_Q}(?P<name>{_WORD}){_Q}",
    ),
    _form(
        "field", "was unexpected", r"properties are not allowed \('(?P<name>\w+)' was unexpected"
    ),
    _form(
        "argument",
        "unexpected keyword argument",
        r"(?P<holder>\w+)\(\) got an unexpected keyword argument '(?P<name>\w+)'",
    ),
    _form(
        "argument",
        "unknown argument",
        r"unknown argument \"(?P<name>\w+)\" on field \"(?P<holder>[\w.]+)\"",
    ),
    _form("type", "unknown resource type", rf"unknown resource type {_Q}(?P<name>\w+){_Q}"),
    _form("type", "unknown type", r"unknown type \"(?P<name>\w+)\""),
)
_PRINTED = tuple(form for form in _FORMS if form.in_output)
_PRINTED_SIGNS = tuple(dict.fromkeys(form.sign for form in _PRINTED))


@dataclass(frozen=True, slots=True)
class Missing:
    """An absence as an error words it.

    alias: what the call put before the name; is_folded: the call wrote it in another case.
    """

    absence: Absence
    alias: str = ""
    is_folded: bool = False


def read_absences(text: str, arguments: str, *, is_error: bool) -> tuple[Missing, ...]:
    """Return what a result says is not there, each name once; at most eight.

    arguments: the text of the failed call, which must hold the name. A result that is not marked
    as an error is searched for what shells and interpreters print only.
    """
    head = text[:READ_LIMIT]
    low = head.lower()
    if not is_error and not any(sign in low for sign in _PRINTED_SIGNS):
        return ()
    if is_planted(text):
        return ()
    found: dict[tuple[str, str, str], Missing] = {}
    for form in _FORMS if is_error else _PRINTED:
        if form.sign in low:
            for missing in _read_form(form, head, arguments):
                absence = missing.absence
                found.setdefault((absence.kind, absence.holder, absence.name), missing)
    return tuple(found.values())[:_PER_RESULT]


def _read_form(form: _Form, text: str, arguments: str) -> Iterator[Missing]:
    kind, called = KINDS[form.kind], arguments.lower()
    for match in form.pattern.finditer(text):
        parts = match.groupdict()
        name = parts.get("name") or f"-{parts.get('letter') or ''}"
        holder, place = parts.get("holder") or "", parts.get("place") or ""
        if not is_plain_name(name, kind.pattern) or not _are_plain(holder, place):
            continue
        if kind.in_call and (parts.get("letter") or name).lower() not in called:
            continue
        if form.kind == "command" and not is_run(arguments, name):
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        line = text[start : end if end >= 0 else len(text)]
        if len(line) > 300:
            line = match.group()
        absence = Absence(form.kind, name, line.strip(), holder, place)
        is_folded = kind.in_call and (parts.get("letter") or name) not in arguments
        yield Missing(absence, parts.get("alias") or "", is_folded)


def is_run(arguments: str, name: str) -> bool:
    """Say whether a call runs the command `name`: it stands where a command does, unquoted.

    Words of prose and of patterns that a shell took for commands are none, nor is `command1`.
    """
    if _STAND_IN.match(name):
        return False
    bare = _IN_QUOTES.sub(" ", arguments)
    return re.search(_BEFORE_COMMAND + re.escape(name) + r"(?![\w.-])", bare, re.I) is not None


def is_plain_name(name: str, pattern: re.Pattern[str] = _IDENTIFIER) -> bool:
    """Say whether a name is a short identifier and no sentence written with underscores."""
    if len(name) > NAME_LIMIT or not pattern.match(name):
        return False
    words = re.split(r"[_./$-]+", name)
    return len(words) <= _LONG_NAME_WORDS and not is_command(" ".join(words))


def _are_plain(holder: str, place: str) -> bool:
    return (not holder or is_plain_name(holder, _MODULE_NAME)) and (
        not place or is_plain_name(place)
    )
