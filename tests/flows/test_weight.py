"""What a page weighs: seen again it brings its own text only, and that stays small."""

import gzip
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Person
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db
MOST_BYTES = 20 * 1024
MOST_NODES = 1_500
ROWS = 60


class Nodes(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count one."""
        self.count += 1


def nodes_of(page: str) -> int:
    """Return how many elements a page has."""
    nodes = Nodes()
    nodes.feed(page)
    return nodes.count


@pytest.fixture
def desk(cast: Cast, client_of: Callable[[Person], Client]) -> str:
    """The desk with a full page of rows and a proposal with evidence open."""
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    for at in range(ROWS):
        build.filed(cast.store, content=f"Order {at} stays shipped.\n" * 4, evidence=[quote])
    number = build.filed(cast.store, evidence=[quote] * 3).number
    address = reverse("proposal", args=[cast.workspace.slug, number])
    return client_of(cast.reviewer).get(address).content.decode()


def test_elements_are_counted():
    assert nodes_of("<main><p>One<br>two</p><svg><path d=''/></svg></main>") == 5


def test_the_desk_keeps_to_its_number_of_elements(desk: str):
    assert ROWS < nodes_of(desk) <= MOST_NODES


def test_the_desk_seen_again_weighs_little(desk: str):
    assert len(gzip.compress(desk.encode(), 9)) <= MOST_BYTES


@pytest.mark.parametrize("name", ["queue", "agents", "dreams", "sessions", "audit", "rules"])
def test_a_list_seen_again_weighs_little(
    cast: Cast, client_of: Callable[[Person], Client], name: str
):
    for _ in range(ROWS):
        build.proposal(cast.store)
    page = client_of(cast.lead).get(reverse(name, args=[cast.workspace.slug])).content
    assert len(gzip.compress(page, 9)) <= MOST_BYTES
