"""What agents did next after a call failed: calls paired with results, and the way out of an error.

Only tool names and names of arguments are read into words; the values of arguments never are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from dreaming.engines.calls import (
    SAFE_NAME,
    Call,
    first_word,
    is_command_text,
    read_arguments,
)
from dreaming.engines.names import is_plain_name

REACH = 8
"""How many calls after a failed one are looked at."""

_COMMAND_NAMES = frozenset({"", "cmd", "code", "command", "query", "script", "sql", "statement"})
_ALIKE = 60.0
"""How alike two commands are, of 100, to be tries of the same thing."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LOOKUP_WORDS = (
    "get find list search read fetch lookup look query show describe view calculate compute think "
    "check inspect grep glob ls cat count head select retrieve browse"
)
_LOOKUPS = frozenset(_LOOKUP_WORDS.split())


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "an object"),
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """How one session got past an error.

    how: 'again' (the same tool succeeded with other arguments), 'repeat' (with the same ones) or
    'other' (another tool did, named by `tool`). changed, added, left_out: argument names that
    differ from the failed call; forms: what kind of value the changed ones became; via: another
    tool called in between, a lookup or one on the same thing; step: where a tool takes commands,
    the first word of one run in between; asked: a person spoke there.
    """

    how: str
    tool: str
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict)
    via: str = ""
    step: str = ""
    asked: bool = False


def is_lookup(tool: str) -> bool:
    """Say whether a tool's name begins like one that only reads."""
    words = _WORDS.findall(tool)
    return bool(words) and words[0].lower() in _LOOKUPS


def is_same_family(left: str, right: str) -> bool:
    """Say whether two tools share at least the first two words of their names."""
    one, two = _WORDS.findall(left.lower()), _WORDS.findall(right.lower())
    return len(one) > 1 and len(two) > 1 and one[:2] == two[:2]


def find_recovery(
    calls: Sequence[Call], failed: int, speaks_at: Iterable[int], *, ended_well: bool
) -> Recovery | None:
    """Return how the session got past the error of call number `failed`, or None.

    speaks_at: event indexes at which a person spoke. The same tool must succeed within eight calls
    on the same undertaking: one argument kept or a text much alike, unless its one argument is a
    plain value. Otherwise another tool counts: for a lookup one of the same family, else one that
    shares an argument value in a session that ended well.
    """
    first = calls[failed]
    given = read_arguments(first.arguments)
    later = [c for c in calls[failed + 1 :] if c.sub_session == first.sub_session][:REACH]
    for place, call in enumerate(later):
        if call.tool == first.tool and call.answered and call.at >= 0:
            tried = read_arguments(call.arguments)
            if _is_same_undertaking(given, tried):
                asked = any(first.at < index < call.at for index in speaks_at)
                return _describe_again(first.tool, given, tried, later[:place], asked=asked)
    return _find_other(first, given, later, ended_well=ended_well)


@dataclass(frozen=True, slots=True)
class Then:
    """What a session did right after a failure. how: call, run, change, add or leave out.

    name: the tool, the step or the argument; at: event index of that call; text: its arguments.
    """

    how: str
    name: str
    at: int
    text: str


def find_then(calls: Sequence[Call], steps: Sequence[str], failed: int) -> Then | None:
    """Return what came right after call number `failed`, None where it has no plain name.

    steps: the step of each call. The same call again is none; another tool counts where it looks
    something up or shares a value with the failed call.
    """
    first = calls[failed]
    places = range(failed + 1, len(calls))
    place = next((p for p in places if calls[p].sub_session == first.sub_session), -1)
    if place < 0 or calls[place].at < 0 or not SAFE_NAME.match(calls[place].tool):
        return None
    call, text = calls[place], calls[place].arguments
    given, tried = read_arguments(first.arguments), read_arguments(text)
    if call.tool != first.tool:
        shared = _telling_values(given) & _telling_values(tried)
        is_fit = is_lookup(call.tool) or bool(shared)
        return Then("call", call.tool, call.at, text) if is_fit else None
    if steps[place] != steps[failed] and ": " in steps[place]:
        return Then("run", steps[place].partition(": ")[2], call.at, text)
    if given == tried or not _is_same_undertaking(given, tried):
        return None
    how, names = _name_change(given, tried)
    return Then(how, names[0], call.at, text) if len(names) == 1 else None


def _name_change(
    given: Mapping[str, object], tried: Mapping[str, object]
) -> tuple[str, tuple[str, ...]]:
    """Return the one way in which arguments differ, and their names; none where they do in more."""
    kept = given.keys() & tried.keys()
    ways = {
        "change": _safe_names(n for n in kept if n not in _COMMAND_NAMES and given[n] != tried[n]),
        "add": _safe_names(tried.keys() - given.keys()),
        "leave out": _safe_names(given.keys() - tried.keys()),
    }
    told = [(how, names) for how, names in ways.items() if names]
    return told[0] if len(told) == 1 else ("", ())


def _is_same_undertaking(given: Mapping[str, object], tried: Mapping[str, object]) -> bool:
    if given == tried:
        return True
    texts = [name for name in given if is_command_text(given[name])]
    is_alike = any(
        fuzz.ratio(str(given[name]), str(tried.get(name, "")), score_cutoff=_ALIKE)
        for name in texts
    )
    if is_alike or not _COMMAND_NAMES.isdisjoint(texts):
        return is_alike
    if any(_is_telling(given[name]) and tried.get(name) == given[name] for name in given):
        return True
    return len(given) <= 1 and not texts


def _is_telling(value: object) -> bool:
    return isinstance(value, list | dict) or len(str(value)) >= 3


def _describe_again(
    tool: str,
    given: Mapping[str, object],
    tried: Mapping[str, object],
    between: Sequence[Call],
    *,
    asked: bool,
) -> Recovery:
    via = _find_via(tool, given, between)
    if given == tried:
        return Recovery(how="repeat", tool=tool, via=via, asked=asked)
    names = sorted(name for name in given.keys() & tried.keys() if is_plain_name(name))
    changed = tuple(
        name
        for name in names
        if given[name] != tried[name]
        and name not in _COMMAND_NAMES
        and not is_command_text(given[name])
    )
    forms = {name: form for name in changed if (form := _name_form(given[name], tried[name]))}
    return Recovery(
        how="again",
        tool=tool,
        changed=changed,
        added=_safe_names(tried.keys() - given.keys()),
        left_out=_safe_names(given.keys() - tried.keys()),
        forms=forms,
        via=via,
        step=_find_step(tool, {first_word(given), first_word(tried)}, between),
        asked=asked,
    )


def _find_via(tool: str, given: Mapping[str, object], between: Sequence[Call]) -> str:
    """Return the last other tool that answered in between: a lookup, or one on the same thing."""
    values = _telling_values(given)
    for call in reversed(between):
        if call.tool == tool or not call.answered or not SAFE_NAME.match(call.tool):
            continue
        if is_lookup(call.tool) or values & _telling_values(read_arguments(call.arguments)):
            return call.tool
    return ""


def _telling_values(arguments: Mapping[str, object]) -> set[str]:
    return {str(v) for v in arguments.values() if isinstance(v, str | int) and len(str(v)) >= 4}


def _find_step(tool: str, known: set[str], between: Sequence[Call]) -> str:
    """Return the first word of the last other command the same tool answered in between."""
    words = (
        first_word(read_arguments(call.arguments))
        for call in reversed(between)
        if call.tool == tool and call.answered
    )
    return next((word for word in words if word and word not in known), "")


def _safe_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if is_plain_name(name)))


def _name_form(before: object, after: object) -> str:
    """Return what kind of value an argument became, '' where the kind did not change."""
    old, new = _classify(before), _classify(after)
    return new if old != new else ""


def _classify(value: object) -> str:
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return "a date as YYYY-MM-DD"
    for mark in "#@/":
        if text.startswith(mark):
            return f'text that begins with "{mark}"'
    return "text"


def _find_other(
    first: Call, given: Mapping[str, object], later: Sequence[Call], *, ended_well: bool
) -> Recovery | None:
    values = _telling_values(given)
    for call in later[:3]:
        if call.tool == first.tool or not call.answered or not SAFE_NAME.match(call.tool):
            continue
        if is_lookup(first.tool) and is_same_family(first.tool, call.tool):
            return Recovery(how="other", tool=call.tool)
        if not ended_well or is_lookup(call.tool):
            continue
        used = read_arguments(call.arguments).values()
        if values & {str(v) for v in used if isinstance(v, str | int)}:
            return Recovery(how="other", tool=call.tool)
    return None
