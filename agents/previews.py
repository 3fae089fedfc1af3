"""What an agent would read if a change were served: its text now, and with the change laid in."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from agents.context import Context, Place, Remembered, render
from agents.memory import LIVE
from agents.models import Channel, Memory, MemoryRead, MemoryStore
from agents.reads import remember
from agents.releases import contents, quarantined

BUDGET_TOKENS = 4_000
"""What a preview is given where no session has read yet."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A text within `budget` tokens before and after a change of `path`."""

    path: str
    budget: int
    before: Context
    after: Context

    @property
    def place(self) -> Place | None:
        """Return what becomes of the changed memory, None where it is taken out."""
        return next((place for place in self.after.places if place.path == self.path), None)

    @property
    def rank(self) -> int:
        """Return which one in the text the changed memory is, 0 where it is not in it."""
        inside = [place.path for place in self.after.places if place.is_in]
        return inside.index(self.path) + 1 if self.path in inside else 0

    @property
    def pushed_out(self) -> tuple[str, ...]:
        """Return the paths that are read now and would not fit any more."""
        there = {place.path: place.is_in for place in self.after.places}
        return tuple(
            place.path
            for place in self.before.places
            if place.is_in and there.get(place.path) is False
        )


def preview(store: MemoryStore, path: str, changed: Mapping[str, Remembered | None]) -> Preview:
    """Return what is read of the live releases, and what would be with `changed` laid over.

    changed: by path what stands there then, None where nothing does. For the shared store it is
    what every agent reads of it; for an agent's, its own and the shared one's.
    """
    budget = _budget_of(store)
    now = _served(store)
    after = {memory.path: memory for memory in now} | dict(changed)
    return Preview(
        path=path,
        budget=budget,
        before=render(now, budget),
        after=render([memory for memory in after.values() if memory is not None], budget),
    )


def _budget_of(store: MemoryStore) -> int:
    """Return the budget of the newest read of the store's agent."""
    reads = MemoryRead.objects.filter(workspace=store.workspace_id)
    if store.agent_id:
        reads = reads.filter(agent=store.agent_id)
    newest = reads.order_by("-pk").values_list("budget_tokens", flat=True).first()
    return newest or BUDGET_TOKENS


def _served(store: MemoryStore) -> list[Remembered]:
    """Return the memories that are served now: own paths win, what is quarantined is left out."""
    live = Channel.objects.filter(
        Q(store=store) | Q(store__agent=None), name=LIVE, store__workspace=store.workspace_id
    )
    releases = {one.store_id: one.release for one in live.select_related("release")}
    own = contents(releases.pop(store.pk))
    shared = [line for release in releases.values() for line in contents(release)]
    paths = {line.path for line in own}
    out = quarantined(store.workspace)
    pinned = set(
        Memory.objects.filter(workspace=store.workspace_id, pinned=True).values_list(
            "pk", flat=True
        )
    )
    lines = [*own, *(line for line in shared if line.path not in paths)]
    served = [line for line in lines if line.memory_id not in out]
    return remember(served, {line.memory_id for line in shared}, pinned)
