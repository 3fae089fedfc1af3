"""The texts in which two releases differ, as diffs for a page."""

from dataclasses import dataclass

from agents.models import MemoryVersion, Release
from agents.releases import differences
from reviews.diffs import Diff
from reviews.dossier import compare

MOST_PATHS = 20


@dataclass(frozen=True, slots=True)
class ChangedText:
    """One path: the memory's number, the version before and after (None where it had none)."""

    path: str
    memory: int
    before: int | None
    after: int | None
    diff: Diff | None


def texts_between(before: Release, after: Release) -> tuple[ChangedText, ...]:
    """Return the paths whose text differs, in order; the first MOST_PATHS with their diffs."""
    found = differences(before, after)
    wanted = [
        line.version_id
        for one in found[:MOST_PATHS]
        for line in (one.before, one.after)
        if line is not None
    ]
    versions = MemoryVersion.objects.filter(pk__in=wanted)
    texts = dict(versions.values_list("pk", "content"))
    changed = []
    for place, one in enumerate(found):
        line = one.after or one.before
        old = texts.get(one.before.version_id, "") if one.before else ""
        new = texts.get(one.after.version_id, "") if one.after else ""
        changed.append(
            ChangedText(
                path=one.path,
                memory=line.memory if line else 0,
                before=one.before.version if one.before else None,
                after=one.after.version if one.after else None,
                diff=compare(old, new) if place < MOST_PATHS else None,
            )
        )
    return tuple(changed)
