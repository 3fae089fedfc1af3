"""Commands of the memory tool `memory_20250818` over texts: what is shown, what would change.

The tool knows files below /memories; here they are the paths of a store. Pure: a command is held
against texts and leads to words for the model, or to changes that somebody else files.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviews.errors import InvalidChange

ROOT = "/memories"
MOST_LISTED = 500
Texts = Mapping[str, str]
"""Path in the store -> text."""


@dataclass(frozen=True, slots=True)
class Write:
    """One path that would say something else. text: None takes the path out."""

    path: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command comes to: words to show, or writes to propose."""

    words: str = ""
    writes: tuple[Write, ...] = field(default=())


def run_command(command: Mapping[str, Any], texts: Texts) -> Outcome:
    """Return what the command comes to. Raises InvalidChange with the way out for a model."""
    name = command.get("command")
    verb = _VERBS.get(name) if isinstance(name, str) else None
    if verb is None:
        raise InvalidChange(f"{name!r} is no command; there are {', '.join(_VERBS)}.")
    return verb(command, texts)


def _view(command: Mapping[str, Any], texts: Texts) -> Outcome:
    place = _said(command, "path")
    path = _path_in(place, is_root_fine=True)
    if path in texts:
        return Outcome(_numbered(place, texts[path], command.get("view_range")))
    below = sorted(one for one in texts if one.startswith(f"{path.rstrip('/')}/"))
    if not below and path != "/":
        raise InvalidChange(f"There is nothing at {place}. View {ROOT} to see what there is.")
    return Outcome(_listed(place, below, texts))


def _listed(place: str, paths: Sequence[str], texts: Texts) -> str:
    if not paths:
        return f"{place} is empty: no memory is approved yet."
    lines = [f"{ROOT}{path} ({len(texts[path].encode())} bytes)" for path in paths[:MOST_LISTED]]
    left = len(paths) - len(lines)
    rest = [f"and {left} more; view a folder below {place}."] if left else []
    return "\n".join([f"Approved memory in {place}:", *lines, *rest])


def _numbered(place: str, text: str, wanted: Any) -> str:
    lines = text.splitlines()
    first, last = _range(wanted, len(lines))
    shown = (f"{at:6}\t{lines[at - 1]}" for at in range(first, last + 1))
    return "\n".join([f"{place}, approved:", *shown])


def _range(wanted: Any, count: int) -> tuple[int, int]:
    if wanted is None:
        return 1, count
    is_pair = isinstance(wanted, Sequence) and len(wanted) == 2
    if not is_pair or not all(isinstance(one, int) for one in wanted):
        raise InvalidChange("view_range is two line numbers, such as [1, 20]; -1 is the end.")
    first, last = wanted
    last = count if last == -1 else min(last, count)
    if not 1 <= first <= max(last, 1):
        raise InvalidChange(f"view_range {list(wanted)} is not within 1 to {count}.")
    return first, last


def _create(command: Mapping[str, Any], texts: Texts) -> Outcome:
    text = _said(command, "file_text", may_be_empty=True)
    if not text.strip():
        raise InvalidChange("file_text is empty; to take a memory out use delete.")
    return Outcome(writes=(Write(_path_in(_said(command, "path")), text),))


def _replace(command: Mapping[str, Any], texts: Texts) -> Outcome:
    path, text = _found(command, "path", texts)
    old = _said(command, "old_str")
    new = _said(command, "new_str", may_be_empty=True)
    count = text.count(old)
    if count != 1:
        fault = "is not there" if not count else f"stands there {count} times"
        raise InvalidChange(f"old_str {fault}; name words that stand there once.")
    return Outcome(writes=(Write(path, text.replace(old, new)),))


def _insert(command: Mapping[str, Any], texts: Texts) -> Outcome:
    path, text = _found(command, "path", texts)
    added = _said(command, "insert_text").rstrip("\n")
    lines = text.splitlines()
    at = command.get("insert_line")
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= len(lines):
        raise InvalidChange(f"insert_line is 0 to {len(lines)}: the line it is put behind.")
    whole = [*lines[:at], *added.splitlines(), *lines[at:]]
    return Outcome(writes=(Write(path, "\n".join(whole) + "\n"),))


def _delete(command: Mapping[str, Any], texts: Texts) -> Outcome:
    path, _ = _found(command, "path", texts)
    return Outcome(writes=(Write(path, None),))


def _rename(command: Mapping[str, Any], texts: Texts) -> Outcome:
    path, text = _found(command, "old_path", texts)
    new = _path_in(_said(command, "new_path"))
    if new in texts:
        raise InvalidChange(f"There is a memory at {ROOT}{new} already.")
    return Outcome(writes=(Write(new, text), Write(path, None)))


def _found(command: Mapping[str, Any], name: str, texts: Texts) -> tuple[str, str]:
    place = _said(command, name)
    path = _path_in(place)
    if path not in texts:
        raise InvalidChange(f"There is no memory at {place}. View {ROOT} to see what there is.")
    return path, texts[path]


def _said(command: Mapping[str, Any], name: str, *, may_be_empty: bool = False) -> str:
    value = command.get(name)
    if not isinstance(value, str) or not (value or may_be_empty):
        raise InvalidChange(f"{name} is missing: it is a text.")
    return value


def _path_in(place: str, *, is_root_fine: bool = False) -> str:
    """Return the path in the store; the tool's own root is no file. Raises InvalidChange."""
    if place.rstrip("/") == ROOT and is_root_fine:
        return "/"
    if not place.startswith(f"{ROOT}/") or place == f"{ROOT}/":
        raise InvalidChange(f"{place[:80]!r} is not below {ROOT}/.")
    return place.removeprefix(ROOT)


_VERBS: Mapping[str, Callable[[Mapping[str, Any], Texts], Outcome]] = {
    "view": _view,
    "create": _create,
    "str_replace": _replace,
    "insert": _insert,
    "delete": _delete,
    "rename": _rename,
}


def say_proposed(names: Iterable[str], waiting: Iterable[str]) -> str:
    """Return what the model is told of its writes: what was filed, and what waits already."""
    filed, before = ", ".join(names), ", ".join(waiting)
    told = [f"Proposed as {filed}."] if filed else []
    told += [f"The same waits already as {before}."] if before else []
    return " ".join([*told, "A person decides; until then your memory says what it said."])
