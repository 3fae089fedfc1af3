import pytest

from reviews.audit import erasure, history
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from tests.reviews.audit.logs import change, fill, sign, write

pytestmark = pytest.mark.django_db


def test_entries_come_in_the_order_of_the_log_with_their_numbers():
    written = fill(9)
    read = list(history.entries())
    assert [entry.event_id for entry in read] == [entry.event_id for entry in written]
    assert [entry.index for entry in read] == list(range(9))
    assert [entry.number for entry in read][:6] == [1, 1, None, 2, 2, None]


def test_one_workspace_is_read_alone():
    fill(9)
    assert {entry.columns.workspace for entry in history.entries("acme")} == {"acme"}
    assert len(list(history.entries("acme"))) == 3
    assert {entry.columns.workspace for entry in history.entries("")} == {"-"}


def test_some_actions_are_read_alone():
    fill(3)
    write(action=Action.MEMORY_WRITTEN)
    sign()
    read = list(history.entries(actions=[Action.MEMORY_WRITTEN, Action.MEMORY_RETIRED]))
    assert [entry.body["action"] for entry in read] == ["memory.written"]


def test_batches_join_without_a_seam(monkeypatch):
    monkeypatch.setattr(history, "BATCH", 4)
    fill(11)
    assert [entry.index for entry in history.entries()] == list(range(11))
    assert [row.leaf for rows in history.stored_rows() for row in rows] == list(range(11))


def test_texts_open_when_asked_for_and_together(django_assert_max_num_queries):
    fill(20)
    read = list(history.entries())
    with django_assert_max_num_queries(1):
        texts = [entry.values["reason"] for entry in read]
    assert texts == [f"reason {number}" for number in range(20)]


def test_an_erased_text_is_none():
    fill(1)
    erasure.erase_subject("acme/P-0", workspace="acme", actor=SYSTEM, values={})
    first = next(history.entries())
    assert first.values == {"actor_name": "Ann Example", "reason": None}


def test_an_entry_that_is_not_what_was_sealed_is_left_out():
    written = fill(3)
    body = written[1].body.replace('"number":1', '"number":9')
    change("audit_entry", "id", written[1].pk, body=body)
    assert [entry.index for entry in history.entries()] == [0, 2]


def test_entries_that_wait_for_their_leaf_come_last():
    fill(2)
    waiting = write(7)
    read = list(history.entries())
    assert read[-1].event_id == waiting.event_id
    assert len(read) == 3


def test_an_empty_log_has_no_entries():
    assert list(history.entries()) == []
