"""What entries say of objects, with their texts: for whoever holds rows against the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviews.audit.actions import Action
from reviews.audit.canonical import Json
from reviews.audit.errors import KeyMissing, ValueUnreadable
from reviews.audit.history import LoggedEntry, logged
from reviews.audit.models import Entry
from reviews.audit.values import open_values

TEXTS = 50
"""Texts held at once: one has up to 100 KiB."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where rows and log part.

    unlogged: no entry speaks of it; where the log has gaps, the entry may be what is missing.
    """

    message: str
    unlogged: bool = False


def facts_of(entry: LoggedEntry) -> Mapping[str, Json]:
    """Return what the entry says of its object afterwards; empty where it says nothing."""
    after = entry.body.get("after")
    return after if isinstance(after, Mapping) else {}


def entries_about(
    workspace: str, names: Sequence[str], actions: Iterable[Action], wanted: Sequence[str]
) -> Iterator[tuple[LoggedEntry, dict[str, str | None]]]:
    """Yield the entries on these objects in their order, with the texts of `wanted` that stand."""
    rows = Entry.objects.filter(
        workspace=workspace, object__in=names, action__in=[str(action) for action in actions]
    ).select_related("leaf")
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk")[:TEXTS]):
        last = some[-1].pk
        entries = list(logged([(row, getattr(row, "leaf", None)) for row in some]))
        texts = texts_of(
            [
                entry.commitments[name]
                for entry in entries
                for name in wanted
                if name in entry.commitments
            ]
        )
        for entry in entries:
            named = entry.commitments
            yield entry, {name: texts.get(named[name]) for name in wanted if name in named}


def texts_of(commitments: Sequence[str]) -> dict[str, str | None]:
    """Return the texts behind these commitments, in few queries; None for one that is gone.

    One that stays closed is left out and hides no other: `verify_log` names it.
    """
    try:
        return open_values({one: one for one in commitments})
    except (KeyMissing, ValueUnreadable, TypeError):
        if len(commitments) == 1:
            return {}
        middle = len(commitments) // 2
        return texts_of(commitments[:middle]) | texts_of(commitments[middle:])
