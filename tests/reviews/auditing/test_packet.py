"""Packets: everything a reviewer saw with its proofs, checked from the file alone."""

import hashlib
import json
import zipfile

import pytest
from django.db import connection

from agents.errors import NotAllowed
from reviews.audit import keys, sealing
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.erasure import erase_subject
from reviews.audit.models import Entry
from reviews.audit.report import Status
from reviews.auditing.packet import make_packet
from reviews.auditing.packet_check import check_packet
from reviews.auditing.selection import draw_sample
from reviews.changes import Op
from reviews.errors import InvalidChange
from reviews.exports import PACKET, export_path
from reviews.models import Export
from reviews.revisions import submit_edit
from reviews.undos import undo
from tests import build
from tests.reviews.audit.logs import NOW, change
from tests.reviews.auditing.scenes import ALL, approve, fresh, member, reject, with_evidence

pytestmark = pytest.mark.django_db
PATH = "/refunds/days.md"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


@pytest.fixture
def sample(cast):
    """All of three: an edited update with a comment, a rejection and a plain approval."""
    build.memory(cast.store, PATH, "Refund within 30 days.\n")
    edited = with_evidence(
        cast, op=Op.UPDATE, path=PATH, base_version=1, content="Refund within 14 days.\n"
    )
    submit_edit(
        edited, content="Refund within 21 days.\n", by=member(cast, "lead"), expected_revision=1,
        reason="The terms say 21.",
    )  # fmt: skip
    approve(cast, edited, opened=(1,))
    reject(cast, with_evidence(cast), "second_reviewer")
    approve(cast, with_evidence(cast))
    return draw_sample(cast.workspace, ALL, seed="dawn", size=3, by=member(cast))


def pack(cast, sample):
    sealing.seal()
    sealing.checkpoint(NOW)
    made = make_packet(sample, by=member(cast))
    return made, export_path(cast.workspace, made.number, PACKET)


def files_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def rewrite(path, target, **files):
    """Write the packet anew with other files; None leaves one out."""
    kept = files_of(path) | {name.replace("__", "/"): text for name, text in files.items()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in kept.items():
            if text is not None:
                archive.writestr(name, text)
    return target


def relist(files):
    """The manifest of files somebody changed, as that somebody would write it."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(text.encode()).hexdigest()
        for name, text in files.items()
        if name != "manifest.json"
    }
    return json.dumps(manifest)


def forge(path, target, name, old, new):
    """Change one file and make the manifest agree."""
    files = files_of(path)
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    files["manifest.json"] = relist(files)
    with zipfile.ZipFile(target, "w") as archive:
        for each, text in files.items():
            archive.writestr(each, text)
    return check_packet(target, keys.listed_verifiers())


def test_a_packet_is_sound_with_the_keys_of_the_log(cast, sample):
    _, path = pack(cast, sample)
    report = check_packet(path, keys.listed_verifiers())
    assert report.status is Status.SOUND, report.problems
    assert report.counts["proposals"] == 3
    assert report.counts["population"] == 3
    assert report.counts["entries"] >= 7
    assert report.notes == []


def test_a_retirement_a_vote_taken_back_and_an_erased_text_are_no_change(cast):
    build.memory(cast.store, PATH, "Refund within 30 days.\n")
    retired = build.filed(cast.store, op=Op.RETIRE, path=PATH, base_version=1, content="")
    undone, erased = with_evidence(cast), with_evidence(cast)
    for one in (retired, undone, erased):
        approve(cast, one)
    undo(fresh(undone), by=member(cast, "reviewer"), expected_round=0)
    reject(cast, undone, "second_reviewer")
    erase_subject(
        f"northwind/{erased}", workspace="northwind", actor=SYSTEM, values={"reason": "On request"}
    )
    drawn = draw_sample(cast.workspace, ALL, seed="dawn", size=3, by=member(cast))

    _, path = pack(cast, drawn)
    report = check_packet(path, keys.listed_verifiers())

    assert report.status is Status.SOUND, report.problems
    assert any("quote_1 was erased" in note for note in report.notes)


def test_it_is_an_export_on_the_record(cast, sample):
    made, path = pack(cast, sample)
    assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    entry = Entry.objects.get(action=str(Action.EXPORT_MADE), object=str(made))
    assert json.loads(entry.body)["after"]["sha256"] == made.sha256
    assert made.manifest["sample"] == sample.number
    assert path.suffix == ".zip"
    assert path.stat().st_mode & 0o777 == 0o600
    sample.refresh_from_db()
    assert sample.packet == made


def test_everything_the_reviewers_saw_is_in_it(cast, sample):
    _, path = pack(cast, sample)
    files = files_of(path)
    edited = next(name for name in sample.drawn if "21 days" in files[f"P-{name}/reading.txt"])
    facts = json.loads(files[f"P-{edited}/proposal.json"])
    assert [one["content"] for one in facts["revisions"]] == [
        "Refund within 14 days.\n",
        "Refund within 21 days.\n",
    ]
    assert facts["revisions"][1]["base"] == "Refund within 30 days.\n"
    assert facts["evidence"][0]["quote"] == "already shipped"
    assert facts["decisions"][0]["shown"]["evidence_opened"] == [1]
    assert "-Refund within 30 days.\n    +Refund within 21 days." in files[
        f"P-{edited}/reading.txt"
    ].replace("\n    -", "\n-")
    lines = [json.loads(line) for line in files[f"P-{edited}/entries.jsonl"].splitlines()]
    assert [json.loads(line["body"])["action"] for line in lines] == [
        "proposal.filed",
        "proposal.revised",
        "decision.approved",
    ]
    said = {text["text"] for line in lines for text in line["values"].values()}
    assert {"The terms say 21.", "Rosa"} <= said


def test_the_same_rows_give_the_same_bytes_but_for_the_number(cast, sample):
    first, _ = pack(cast, sample)
    second = make_packet(sample, by=member(cast))
    assert first.sha256 == second.sha256
    assert first.number != second.number


def test_without_keys_of_ones_own_it_says_that_it_only_agrees_with_itself(cast, sample):
    _, path = pack(cast, sample)
    report = check_packet(path)
    assert report.status is Status.SOUND
    assert "Checked with the keys in the packet" in report.notes[0]


def test_a_packet_signed_by_another_key_is_unverifiable(cast, sample):
    _, path = pack(cast, sample)
    other = keys.new_signer().verifier
    assert check_packet(path, [other]).status is Status.UNVERIFIABLE


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("proposal.json", "already shipped", "already delivered"),
        ("proposal.json", '"verdict": "approve"', '"verdict": "approve", "x": 1}, {"number": 9'),
        ("entries.jsonl", '\\"action\\"', '\\"actiom\\"'),
        ("entries.jsonl", '"text": "Shipped', '"text": "Skipped'),
        ("entries.jsonl", '"proof": ["', '"proof": ["00'),
        ("entries.jsonl", '"leaf": ', '"leaf": 1'),
        ("entries.jsonl", '"proof": [', '"changed": true, "proof": ['),
    ],
)
def test_a_change_with_a_manifest_that_agrees_is_still_found(
    cast, sample, tmp_path, file, old, new
):
    _, path = pack(cast, sample)
    name = next(
        f"P-{one}/{file}" for one in sample.drawn if old in files_of(path)[f"P-{one}/{file}"]
    )
    report = forge(path, tmp_path / "forged.zip", name, old, new)
    assert report.status is Status.TAMPERED, report.notes


def test_another_draw_is_found(cast, sample, tmp_path):
    _, path = pack(cast, sample)
    report = forge(path, tmp_path / "f.zip", "manifest.json", '"seed": "dawn"', '"seed": "dusk"')
    assert any("seed draws other" in one.message for one in report.problems)


def test_another_population_is_found(cast, sample, tmp_path):
    _, path = pack(cast, sample)
    report = forge(path, tmp_path / "f.zip", "population.txt", "P-", "P-9")
    assert any("not what was drawn from" in one.message for one in report.problems)


def test_a_file_that_was_changed_added_or_left_out_is_found(cast, sample, tmp_path):
    _, path = pack(cast, sample)
    changed = check_packet(rewrite(path, tmp_path / "a.zip", **{"README.txt": "Trust me."}))
    added = check_packet(rewrite(path, tmp_path / "b.zip", **{"more.txt": "More."}))
    short = check_packet(rewrite(path, tmp_path / "c.zip", **{"README.txt": None}))
    assert [one.status for one in (changed, added, short)] == [
        Status.TAMPERED,
        Status.TAMPERED,
        Status.INCOMPLETE,
    ]


def test_a_drawn_proposal_that_is_not_there_is_found(cast, sample, tmp_path):
    _, path = pack(cast, sample)
    files = files_of(path)
    name = f"P-{sample.drawn[0]}/entries.jsonl"
    del files[name]
    files["manifest.json"] = relist(files)
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for each, text in files.items():
            archive.writestr(each, text)
    report = check_packet(tmp_path / "d.zip", keys.listed_verifiers())
    assert report.status is Status.INCOMPLETE


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_packet_is_said_to_be_none(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    report = check_packet(tmp_path / "x.zip")
    assert report.status is Status.TAMPERED
    assert "no packet" in report.problems[0].message


def test_an_empty_archive_is_no_packet(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w"):
        pass
    assert check_packet(tmp_path / "x.zip").status is Status.TAMPERED


def test_an_entry_newer_than_the_checkpoint_is_told_and_proved_later(cast, sample):
    pack(cast, sample)
    late = fresh(build.filed(cast.store))
    approve(cast, late)
    again = draw_sample(cast.workspace, ALL, seed="late", size=200, by=member(cast))
    sealing.seal()
    made = make_packet(again, by=member(cast))
    path = export_path(cast.workspace, made.number, PACKET)
    assert made.manifest["unproved"] > 0
    assert check_packet(path, keys.listed_verifiers()).status is Status.UNVERIFIABLE
    _, path = pack(cast, again)
    assert check_packet(path, keys.listed_verifiers()).status is Status.SOUND


def test_a_row_that_is_not_what_was_sealed_is_left_out_and_said(cast, sample):
    row = Entry.objects.filter(action=str(Action.APPROVED)).first()
    connection.check_constraints()  # else PostgreSQL keeps the triggers while checks wait
    change("audit_entry", "id", row.pk, body=row.body.replace("approve", "approxe"))
    _, path = pack(cast, sample)
    report = check_packet(path, keys.listed_verifiers())
    assert report.status is Status.TAMPERED
    assert any("leaves it out" in one.message for one in report.problems)


def test_before_the_first_checkpoint_there_is_no_packet(cast, sample):
    with pytest.raises(InvalidChange, match="No checkpoint was signed"):
        make_packet(sample, by=member(cast))
    assert not Export.objects.exists()


@pytest.mark.parametrize("name", ["reviewer", "lead", "admin"])
def test_only_who_takes_the_history_out_makes_one(cast, sample, name):
    sealing.checkpoint(NOW)
    with pytest.raises(NotAllowed):
        make_packet(sample, by=member(cast, name))


def test_where_writing_fails_no_file_and_no_row_is_left(cast, sample, monkeypatch, tmp_path):
    sealing.checkpoint(NOW)
    monkeypatch.setattr("reviews.auditing.packet.README", None)
    with pytest.raises(AttributeError):
        make_packet(sample, by=member(cast))
    assert not Export.objects.exists()
    assert not list(tmp_path.rglob("*.zip"))
