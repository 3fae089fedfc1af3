"""What can come next in the queue's search field: keys, and the values behind a key.

Where the caret stands and what would be put there is worked out without the database; agents, kinds
and dreams are those of the workspace.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q

from agents.models import Agent, Workspace
from reviews.lines import MARK_WORDS, RISKS, SIGNS, where_label
from reviews.models import OriginKind, Proposal
from reviews.searches import AGES, KEYS, SHARED, TERM, VALUES, Where, quoted

MOST = 8
LOOKED_AT = 2_000
"""Kinds and dreams are those of so many of the newest proposals: what is typed is about these."""

NOTES: Mapping[str, str] = {
    "is": "which list",
    "risk": "high, medium or low",
    "op": "what the change does",
    "agent": "whose memory",
    "kind": "of pattern",
    "dream": "that proposed it",
    "older": "filed longer ago than",
    "newer": "filed within the last",
}
SPANS = (("2h", "2 hours"), ("1d", "1 day"), ("2d", "2 days"), ("1w", "1 week"))


@dataclass(frozen=True, slots=True)
class Spot:
    """The term the caret stands in: text[start:end]. typed: of its value, or of a key or word.

    head: what stands before `typed` and stays, such as `-risk:high,`. key: '' before a colon.
    """

    start: int
    end: int
    head: str
    key: str
    typed: str


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the list. text: the whole search with it chosen; caret: where one types on."""

    label: str
    note: str
    text: str
    caret: int


def spot_at(text: str, caret: int) -> Spot:
    """Return the term of `text` that ends at or holds the caret; an empty one between terms."""
    caret = min(max(caret, 0), len(text))
    here = ((m.start(), m.end()) for m in TERM.finditer(text) if m.start() < caret <= m.end())
    start, end = next(here, (caret, caret))
    before = text[start:caret]
    minus = "-" if before.startswith("-") else ""
    key, colon, value = before.removeprefix(minus).partition(":")
    if not colon or key.lower() not in KEYS:
        return Spot(start, end, minus, "", before.removeprefix(minus))
    done, comma, typed = value.rpartition(",")
    return Spot(start, end, f"{minus}{key}:{done}{comma}", key.lower(), typed.replace('"', ""))


def complete(workspace: Workspace, text: str, caret: int) -> tuple[Option, ...]:
    """Return what can stand where the caret is, at most MOST; none for a quoted word."""
    spot = spot_at(text, caret)
    if spot.key:
        values = values_of(workspace, spot.key, spot.typed)
        return tuple(_option(text, spot, value, note) for value, note in values)[:MOST]
    if spot.typed.startswith('"'):
        return ()
    keys = [key for key in _keys(spot) if key.startswith(spot.typed.lower())]
    named = (_option(text, spot, f"{key}:", NOTES[key], end="") for key in keys)
    return tuple([*named, *_guesses(workspace, text, spot)][:MOST])


def _keys(spot: Spot) -> tuple[str, ...]:
    """Return the keys that can stand at the spot: behind a minus, those that can be left out."""
    return tuple(key for key in KEYS if key not in {"is", *AGES}) if spot.head else KEYS


def values_of(workspace: Workspace, key: str, typed: str) -> list[tuple[str, str]]:
    """Return (value, what it means) of those behind `key` that begin with or are called `typed`."""
    if key == "agent":
        return _agents(workspace, typed)
    if key in {"kind", "dream"}:
        found = _kinds(workspace) if key == "kind" else _dreams(workspace)
        return [pair for pair in found if _is_meant(typed, pair)]
    if key in AGES:
        return [pair for pair in _ages(typed) if pair[0].startswith(typed)]
    return [pair for pair in _fixed(key) if _is_meant(typed, pair)]


def _guesses(workspace: Workspace, text: str, spot: Spot) -> Iterator[Option]:
    """Yield values, key and all, for a word that is no key: `hig` is the beginning of risk:high."""
    if len(spot.typed) < 2:
        return
    for key in _keys(spot):
        if key not in AGES:
            for value, note in values_of(workspace, key, spot.typed):
                yield _option(text, spot, f"{key}:{quoted(value)}", note)


def _fixed(key: str) -> list[tuple[str, str]]:
    if key == "is":
        return [*((where.value, where_label(where)) for where in Where), *MARK_WORDS.items()]
    if key == "risk":
        return [(level.value, label) for level, label, _ in RISKS]
    return [(op, SIGNS[op][1]) for op in VALUES["op"]]


def _ages(typed: str) -> list[tuple[str, str]]:
    if not typed.isascii() or not typed.isdecimal() or typed.startswith("0"):
        return list(SPANS)
    number = typed[:4]
    plural = "" if number == "1" else "s"
    return [(f"{number}{unit[0]}", f"{number} {unit}{plural}") for unit in ("hour", "day", "week")]


def _is_meant(typed: str, pair: tuple[str, str]) -> bool:
    value, note = pair
    return value.lower().startswith(typed.lower()) or note.lower().startswith(typed.lower())


def _agents(workspace: Workspace, typed: str) -> list[tuple[str, str]]:
    named = Q(slug__istartswith=typed) | Q(name__icontains=typed)
    agents = Agent.objects.filter(named, workspace=workspace).order_by("name", "pk")
    found = list(agents.values_list("slug", "name")[:MOST])
    shared = (SHARED, "All agents (shared)")
    return [*found, shared] if _is_meant(typed, shared) else found


def _kinds(workspace: Workspace) -> list[tuple[str, str]]:
    newest = Proposal.objects.filter(workspace=workspace).order_by("-number")
    kinds = set(newest.values_list("pattern_kind", flat=True)[:LOOKED_AT]) - {""}
    return [(kind, kind.replace("_", " ").capitalize()) for kind in sorted(kinds)]


def _dreams(workspace: Workspace) -> list[tuple[str, str]]:
    newest = Proposal.objects.filter(workspace=workspace, origin_kind=OriginKind.DREAM)
    ids = newest.order_by("-number").values_list("origin_id", "origin_label")[:LOOKED_AT]
    return list(dict(ids).items())


def _option(text: str, spot: Spot, chosen: str, note: str, *, end: str = " ") -> Option:
    """Return the option that puts `chosen` behind the head of the spot, and `end` behind it."""
    label = spot.head + (quoted(chosen) if spot.key else chosen)
    before = f"{text[: spot.start]}{label}{end}"
    after = text[spot.end :]
    return Option(label, note, before + (after.lstrip(" ") if end else after), len(before))
