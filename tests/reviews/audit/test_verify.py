"""What each way of tampering is found to be, and where."""

import shutil
from pathlib import Path

import pytest
from django.db import connection

from reviews.audit import bodies, history, keys, merkle, notes, sealing, triggers
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.errors import BadNote
from reviews.audit.models import Checkpoint, Entry, Leaf, Tile
from reviews.audit.report import Report, Status
from reviews.audit.tree import StoredTree
from reviews.audit.verify import verify_log
from tests.reviews.audit.logs import (
    NOW,
    change,
    fill,
    run,
    sign,
    take_away,
    unguarded,
    write,
)

pytestmark = pytest.mark.django_db


def messages(report: Report) -> list[str]:
    return [problem.message for problem in report.problems]


def entry_at(leaf: int) -> Entry:
    return Leaf.objects.select_related("entry").get(index=leaf).entry


def test_an_honest_log_is_sound_and_everything_was_looked_at():
    fill(9)
    sign()
    fill(3)
    signed = sign()
    report = verify_log()
    assert (report.status, report.problems, report.notes) == (Status.SOUND, [], [])
    assert report.head == merkle.TreeHead(signed.size, bytes(signed.root))
    assert report.counts == {
        "entries": 15,
        "checkpoints": 2,
        "roots": 2,
        "manifests": 2,
        "values": 12 + 1,
    }


def test_entries_after_the_last_checkpoint_are_sound_and_said():
    fill(3)
    sign()
    fill(2)
    report = verify_log()
    assert report.status is Status.SOUND
    assert report.notes == ["2 entries wait for the next checkpoint."]


@pytest.mark.postgresql
def test_entries_without_a_leaf_yet_are_sound_and_said():
    fill(3)
    sign()
    write()
    report = verify_log()
    assert report.status is Status.SOUND
    assert report.notes == ["1 entries wait for their place in the log."]


def test_an_empty_log_is_never_sound():
    report = verify_log()
    assert report.status is Status.UNVERIFIABLE
    assert messages(report) == ["The log has no entries: there is nothing to verify."]


def test_a_log_nobody_signed_is_unverifiable():
    fill(3)
    report = verify_log()
    assert report.status is Status.UNVERIFIABLE
    assert "No checkpoint was signed yet" in messages(report)[0]


@pytest.mark.parametrize("leaf", [0, 4, 8])
def test_one_flipped_byte_of_a_body_is_tampering_and_named(leaf):
    fill(9)
    sign()
    entry = entry_at(leaf)
    flipped = entry.body.replace("decision.approved", "decision.bpproved")
    change("audit_entry", "id", entry.pk, body=flipped)
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert messages(report) == [
        f"entry {leaf + 1} (leaf {leaf}): its body is not the one that was sealed."
    ]


def test_every_flipped_byte_of_a_body_is_tampering():
    fill(2, values={})
    sign()
    entry = entry_at(1)
    with unguarded():
        for at in range(0, len(entry.body), 11):
            flipped = entry.body[:at] + chr(ord(entry.body[at]) ^ 1) + entry.body[at + 1 :]
            Entry.objects.filter(pk=entry.pk).update(body=flipped)
            assert verify_log().status is Status.TAMPERED, at


def test_a_body_changed_with_its_hashes_is_found_by_the_signed_root():
    fill(9)
    sign()
    entry = entry_at(4)
    body = entry.body.replace("decision.approved", "decision.rejected")
    hashed = merkle.leaf_hash(body.encode())
    change("audit_entry", "id", entry.pk, body=body, hash=hashed, action="decision.rejected")
    change("audit_leaf", "leaf_index", 4, hash=hashed)
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert "checkpoint 11 states the root" in messages(report)[0]


def test_a_tile_names_the_leaf_that_was_changed_with_its_hashes():
    for number in range(260):
        write(number, values={}, actor=SYSTEM)
    sealing.seal()
    sign()
    entry = entry_at(77)
    body = entry.body.replace('"number":77', '"number":78')
    hashed = merkle.leaf_hash(body.encode())
    change("audit_entry", "id", entry.pk, body=body, hash=hashed)
    change("audit_leaf", "leaf_index", 77, hash=hashed)
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert "entry 78 (leaf 77): the tile 0/0 was made of another hash." in messages(report)


def test_two_entries_that_changed_places_are_tampering():
    fill(9)
    sign()
    first, second = Leaf.objects.get(index=3), Leaf.objects.get(index=6)
    with unguarded():
        Leaf.objects.filter(index=3).update(entry=-1)
        Leaf.objects.filter(index=6).update(entry=first.entry_id, hash=first.hash)
        Leaf.objects.filter(index=3).update(entry=second.entry_id, hash=second.hash)
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert "states the root" in messages(report)[-1]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "decision.rejected"),
        ("workspace", "globex"),
        ("actor_id", "p8"),
        ("actor_kind", "rule"),
        ("object", "P-9"),
        ("at", NOW),
    ],
)
def test_an_index_column_that_says_otherwise_is_tampering(column, value):
    fill(4)
    sign()
    with unguarded():
        Entry.objects.filter(pk=entry_at(3).pk).update(**{column: value})
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert messages(report) == [
        f"entry 4 (leaf 3): its index columns say otherwise than its body: {column}."
    ]


def test_a_middle_row_taken_away_is_incomplete_and_named():
    fill(9)
    sign()
    take_away("audit_entry", "id", entry_at(4).pk)
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == ["entry 5 (leaf 4): its row is missing, its leaf is there."]


def test_a_middle_row_taken_away_with_its_leaf_is_incomplete_and_named():
    fill(9)
    sign()
    take_away("audit_entry", "id", entry_at(4).pk)
    take_away("audit_leaf", "leaf_index", 4)
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == ["entry 5 (leaf 4): missing, with its leaf; 1 in a row."]


def test_the_first_rows_taken_away_are_incomplete():
    fill(9)
    sign()
    for leaf in range(3):
        take_away("audit_entry", "id", entry_at(leaf).pk)
        take_away("audit_leaf", "leaf_index", leaf)
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == ["entry 1 (leaf 0): missing, with its leaf; 3 in a row."]


def test_a_row_taken_away_and_the_rest_moved_up_is_tampering():
    fill(9)
    sign()
    take_away("audit_entry", "id", entry_at(4).pk)
    take_away("audit_leaf", "leaf_index", 4)
    with unguarded():
        for index in range(5, 11):
            Leaf.objects.filter(index=index).update(index=index - 1)
    fill(1, workspace="initech")
    assert verify_log().status is Status.TAMPERED


def test_a_leaf_taken_away_leaves_its_entry_without_one():
    fill(9)
    sign()
    row = entry_at(4).pk
    take_away("audit_leaf", "leaf_index", 4)
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert f"The entry in row {row:,} has no leaf." in messages(report)


def take_last_away() -> None:
    last = Leaf.objects.order_by("-index")[0]
    take_away("audit_entry", "id", last.entry_id)
    take_away("audit_leaf", "leaf_index", last.index)


def test_the_last_row_taken_away_after_a_checkpoint_is_incomplete():
    fill(9)
    sign()
    take_last_away()
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == [
        "checkpoint 11 states 11 entries, the log has 10: entries at the end are missing."
    ]


def test_the_last_row_and_its_checkpoint_are_missed_only_by_a_checkpoint_kept_elsewhere():
    fill(9)
    sign()
    fill(2)
    kept = sign()
    take_last_away()
    take_away("audit_checkpoint", "size", kept.size)
    assert verify_log().status is Status.SOUND
    report = verify_log(kept.note)
    assert report.status is Status.INCOMPLETE
    assert messages(report)[0].startswith(
        "the checkpoint kept elsewhere states 14 entries, the log has 13: entries at the end"
    )


def test_a_tile_beyond_the_last_leaf_shows_what_was_cut_off():
    fill(1)
    sign()
    with unguarded():
        Tile.objects.create(level=0, index=0, data=b"x" * 8192, root=b"y" * 32)
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert "states 256 entries" in messages(report)[0]


def test_a_kept_checkpoint_of_the_same_history_is_sound():
    fill(9)
    kept = sign()
    fill(9)
    sign()
    assert verify_log(kept.note).status is Status.SOUND


def test_a_whole_log_written_anew_with_our_key_is_caught_by_a_kept_checkpoint():
    fill(9)
    kept = sign()
    entry = entry_at(4)
    body = entry.body.replace("decision.approved", "decision.rejected")
    hashed = merkle.leaf_hash(body.encode())
    change("audit_entry", "id", entry.pk, body=body, hash=hashed, action="decision.rejected")
    change("audit_leaf", "leaf_index", 4, hash=hashed)
    head = merkle.TreeHead(kept.size, StoredTree().root_at(kept.size))
    text = notes.CheckpointText(keys.origin(), head).to_text()
    forged = notes.sign(text, keys.signers())
    change("audit_checkpoint", "size", kept.size, root=head.root, note=forged)
    assert verify_log().status is Status.SOUND
    report = verify_log(kept.note)
    assert report.status is Status.TAMPERED
    assert "the checkpoint kept elsewhere states the root" in messages(report)[0]


def test_a_kept_checkpoint_by_a_stranger_is_unverifiable():
    fill(3)
    sign()
    head = merkle.TreeHead(5, b"r" * 32)
    stranger = keys.new_signer()
    text = notes.CheckpointText(keys.origin(), head).to_text()
    report = verify_log(notes.sign(text, [stranger]))
    assert report.status is Status.UNVERIFIABLE


@pytest.mark.parametrize("since", ["", "no note", "a\n1\nb\n\n\u2014 a AAAA\n"])
def test_a_kept_file_that_is_no_checkpoint_is_bad_input(since):
    fill(1)
    sign()
    with pytest.raises(BadNote):
        verify_log(since)


def test_a_changed_root_column_is_tampering():
    fill(3)
    signed = sign()
    change("audit_checkpoint", "size", signed.size, root=b"x" * 32)
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert "its row and its signed note differ" in messages(report)[0]


def test_a_changed_note_is_tampering():
    fill(3)
    signed = sign()
    note = signed.note.replace("\n5\n", "\n4\n")
    assert note != signed.note
    change("audit_checkpoint", "size", signed.size, note=note)
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert "does not hold" in messages(report)[0]


def test_without_the_public_key_the_log_is_unverifiable(own_keys):
    fill(3)
    sign()
    (own_keys / "log.verifiers").unlink()
    assert verify_log().status is Status.UNVERIFIABLE


def test_a_damaged_list_of_public_keys_is_unverifiable_and_named(own_keys):
    fill(3)
    sign()
    (own_keys / "log.verifiers").write_text("nonsense\n")
    report = verify_log()
    assert report.status is Status.UNVERIFIABLE
    assert "log.verifiers cannot be read" in messages(report)[0]


def test_without_the_key_encryption_key_values_stay_closed(own_keys):
    fill(1)
    sign()
    shutil.move(own_keys / "log-values.key", own_keys / "away")
    report = verify_log()
    assert report.status is Status.UNVERIFIABLE
    assert "its value reason stays closed" in "".join(messages(report))


@pytest.mark.parametrize("column", ["ciphertext", "salt"])
def test_a_changed_value_is_tampering_and_named(column):
    fill(3, actor=SYSTEM)
    sign()
    commitment = bodies.commitments_of(bodies.read_body(entry_at(1).body))["reason"]
    change("audit_value", "commitment", commitment, **{column: b"z" * 60})
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert messages(report)[0].startswith("entry 2 (leaf 1): its value reason does not")


def test_a_destroyed_key_without_an_erasure_is_incomplete():
    fill(3)
    sign()
    run("UPDATE audit_key SET secret = NULL WHERE subject = 'globex/P-1'")
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == [
        "entry 2 (leaf 1): its value reason is gone and no entry erased it."
    ]


@pytest.mark.parametrize(
    ("leaf", "number", "status", "said"),
    [
        (3, 7, Status.INCOMPLETE, "has number 7 of acme, 2 is missing"),
        (3, None, Status.TAMPERED, "has number None of acme, 2 follows"),
        (2, 5, Status.TAMPERED, "belongs to no workspace and has a number"),
    ],
)
def test_numbers_of_a_workspace_are_gap_free(leaf, number, status, said):
    fill(4)
    sign()
    change("audit_leaf", "leaf_index", leaf, number=number)
    report = verify_log()
    assert report.status is status
    assert said in messages(report)[0]


def test_a_manifest_that_counts_more_than_there_is_shows_what_is_missing():
    fill(4)
    entry = log_manifest({"acme": 5})
    sign()
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert "the manifest states 5 entries of acme, there are 2" in messages(report)[0]
    assert entry.action == Action.LOG_MANIFEST


def log_manifest(last: dict[str, int]) -> Entry:
    return write(action=Action.LOG_MANIFEST, workspace="", actor=SYSTEM, after={"last": last})


def test_a_missing_tile_is_incomplete():
    for number in range(256):
        write(number, values={}, actor=SYSTEM)
    sign()
    run("DELETE FROM audit_tile")
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == ["The tile 0/0 is missing."]


def test_a_missing_trigger_is_incomplete():
    fill(1)
    sign()
    wanted = triggers.wanted_triggers(None, connection)[0]
    with connection.cursor() as cursor:
        cursor.execute(wanted.drop)
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert messages(report) == [f"The trigger {wanted.name} is missing or was changed."]


@pytest.mark.sqlite
def test_a_forged_entry_beside_the_tree_has_no_leaf():
    fill(3)
    sign()
    columns = "body, hash, action, workspace, actor_kind, actor_id, object, at"
    run(f"INSERT INTO audit_entry ({columns}) SELECT {columns} FROM audit_entry LIMIT 1")  # noqa: S608
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert "has no leaf" in messages(report)[0]


def test_batches_join_without_a_seam(monkeypatch):
    monkeypatch.setattr(history, "BATCH", 4)
    fill(11)
    sign()
    assert verify_log().status is Status.SOUND


def test_several_checkpoints_between_are_each_compared():
    for _ in range(5):
        fill(3)
        sign()
    report = verify_log()
    assert report.counts["roots"] == report.counts["checkpoints"] == 5


def test_a_changed_checkpoint_in_the_middle_is_named():
    sizes = []
    for _ in range(3):
        fill(3)
        sizes.append(sign().size)
    change("audit_checkpoint", "size", sizes[1], note="nonsense")
    report = verify_log()
    assert report.status is Status.TAMPERED
    said = f"checkpoint {sizes[1]}: A note is text, an empty line and signature lines."
    assert messages(report) == [said]


def test_tampering_outranks_what_is_missing():
    fill(9)
    sign()
    take_away("audit_entry", "id", entry_at(2).pk)
    change("audit_entry", "id", entry_at(5).pk, body="{}")
    assert verify_log().status is Status.TAMPERED


def test_verifying_writes_nothing():
    fill(3)
    sign()
    before = (Entry.objects.count(), Checkpoint.objects.count())
    verify_log()
    assert (Entry.objects.count(), Checkpoint.objects.count()) == before


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "column", ["body", "action", "workspace", "actor_kind", "actor_id", "object", "at"]
)
def test_bytes_that_are_no_text_are_tampering_and_not_a_crash(column):
    fill(4)
    sign()
    spoilt = f"{column} = CAST(x'ff' || {column} AS TEXT)"
    run(f"UPDATE audit_entry SET {spoilt} WHERE id = %s", entry_at(2).pk)  # noqa: S608
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert messages(report)[0].startswith("entry 3 (leaf 2): its ")
    assert connection.connection.text_factory is str


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("audit_leaf", "number", "'x'"),
        ("audit_leaf", "hash", "'text'"),
        ("audit_leaf", "leaf_index", "'x'"),
        ("audit_entry", "body", "7"),
        ("audit_entry", "hash", "7"),
        ("audit_entry", "object", "x'00'"),
        ("audit_checkpoint", "root", "'text'"),
        ("audit_value", "ciphertext", "'text'"),
        ("audit_value", "salt", "5"),
        ("audit_key", "secret", "'text'"),
    ],
)
def test_another_type_in_a_column_is_tampering_and_not_a_crash(table, column, value):
    fill(2, workspace="acme")
    sign()
    first = f"SELECT min(rowid) FROM {table}"  # noqa: S608
    run(f"UPDATE {table} SET {column} = {value} WHERE rowid = ({first})")  # noqa: S608
    assert verify_log().status is Status.TAMPERED


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_every_flipped_byte_of_the_entry_in_the_file_is_found(tmp_path):
    """The owner of the file changes bytes past every trigger."""
    write(values={}, actor=SYSTEM)
    sign()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(connection.settings_dict["NAME"])
    connection.close()
    whole = path.read_bytes()
    body = Entry.objects.get(action=Action.APPROVED).body.encode()
    connection.close()
    at = whole.index(body)
    try:
        for offset in range(0, len(body), 13):
            changed = bytearray(whole)
            changed[at + offset] ^= 0x80 if offset % 2 else 1
            path.write_bytes(changed)
            assert verify_log().status is Status.TAMPERED, offset
            connection.close()
    finally:
        connection.close()
        path.write_bytes(whole)
    assert verify_log().status is Status.SOUND
