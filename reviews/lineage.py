"""Which versions of a memory rest on a source: through edits and texts put back. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One version: the proposal it came from ('' for none), the version whose text it is again."""

    number: int
    proposal: str = ""
    restores: int | None = None
    is_tombstone: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """What of one memory rests on the sources.

    versions: their numbers, rising. folded_into: names of the proposals that retired such a text;
    the merges among them carried its words elsewhere.
    """

    versions: tuple[int, ...] = ()
    folded_into: tuple[str, ...] = ()


def rest_of(versions: Iterable[VersionFacts], sources: Collection[str]) -> Rest:
    """Return which versions rest on the proposals named in `sources`, and where their words went.

    A text written over one that rests on them rests on them as well, whoever wrote it. A text put
    back rests on what it rested on then. After a path was retired its next text begins anew.
    """
    resting: list[int] = []
    folded: list[str] = []
    is_resting = False
    for one in sorted(versions, key=lambda version: version.number):
        if one.is_tombstone:
            if is_resting and one.proposal:
                folded.append(one.proposal)
            is_resting = False
            continue
        if one.restores is not None:
            is_resting = one.restores in resting
        else:
            is_resting = is_resting or one.proposal in sources
        if is_resting:
            resting.append(one.number)
    return Rest(tuple(resting), tuple(folded))


def is_earlier_only(rest: Rest, versions: Sequence[VersionFacts]) -> bool:
    """Say whether what the memory says now no longer rests on the sources."""
    newest = max(versions, key=lambda version: version.number, default=None)
    return newest is not None and newest.number not in rest.versions
