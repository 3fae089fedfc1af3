"""The packet of a sample: one file with everything the reviewers saw, and its proofs.

A folder a drawn proposal: `proposal.json` and `reading.txt` say the same to programs and to people,
`entries.jsonl` has what the log says of it: each sealed body byte for byte, its leaf, the path to
the root of the signed checkpoint that lies beside, and each text with the salt that opens its
commitment. Whoever has the file needs nothing of Daybreak to check it (docs/auditing.md).
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from agents.models import MemoryVersion
from agents.numbers import take_number
from agents.people import Member, require_right
from agents.rights import Right
from reviews.audit import keys, merkle
from reviews.audit.errors import AuditError
from reviews.audit.history import LoggedEntry, logged
from reviews.audit.models import Checkpoint, Entry
from reviews.audit.proofs import latest_checkpoint
from reviews.audit.tree import StoredTree
from reviews.audit.values import Disclosed, disclose_values
from reviews.auditing.population import names_in
from reviews.auditing.readings import reading_of
from reviews.auditing.selection import list_text, proposals_of
from reviews.auditing.spans import Span
from reviews.errors import InvalidChange
from reviews.exports import PACKET, Period, export_path, record_export
from reviews.models import AuditSample, Decision, Export, Proposal

STAMP = (1980, 1, 1, 0, 0, 0)
"""The time in the archive's own table: the same rows give the same bytes."""

ENTRIES_AT_ONCE = 100


def make_packet(sample: AuditSample, *, by: Member) -> Export:
    """Write the sample's packet as an export of its own, with its row and entry.

    Raises NotAllowed (agents.errors) for who takes nothing out, InvalidChange before the first
    checkpoint was signed and where the log cannot be read.
    """
    require_right(by, Right.AUDIT_EXPORT)
    checkpoint = latest_checkpoint()
    if checkpoint is None:
        raise InvalidChange("No checkpoint was signed yet; the worker signs within a minute.")
    number = take_number(sample.workspace, "X")
    target = export_path(sample.workspace, number, PACKET)
    try:
        told = _write(target, sample, checkpoint)
        with transaction.atomic():
            made = record_export(
                sample.workspace,
                number,
                PACKET,
                period=Period(sample.since, sample.until),
                by=by,
                told=told,
            )
            AuditSample.objects.filter(pk=sample.pk).update(packet=made)
    except AuditError as error:
        target.unlink(missing_ok=True)
        raise InvalidChange(f"The log cannot be read out: {error} Verify it first.") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    sample.packet = made
    return made


def _write(target: Path, sample: AuditSample, checkpoint: Checkpoint) -> dict[str, Any]:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    counted = {"rows": 0, "unproved": 0}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        files: dict[str, str] = {}
        for name, text in _files(sample, checkpoint, counted):
            _add(archive, name, text)
            files[name] = hashlib.sha256(text.encode()).hexdigest()
        told = {**_sample_facts(sample), **counted, "files": files}
        _add(archive, "manifest.json", json.dumps(told, indent=2, ensure_ascii=False))
    with target.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return {**told, "format": PACKET, "sha256": sha256}


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    member = zipfile.ZipInfo(name, STAMP)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, text.encode())


def _sample_facts(sample: AuditSample) -> dict[str, Any]:
    return {
        "sample": sample.number,
        "since": sample.since.isoformat(),
        "until": sample.until.isoformat(),
        "seed": sample.seed,
        "rule": sample.rule,
        "population": sample.population,
        "population_sha256": sample.population_sha256,
        "drawn": [f"P-{number}" for number in sample.drawn],
    }


def _files(
    sample: AuditSample, checkpoint: Checkpoint, counted: dict[str, int]
) -> Iterator[tuple[str, str]]:
    """Yield each file of the packet with its text; count entries, and those without a proof."""
    span = Span(sample.since, sample.until)
    yield "population.txt", list_text(names_in(sample.workspace, span))
    yield "checkpoint.txt", checkpoint.note
    yield "verifiers.txt", "".join(f"{one.to_text()}\n" for one in keys.listed_verifiers())
    yield "README.txt", README
    tree = StoredTree()
    for proposal in proposals_of(sample):
        facts = facts_of(proposal)
        yield f"{proposal}/proposal.json", json.dumps(facts, indent=2, ensure_ascii=False)
        yield f"{proposal}/reading.txt", reading_of(facts)
        lines = [entry_line(*one, tree, checkpoint) for one in entries_about(proposal)]
        counted["rows"] += len(lines)
        counted["unproved"] += sum(line["proof"] is None for line in lines)
        yield f"{proposal}/entries.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines)


def entries_about(
    proposal: Proposal,
) -> Iterator[tuple[Entry, LoggedEntry | None, Mapping[str, Disclosed | None]]]:
    """Yield what the log says of the proposal, in its order, each with the texts that are there.

    None instead of an entry whose row is no longer what was sealed.
    """
    rows = Entry.objects.filter(workspace=proposal.workspace.slug, object=str(proposal))
    last = 0
    while some := list(
        rows.filter(pk__gt=last).select_related("leaf").order_by("pk")[:ENTRIES_AT_ONCE]
    ):
        last = some[-1].pk
        read = {
            one.event_id: one for one in logged([(row, getattr(row, "leaf", None)) for row in some])
        }
        named = {c for entry in read.values() for c in entry.commitments.values()}
        texts = disclose_values(named)
        for row in some:
            yield row, read.get(row.event_id), texts


def entry_line(
    row: Entry,
    entry: LoggedEntry | None,
    texts: Mapping[str, Disclosed | None],
    tree: StoredTree,
    checkpoint: Checkpoint,
) -> dict[str, Any]:
    """Return one line of entries.jsonl; one that is not what was sealed says so and no more."""
    leaf = getattr(row, "leaf", None)
    if entry is None:
        return {"changed": True, "number": leaf.number if leaf else None, "proof": None}
    return {
        "number": entry.number,
        "leaf": entry.index,
        "leaf_hash": entry.event_id,
        "body": row.body,
        "values": {
            name: None if (said := texts.get(c)) is None else {"salt": said.salt, "text": said.text}
            for name, c in entry.commitments.items()
        },
        "proof": proof_of(entry.index, tree, checkpoint),
    }


def proof_of(index: int | None, tree: StoredTree, checkpoint: Checkpoint) -> list[str] | None:
    """Return the hashes from a leaf up to the checkpoint's root, None where it is not in it yet."""
    if index is None or index >= checkpoint.size:
        return None
    return [one.hex() for one in merkle.inclusion_proof(tree.node_at, index, checkpoint.size)]


def facts_of(proposal: Proposal) -> dict[str, Any]:
    """Return all a reviewer could see of the proposal: texts, evidence, votes and what was said."""
    return {
        "proposal": str(proposal),
        "title": proposal.title,
        "path": proposal.path,
        "kind": proposal.op,
        "state": proposal.state,
        "state_reason": proposal.state_reason,
        "risk": proposal.risk,
        "risk_reasons": proposal.risk_reasons,
        "taint": proposal.taint,
        "route": proposal.route,
        "origin": proposal.origin_label,
        "engine": [proposal.engine, proposal.engine_version],
        "statement": proposal.pattern_statement,
        "sentences": proposal.pattern_sentences,
        "numbers": proposal.pattern_numbers,
        "merged": proposal.merged,
        "filed_at": proposal.filed_at.isoformat(),
        "revisions": _revisions(proposal),
        "evidence": _evidence(proposal),
        "decisions": [_decision(at, one) for at, one in enumerate(_votes(proposal), start=1)],
        "comments": [
            {"at": one.created_at.isoformat(), "by": one.person.name, "text": one.text}
            for one in proposal.comments.select_related("person").order_by("number")
        ],
    }


def _revisions(proposal: Proposal) -> list[dict[str, Any]]:
    """Return each text with the one it was written against."""
    texts = proposal.revisions.select_related("author").order_by("number")
    versions = MemoryVersion.objects.filter(
        memory__store=proposal.store_id, memory__path=proposal.path
    )
    based = dict(versions.values_list("number", "content"))
    return [
        {
            "number": one.number,
            "by": one.author.name if one.author else proposal.origin_label,
            "at": one.created_at.isoformat(),
            "sha256": one.sha256,
            "base_version": one.base_version,
            "base": based.get(one.base_version, "") if one.base_version is not None else "",
            "content": one.content,
            "rationale": one.rationale,
            "reason": one.reason,
        }
        for one in texts
    ]


def _evidence(proposal: Proposal) -> list[dict[str, Any]]:
    quotes = proposal.evidence.select_related("event__revision__session").order_by("position")
    return [
        {
            "position": one.position,
            "session": str(one.event.revision.session),
            "turn": one.event.index,
            "relation": one.relation,
            "quote": one.quote,
            "start": one.start,
            "end": one.end,
            "sha256": one.sha256,
        }
        for one in quotes
    ]


def _votes(proposal: Proposal) -> QuerySet[Decision]:
    return proposal.decisions.select_related("person", "undo").order_by("pk")


def _decision(number: int, one: Decision) -> dict[str, Any]:
    return {
        "number": number,
        "revision": one.revision,
        "verdict": one.verdict,
        "by": one.person.name if one.person else f"Rule {one.rule}",
        "at": one.created_at.isoformat(),
        "reason_code": one.reason_code,
        "reason": one.reason,
        "shown": one.shown,
        "undone": one.is_undone,
    }


README = """\
A sample of what was decided, with everything the reviewers saw and the proofs.

manifest.json     what was drawn, from how many, by which seed; the SHA-256 of every file
population.txt    every proposal decided in the period, one a line: what was drawn from
checkpoint.txt    the signed root of the log that every proof leads to
verifiers.txt     the public keys that may have signed it: compare them with a copy of your own
P-.../reading.txt     one proposal for people: change, evidence, votes
P-.../proposal.json   the same for programs
P-.../entries.jsonl   what the log says of it, one sealed entry a line

To repeat the draw: SHA-256 of "seed:name" for each line of population.txt; the lowest are drawn.

To check an entry: SHA-256 of a zero byte and the body is leaf_hash; leaf, leaf_hash and proof lead
to the root in checkpoint.txt (RFC 6962). SHA-256 of a byte 2, the salt and the text as a JSON
string is the commitment in the body under the same name.

    manage.py check_packet FILE --verifiers KEYS

does all of this without a database. Give it the keys you kept, not those in the file.
"""
