"""What has to go to the store at the vendor, and what must not yet. Pure.

Texts are told by their SHA-256, '' for none. A path where somebody else wrote since both sides
agreed is left alone until a person answered that write.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
"""What the vendor sent of one thing."""


@dataclass(frozen=True, slots=True)
class There:
    """A path at the vendor: what both sides last had, and what was found there last."""

    agreed: str = ""
    seen: str = ""

    @property
    def is_strayed(self) -> bool:
        """Say whether somebody else's text was found there."""
        return self.agreed != self.seen


@dataclass(frozen=True, slots=True)
class Step:
    """One path that is to have the text `sha256`, put in the place of `expected`."""

    path: str
    sha256: str
    expected: str


NOWHERE = There()

STALE, REFUSED = "stale", "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request to write. cause: '' when the path is as wanted now.

    Else stale (the path holds another text) or refused (the vendor will not have it), with its
    words. remote_id, version: the memory there, and the version this request made of it.
    """

    cause: str = ""
    words: str = ""
    remote_id: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A path that was to be new and is not: the id of the memory that has it."""

    memory: str


def plan(
    wanted: Mapping[str, str], there: Mapping[str, There], held: Collection[str] = ()
) -> tuple[Step, ...]:
    """Return the steps from what is there to what is wanted, in the order of paths.

    wanted: path -> hash of what is served here. held: paths that are on their way already, or
    that the vendor refused as they are wanted now. What is taken out comes before what is written:
    the store may be full.
    """
    steps = [
        Step(path, wanted.get(path, ""), found.agreed)
        for path in sorted(wanted.keys() | there.keys())
        if path not in held
        and not (found := there.get(path, NOWHERE)).is_strayed
        and wanted.get(path, "") != found.agreed
    ]
    return tuple(sorted(steps, key=lambda step: (step.sha256 != "", step.path)))


def settled(wanted: Mapping[str, str], there: Mapping[str, There]) -> tuple[str, ...]:
    """Return the strayed paths whose text there is the one that is wanted: both sides agree."""
    return tuple(
        sorted(
            path
            for path, found in there.items()
            if found.is_strayed and found.seen == wanted.get(path, "")
        )
    )
