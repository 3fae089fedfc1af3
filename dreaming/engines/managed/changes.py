"""What a hosted dream changed: two listings of a store held against each other. Pure.

The output is a clone, so its ids say nothing: a memory is its path, a change another text there.
What is said around a change (renamed, folded into, taken apart) is read off the texts alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from dreaming.engines.managed.statements import sentences_of
from dreaming.likeness import normalise_text

ALIKE = 80.0
COMPARED = 8_000
"""Characters of two texts that are compared for one being the other, renamed and touched up."""

NAMED = 3


class Way(StrEnum):
    """What became of a path."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Changed:
    """One path that is not as it was. before, after: its text, '' where there is none.

    told: what the texts say of it in a sentence, such as where they went; '' for nothing.
    """

    path: str
    way: Way
    before: str
    after: str
    told: str = ""


def find_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Changed, ...]:
    """Return a change for each path whose text is another, in the order of paths."""
    gone = sorted(before.keys() - after.keys())
    new = sorted(after.keys() - before.keys())
    moved = _find_moved(before, after, gone, new)
    came = {to: path for path, to in moved.items()}
    folded = {path: _find_holder(before[path], before, after) for path in gone if path not in moved}
    parts = {path: _find_parts(before[path], after, new) for path in gone if path not in moved}
    changes = [
        Changed(path, Way.REMOVED, before[path], "", _say_gone(path, moved, folded, parts))
        for path in gone
    ]
    changes += [Changed(path, Way.ADDED, "", after[path], _say_new(path, came)) for path in new]
    changes += [
        Changed(path, Way.CHANGED, before[path], after[path], _say_kept(path, folded))
        for path in sorted(before.keys() & after.keys())
        if before[path] != after[path]
    ]
    return tuple(sorted(changes, key=lambda one: one.path))


def _find_moved(
    before: Mapping[str, str], after: Mapping[str, str], gone: Sequence[str], new: Sequence[str]
) -> dict[str, str]:
    """Return old path -> new path of texts that went on elsewhere; the most alike first."""
    pairs = [
        (fuzz.ratio(before[old][:COMPARED], after[path][:COMPARED], score_cutoff=ALIKE), old, path)
        for old in gone
        for path in new
        if before[old].strip()
    ]
    moved: dict[str, str] = {}
    for score, old, path in sorted(pairs, key=lambda one: (-one[0], one[1], one[2])):
        if score and old not in moved and path not in moved.values():
            moved[old] = path
    return moved


def _find_holder(text: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the path that took every statement of a text that is gone; '' where none did."""
    said = _said(text)
    holders = (path for path in sorted(after) if after[path] != before.get(path, ""))
    return next((path for path in holders if said and said <= _said(after[path])), "")


def _find_parts(text: str, after: Mapping[str, str], new: Sequence[str]) -> tuple[str, ...]:
    """Return the new paths that together took every statement of a text that is gone."""
    said = _said(text)
    shares = {path: said & _said(after[path]) for path in new}
    held = frozenset[str]().union(*shares.values())
    return tuple(path for path in new if shares[path]) if said and said <= held else ()


def _said(text: str) -> frozenset[str]:
    return frozenset(normalise_text(one) for one in sentences_of(text))


def _say_gone(
    path: str,
    moved: Mapping[str, str],
    folded: Mapping[str, str],
    parts: Mapping[str, tuple[str, ...]],
) -> str:
    if path in moved:
        return f"Its text goes on at {moved[path]}."
    if holder := folded.get(path, ""):
        return f"All it says stands in {holder} now."
    if taken := parts.get(path, ()):
        return f"All it says stands in {_name(taken)} now."
    return "What it says stands nowhere else."


def _say_new(path: str, came: Mapping[str, str]) -> str:
    return f"It was {came[path]} before." if path in came else ""


def _say_kept(path: str, folded: Mapping[str, str]) -> str:
    taken = [old for old, holder in folded.items() if holder == path]
    return f"It takes in what {_name(taken)} said." if taken else ""


def _name(paths: Sequence[str]) -> str:
    more = len(paths) - NAMED
    return ", ".join(paths[:NAMED]) + (f" and {more} more" if more > 0 else "")
