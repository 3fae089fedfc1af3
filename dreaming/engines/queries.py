"""Which tables and columns a query names, read block by block; no database, no full grammar.

A block is one SELECT with its FROM; a column without a table before it belongs to its own block.
What cannot be told is said to be of several tables or of none, never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

QUERY_LIMIT = 4000
_IS_QUERY = re.compile(
    r"\bselect\b.{0,2000}?\bfrom\b|\b(?:desc|describe|update|insert\s+into|delete\s+from"
    r"|show\s+(?:full\s+)?columns\s+(?:from|in)|show\s+index\s+(?:from|in)|show\s+create\s+table)\s",
    re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(
    r"(?P<text>'(?:[^'\\]|\\.|'')*')"
    r"|\"(?P<quoted>(?:[^\"\\]|\\.)*)\""
    r"|(?P<name>(?:`[^`\n]{1,64}`|[A-Za-z_][\w$]*)(?:\s*\.\s*(?:`[^`\n]{1,64}`|[A-Za-z_*][\w$]*))*)"
    r"|(?P<mark>[(),;])"
    r"|(?P<skip>--[^\n]*|/\*.*?\*/)"
    r"|(?P<other>[^\s\w])",
    re.DOTALL,
)
_KEYWORD_WORDS = (
    "select from where group by order having limit offset join inner left right outer full cross "
    "natural on using as and or not in is null like between exists case when then else end union "
    "all any some except intersect distinct asc desc with insert into values update set delete "
    "true false interval rows row over partition current_date default show columns tables describe "
    "ilike rlike regexp escape separator recursive lateral fetch first next only create table "
    "index explain use collate binary div mod xor"
)
_KEYWORDS = frozenset(_KEYWORD_WORDS.split())
_TABLE_NEXT = frozenset({"from", "join", "into", "update", "describe", "desc"})
_ENDS_FROM = frozenset(
    {"where", "group", "order", "having", "limit", "set", "values", "on", "using"}
)
_JOINS = frozenset({"inner", "left", "right", "outer", "full", "cross", "natural"})
_UNKNOWN = ""


@dataclass(slots=True)
class _Block:
    """One SELECT while it is read. tables: name or alias in lower case -> table, '' for a query."""

    parent: "_Block | None" = None
    tables: dict[str, str] = field(default_factory=dict)
    names: list[tuple[str, str]] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)
    wants_table: bool = False
    in_from: bool = False
    last_table: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class QueryNames:
    """The names of one query.

    tables: as written, without their database. columns: (table, column) where the table is
    certain. shared: (tables, column) where one of several tables holds it. quoted: (table, text) in
    double quotes, which some databases take for a column and others for a text.
    """

    tables: frozenset[str] = frozenset()
    columns: frozenset[tuple[str, str]] = frozenset()
    shared: frozenset[tuple[tuple[str, ...], str]] = frozenset()
    quoted: frozenset[tuple[str, str]] = frozenset()


def is_query(text: str) -> bool:
    """Say whether a text holds a statement of SQL that names tables."""
    return _IS_QUERY.search(text[:QUERY_LIMIT]) is not None


@lru_cache(maxsize=2048)
def read_query(text: str) -> QueryNames:
    """Return the tables and columns a query names."""
    blocks = tuple(_read_blocks(text[:QUERY_LIMIT]))
    columns: set[tuple[str, str]] = set()
    shared: set[tuple[tuple[str, ...], str]] = set()
    quoted: set[tuple[str, str]] = set()
    for block in blocks:
        for qualifier, name in block.names:
            owners = _find_owners(block, qualifier, name)
            if len(owners) == 1:
                columns.add((owners[0], name))
            elif owners:
                shared.add((owners, name))
        quoted |= {
            (t, text) for t in set(block.tables.values()) - {_UNKNOWN} for text in block.quoted
        }
    tables = {table for block in blocks for table in block.tables.values() if table}
    return QueryNames(frozenset(tables), frozenset(columns), frozenset(shared), frozenset(quoted))


def find_lacking_tables(text: str, qualifier: str, column: str) -> tuple[str, ...]:
    """Return the tables that cannot hold `column`, as the database said it is unknown in `text`.

    With a qualifier its table; else every table of the one block that names the column. () where
    it stands in blocks with different tables, or a query stands where a table would.
    """
    found: set[tuple[str, ...]] = set()
    for block in _read_blocks(text[:QUERY_LIMIT]):
        for before, name in block.names:
            if name.lower() == column.lower() and (
                not qualifier or before.lower() == qualifier.lower().rpartition(".")[2]
            ):
                found.add(_list_lacking(block, before))
    return found.pop() if len(found) == 1 else ()


def _list_lacking(block: _Block, qualifier: str) -> tuple[str, ...]:
    if qualifier:
        table = _resolve(block, qualifier)
        return (table,) if table else ()
    tables = set(block.tables.values())
    return () if _UNKNOWN in tables else tuple(sorted(tables))


def _resolve(block: _Block, qualifier: str) -> str | None:
    """Return the table an alias stands for, '' for a query in its place, None where unknown."""
    at: _Block | None = block
    while at is not None:
        if qualifier.lower() in at.tables:
            return at.tables[qualifier.lower()]
        at = at.parent
    return None


def _find_owners(block: _Block, qualifier: str, name: str) -> tuple[str, ...]:
    if qualifier:
        table = _resolve(block, qualifier)
        return (table,) if table else ()
    if name.lower() in block.aliases:
        return ()
    owners: set[str] = set()
    at: _Block | None = block
    while at is not None:
        owners |= set(at.tables.values())
        at = at.parent
    return tuple(sorted(owners - {_UNKNOWN})) if _UNKNOWN not in owners else ()


def _read_blocks(text: str) -> Iterator[_Block]:
    """Return the blocks of a text in the order they begin."""
    blocks: list[_Block] = [_Block()]
    stack: list[_Block] = [blocks[0]]
    tokens = [m for m in _TOKEN.finditer(text) if m.lastgroup != "skip"]
    for place, token in enumerate(tokens):
        block = stack[-1]
        if token.lastgroup == "mark":
            _take_mark(token.group(), stack)
        elif token.lastgroup == "quoted":
            block.quoted.append(token["quoted"])
            block.before = "value"
        elif token.lastgroup == "name":
            following = tokens[place + 1].group() if place + 1 < len(tokens) else ""
            word = token.group().lower()
            if word == "select":
                _open_block(stack, blocks)
            elif word in _KEYWORDS:
                is_inside = word == "from" and len(stack) > 1 and stack[-2] is block
                _take_keyword(block, "in" if is_inside else word)
            else:
                _take_name(block, token.group(), following)
        else:
            block.before = "value" if token.lastgroup == "text" else "operator"
    return iter(blocks)


def _take_mark(mark: str, stack: list[_Block]) -> None:
    block = stack[-1]
    if mark == "(":
        stack.append(block)
        block.before, block.last_table = "open", ""
    elif mark == ")":
        if len(stack) > 1:
            closed = stack.pop()
            outer = stack[-1]
            if closed is not outer and outer.wants_table:
                outer.wants_table = False
                outer.tables.setdefault("", _UNKNOWN)
                outer.last_table = "("
        stack[-1].before = "closed"
    elif mark == ",":
        block.wants_table = block.in_from
        block.before = "comma"
    else:
        block.wants_table = block.in_from = False
        block.before = ""


def _open_block(stack: list[_Block], blocks: list[_Block]) -> None:
    """Begin a block: inside brackets it stands in the one around, else beside it (a union)."""
    around = stack[-1]
    if len(stack) > 1 and stack[-2] is around:
        inner = _Block(parent=None if around.wants_table else around)
    else:
        inner = _Block(parent=around.parent)
    stack[-1] = inner
    blocks.append(inner)


def _take_keyword(block: _Block, word: str) -> None:
    if word in _TABLE_NEXT and not (word == "desc" and (block.names or block.tables)):
        block.wants_table = True
        block.in_from = word in {"from", "join"}
        block.last_table = ""
    elif word in _ENDS_FROM:
        block.wants_table = block.in_from = False
        block.last_table = ""
    elif word in _JOINS:
        block.last_table = ""
    block.before = word


def _take_name(block: _Block, name: str, following: str) -> None:
    parts = [part.strip().strip("`") for part in name.split(".")]
    if block.wants_table:
        _take_table(block, parts[-1])
    elif block.last_table and following != "(":
        _take_alias(block, parts[-1])
    elif block.before == "as" or (
        block.before in {"name", "closed", "value"} and not block.in_from
    ):
        block.aliases.add(parts[-1].lower())
        block.before = "alias"
    elif following == "(" and len(parts) == 1:
        block.before = "function"
    elif parts[-1] != "*":
        block.names.append((parts[-2] if len(parts) > 1 else "", parts[-1]))
        block.before = "name"
    else:
        block.before = "name"


def _take_table(block: _Block, table: str) -> None:
    block.tables[table.lower()] = table
    block.last_table = table
    block.wants_table = False
    block.before = "table"


def _take_alias(block: _Block, alias: str) -> None:
    table = _UNKNOWN if block.last_table == "(" else block.last_table
    if table:
        block.tables.pop(table.lower(), None)
    else:
        block.tables.pop("", None)
    block.tables[alias.lower()] = table
    block.last_table = ""
    block.before = "alias"
