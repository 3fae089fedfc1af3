"""What a proposed text names that memory of its store never held.

Every version a store ever applied is asked, whether it is live or not; a memory that was ever
quarantined vouches for nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from agents.models import MemoryStore, MemoryVersion
from reviews.appeals import join_spans
from reviews.models import ProposalRevision
from reviews.things import Kind, Thing, is_held, things_in, unpack

MOST_ASKED = 24
"""Names looked for in memory at once; whatever a text names beyond is shown as first seen."""

MOST_CHIPS = 8
LABELS: dict[Kind, str] = {
    Kind.HOST: "New host",
    Kind.ADDRESS: "New address",
    Kind.COMMAND: "New command",
    Kind.PACKAGE: "New package",
    Kind.PATH: "New file path",
    Kind.PERMISSION: "New permission",
    Kind.LEFT_OUT: "Leaves out a check",
    Kind.APPROVAL: "Names an approval",
    Kind.UNSEEN: "Keeps something unseen",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A name a text holds for the first time, and what it is."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Firsts:
    """What a text names first: chips, how many more there are, and where it stands in the text."""

    chips: tuple[Chip, ...] = ()
    more: int = 0
    spans: tuple[tuple[int, int], ...] = ()


NONE = Firsts()


def firsts_of(revision: ProposalRevision, store: MemoryStore) -> Firsts:
    """Return what the revision's text names that the store never held.

    Costs one query where the text names anything, none where it does not.
    """
    things = things_in(revision.content) if revision.things is None else unpack(revision.things)
    return _firsts(things, store)


def firsts_in(text: str, store: MemoryStore) -> Firsts:
    """Return what a text that is still being written names that the store never held; as above."""
    return _firsts(things_in(text), store)


def _firsts(things: Sequence[Thing], store: MemoryStore) -> Firsts:
    if not things:
        return NONE
    held = _held(store, things)
    new = [one for one in things if (one.kind, one.value) not in held]
    names = list(dict.fromkeys((one.kind, one.value) for one in new))
    return Firsts(
        chips=tuple(Chip(LABELS[kind], value) for kind, value in names[:MOST_CHIPS]),
        more=max(0, len(names) - MOST_CHIPS),
        spans=tuple(join_spans((one.start, one.end) for one in new)),
    )


def _held(store: MemoryStore, things: Sequence[Thing]) -> set[tuple[Kind, str]]:
    """Return the names among `things` that a text of the store holds by themselves."""
    wanted = {(one.kind, one.value): one for one in things}
    asked = dict(list(wanted.items())[:MOST_ASKED])
    anywhere = Q()
    for _, value in asked:
        anywhere |= Q(content__icontains=value)
    texts = MemoryVersion.objects.filter(anywhere, memory__store=store)
    texts = texts.exclude(memory__quarantines__isnull=False).order_by("-pk")
    return _find(asked, texts.values_list("content", flat=True).iterator())


def _find(asked: dict[tuple[Kind, str], Thing], texts: Iterable[str]) -> set[tuple[Kind, str]]:
    held: set[tuple[Kind, str]] = set()
    for text in texts:
        held |= {name for name, one in asked.items() if name not in held and is_held(one, text)}
        if len(held) == len(asked):
            break
    return held
