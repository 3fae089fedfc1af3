import json

import pytest
from django.db import IntegrityError, transaction

from reviews.audit import bodies, erasure, log, values
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.errors import OutsideTransaction
from reviews.audit.models import Entry, Erasure, Key, Value
from reviews.audit.report import Status
from reviews.audit.verify import verify_log
from tests.reviews.audit.logs import ANN, fill, sign, take_away, write

pytestmark = pytest.mark.django_db


def erase(subject: str) -> list[Entry]:
    return erasure.erase_subject(
        subject, workspace="acme", actor=ANN, values={"request": "letter of 3 November"}
    )


def opened(entry: Entry) -> dict[str, str | None]:
    return values.open_values(bodies.commitments_of(bodies.read_body(entry.body)))


def test_the_text_and_its_key_are_gone_and_the_entry_stays():
    first, second = write(1), write(2)
    erase("acme/P-1")
    assert opened(first) == {"actor_name": "Ann Example", "reason": None}
    assert opened(second)["reason"] == "reason 2"
    assert Entry.objects.get(pk=first.pk).body == first.body
    assert Key.objects.get(subject="acme/P-1").secret is None


def test_the_same_id_in_another_workspace_keeps_its_text():
    write(1)
    other = write(1, workspace="globex")
    erase("acme/P-1")
    assert opened(other)["reason"] == "reason 1"


def test_the_log_says_what_was_erased_and_why():
    entry = write(1)
    (done,) = erase("acme/P-1")
    body = json.loads(done.body)
    commitment = json.loads(entry.body)["values"]["reason"]
    assert body["action"] == Action.ERASURE_DONE
    assert body["after"] == {"commitments": [commitment], "count": 1}
    assert opened(done)["request"] == "letter of 3 November"


def test_an_erased_log_is_sound_and_says_so():
    fill(3)
    sign()
    erase("acme/P-0")
    sign()
    report = verify_log()
    assert report.status is Status.SOUND
    assert report.counts["erased"] == 1
    assert report.notes == ["entry 1 (leaf 0): its value reason was erased under entry 6."]


def test_a_printed_name_is_erased_for_all_entries_at_once():
    entries = [write(number, values={}) for number in range(3)]
    erase(ANN.subject)
    assert [opened(entry) for entry in entries] == [{"actor_name": None}] * 3


def test_after_an_erasure_a_name_is_written_anew():
    write(1, values={})
    erasure.erase_subject(ANN.subject, workspace="", actor=SYSTEM, values={"why": "x"})
    assert opened(write(2, values={})) == {"actor_name": "Ann Example"}
    assert Value.objects.filter(tag__isnull=False).count() == 1


def test_a_long_erasure_takes_as_many_entries_as_it_needs(monkeypatch):
    monkeypatch.setattr(erasure, "COMMITMENTS_AN_ENTRY", 2)
    write(1, values={f"v{number}": "text" for number in range(5)})
    done = erase("acme/P-1")
    assert [len(json.loads(e.body)["after"]["commitments"]) for e in done] == [2, 2, 1]
    assert not Value.objects.filter(key__subject="acme/P-1", ciphertext__isnull=False).exists()
    sign()
    assert verify_log().status is Status.SOUND


def test_nothing_is_erased_twice():
    write(1)
    erase("acme/P-1")
    with pytest.raises(erasure.NothingToErase, match="acme/P-1"):
        erase("acme/P-1")


def test_what_was_written_after_the_erasure_stays():
    write(1)
    erase("acme/P-1")
    later = write(1, values={"reason": "a later reason"})
    assert opened(later)["reason"] == "a later reason"


def test_without_a_licence_nothing_is_cleared():
    write(1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Value.objects.all().update(ciphertext=None)


def test_a_key_is_destroyed_only_when_all_its_values_are_erased():
    write(1, values={"one": "1", "two": "2"}, actor=SYSTEM)
    commitment = Value.objects.order_by("pk").values_list("commitment", flat=True)[0]
    with transaction.atomic():
        erasure.license_clearing(
            [commitment], object="P-1", workspace="acme", actor=SYSTEM, values={}
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Key.objects.update(secret=None)
    assert Value.objects.filter(commitment=commitment).update(ciphertext=None, salt=None) == 1


def test_a_licence_is_part_of_the_caller_s_transaction():
    with pytest.raises(OutsideTransaction):
        erasure.license_clearing(
            ["event:1"], object="event:1", workspace="acme", actor=SYSTEM, values={}
        )
    assert not Erasure.objects.exists()


def test_a_value_that_is_gone_under_an_entry_that_names_others_is_tampering():
    first, second = write(1, actor=SYSTEM), write(2, actor=SYSTEM)
    erase("acme/P-2")
    erased = json.loads(second.body)["values"]["reason"]
    gone = json.loads(first.body)["values"]["reason"]
    Erasure.objects.create(commitment=gone, entry=Erasure.objects.get(commitment=erased).entry)
    Value.objects.filter(commitment=gone).update(salt=None, ciphertext=None)
    sign()
    report = verify_log()
    assert report.status is Status.TAMPERED
    assert [p.message for p in report.problems] == [
        "entry 1 (leaf 0): its value reason is gone, and the entry given for it names others."
    ]


def test_a_value_taken_away_with_its_row_is_incomplete():
    entry = write(1, actor=SYSTEM)
    take_away("audit_value", "commitment", json.loads(entry.body)["values"]["reason"])
    sign()
    report = verify_log()
    assert report.status is Status.INCOMPLETE
    assert "its value reason is gone and no entry erased it" in report.problems[0].message


def test_the_default_subject_names_the_workspace():
    assert log.subject_of("acme", "P-1") == "acme/P-1"
    assert log.subject_of("", "person:p1") == "-/person:p1"
