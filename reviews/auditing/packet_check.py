"""Checking a packet from its file alone: no database, no server, no settings of a log.

Statuses mean what they mean for the log: tampered, bytes are not what was sealed or signed;
incomplete, something that must be there is not; unverifiable, a key or a proof is missing.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviews.audit import merkle, notes
from reviews.audit.errors import BadNote, BadProof, NotCanonical, UnknownSigner
from reviews.audit.merkle import TreeHead
from reviews.audit.notes import CheckpointText, Verifier
from reviews.audit.report import Report, Status
from reviews.audit.values import commit
from reviews.auditing.population import VERDICTS
from reviews.auditing.selection import RULE, list_text
from reviews.draws import draw_openly

LARGEST = 256 * 1024 * 1024
"""Bytes a file of a packet may have unpacked: a small file that grows without end is no packet."""

BROKEN = (KeyError, ValueError, TypeError, UnicodeDecodeError, zipfile.BadZipFile, NotCanonical)


@dataclass(frozen=True, slots=True)
class Packet:
    """An opened packet: its files by name, and what its manifest says."""

    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return one file; KeyError where it is not there."""
        return self.files[name].decode()


def check_packet(path: Path, verifiers: Sequence[Verifier] = ()) -> Report:
    """Check every byte of a packet and return what was found.

    verifiers: public keys kept elsewhere; without them those in the packet are used, which shows
    that it agrees with itself and no more, and the report says so. Raises OSError for a file that
    cannot be read.
    """
    report = Report()
    try:
        packet = open_packet(path)
        check_files(packet, report)
        check_draw(packet, report)
        head = open_head(packet, verifiers, report)
        for name in packet.manifest["drawn"]:
            check_proposal(packet, name, head, report)
    except BROKEN as error:
        report.add(Status.TAMPERED, f"This is no packet, or it was changed: {error!r}")
    return report


def open_packet(path: Path) -> Packet:
    """Return the packet's files and manifest; raises one of BROKEN for anything else."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(one.file_size for one in members) > LARGEST:
            raise ValueError(f"more than {LARGEST:,} bytes")
        if len({one.filename for one in members}) < len(members):
            raise ValueError("two files have one name")
        files = {one.filename: archive.read(one) for one in members}
    return Packet(files, json.loads(files["manifest.json"]))


def check_files(packet: Packet, report: Report) -> None:
    """Hold every file against its SHA-256 in the manifest."""
    listed = dict(packet.manifest["files"])
    for name, content in packet.files.items():
        if name == "manifest.json":
            continue
        report.count("files")
        if listed.pop(name, "") != hashlib.sha256(content).hexdigest():
            report.add(Status.TAMPERED, f"{name} is not what the manifest lists.")
    for name in listed:
        report.add(Status.INCOMPLETE, f"{name} is listed and not there.")


def check_draw(packet: Packet, report: Report) -> None:
    """Repeat the draw from seed and population."""
    manifest = packet.manifest
    names = packet.text("population.txt").split("\n")[:-1]
    report.count("population", len(names))
    if manifest["rule"] != RULE:
        report.add(Status.UNVERIFIABLE, f"The rule {manifest['rule']!r} is not known here.")
        return
    sha256 = hashlib.sha256(list_text(names).encode()).hexdigest()
    if (len(names), sha256) != (manifest["population"], manifest["population_sha256"]):
        report.add(Status.TAMPERED, "population.txt is not what was drawn from.")
    drawn = manifest["drawn"]
    if draw_openly(manifest["seed"], names, len(drawn)) != drawn:
        report.add(Status.TAMPERED, "The seed draws other proposals from this population.")


def open_head(packet: Packet, verifiers: Sequence[Verifier], report: Report) -> TreeHead | None:
    """Return the signed tree all proofs lead to, None where its signature does not hold."""
    known = tuple(verifiers)
    if not known:
        report.note("Checked with the keys in the packet: compare them with a copy of your own.")
        lines = packet.text("verifiers.txt").splitlines()
        known = tuple(Verifier.from_text(line) for line in lines if line)
    try:
        signed = notes.open_note(packet.text("checkpoint.txt"), known)
        report.head = CheckpointText.from_text(signed).head
    except UnknownSigner as error:
        report.add(Status.UNVERIFIABLE, f"checkpoint.txt: {error}")
    except BadNote as error:
        report.add(Status.TAMPERED, f"checkpoint.txt: {error}")
    return report.head


def check_proposal(packet: Packet, name: str, head: TreeHead | None, report: Report) -> None:
    """Check one drawn proposal: its entries, its texts, and that each vote has its entry."""
    if f"{name}/entries.jsonl" not in packet.files or f"{name}/proposal.json" not in packet.files:
        report.add(Status.INCOMPLETE, f"{name} was drawn and is not there.")
        return
    report.count("proposals")
    votes = 0
    for line in packet.text(f"{name}/entries.jsonl").split("\n")[:-1]:
        votes += check_entry(json.loads(line), name, head, report)
    facts = json.loads(packet.text(f"{name}/proposal.json"))
    if votes != len(facts["decisions"]):
        report.add(
            Status.TAMPERED,
            f"{name} has {len(facts['decisions'])} decisions, the log {votes}.",
        )
    for text in facts["revisions"]:
        check_text(f"{name} revision {text['number']}", text["content"], text["sha256"], report)
    for quote in facts["evidence"]:
        if quote["quote"]:
            what = f"{name} evidence {quote['position']}"
            check_text(what, quote["quote"], quote["sha256"], report)


def check_text(what: str, text: str, sha256: str, report: Report) -> None:
    """Hold a text against its SHA-256."""
    report.count("texts")
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        report.add(Status.TAMPERED, f"{what} is not the text its hash names.")


def check_entry(line: Mapping[str, Any], name: str, head: TreeHead | None, report: Report) -> bool:
    """Check one entry and return whether it records a vote."""
    report.count("entries")
    place = f"{name} entry {line['number']}"
    if line.get("changed"):
        report.add(Status.TAMPERED, f"{place} is not what was sealed; the packet leaves it out.")
        return False
    body = json.loads(line["body"])
    leaf = merkle.leaf_hash(line["body"].encode())
    if leaf.hex() != line["leaf_hash"] or body["object"] != name:
        report.add(Status.TAMPERED, f"{place}: its body is not the one that was sealed.")
    check_values(line["values"], body.get("values", {}), place, report)
    check_proof(line, leaf, head, place, report)
    return body["action"] in VERDICTS


def check_values(
    values: Mapping[str, Any], commitments: Mapping[str, str], place: str, report: Report
) -> None:
    """Open each commitment of a body with the text and salt beside it."""
    if set(values) != set(commitments):
        report.add(Status.TAMPERED, f"{place}: its texts are not those its body names.")
        return
    for name, said in values.items():
        if said is None:
            report.note(f"{place}: {name} was erased.")
        elif commit(bytes.fromhex(said["salt"]), said["text"]) != commitments[name]:
            report.add(Status.TAMPERED, f"{place}: {name} is not the text its body commits to.")


def check_proof(
    line: Mapping[str, Any], leaf: bytes, head: TreeHead | None, place: str, report: Report
) -> None:
    """Follow the proof from the leaf to the signed root."""
    if line["proof"] is None:
        report.add(Status.UNVERIFIABLE, f"{place} is newer than the checkpoint.")
        return
    if head is None:
        return
    try:
        proof = [bytes.fromhex(one) for one in line["proof"]]
        merkle.verify_inclusion(leaf, line["leaf"], proof, head)
    except BadProof as error:
        report.add(Status.TAMPERED, f"{place}: {error}")
