"""Who acts. The id is a stable pseudonym in the body; the printed name is a value beside it."""

from dataclasses import dataclass
from typing import Literal, get_args

from reviews.audit.errors import EntryRefused
from reviews.audit.identifiers import refuse_text

ActorKind = Literal["person", "token", "dream", "rule", "system"]
CauseKind = Literal["person", "schedule", "decision"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever did it. name: as printed at the time, kept as an erasable value, "" for none."""

    kind: ActorKind
    id: str
    name: str = ""

    def __post_init__(self) -> None:
        check_reference(self.kind, self.id, get_args(ActorKind))

    @property
    def subject(self) -> str:
        """The subject under whose key the printed name is encrypted."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what caused the act of a dream, a rule or a worker."""

    kind: CauseKind
    id: str

    def __post_init__(self) -> None:
        check_reference(self.kind, self.id, get_args(CauseKind))


def check_reference(kind: str, identity: str, kinds: tuple[str, ...]) -> None:
    """Raise EntryRefused unless `kind` is one of `kinds` and `identity` is an identifier."""
    if kind not in kinds:
        raise EntryRefused(f"Kind {kind!r} is none of {', '.join(kinds)}.")
    if not identity:
        raise EntryRefused(f"A {kind} needs an id.")
    refuse_text(identity, f"{kind} id")


SYSTEM = Actor("system", "daybreak")
"""The installation itself: the sealer, the recovery of work, the seed."""
