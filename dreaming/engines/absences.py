"""What is missing somewhere, said as one memory: a stable key, and lines that grow with sessions.

Every name of one kind in one place stands in one text, so a later dream updates it. Lines are in
the order of the alphabet: a text changes only where its names do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dreaming.engines.base import Candidate, Quote
from dreaming.engines.calls import SAFE_NAME
from dreaming.engines.names import KINDS, Kind
from dreaming.engines.wording import cut_title

NAME_LIMIT = {"column": 120}
"""Names one memory lists at most, by kind; those that most sessions met are kept."""

_NAME_LIMIT = 60
_LINE = 400
_QUOTES = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """One session's meeting of something missing; fix_at: the call that worked, -1 without one."""

    session: str
    task: str
    event: int
    line: str
    trust: str
    got_past: bool
    fix_at: int = -1
    fix_text: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """A name that is not there. fix: the name to use instead, '' where none is reliable.

    shown: at least one, in the order of sessions. holder: the table or command that lacks it.
    """

    holder: str
    name: str
    fix: str
    shown: tuple[Shown, ...]


def make_fact(
    group: tuple[str, str],
    kind: str,
    place: str,
    lacks: Sequence[Lack],
    *,
    exposed: frozenset[str],
    at_least: int,
) -> Candidate | None:
    """Return what is missing of one kind in one place, None where fewer than `at_least` met it.

    group: tool and field of work. exposed: sessions that used the tool in that place.
    """
    tool, domain = group
    limit = NAME_LIMIT.get(kind, _NAME_LIMIT)
    ranked = sorted(lacks, key=lambda lack: (-len(lack.shown), lack.holder, lack.name))
    kept = ranked[:limit]
    matched = frozenset(shown.session for lack in kept for shown in lack.shown)
    if len(matched) < at_least:
        return None
    told = KINDS[kind]
    where = f" in {place}" if place else ""
    owner = f"in {place}" if place else f"for {tool}" if SAFE_NAME.match(tool) else ""
    return Candidate(
        kind="fact",
        tool=tool,
        template=f"missing {told.plural}{where}",
        statement=say_absences(told, place, kept),
        title=cut_title(f"{told.plural.capitalize()} missing {owner}".strip()),
        matched=matched,
        quotes=_choose_quotes(kept),
        signal="outcome",
        scope=f"domain:{domain}" if domain else f"tool:{tool}",
        recovered=frozenset(s.session for lack in kept for s in lack.shown if s.got_past),
        exposed=exposed | matched,
        sources=_name_sources(kept),
        rationale=_explain(told, kept, len(ranked)),
    )


def _name_sources(lacks: Iterable[Lack]) -> tuple[str, ...]:
    """Return whose words the text holds: missing names are the tool's, the others agents'."""
    sources = {shown.trust for lack in lacks for shown in lack.shown}
    if any(lack.fix for lack in lacks):
        sources.add("agent")
    return tuple(sorted(sources))


def _explain(kind: Kind, kept: Sequence[Lack], total: int) -> str:
    fixed = sum(1 for lack in kept if lack.fix)
    verb = "does" if total == 1 else "do"
    told = [f"Calls failed on {_count(total, kind)} that {verb} not exist."]
    if total > len(kept):
        told.append(f"The {len(kept)} that most sessions met are listed.")
    if fixed:
        told.append(f"For {fixed} of them later calls that worked show the name to use.")
    return " ".join(told)


def _count(number: int, kind: Kind) -> str:
    return f"{number} {kind.noun if number == 1 else kind.plural}"


def say_absences(kind: Kind, place: str, lacks: Sequence[Lack]) -> str:
    """Return the instruction: one sentence for one name, a list for more."""
    if len(lacks) == 1:
        return _say_one(kind, place, lacks[0])
    where = f"In database `{place}` these" if place else "These"
    fixed = sum(1 for lack in lacks if lack.fix)
    advice = "use what is named instead" if fixed == len(lacks) else "do not use them"
    if 0 < fixed < len(lacks):
        advice = "where another name is given, use it"
    lines = _say_holders(lacks) if kind.has_holder else _say_names(lacks)
    return "\n".join((f"{where} {kind.plural} do not exist; {advice}:", "", *lines))


def _say_one(kind: Kind, place: str, lack: Lack) -> str:
    then = f": use `{lack.fix}`." if lack.fix else "."
    where = f"In database `{place}` " if place else ""
    if lack.holder:
        return f"{where}`{lack.holder}` has no {kind.noun} `{lack.name}`{then}"
    there = "there" if where else "There"
    return f"{where}{there} is no {kind.noun} `{lack.name}`{then}"


def _say_names(lacks: Iterable[Lack]) -> list[str]:
    groups = _group_names(lacks)
    return [f"- {names}: use `{fix}`" if fix else f"- {names}" for fix, names in groups]


def _say_holders(lacks: Sequence[Lack]) -> list[str]:
    lines = []
    fixed = {lack.holder for lack in lacks if lack.fix}
    holders = {lack.holder for lack in lacks}
    for holder in sorted(holders, key=lambda holder: (holder not in fixed, holder)):
        groups = _group_names(lack for lack in lacks if lack.holder == holder)
        parts = [f"{names} (use `{fix}`)" if fix else names for fix, names in groups]
        lines += [f"- `{holder}` has no {line}" for line in _break_lines(parts)]
    return lines


def _break_lines(parts: Iterable[str]) -> list[str]:
    """Return the parts joined by "; no ", in as many lines as keep each of them readable."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) <= _LINE:
            lines[-1] += f"; no {part}"
        else:
            lines.append(part)
    return lines


def _group_names(lacks: Iterable[Lack]) -> list[tuple[str, str]]:
    """Return (name to use, names missing) sorted; those without a name to use come last."""
    by_fix: dict[str, list[str]] = {}
    for lack in lacks:
        by_fix.setdefault(lack.fix, []).append(lack.name)
    ordered = sorted(by_fix, key=lambda fix: (not fix, fix))
    found = []
    for fix in ordered:
        names = [f"`{name}`" for name in sorted(by_fix[fix])]
        most = max(1, _LINE // (max(map(len, names)) + 2))
        places = range(0, len(names), most)
        found += [(fix, ", ".join(names[start : start + most])) for start in places]
    return found


def _choose_quotes(lacks: Sequence[Lack]) -> tuple[Quote, ...]:
    """Return up to four error lines, of different tasks first, and one call that worked."""
    shown = [
        one.shown[place] for place in range(_QUOTES) for one in lacks if len(one.shown) > place
    ]
    first: dict[str, Quote] = {}
    others: list[Quote] = []
    for one in shown:
        quote = Quote(one.session, one.event, one.line)
        if (one.task or one.session) in first:
            others.append(quote)
        else:
            first[one.task or one.session] = quote
    fixes = (
        Quote(one.session, one.fix_at, one.fix_text)
        for lack in lacks
        for one in lack.shown
        if lack.fix and one.fix_at >= 0
    )
    worked = next(fixes, None)
    return (*[*first.values(), *others][:_QUOTES], *([worked] if worked else []))
