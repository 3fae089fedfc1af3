"""Taking the approval history out: one file in CSV or JSONL and a manifest that names its bytes.

CSV is for people and spreadsheets: a cell that a spreadsheet would run as a formula gets an
apostrophe before it. JSONL is for programs: the body of each line is the sealed one, so that
RFC 8785 spells the bytes whose hash is the leaf; it keeps to ASCII, so that no reader takes a
character for the end of a line. Both are written row by row in flat memory.

An entry that waits for its place in the log has no number yet and is not in the file. One whose row
is no longer what was sealed is left out as well. The manifest counts the first and numbers the
second: numbers of a workspace have no gaps, so nothing can be left out unsaid. It lists the test
items apart: they bear numbers of proposals and are none.
"""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from agents import clock
from agents.models import Workspace
from agents.numbers import take_number
from agents.people import Member, actor_of
from agents.rights import Right, may
from reviews.audit import keys
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.errors import AuditError
from reviews.audit.history import LoggedEntry, entries
from reviews.audit.log import append
from reviews.audit.models import Checkpoint, Entry, Leaf
from reviews.errors import InvalidChange, NotAllowed
from reviews.models import Export

FORMATS = ("csv", "jsonl")
PACKET = "packet"
ENDINGS = {PACKET: "zip"}
"""How the name of a file ends, where not in its format."""

FORMULA_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
# What programs trim before they look at the first character: blanks, controls, zero-width ones.
TRIMMED = "\\s\\x00-\\x1f\\x7f-\\xa0\\u200b-\\u200f\\u2060-\\u2064\\ufeff"
# A program that splits at other marks than commas begins a cell after one of them.
RUNS_AS_FORMULA = re.compile(rf"(\A|[;\t\r\n])(?=[{TRIMMED}]*[{FORMULA_STARTS}])")
STARTS_WITH_BREAK = re.compile(r"\A(?=[\t\r\n])")
ERASED = "[erased]"
LEFT_OUT = 1_000
VALUE_COLUMNS = ("actor_name", "path", "title", "reason", "rationale", "content", "message")
COLUMNS = (
    "number",
    "leaf",
    "at",
    "action",
    "actor",
    "actor_name",
    "on_behalf",
    "object",
    "revision",
    "rule",
    "engine",
    "before",
    "after",
    "shown",
    "path",
    "title",
    "reason",
    "rationale",
    "content",
    "message",
    "other_values",
    "leaf_hash",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A written file: its rows, its SHA-256, and which entries were chosen for it."""

    rows: int
    sha256: str
    chosen: "Chosen"


@dataclass(frozen=True, slots=True)
class Period:
    """Which days are exported, both included and in UTC; None is open."""

    since: date | None = None
    until: date | None = None

    def holds(self, entry: LoggedEntry) -> bool:
        """Say whether the entry was written on one of these days."""
        day = entry.columns.at.date()
        return (self.since is None or day >= self.since) and (
            self.until is None or day <= self.until
        )


def export_history(workspace: Workspace, *, form: str, period: Period, by: Member | None) -> Export:
    """Write the workspace's sealed entries of `period` to a file with its manifest; log both.

    form: csv or jsonl. by: who takes it out; None for the command line. Raises NotAllowed for
    roles that do not export, InvalidChange for an unknown form or a period that ends before it
    begins. When writing fails, no export row is left and the file is removed.
    """
    if by is not None and not may(by.role, Right.AUDIT_EXPORT):
        raise NotAllowed("An auditor of this workspace exports its history.")
    if form not in FORMATS:
        raise InvalidChange(f"{form!r} is no format; choose csv or jsonl.")
    if period.since and period.until and period.until < period.since:
        raise InvalidChange(f"The period ends on {period.until}, before {period.since}.")
    number = take_number(workspace, "X")
    target = export_path(workspace, number, form)
    try:
        written = _write(target, workspace, form, period)
        return _record(workspace, number, form, period, by, written)
    except AuditError as error:
        target.unlink(missing_ok=True)
        raise InvalidChange(f"The log cannot be read out: {error} Verify it first.") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def export_path(workspace: Workspace, number: int, form: str) -> Path:
    """Return where the export's file lies under the data folder."""
    name = f"{workspace.slug}-X-{number}.{ENDINGS.get(form, form)}"
    return Path(settings.DATA_DIR) / "exports" / workspace.slug / name


def count_waiting(workspace: Workspace) -> int:
    """Return how many of the workspace's entries have no number yet: exports come without them."""
    return Entry.objects.filter(workspace=workspace.slug, pending__isnull=False).count()


def manifest_of(export: Export) -> dict[str, Any]:
    """Return the manifest: what the file holds, its SHA-256, and the newest signed checkpoint."""
    return dict(export.manifest)


def _write(target: Path, workspace: Workspace, form: str, period: Period) -> Written:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    newest = Leaf.objects.filter(workspace=workspace.slug).order_by("-number").first()
    chosen = Chosen(period, 0 if newest is None else newest.number or 0)
    with target.open("w", encoding="utf-8", newline="") as file:
        target.chmod(0o600)
        count = _WRITERS[form](file, chosen.of(entries(workspace.slug)))
    with target.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return Written(count, sha256, chosen)


@dataclass(slots=True)
class Chosen:
    """Which entries of a workspace go into the file, and what became of the others.

    highest: the workspace's last number. first, last: those in the file. waiting: entries of the
    period without a number yet. changed: how many rows are not what was sealed, whatever their day;
    left_out: their numbers, at most LEFT_OUT of them. test_items: the numbers of those shown in the
    period, of a P-… that no proposal has.
    """

    period: Period
    highest: int
    first: int | None = None
    last: int | None = None
    waiting: int = 0
    changed: int = 0
    left_out: list[int] = field(default_factory=list)
    test_items: list[int] = field(default_factory=list)
    expected: int = 1

    def of(self, found: Iterator[LoggedEntry]) -> Iterator[LoggedEntry]:
        """Yield the sealed entries of the period, in the order of their numbers."""
        for entry in found:
            is_asked = self.period.holds(entry)
            if entry.number is None:
                self.waiting += is_asked
                continue
            self.skip_to(entry.number)
            self.expected = entry.number + 1
            if is_asked:
                self.first, self.last = self.first or entry.number, entry.number
                if entry.body["action"] == Action.TEST_ITEM_SHOWN:
                    self.test_items.append(int(str(entry.body["object"]).rpartition("-")[2]))
                yield entry
        self.skip_to(self.highest + 1)

    def skip_to(self, number: int) -> None:
        """Note the numbers that were expected before this one and did not come."""
        missing = range(self.expected, number)
        self.changed += len(missing)
        self.left_out += missing[: max(0, LEFT_OUT - len(self.left_out))]


def _write_jsonl(file: IO[str], chosen: Iterator[LoggedEntry]) -> int:
    count = 0
    for entry in chosen:
        values = entry.values
        line = {
            "number": entry.number,
            "leaf": entry.index,
            "leaf_hash": entry.event_id,
            "body": entry.body,
            "values": values,
            "erased": [name for name, text in values.items() if text is None],
        }
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
        count += 1
    return count


def _write_csv(file: IO[str], chosen: Iterator[LoggedEntry]) -> int:
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    count = 0
    for entry in chosen:
        writer.writerow([safe_cell(cell) for cell in csv_row(entry)])
        count += 1
    return count


_WRITERS: Mapping[str, Callable[[IO[str], Iterator[LoggedEntry]], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}


def csv_row(entry: LoggedEntry) -> list[object]:
    """Return the cells of one entry in the order of COLUMNS, not yet made safe."""
    body, values = entry.body, entry.values
    spelled = {name: ERASED if text is None else text for name, text in values.items()}
    others = {name: text for name, text in spelled.items() if name not in VALUE_COLUMNS}
    cells: dict[str, object] = {
        "number": entry.number,
        "leaf": entry.index,
        "at": body["at"],
        "action": body["action"],
        "actor": _reference(body["actor"]),
        "on_behalf": _reference(body.get("on_behalf")),
        "object": body["object"],
        "revision": body.get("revision", ""),
        "rule": _spell(body.get("rule")),
        "engine": _spell(body.get("engine")),
        "before": _spell(body.get("before")),
        "after": _spell(body.get("after")),
        "shown": _spell(body.get("shown")),
        "other_values": _spell(others or None),
        "leaf_hash": entry.event_id,
        **{name: spelled.get(name, "") for name in VALUE_COLUMNS},
    }
    return [cells[name] for name in COLUMNS]


def safe_cell(cell: object) -> object:
    """Return the cell with an apostrophe before all that a spreadsheet would run as a formula.

    Blanks are looked through: some programs trim them before they decide. JSONL has the exact text.
    """
    if not isinstance(cell, str):
        return cell
    return STARTS_WITH_BREAK.sub("'", RUNS_AS_FORMULA.sub(r"\1'", cell))


def _reference(value: object) -> str:
    return f"{value['kind']}:{value['id']}" if isinstance(value, Mapping) else ""


def _spell(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _record(
    workspace: Workspace,
    number: int,
    form: str,
    period: Period,
    by: Member | None,
    written: Written,
) -> Export:
    described = _describe(form, period, written)
    return record_export(workspace, number, form, period=period, by=by, told=described)


def record_export(
    workspace: Workspace,
    number: int,
    form: str,
    *,
    period: Period,
    by: Member | None,
    told: Mapping[str, Any],
) -> Export:
    """Write the export's row and entry in one transaction, the manifest on the row.

    told: what the manifest says of the written file: its rows, its sha256 and whatever else.
    """
    now = clock.now()
    name = export_path(workspace, number, form).name
    with transaction.atomic():
        export = Export.objects.create(
            workspace=workspace,
            number=number,
            by=by.person if by else None,
            format=form,
            since=period.since,
            until=period.until,
            rows=told["rows"],
            sha256=told["sha256"],
            manifest=_manifest(workspace, number, told, name, now),
            file_name=name,
            created_at=now,
        )
        append(
            Action.EXPORT_MADE,
            workspace=workspace.slug,
            actor=actor_of(by.person) if by else SYSTEM,
            object=f"X-{number}",
            after={
                "format": form,
                "rows": told["rows"],
                "since": told["since"],
                "until": told["until"],
                "sha256": told["sha256"],
            },
        )
    return export


def _manifest(
    workspace: Workspace, number: int, told: Mapping[str, Any], name: str, now: datetime
) -> dict[str, Any]:
    return {
        "export": f"X-{number}",
        "workspace": workspace.slug,
        **told,
        "file": name,
        "made_at": now.isoformat(),
        "checkpoint": _newest_note(),
        "verifiers": [verifier.to_text() for verifier in keys.listed_verifiers()],
    }


def _describe(form: str, period: Period, written: Written) -> dict[str, Any]:
    """Return what the manifest says of the file's contents, and of what is not in it."""
    return {
        "format": form,
        "columns": list(COLUMNS) if form == "csv" else None,
        "rows": written.rows,
        "sha256": written.sha256,
        "first_number": written.chosen.first,
        "last_number": written.chosen.last,
        "waiting": written.chosen.waiting,
        "changed": written.chosen.changed,
        "left_out": written.chosen.left_out,
        "test_items": {
            "count": len(written.chosen.test_items),
            "numbers": written.chosen.test_items,
        },
        "since": period.since.isoformat() if period.since else None,
        "until": period.until.isoformat() if period.until else None,
    }


def _newest_note() -> str | None:
    checkpoint = Checkpoint.objects.order_by("-size").first()
    return checkpoint.note if checkpoint else None


@transaction.atomic
def record_download(export: Export, *, by: Member) -> Path:
    """Log that somebody takes the file, and return where it lies.

    Raises NotAllowed for roles that do not export, InvalidChange when the file is gone.
    """
    if not may(by.role, Right.AUDIT_EXPORT):
        raise NotAllowed("An auditor of this workspace takes exports out.")
    path = export_path(export.workspace, export.number, export.format)
    if not path.exists():
        raise InvalidChange(f"The file of {export} is gone. Make the export again.")
    append(
        Action.EXPORT_DOWNLOADED,
        workspace=export.workspace.slug,
        actor=actor_of(by.person),
        object=str(export),
        after={"sha256": export.sha256},
    )
    return path
