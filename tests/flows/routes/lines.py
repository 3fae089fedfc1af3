"""A line of the authorisation matrix, and the places most lines share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cast import Cast

CALLERS = ("anonymous", "outsider", "reviewer", "lead", "auditor", "admin", "token")
Place = Callable[[Cast], dict[str, Any]]
Sent = Callable[[Cast], dict[str, Any]]


def nowhere(_: Cast) -> dict[str, Any]:
    return {}


def here(cast: Cast) -> dict[str, Any]:
    return {"workspace": cast.workspace.slug}


def at_agent(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"agent": cast.agent.slug}


def sends(**given: Any) -> Sent:
    return lambda _: given


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the matrix."""

    name: str
    method: str
    place: Place
    told: str
    sent: Sent = field(default=nowhere)

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def expected(self) -> dict[str, str]:
        return dict(zip(CALLERS, self.told.split(), strict=True))


def of_role(told: str) -> str:
    """Spell what is told on an address that tells every signed-in person the same."""
    anonymous, signed_in, token = told.split()
    return " ".join([anonymous, *[signed_in] * (len(CALLERS) - 2), token])


REASON = sends(reason="Odd writes since noon")
