import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from reviews.audit import bodies, clock, log, merkle, sealing, values
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor
from reviews.audit.bodies import Draft
from reviews.audit.errors import EntryRefused, KeyMissing, OutsideTransaction
from reviews.audit.models import Entry, Key, Leaf, Value
from tests.reviews.audit.logs import ANN, NOW, fill, write

pytestmark = pytest.mark.django_db


def opened(entry: Entry) -> dict[str, str | None]:
    return values.open_values(bodies.commitments_of(bodies.read_body(entry.body)))


def test_an_entry_is_stored_with_its_hash_and_columns():
    entry = Entry.objects.get(pk=write(3).pk)
    members = bodies.read_body(entry.body)
    assert bytes(entry.hash) == merkle.leaf_hash(entry.body.encode())
    assert entry.event_id == bytes(entry.hash).hex()
    columns = bodies.columns_of(members)
    assert columns == bodies.Columns(
        entry.action, entry.workspace, entry.actor_kind, entry.actor_id, entry.object, entry.at
    )


def test_what_append_returns_is_what_is_stored():
    entry = write(3)
    stored = Entry.objects.get(pk=entry.pk)
    for name in ("body", "action", "workspace", "actor_kind", "actor_id", "object", "at"):
        assert getattr(stored, name) == getattr(entry, name)
    assert not entry._state.adding


def test_the_time_is_that_of_the_product_clock():
    with clock.told_by(lambda: NOW):
        assert write().at == NOW


def test_texts_and_the_printed_name_are_values_and_open_again():
    entry = write(1, values={"reason": "because of Ann", "note": ""})
    assert opened(entry) == {"actor_name": "Ann Example", "reason": "because of Ann", "note": ""}
    assert "Ann" not in entry.body


def test_a_printed_name_is_stored_once_for_many_entries():
    for number in range(5):
        write(number, values={})
    assert Value.objects.count() == 1
    assert len({str(bodies.read_body(e.body)["values"]) for e in Entry.objects.all()}) == 1


def test_another_name_of_the_same_person_is_another_value():
    write(values={})
    write(values={}, actor=Actor("person", ANN.id, "Ann Married"))
    assert Value.objects.count() == 2


def test_an_actor_without_a_name_leaves_no_value():
    entry = write(actor=SYSTEM, values={})
    assert "values" not in bodies.read_body(entry.body)
    assert not Value.objects.exists()


def test_values_are_kept_under_the_object_in_its_workspace():
    write(4, actor=SYSTEM)
    write(4, actor=SYSTEM, workspace="globex")
    assert set(Key.objects.values_list("subject", flat=True)) == {"acme/P-4", "globex/P-4"}


def test_values_are_kept_under_the_subject_that_is_given():
    write(4, actor=SYSTEM, subject="person:p9")
    assert Key.objects.get().subject == "person:p9"


def test_a_name_of_the_subject_is_refused():
    with pytest.raises(EntryRefused, match="subject"):
        write(subject="Ann Example")


def test_outside_a_transaction_nothing_is_written():
    with pytest.raises(OutsideTransaction, match=r"transaction\.atomic"):
        log.append(Action.APPROVED, workspace="acme", actor=SYSTEM, object="P-1")
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_any_transaction_nothing_is_written():
    with pytest.raises(OutsideTransaction):
        log.append(Action.APPROVED, workspace="acme", actor=SYSTEM, object="P-1")
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_change_and_entry_are_undone_together():
    with transaction.atomic():
        write(1)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert not Value.objects.exists()
    assert not Leaf.objects.exists()


def test_a_refused_entry_leaves_nothing():
    with pytest.raises(EntryRefused):
        write(after={"text": "some words"})
    assert not Entry.objects.exists()
    assert not Value.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a name": "x"}, "name of a value"),
        ({"actor_name": "x"}, r"Actor\.name"),
        ({"a": 5}, "not a string"),
        ({"a": "\x00"}, "NUL"),
        ({"a": "\ud800"}, "surrogate"),
    ],
)
def test_values_that_cannot_be_kept_are_refused_by_name(given, said):
    with pytest.raises(EntryRefused, match=said):
        write(values=given)


def test_a_lost_key_encryption_key_stops_the_change_instead_of_making_another(own_keys):
    write(1)
    (own_keys / "log-values.key").unlink()
    with pytest.raises(KeyMissing, match="backup"):
        write(2)
    assert Entry.objects.count() == 1


def test_entries_written_together_keep_their_order_and_share_statements():
    drafts = [
        Draft(
            action=Action.SESSION_INGESTED,
            workspace="acme",
            actor=ANN,
            object=f"S-{number}",
            values={"external_id": f"session {number}"},
        )
        for number in range(500)
    ]
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        entries = log.append_many(drafts)
    assert [entry.object for entry in entries] == [draft.object for draft in drafts]
    assert [entry.pk for entry in entries] == sorted(entry.pk for entry in entries)
    assert opened(entries[77])["external_id"] == "session 77"
    if connection.vendor == "postgresql":
        assert len(queries) <= 4


def test_no_entries_are_written_for_none():
    with transaction.atomic():
        assert log.append_many([]) == []


@pytest.mark.postgresql
def test_an_entry_costs_two_statements():
    write(0)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        log.append(
            Action.APPROVED,
            workspace="acme",
            actor=ANN,
            object="P-1",
            values={"reason": "because", "other": "text"},
        )
    assert len(queries) == 2


@pytest.mark.sqlite
def test_the_cost_of_an_entry_does_not_grow_with_the_log():
    write(0)
    counts = []
    for _ in range(2):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            log.append(Action.APPROVED, workspace="acme", actor=ANN, object="P-1")
        counts.append(len(queries))
        fill(20)
    assert counts[0] == counts[1]


@pytest.mark.sqlite
def test_on_sqlite_the_leaf_is_sealed_with_the_entry():
    entry = write(1)
    assert Leaf.objects.get(entry=entry).hash == bytes(entry.hash)


@pytest.mark.postgresql
def test_on_postgresql_the_entry_waits_and_then_gets_its_leaf():
    entry = write(1)
    assert not Leaf.objects.exists()
    assert sealing.seal() == 1
    assert bytes(Leaf.objects.get(entry=entry).hash) == bytes(entry.hash)
