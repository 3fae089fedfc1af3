from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Person
from agents.web.paging import (
    SALT,
    BadCursor,
    Page,
    pack,
    page_of,
    read_cursor,
    unpack,
    write_cursor,
)

NEWEST_FIRST = ("-joined_at", "-id")
START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def people(db: None) -> list[Person]:
    """Twelve people, three to a day, so that the first sort column alone decides nothing."""
    return Person.objects.bulk_create(
        Person(
            email=f"p{n}@northwind.example",
            name=f"Person {n % 5}",
            joined_at=START + timedelta(days=n // 3),
        )
        for n in range(12)
    )


def walk(order: Sequence[str], size: int) -> list[Page[Person]]:
    """Follow the cursors from the first page to the end and give each page's people."""
    pages: list[Page[Person]] = []
    cursor = ""
    while True:
        page = page_of(Person.objects.all(), order=order, cursor=cursor, size=size)
        pages.append(page)
        cursor = page.older
        if not cursor:
            return pages


@pytest.mark.parametrize(
    "order", [NEWEST_FIRST, ("joined_at", "id"), ("name", "-id"), ("-name", "joined_at", "id")]
)
@pytest.mark.parametrize("size", [1, 4, 5, 12, 50])
def test_walking_the_pages_gives_every_row_once_in_order(people, order, size) -> None:
    seen = [person.pk for page in walk(order, size) for person in page.items]
    assert seen == list(Person.objects.order_by(*order).values_list("pk", flat=True))


@pytest.mark.parametrize("order", [NEWEST_FIRST, ("name", "-id")])
def test_walking_back_gives_the_same_pages(people, order) -> None:
    forward = walk(order, 5)
    for earlier, later in pairwise(forward):
        back = page_of(Person.objects.all(), order=order, cursor=later.newer, size=5)
        assert back.items == earlier.items


def test_the_first_page_has_nothing_newer_and_the_last_nothing_older(people) -> None:
    pages = walk(NEWEST_FIRST, 5)
    assert pages[0].newer == ""
    assert pages[-1].older == ""


def test_a_list_of_exactly_one_page_has_no_way_on(people) -> None:
    page = page_of(Person.objects.all(), order=NEWEST_FIRST, size=12)
    assert (len(page.items), page.newer, page.older) == (12, "", "")


@pytest.mark.django_db
def test_an_empty_list_is_one_empty_page() -> None:
    page = page_of(Person.objects.none(), order=NEWEST_FIRST)
    assert page.items == ()
    assert not page.older


def test_rows_that_come_in_meanwhile_do_not_shift_the_next_page(people) -> None:
    first = page_of(Person.objects.all(), order=NEWEST_FIRST, size=4)
    Person.objects.create(email="new@x.example", name="New", joined_at=START + timedelta(days=99))
    second = page_of(Person.objects.all(), order=NEWEST_FIRST, cursor=first.older, size=4)
    expected = list(Person.objects.order_by(*NEWEST_FIRST)[5:9])
    assert list(second.items) == expected


def test_going_back_to_the_head_shows_a_whole_page_with_what_is_new(people) -> None:
    first = page_of(Person.objects.all(), order=NEWEST_FIRST, size=4)
    second = page_of(Person.objects.all(), order=NEWEST_FIRST, cursor=first.older, size=4)
    Person.objects.filter(pk=first.items[0].pk).delete()
    back = page_of(Person.objects.all(), order=NEWEST_FIRST, cursor=second.newer, size=4)
    assert len(back.items) == 4
    assert back.newer == ""


def test_the_filter_of_the_list_stays(people) -> None:
    named = Person.objects.filter(name="Person 1")
    first = page_of(named, order=NEWEST_FIRST, size=1)
    second = page_of(named, order=NEWEST_FIRST, cursor=first.older, size=1)
    assert {person.name for person in second.items} == {"Person 1"}


def test_a_deep_page_is_one_query_with_a_row_comparison_and_no_offset(people) -> None:
    first = page_of(Person.objects.all(), order=NEWEST_FIRST, size=4)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page_of(Person.objects.all(), order=NEWEST_FIRST, cursor=first.older, size=4)
    assert len(queries) == 1
    sql = queries[0]["sql"]
    assert ") < (" in sql
    assert "OFFSET" not in sql


def cursor_for(order: Sequence[str] = NEWEST_FIRST) -> str:
    row = Person(id=7, joined_at=START, name="x")
    return write_cursor("o", row, order)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "::::",
        "a" * 5_000,
        "\u202e\u0000",
        "' OR 1=1 --",
        signing.dumps(["o", [], []], salt="somewhere else"),
        signing.dumps("not json", salt=SALT),
        signing.dumps("[]", salt=SALT),
        signing.dumps("null", salt=SALT),
    ],
    # A signature holds the time: as a test's name it would differ from process to process.
    ids=["letter", "colons", "long", "hidden", "quote", "other salt", "text", "list", "null"],
)
def test_a_cursor_not_made_here_shows_the_first_page_and_says_so(people, cursor) -> None:
    page = page_of(Person.objects.all(), order=NEWEST_FIRST, cursor=cursor, size=4)
    assert page.strayed
    assert list(page.items) == list(Person.objects.order_by(*NEWEST_FIRST)[:4])


def test_a_changed_cursor_is_refused() -> None:
    cursor = cursor_for()
    with pytest.raises(BadCursor, match="not made here"):
        read_cursor(cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), NEWEST_FIRST)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadCursor, match="another order"):
        read_cursor(cursor_for(("name", "id")), NEWEST_FIRST)


@given(st.text(max_size=200))
def test_any_text_as_cursor_is_read_or_refused(text) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text, NEWEST_FIRST)


@given(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.text(max_size=40),
        st.datetimes(timezones=st.just(UTC)),
        st.dates(),
    )
)
def test_a_sort_value_comes_out_as_it_went_in(value) -> None:
    assert unpack(*pack("x", value)) == value


@pytest.mark.parametrize("value", [None, 1.5, b"x"])
def test_a_column_that_cannot_be_a_sort_key_is_named(value) -> None:
    with pytest.raises(ValueError, match="'joined_at'"):
        pack("joined_at", value)


def test_a_date_is_not_taken_for_a_time() -> None:
    assert pack("x", date(2026, 1, 2)) == ("d", "2026-01-02")
