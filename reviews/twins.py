"""Live memories that say nearly what a proposed text says, wherever its agent would read them.

An agent reads its own memory and what all share, so both are searched, as they are now: what was
no duplicate when it was filed may be one when it is decided.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Length, Substr
from django.http import Http404
from rapidfuzz import fuzz

from agents.models import Memory, MemoryStore, MemoryVersion, Workspace
from agents.prepared import Listed, Slot
from reviews.models import Proposal

ALIKE = 60.0
NEARLY = 90
"""From so many per cent on a memory is told of above the change, not only below it."""

MOST_NEAR = 3
COMPARED = 300
"""Characters of every memory that are compared; near duplicates share their beginnings."""

WHOLE = 4_000
"""Characters that are compared of the few whose beginnings are alike."""

MOST_WHOLE = 12

Beginnings = Mapping[tuple[int, str], str]
"""(store, path) -> the first COMPARED characters of the live text there."""


@dataclass(frozen=True, slots=True)
class Near:
    """A live memory whose text is like the proposed one. alike: 0 to 100, of the first WHOLE
    characters. is_shared: it is of the memory all agents share, and the proposal is not."""

    number: int
    title: str
    alike: int
    is_shared: bool = False

    @property
    def is_nearly(self) -> bool:
        """Say whether it is so like the proposed text that both are hardly needed."""
        return self.alike >= NEARLY


def _read_in(workspace: int | Slot, store: int | Slot) -> QuerySet[MemoryVersion]:
    """Return the live texts that an agent with that store reads: its own, and what all share."""
    shared = MemoryStore.objects.filter(workspace=workspace, agent=None)
    read = Memory.objects.filter(Q(store=store) | Q(store__in=shared))
    return MemoryVersion.objects.filter(pk__in=read.values("head"), is_tombstone=False)


def _own_paths(proposal: Proposal) -> frozenset[str]:
    """Return the proposal's own path and those it folds in: its text stands in their place."""
    return frozenset((proposal.path, *(str(one["path"]) for one in proposal.merged)))


@Listed
def _begun(
    workspace: Slot, store: Slot
) -> QuerySet[MemoryVersion, tuple[int, int, str, str, int, str, int]]:
    """Return key, number, path, title, store, beginning and length of each text that is read."""
    rows = _read_in(workspace, store).annotate(
        start=Substr("content", 1, COMPARED), all=Length("content")
    )
    columns = ("memory__number", "memory__path", "title", "memory__store_id", "start", "all")
    return rows.values_list("pk", *columns)


def beginnings_of(stores: Set[int], workspace: Workspace) -> Mapping[int, Beginnings]:
    """Return by store how the texts begin that its agent reads: its own, and what all share.

    One query, whatever there is.
    """
    read = Q(memory__store__in=stores)
    read |= Q(memory__store__workspace=workspace, memory__store__agent=None)
    heads = MemoryVersion.objects.filter(read, memory__head=F("pk"), is_tombstone=False)
    columns = ("memory__store", "memory__store__agent", "memory__path", "start")
    found: dict[int, dict[tuple[int, str], str]] = {store: {} for store in stores}
    begun = heads.annotate(start=Substr("content", 1, COMPARED))
    for store, agent, path, start in begun.values_list(*columns):
        for one in stores if agent is None else {store}:
            found[one][store, path] = start
    return found


def begins_like(
    text: str, beginnings: Beginnings, *, besides: tuple[int, str], least: float
) -> bool:
    """Say whether `text` begins like a live one at another place than `besides`.

    least: so alike, 0 to 100, the beginnings are at the least.
    """
    start = text[:COMPARED]
    others = (one for place, one in beginnings.items() if place != besides)
    return any(fuzz.ratio(start, one, score_cutoff=least) for one in others)


def near_of(proposal: Proposal, text: str) -> tuple[Near, ...]:
    """Return the live memories that read most like `text`, most alike first.

    One query, and one more where a long memory begins alike. Retiring ('') is like nothing.
    """
    if not text:
        return ()
    start, own, found = text[:COMPARED], _own_paths(proposal), []
    rows = _begun(workspace=proposal.workspace_id, store=proposal.store_id)
    for key, number, path, title, store, beginning, length in rows:
        if store == proposal.store_id and path in own:
            continue
        alike = fuzz.ratio(start, beginning, score_cutoff=ALIKE)
        if alike:
            near = Near(number, title, round(alike), store != proposal.store_id)
            found.append((key, near, max(length, len(text)) > COMPARED))
    found.sort(key=lambda one: (-one[1].alike, one[1].number))
    whole = _measured(text, found[:MOST_WHOLE])
    return tuple(sorted(whole, key=lambda near: (-near.alike, near.number))[:MOST_NEAR])


def _measured(text: str, found: Sequence[tuple[int, Near, bool]]) -> Iterable[Near]:
    """Yield those whose whole texts are alike too, as alike as these are."""
    longer = [key for key, _, is_longer in found if is_longer]
    rows = MemoryVersion.objects.filter(pk__in=longer).annotate(most=Substr("content", 1, WHOLE))
    texts = dict(rows.values_list("pk", "most")) if longer else {}
    for key, near, _ in found:
        alike = fuzz.ratio(text[:WHOLE], texts[key]) if key in texts else near.alike
        if alike >= ALIKE:
            yield Near(near.number, near.title, round(alike), near.is_shared)


def text_beside(proposal: Proposal, number: int) -> MemoryVersion:
    """Return the live text of M-`number`, one its agent would read beside it, or raise Http404."""
    rows = _read_in(proposal.workspace_id, proposal.store_id).filter(memory__number=number)
    found = rows.select_related("memory__store__agent").first()
    if found is None or (
        found.memory.store_id == proposal.store_id and found.memory.path in _own_paths(proposal)
    ):
        raise Http404(f"No live memory M-{number} would be read beside {proposal}.")
    return found
