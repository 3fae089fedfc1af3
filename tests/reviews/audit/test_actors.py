"""Who acts: a kind of the list and a pseudonym; a name is a value beside it."""

from typing import get_args

import pytest

from reviews.audit.actors import SYSTEM, Actor, ActorKind, Cause, CauseKind
from reviews.audit.errors import EntryRefused


@pytest.mark.parametrize("kind", get_args(ActorKind))
def test_every_kind_of_actor_can_be_made(kind: ActorKind) -> None:
    assert Actor(kind, "D-1", "Anybody At All").subject == f"{kind}:D-1"


@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_every_kind_of_cause_can_be_made(kind: CauseKind) -> None:
    assert Cause(kind, "P-1").id == "P-1"


@pytest.mark.parametrize("kind", ["", "admin", "Person", "agent"])
def test_a_kind_that_is_not_listed_is_refused(kind: str) -> None:
    with pytest.raises(EntryRefused, match="none of person, token"):
        Actor(kind, "D-1")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["dream", "system", ""])
def test_a_cause_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(EntryRefused, match="none of person, schedule"):
        Cause(kind, "D-1")  # type: ignore[arg-type]


def test_an_actor_without_an_id_is_refused() -> None:
    with pytest.raises(EntryRefused, match="A person needs an id"):
        Actor("person", "")


@pytest.mark.parametrize("identity", ["Rosa Lind", "rosa@northwind.example", "/rosa", "Rosá"])
def test_a_printed_name_is_no_id(identity: str) -> None:
    with pytest.raises(EntryRefused, match="person id"):
        Actor("person", identity)


def test_the_installation_itself_acts_without_a_name() -> None:
    assert (SYSTEM.kind, SYSTEM.name) == ("system", "")
