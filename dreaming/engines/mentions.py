"""What memories name, deny and forbid, and when an error says that a name is gone."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dreaming.engines.base import EngineMemory
from dreaming.likeness import split_statements

NAME = re.compile(r"[A-Za-z_][\w.-]{1,63}\Z")
_CODE = re.compile(r"`([^`\s]{2,64})`")
_QUOTED = re.compile(r"\"[^\"]*\"")
_NEGATED = re.compile(
    r"\b(?:not|no|never|cannot|without|avoid|stop|instead of|rather than|renamed|replaced|unknown"
    r"|removed|missing)\b|n't\b",
    re.IGNORECASE,
)
_NAMED = r"`(?P<name>[^`\s]{2,64})`"
_HERE = r"(?:\s+(?:here|any ?more|at all|now|yet))?"
_END = rf"{_HERE}\s*(?:[.;:,!]|$|\bin this\b|\bon this\b)"
_DENIES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_NAMED} (?:is|was) (?:not|no longer) (?:installed|available|supported|defined|there)"
        + _END,
        rf"{_NAMED} is (?:unavailable|missing|broken|disabled|unsupported|unknown)" + _END,
        rf"{_NAMED} (?:does not|doesn't) (?:exist|work)" + _END,
        rf"{_NAMED} (?:always |never )?(?:fails|works not)" + _END,
        rf"{_NAMED} never works" + _END,
        rf"\bthere is no (?:tool |command |function )?{_NAMED}" + _END,
    )
)
_FORBIDS = re.compile(
    r"^(?:please )?(?:do not|don't|never|avoid|stop)(?: to)?"
    rf" (?:call(?:ing)?|us(?:e|ing)|run(?:ning)?) {_NAMED}{_END}",
    re.IGNORECASE,
)
_GONE_SIGNS = (
    "unknown",
    "no such",
    "not found",
    "undefined",
    "not exist",
    "n't exist",
    "recogni",
    "removed",
    "renamed",
    "replaced",
    "deprecated",
    "no longer",
    "invalid",
    "not defined",
    "not available",
    "not installed",
    "not supported",
    "not a valid",
    "no module",
    "no tool",
    "no function",
)
_GONE_BEFORE = (
    r"(?:(?:unknown|no such|invalid|unrecogni[sz]ed|undefined)(?: \w+){0,2}:?\s*"
    r"|(?:not found|not defined|not recogni[sz]ed):\s*|no (?:module|tool|function) named )"
)
_GONE_AFTER = (
    r"[\"'`]?:?\s*(?:command |tool |function )?(?:is |was |has been |does |were )?"
    r"(?:not found|unknown|undefined|not exist|not (?:defined|available|installed|supported"
    r"|recogni[sz]ed|a valid)|removed|renamed|replaced|deprecated|no longer)"
)
_GONE_TOOL = re.compile(
    r"\b(?:unknown|no such|unrecogni[sz]ed|invalid|undefined)\s+"
    r"(?:tool|function|command|method|action|endpoint)\b"
    r"|\b(?:tool|function|command|method|action|endpoint)\b[^.\n]{0,60}"
    r"(?:not found|does not exist|not available|not recogni[sz]ed|has been removed|was removed)",
    re.IGNORECASE,
)
_LOOKS_FOR = re.compile(
    r"\b(?:which|whereis|command|type|man|echo|install|add|search|grep|find|ls)\s[^;&|\n\"]*\Z"
)
_LINES = 12
_LINE = 300
_READ = 4000


@dataclass(frozen=True, slots=True)
class Mentions:
    """What one memory names. uses: names it relies on; denies: names it says do not work.

    forbids: names it tells agents to leave alone without saying that they fail; a rule may forbid
    what works.
    """

    memory: EngineMemory
    uses: tuple[str, ...]
    denies: tuple[str, ...]
    forbids: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name, in the order of the text."""
        return tuple(dict.fromkeys((*self.uses, *self.denies, *self.forbids)))


def read_mentions(memory: EngineMemory) -> Mentions:
    """Return what `memory` names in backticks; only plain identifiers count."""
    uses: dict[str, None] = {}
    denies: dict[str, None] = {}
    forbids: dict[str, None] = {}
    for statement in split_statements(memory.content):
        plain = _QUOTED.sub('""', statement)
        names = [name for name in _CODE.findall(plain) if NAME.match(name)]
        if not names:
            continue
        if denied := [n for n in _find_all(_DENIES, plain) if n in names]:
            denies.update(dict.fromkeys(denied))
        elif (found := _FORBIDS.match(plain)) and found["name"] in names:
            forbids[found["name"]] = None
        elif not _NEGATED.search(plain) and not _tells_gone(statement, names):
            uses.update(dict.fromkeys(names))
    against = denies.keys() | forbids.keys()
    return Mentions(
        memory, tuple(n for n in uses if n not in against), tuple(denies), tuple(forbids)
    )


def _tells_gone(statement: str, names: Iterable[str]) -> bool:
    """Say whether an error the statement quotes is that one of its names is gone."""
    quoted = _QUOTED.findall(statement)
    return any(_GONE_TOOL.search(q) or any(says_gone(q, n) for n in names) for q in quoted)


def _find_all(forms: Sequence[re.Pattern[str]], text: str) -> Iterator[str]:
    for form in forms:
        for found in form.finditer(text):
            yield found["name"]


def may_say_gone(text: str) -> bool:
    """Say whether a result holds one of the words by which things are said to be gone."""
    low = text[:_READ].lower()
    return any(sign in low for sign in _GONE_SIGNS)


def find_gone(text: str, name: str, *, tool: str) -> str:
    """Return the line of a result that says `name` is not there, '' where none does.

    tool: the tool that was called; of itself a tool may say so without its name.
    """
    for line in text[:_READ].splitlines()[:_LINES]:
        told = line.strip()[:_LINE]
        if says_gone(told, name) or (tool == name and _GONE_TOOL.search(told)):
            return told
    return ""


def says_gone(line: str, name: str) -> bool:
    """Say whether `line` says of `name` itself, right beside it, that it is not there.

    "find_order failed: order not found" says nothing of `find_order`.
    """
    return name in line and _gone_beside(name).search(line) is not None


@lru_cache(maxsize=4096)
def _gone_beside(name: str) -> re.Pattern[str]:
    whole = rf"(?<![\w.-]){re.escape(name)}(?![\w-])"
    return re.compile(rf"{_GONE_BEFORE}[\"'`]?{whole}|{whole}{_GONE_AFTER}", re.IGNORECASE)


def only_looks_for(command: str, name: str) -> bool:
    """Say whether a command only asks for `name` or installs it: `which jq` shows no use of jq."""
    before, found, _ = command.partition(name)
    return bool(found) and _LOOKS_FOR.search(before[-_LINE:]) is not None


def rename(text: str, old: str, new: str) -> str:
    """Return `text` with `new` wherever `old` stood as a name of its own."""
    return re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-])", lambda _: new, text)
