"""Addresses that are filled in are those that Django looks for."""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLResolver, get_resolver, path, reverse
from django.urls import register_converter as register
from django.urls.converters import get_converters
from django.urls.resolvers import RoutePattern

from agents.web.addresses import MARKS, address

NUMBERS = (1, 7, 42, 1_000_000_007, 987_654_321_001)
WORDS = {"str": ("northwind", "a b", "ö%"), "slug": ("northwind", "a-b_c"), "path": ("a/b.txt",)}


def page(_request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    return HttpResponse()


class Padded:
    """A number that is written with three digits at least."""

    regex = r"\d{3,}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:03}"


if "padded" not in get_converters():
    register(Padded, "padded")

urlpatterns = [
    path("days/<padded:day>/", page, name="day"),
    path("987654321001/<int:n>/", page, name="marked"),
    path("/".join(f"<int:{name}>" for name in "abcdefghi"), page, name="many"),
]


def kinds_of(
    resolver: URLResolver, before: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name of every page, and the kinds of its parts in their order."""
    for one in resolver.url_patterns:
        pattern = one.pattern
        own = tuple(
            type(converter).__name__.removesuffix("Converter").lower()
            for converter in getattr(pattern, "converters", {}).values()
        )
        if isinstance(one, URLResolver):
            yield from kinds_of(one, before + own)
        elif one.name and isinstance(pattern, RoutePattern):
            yield one.name, before + own


PAGES = sorted({(name, kinds) for name, kinds in kinds_of(get_resolver())})


def parts_of(kinds: tuple[str, ...], turn: int) -> list[str | int]:
    """Parts such a page can have, others each turn."""
    parts: list[str | int] = []
    for at, kind in enumerate(kinds):
        choice = NUMBERS if kind in {"int", "number"} else WORDS.get(kind, WORDS["str"])
        parts.append(choice[(turn + at) % len(choice)])
    return parts


def test_the_product_has_pages_of_each_kind():
    assert len(PAGES) > 100
    assert {"slug", "int"} <= {kind for _, kinds in PAGES for kind in kinds}


@pytest.mark.parametrize(("name", "kinds"), PAGES, ids=[name for name, _ in PAGES])
def test_every_page_has_the_address_django_finds(name: str, kinds: tuple[str, ...]):
    for turn in range(len(NUMBERS)):
        parts = parts_of(kinds, turn)
        try:
            wanted = reverse(name, args=parts)
        except NoReverseMatch:
            with pytest.raises(NoReverseMatch):
                address(name, *parts)
        else:
            assert address(name, *parts) == wanted


def test_a_page_that_is_not_there_is_said_as_django_says_it():
    with pytest.raises(NoReverseMatch):
        address("nowhere", 1)
    with pytest.raises(NoReverseMatch):
        address("queue")
    with pytest.raises(NoReverseMatch):
        address("proposal", "northwind", -3)


@pytest.mark.urls(__name__)
class TestPagesThatWriteNumbersInTheirOwnWay:
    @pytest.mark.parametrize("day", [1, 31, 365, 12_000])
    def test_small_ones_are_written_as_the_page_writes_them(self, day: int):
        assert address("day", day) == reverse("day", args=[day])

    @pytest.mark.parametrize("number", [5, MARKS[0]])
    def test_a_mark_that_stands_in_the_address_is_not_taken_for_a_place(self, number: int):
        assert address("marked", number) == f"/987654321001/{number}/"

    def test_more_numbers_than_there_are_marks_are_asked_of_django(self):
        assert address("many", *range(1, 10)) == "/1/2/3/4/5/6/7/8/9"

    def test_addresses_of_another_set_of_pages_are_not_mixed_in(self):
        with pytest.raises(NoReverseMatch):
            address("queue", "northwind")
