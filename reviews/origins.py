"""Where a proposal comes from: a dream, a person, or an agent."""

from dataclasses import dataclass

from agents.models import Person
from reviews.models import OriginKind


@dataclass(frozen=True, slots=True)
class Origin:
    """Frozen on the proposal as it was when it was filed.

    id: the human or public id (D-87, a person's public id, an agent's slug); label: as printed.
    proposer: the person who filed it; started_by: who started the dream by hand. Neither decides.
    """

    kind: OriginKind
    id: str
    label: str
    engine: str = ""
    engine_version: str = ""
    proposer: Person | None = None
    started_by: Person | None = None
