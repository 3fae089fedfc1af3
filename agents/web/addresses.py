"""Addresses of pages: what differs in numbers alone is looked for once and then filled in."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

MARKS = range(987_654_321_001, 987_654_321_009)
"""Numbers that no address holds by itself, to find where numbers stand."""
MOST = 2_048
"""Shapes of addresses that are kept in a process: so many of names and words."""


def address(name: str, *parts: str | int) -> str:
    """Return the address of the page `name` with its parts, as Django's `reverse` does.

    Raises NoReverseMatch where there is no such page.
    """
    shape = tuple(None if type(part) is int and part > 0 else part for part in parts)
    pages = get_urlconf() or settings.ROOT_URLCONF
    pieces = _pieces(name, shape, get_script_prefix(), pages)
    if pieces is None:
        return reverse(name, args=parts)
    return _filled(pieces, [part for part, word in zip(parts, shape, strict=True) if word is None])


@lru_cache(maxsize=MOST)
def _pieces(
    name: str,
    shape: tuple[str | int | None, ...],
    prefix: str,
    pages: str,
) -> tuple[str, ...] | None:
    """Return what stands around the numbers, None where that cannot be told from one example.

    prefix, pages: what an address depends on beside its name and parts.
    """
    numbers = MARKS[: shape.count(None)]
    if len(numbers) < shape.count(None):
        return None
    rest, pieces = reverse(name, args=_in(shape, numbers)), []
    for number in numbers:
        before, mark, rest = rest.partition(str(number))
        if not mark:
            return None
        pieces.append(before)
    found = (*pieces, rest)
    # A page that writes small numbers in its own way is asked each time.
    small = range(1, 1 + len(numbers))
    return found if reverse(name, args=_in(shape, small)) == _filled(found, small) else None


def _in(shape: Sequence[str | int | None], numbers: Sequence[int]) -> list[str | int]:
    """Return the parts with the numbers where the shape has room for one."""
    left = iter(numbers)
    return [next(left) if part is None else part for part in shape]


def _filled(pieces: Sequence[str], numbers: Sequence[int | str]) -> str:
    return "".join(
        f"{piece}{number}" for piece, number in zip_longest(pieces, numbers, fillvalue="")
    )
