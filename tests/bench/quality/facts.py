"""Reading of facts as an agent reads them: which names a memory says are not there, and where.

And of queries: which names one uses. Written apart from the engine, in a simpler way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_PLACE = re.compile(r"In database `([^`]+)`")
_INSTEAD = re.compile(r"\(use `[^`]+`\)|: use `[^`]+`")
_CODE = re.compile(r"`([^`]+)`")
_TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"")
_TABLE = re.compile(
    r"\b(?:from|join|into|update|describe|desc|table)\s+`?(?:\w+`?\.`?)?(\w+)`?"
    r"(?:\s+(?:as\s+)?(?!on\b|where\b|join\b|inner\b|left\b|group\b|order\b|limit\b)(\w+))?"
    r"((?:\s*,\s*`?\w+`?(?:\s+(?:as\s+)?\w+)?)*)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_LABEL = re.compile(r"\bas\s+`?\w+`?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Absent:
    """One name that is said not to be there, in lower case. holder: what lacks it; '' for none."""

    place: str
    holder: str
    name: str


@cache
def read_absent(statement: str) -> frozenset[Absent]:
    """Return the names a statement says are not there; those to use instead are none of them."""
    found = _PLACE.search(statement)
    place = found[1].lower() if found else ""
    text = _INSTEAD.sub("", _PLACE.sub("", statement))
    lines = [line for line in text.splitlines() if line.startswith("- ")] or [text]
    return frozenset(absent for line in lines for absent in _read_line(line, place))


def _read_line(line: str, place: str) -> Iterator[Absent]:
    before, has_none, after = line.partition(" has no ")
    holders = _CODE.findall(before) if has_none else [""]
    for name in _CODE.findall(after if has_none else line):
        yield Absent(place, holders[-1].lower() if holders else "", name.lower())


@cache
def read_tables(query: str) -> dict[str, str]:
    """Return alias or name -> table of a query, in lower case."""
    tables: dict[str, str] = {}
    for name, alias, more in _TABLE.findall(_TEXT.sub("''", query)):
        tables[name.lower()] = name.lower()
        if alias:
            tables[alias.lower()] = name.lower()
        for other in more.split(",")[1:]:
            words = [word.lower() for word in _WORD.findall(other) if word.lower() != "as"]
            tables.update(dict.fromkeys(words, words[0]))
    return tables


def uses(query: str, absent: Absent) -> bool:
    """Say whether a query uses the name: as a table, or as a column of its holder.

    The name of a table and a name the query itself gives (`AS total`) are no columns.
    """
    tables = read_tables(query)
    if not absent.holder:
        return absent.name in tables.values()
    plain = _TEXT.sub("''", query).lower().replace("`", "")
    labels = {label.split()[-1] for label in _LABEL.findall(plain)}
    if absent.holder not in tables.values() or absent.name in labels:
        return False
    columns = _TABLE.sub(" ", plain)
    owners = re.findall(rf"(?:(\w+)\s*\.\s*)?\b{re.escape(absent.name)}\b(?!\s*[.(])", columns)
    only = set(tables.values()) == {absent.holder}
    return any(tables.get(owner) == absent.holder if owner else only for owner in owners)
