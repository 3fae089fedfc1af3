import json
import shutil
from datetime import timedelta

import pytest
from django.db import connection

from reviews.audit import clock, keys, notes, sealing, tree
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.errors import BadNote, CheckpointRefused
from reviews.audit.models import Checkpoint, Entry, Leaf, Pending, Tile
from reviews.audit.report import Status
from reviews.audit.tree import StoredTree
from reviews.audit.verify import verify_log
from tests.reviews.audit.logs import ANN, NOW, change, fill, run, sign, take_away, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_dawn():
    with clock.told_by(lambda: NOW):
        yield


def manifests() -> list[dict[str, int]]:
    rows = Entry.objects.filter(action=Action.LOG_MANIFEST).order_by("pk")
    return [json.loads(entry.body)["after"]["last"] for entry in rows]


def test_a_checkpoint_states_the_tree_in_a_note_our_key_signed():
    fill(5)
    signed = sign()
    stated = notes.open_checkpoint(signed.note, keys.listed_verifiers(), keys.origin())
    assert stated.head.size == signed.size == tree.size()
    assert stated.head.root == bytes(signed.root) == StoredTree().root_at(signed.size)


def test_before_it_stands_a_manifest_of_what_grew():
    fill(6)
    sign()
    write(workspace="acme")
    sign()
    assert manifests() == [{"acme": 2, "globex": 2}, {"acme": 3}]


def test_every_checkpoint_ends_on_a_manifest_even_when_no_workspace_grew():
    fill(1)
    sign()
    write(workspace="")
    signed = sign()
    assert manifests()[-1] == {}
    assert Leaf.objects.get(index=signed.size - 1).entry.action == Action.LOG_MANIFEST


def test_many_workspaces_take_as_many_manifests_as_fit(monkeypatch):
    monkeypatch.setattr(sealing, "SPACES_A_MANIFEST", 2)
    for number in range(5):
        write(workspace=f"w{number}")
    sign()
    assert [len(part) for part in manifests()] == [2, 2, 1]
    assert verify_log().status is Status.SOUND


def test_the_first_checkpoint_puts_the_public_key_into_the_log():
    fill(1)
    sign()
    entry = Entry.objects.get(action=Action.KEY_CREATED)
    assert json.loads(entry.body)["after"]["key"] == keys.listed_verifiers()[0].to_text()


def test_nothing_new_is_not_signed_again():
    fill(1)
    sign()
    assert sealing.checkpoint(NOW) is None
    assert Checkpoint.objects.count() == 1


def test_an_empty_log_is_not_signed():
    assert sealing.checkpoint(NOW) is None
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("more", "later", "due"),
    [(0, 3600, False), (1, 0, False), (1, 59, False), (1, 60, True), (256, 0, True)],
)
def test_a_checkpoint_is_due_after_256_leaves_or_a_minute(at_dawn, more, later, due):
    fill(1)
    sign()
    fill(more)
    assert sealing.checkpoint_due(NOW + timedelta(seconds=later)) is due


def test_the_first_checkpoint_is_due_at_once(at_dawn):
    assert not sealing.checkpoint_due(NOW)
    write()
    assert sealing.checkpoint_due(NOW)


def test_an_entry_that_waits_for_its_leaf_makes_a_checkpoint_due(at_dawn):
    fill(1)
    sign()
    write()
    assert sealing.checkpoint_due(NOW + timedelta(seconds=60))
    assert not sealing.checkpoint_due(NOW + timedelta(seconds=59))


def test_a_checkpoint_seals_what_waits():
    write()
    sign()
    assert not Pending.objects.exists()
    assert Leaf.objects.count() == 3


def test_a_changed_leaf_stops_the_signing():
    fill(5)
    sign()
    change("audit_leaf", "leaf_index", 2, hash=b"x" * 32)
    write()
    with pytest.raises(CheckpointRefused, match="audit_verify"):
        sealing.checkpoint(NOW)
    assert Checkpoint.objects.count() == 1


def test_a_missing_leaf_in_the_middle_stops_the_signing():
    fill(5)
    sign()
    take_away("audit_leaf", "leaf_index", 2)
    write()
    with pytest.raises(CheckpointRefused, match="missing"):
        sealing.checkpoint(NOW)


def test_missing_leaves_at_the_end_stop_the_signing():
    fill(5)
    signed = sign()
    take_away("audit_leaf", "leaf_index", signed.size - 1)
    with pytest.raises(CheckpointRefused, match=r"has 6 leaves.*states 7"):
        sealing.checkpoint(NOW)


def test_an_older_backup_stops_the_signing(django_capture_on_commit_callbacks):
    fill(5)
    with django_capture_on_commit_callbacks(execute=True):
        signed = sign()
    for index in range(3, signed.size):
        take_away("audit_leaf", "leaf_index", index)
    take_away("audit_checkpoint", "size", signed.size)
    with pytest.raises(CheckpointRefused, match="older backup"):
        sealing.checkpoint(NOW)


def test_another_history_of_the_same_length_stops_the_signing(django_capture_on_commit_callbacks):
    fill(5)
    with django_capture_on_commit_callbacks(execute=True):
        signed = sign()
    take_away("audit_checkpoint", "size", signed.size)
    change("audit_leaf", "leaf_index", 1, hash=b"y" * 32)
    write()
    with pytest.raises(CheckpointRefused, match="last-checkpoint"):
        sealing.checkpoint(NOW)


def test_a_damaged_memory_of_the_last_checkpoint_stops_the_signing(own_keys):
    keys.keys_dir()
    (own_keys / "last-checkpoint").write_bytes(b"\xff\xfe")
    fill(1)
    with pytest.raises(CheckpointRefused, match="no checkpoint of this log"):
        sealing.checkpoint(NOW)


def test_memory_moved_away_begins_another_log_knowingly(
    own_keys, django_capture_on_commit_callbacks
):
    fill(5)
    with django_capture_on_commit_callbacks(execute=True):
        signed = sign()
    take_away("audit_checkpoint", "size", signed.size)
    for index in range(3, signed.size):
        take_away("audit_leaf", "leaf_index", index)
    (own_keys / "last-checkpoint").unlink()
    assert sealing.checkpoint(NOW) is not None


def test_a_rotated_key_is_announced_and_both_keys_sign_once():
    fill(3)
    sign()
    old = keys.signers()[0].verifier
    signed = sealing.rotate_key(ANN, NOW)
    assert signed is not None
    new = keys.signers()[0].verifier
    assert new != old
    assert len(keys.signers()) == 1
    for verifier in (old, new):
        assert notes.open_checkpoint(signed.note, [verifier], keys.origin()).head.size == 7
    body = json.loads(Entry.objects.get(action=Action.KEY_ROTATED).body)
    assert body["before"]["key"] == old.to_text()
    assert body["after"]["key"] == new.to_text()
    write()
    with pytest.raises(BadNote):
        notes.open_note(sign().note, [old])
    assert verify_log().status is Status.SOUND


def test_another_installation_s_key_does_not_verify_this_log(own_keys):
    fill(3)
    sign()
    shutil.move(own_keys / "log.verifiers", own_keys / "away")
    (own_keys / "log-signing.key").unlink()
    keys.signers()
    assert verify_log().status is Status.UNVERIFIABLE


def test_sealing_is_done_in_batches_in_the_order_of_the_entries():
    fill(0)
    written = [write(number) for number in range(25)]
    sealed = sealing.seal(limit=10)
    assert sealed == (25 if connection.vendor == "postgresql" else 0)
    in_order = Leaf.objects.order_by("index").values_list("entry_id", flat=True)
    assert list(in_order) == [entry.pk for entry in written]


@pytest.mark.postgresql
def test_a_raw_insert_cannot_skip_the_queue():
    entry = write()
    columns = "body, hash, action, workspace, actor_kind, actor_id, object, at"
    run(f"INSERT INTO audit_entry ({columns}) SELECT {columns} FROM audit_entry")  # noqa: S608
    # The attacker's moment without triggers is over: from here on everything queues again.
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_entry ({columns}) SELECT {columns} FROM audit_entry"  # noqa: S608
            " WHERE id = %s",
            [entry.pk],
        )
    assert sealing.seal() == 2
    assert verify_log().status is Status.INCOMPLETE


@pytest.mark.postgresql
def test_a_full_tile_is_stored_by_the_batch_that_fills_it():
    for number in range(300):
        write(number, values={}, actor=SYSTEM)
    sealing.seal(limit=100)
    assert Tile.objects.count() == 1
