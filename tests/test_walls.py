"""Every address that exists, tried by those who may not pass it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from agents.models import Person
from agents.rights import Right, Role, may
from tests.cast import Cast

pytestmark = pytest.mark.django_db

OPEN = {"healthz", "readyz", "metrics", "landing", "set_theme", "workspace_home"}
"""Addresses that answer anybody or see for themselves who asks; each is tested by itself."""
SAMPLES = {"int": 1, "slug": "x", "str": "x", "path": "x", "uuid": "0" * 32}
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Door:
    """One address, the view behind it, and what its parts are called."""

    route: str
    name: str
    view: Callable[..., Any]
    parts: tuple[tuple[str, Any], ...]

    @property
    def right(self) -> Right | None:
        """What `access.member_page` asks of a member; None where it does not guard the view."""
        return getattr(self.view, "right", None)

    @property
    def scope(self) -> object:
        """What `access.token_request` asks of a token; None where it does not guard the view."""
        return getattr(self.view, "scope", None)

    def address(self, workspace: str) -> str:
        """Return the address within `workspace`, with something plausible for its other parts."""
        address = self.route
        for name, converter in self.parts:
            value = workspace if name == "workspace" else sample(converter)
            start = address.rindex("<", 0, address.index(f"{name}>"))
            end = address.index(f"{name}>") + len(name) + 1
            address = address[:start] + converter.to_url(value) + address[end:]
        return f"/{address}"


def sample(converter: Any) -> object:
    if hasattr(converter, "letter"):
        return 1
    return SAMPLES[
        type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
    ]


def doors(
    patterns: list[URLPattern | URLResolver] | None = None,
    before: str = "",
    parts: tuple[tuple[str, Any], ...] = (),
) -> Iterator[Door]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        found = (*parts, *pattern.pattern.converters.items())
        if isinstance(pattern, URLResolver):
            if not route.startswith("accounts/"):
                yield from doors(pattern.url_patterns, route, found)
        else:
            yield Door(route, pattern.name or "", pattern.callback, found)


DOORS = list(doors())
GUARDED = [door for door in DOORS if door.right is not None]
OF_TOKENS = [door for door in DOORS if door.scope is not None]


def try_all(client: Client, address: str) -> set[tuple[int, str]]:
    """Return how each method was answered, without those the view does not take."""
    answers = (getattr(client, method)(address) for method in METHODS)
    seen = {(answer.status_code, answer.headers.get("Location", "")) for answer in answers}
    return {answer for answer in seen if answer[0] != 405}


def statuses(client: Client, door: Door) -> set[int]:
    return {status for status, _ in try_all(client, door.address("northwind"))}


def test_every_address_is_guarded_or_known_to_be_open():
    unguarded = {door.name for door in DOORS if door.right is None and door.scope is None}
    assert unguarded - OPEN == set()
    assert len(GUARDED) > 10


def test_nobody_passes_without_signing_in(cast: Cast, client: Client):
    passed = {
        door.name: answers
        for door in GUARDED
        if (answers := try_all(client, door.address("northwind")))
        and not all(status == 302 and "/accounts/login/" in to for status, to in answers)
    }
    assert passed == {}


def test_an_outsider_finds_nothing(cast: Cast, client_of: Callable[[Person], Client]):
    client = client_of(cast.outsider)
    answers = {door.name: statuses(client, door) for door in GUARDED}
    assert {name: seen for name, seen in answers.items() if seen != {404}} == {}


@pytest.mark.parametrize("role", list(Role))
def test_a_member_without_the_right_is_told_so(
    role: Role, cast: Cast, client_of: Callable[[Person], Client]
):
    client = client_of(getattr(cast, role))
    closed = [door for door in GUARDED if door.right and not may(role, door.right)]
    answers = {door.name: statuses(client, door) for door in closed}
    assert {name: seen for name, seen in answers.items() if seen != {403}} == {}


def test_a_call_without_a_token_is_refused(cast: Cast, client: Client):
    answers = {door.name: statuses(client, door) for door in OF_TOKENS}
    assert {name: seen for name, seen in answers.items() if seen != {401}} == {}


def test_a_signed_in_person_is_no_token(cast: Cast, client_of: Callable[[Person], Client]):
    client = client_of(cast.admin)
    answers = {door.name: statuses(client, door) for door in OF_TOKENS}
    assert {name: seen for name, seen in answers.items() if seen != {401}} == {}
