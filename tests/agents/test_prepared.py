"""Prepared queries: the SQL is written once, the values are each call's own."""

from datetime import datetime, timedelta
from itertools import count
from threading import Thread

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.test.utils import CaptureQueriesContext

from agents import clock
from agents.models import Membership, Person, Workspace
from agents.prepared import Kept, Listed, Prepared, Slot, Written

pytestmark = pytest.mark.django_db


@Prepared
def members_of(slug: Slot, joined: Slot) -> QuerySet[Membership]:
    rows = Membership.objects.filter(workspace__slug=slug, person__joined_at__lte=joined)
    return rows.select_related("person", "workspace").order_by("person__name")


@Prepared
def names_at(first: Slot, second: Slot) -> QuerySet[Person, str]:
    rows = Person.objects.filter(public_id__in=[first, second])
    return rows.order_by("name").values_list("name", flat=True)


@Prepared
def nobody(name: Slot) -> QuerySet[Person]:
    return Person.objects.filter(name=name).none()


def test_it_answers_as_the_query_it_was_made_of(cast):
    found = members_of(slug=cast.workspace.slug, joined=clock.now())
    plain = Membership.objects.filter(workspace=cast.workspace).order_by("person__name")
    assert found == list(plain)
    assert found


def test_each_call_is_filled_with_its_own_values(cast):
    other = Workspace.objects.create(slug="third", name="Third")
    Membership.objects.create(workspace=other, person=cast.reviewer, role="lead")
    assert [one.role for one in members_of(slug="third", joined=clock.now())] == ["lead"]
    assert len(members_of(slug=cast.workspace.slug, joined=clock.now())) > 1
    assert not members_of(slug="third", joined=clock.now() - timedelta(days=9_000))
    assert not members_of(slug="nowhere", joined=clock.now())


def test_a_call_asks_one_query_and_reads_what_belongs_to_it(cast):
    members_of(slug=cast.workspace.slug, joined=clock.now())
    with CaptureQueriesContext(connection) as asked:
        found = members_of(slug=cast.workspace.slug, joined=clock.now())
        assert {one.workspace.slug for one in found} == {cast.workspace.slug}
        assert all(one.person.name for one in found)
    assert len(asked) == 1


def test_a_list_can_hold_several_slots(cast):
    one, two = cast.reviewer, cast.lead
    assert names_at(first=one.public_id, second=two.public_id) == sorted((one.name, two.name))
    assert names_at(first=one.public_id, second="none") == [one.name]


def test_rows_of_one_call_are_not_those_of_the_next(cast):
    first = members_of.first(slug=cast.workspace.slug, joined=clock.now())
    second = members_of.first(slug=cast.workspace.slug, joined=clock.now())
    assert first == second
    assert first is not second
    assert members_of.first(slug="nowhere", joined=clock.now()) is None


def test_a_value_that_would_change_the_sql_is_only_a_value(cast):
    assert members_of(slug="x' OR '1'='1", joined=clock.now()) == []
    assert members_of(slug="%s", joined=clock.now()) == []


def test_a_query_that_can_hold_nothing_is_not_asked():
    with CaptureQueriesContext(connection) as asked:
        assert nobody(name="Ana") == []
    assert not asked


def test_none_and_what_is_missing_are_refused(cast):
    with pytest.raises(TypeError, match="takes no None"):
        members_of(slug=None, joined=clock.now())
    with pytest.raises(KeyError, match="joined"):
        members_of(slug=cast.workspace.slug)


def test_values_are_pythons_in_each_call_as_in_the_first(cast):
    @Prepared
    def when(slug: Slot) -> QuerySet[Membership, tuple[object, ...]]:
        rows = Membership.objects.filter(workspace__slug=slug).order_by("pk")
        return rows.values_list("role", "person__joined_at", "person__is_active")

    plain = list(
        Membership.objects.filter(workspace=cast.workspace)
        .order_by("pk")
        .values_list("role", "person__joined_at", "person__is_active")
    )
    assert [when(slug=cast.workspace.slug) for _ in range(3)] == [plain] * 3
    assert when(slug="nowhere") == []
    assert {type(value) for value in plain[0]} == {str, datetime, bool}


def test_slots_stand_in_inner_queries_too(cast):
    @Prepared
    def with_membership(workspace: Slot) -> QuerySet[Person]:
        here = Membership.objects.filter(person=OuterRef("pk"), workspace=workspace)
        return Person.objects.filter(Exists(here)).order_by("pk")

    assert set(with_membership(workspace=cast.workspace.pk)) == {
        one.person for one in Membership.objects.filter(workspace=cast.workspace)
    }
    assert with_membership(workspace=cast.workspace.pk + 999) == []


@pytest.mark.django_db(transaction=True)
def test_threads_ask_on_their_own_connections(cast):
    found = {}

    def ask(name):
        try:
            found[name] = [one.pk for one in members_of(slug=name, joined=clock.now())]
        finally:
            connection.close()

    threads = [Thread(target=ask, args=(name,)) for name in (cast.workspace.slug, "nowhere") * 3]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found["nowhere"] == []
    assert found[cast.workspace.slug] == [
        one.pk for one in members_of(slug=cast.workspace.slug, joined=clock.now())
    ]


def plans() -> int:
    """How many plans the server keeps for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


@pytest.mark.postgresql
class TestPlansOfTheServer:
    def test_one_is_kept_for_rows_that_are_found_by_key(self, cast):
        asked = Prepared(lambda key: Person.objects.filter(pk=key))
        before = plans()
        for key in (cast.reviewer.pk, 1, 2**40):
            asked(key=key)
        assert plans() == before + 1
        assert asked(key=cast.reviewer.pk) == [cast.reviewer]

    def test_none_is_kept_for_lists_or_for_what_others_ask(self, cast):
        before = plans()
        listed = Listed(lambda key: Person.objects.filter(pk__gte=key))
        for _ in range(8):
            listed(key=1)
            list(Person.objects.filter(pk__gte=1))
        assert plans() == before
        assert connection.connection.prepare_threshold is None

    def test_none_is_kept_where_a_pooler_would_lose_it(self, cast, settings):
        settings.PREPARED_STATEMENTS = False
        before = plans()
        asked = Prepared(lambda key: Person.objects.filter(pk=key))
        assert asked(key=cast.reviewer.pk) == [cast.reviewer]
        assert plans() == before


HOSTILE = ("x' OR '1'='1", "%s", "100 %", "%%s", "a\\'b", "è\u202e")


def named_from(name: str) -> Written[Person]:
    """People of that name, from a key on."""
    return Written(lambda key: Person.objects.filter(name=name, pk__gte=key).order_by("pk"))


class TestWritten:
    def test_it_answers_as_the_query_it_was_made_of(self, cast):
        for name in (*HOSTILE, cast.reviewer.name):
            Person.objects.filter(pk=cast.reviewer.pk).update(name=name)
            written = named_from(name)
            assert written(key=1) == list(Person.objects.filter(name=name).order_by("pk"))
            assert cast.reviewer in written(key=cast.reviewer.pk)
            assert written(key=2**40) == []

    def test_a_value_that_would_change_the_sql_is_only_a_value(self, cast):
        for name in HOSTILE:
            assert named_from(name)(key=1) == []

    def test_values_of_each_kind_are_written_as_they_are_bound(self, cast):
        def joined(key):
            rows = Person.objects.filter(pk=key, joined_at__lte=clock.now(), is_active=True)
            return rows.exclude(pk__in=[-1, 2**40])

        assert Written(joined)(key=cast.reviewer.pk) == list(joined(cast.reviewer.pk))
        assert list(joined(cast.reviewer.pk)) == [cast.reviewer]

    @pytest.mark.postgresql
    def test_the_server_keeps_one_plan_for_each_list(self, cast):
        lists = [named_from(name) for name in ("Lena", "Rosa")]
        before = plans()
        for key in (1, 2, 3):
            for one in lists:
                one(key=key)
        assert plans() == before + 2

    @pytest.mark.postgresql
    def test_only_the_slots_are_bound(self, cast):
        named_from("Lena % 'L")(key=2**33)
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement, parameter_types::text FROM pg_prepared_statements")
            kept = [row for row in cursor.fetchall() if "Lena" in row[0]]
        assert len(kept) == 1
        assert "= 'Lena % ''L'" in kept[0][0]
        assert kept[0][1] == "{bigint}"


class TestKept:
    def test_what_was_made_is_made_once_a_key(self):
        kept, numbers = Kept(most=2), count()
        made = [kept.get(key, lambda: f"made {next(numbers)}") for key in ("a", "b", "a")]
        assert made == ["made 0", "made 1", "made 0"]

    def test_beyond_the_most_all_are_forgotten(self):
        kept = Kept(most=2)
        for key in ("a", "b", "c"):
            assert kept.get(key, lambda key=key: [key]) == [key]
        again = [kept.get("c", lambda: ["new"]), kept.get("a", lambda: ["new"])]
        assert again == [["c"], ["new"]]
