"""Telling that a dream is held: who may let it through hears of it once, until it is settled."""

from collections.abc import Iterable

from agents import clock
from agents.people import people_with
from agents.rights import Right
from agents.web.ids import parse_id
from dreaming.models import Dream, DreamState
from reviews import notices
from reviews.models import Notice
from reviews.notices import Kind, Telling

LIMIT = 200


def tell_held() -> None:
    """Tell everybody who may agree to a held dream that it waits, once; settle what does not.

    Found by looking at rows, so that a worker that was down tells late rather than never.
    """
    held = Dream.objects.filter(state=DreamState.HELD).select_related("workspace")
    for dream in held.order_by("-pk")[:LIMIT]:
        notices.tell(dream.workspace, [_telling(dream)])
    _settle()


def _telling(dream: Dream) -> Telling:
    involved = (dream.started_by_id, dream.admitted_by_lead_id, dream.admitted_by_reviewer_id)
    asked = people_with(dream.workspace, Right.DECIDE)
    people = asked.exclude(pk__in=[key for key in involved if key is not None])
    keys = tuple(people.order_by("pk").values_list("pk", flat=True))
    return Telling(Kind.DREAM_HELD, str(dream), "once", keys, f"dreams/{dream}/")


def _settle() -> None:
    """Let what was told of dreams that are not held any more count as done."""
    standing = Notice.objects.filter(kind=Kind.DREAM_HELD, settled_at=None)
    told = set(standing.values_list("workspace", "object"))
    for workspace in {place for place, _ in told}:
        names = {name for place, name in told if place == workspace}
        done = names - _held_among(workspace, names)
        standing.filter(workspace=workspace, object__in=done).update(settled_at=clock.now())


def _held_among(workspace: int, names: Iterable[str]) -> set[str]:
    numbers = [parse_id(name, expected="D").number for name in names]
    rows = Dream.objects.filter(workspace=workspace, number__in=numbers, state=DreamState.HELD)
    return {str(row) for row in rows}
