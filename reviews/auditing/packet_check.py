"""Checking a packet from its file alone: no database, no server, no settings of a log.

Statuses mean what they mean for the log: tampered, bytes are not what was sealed or signed;
incomplete, something that must be there is not; unverifiable, a key or a proof is missing.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviews.audit import canonical, merkle, notes
from reviews.audit.actions import Action
from reviews.audit.errors import BadNote, BadProof, NotCanonical, UnknownSigner
from reviews.audit.merkle import TreeHead
from reviews.audit.notes import CheckpointText, Verifier
from reviews.audit.report import Report, Status
from reviews.audit.values import commit
from reviews.auditing.population import VERDICTS
from reviews.auditing.readings import reading_of
from reviews.auditing.selection import RULE, list_text
from reviews.draws import draw_openly

LARGEST = 256 * 1024 * 1024
"""Bytes a packet may have unpacked: a small file that grows without end is no packet."""

MANIFEST = "manifest.json"
PLAIN_NAME = re.compile(r"(P-[0-9]{1,19}/)?[A-Za-z][A-Za-z0-9_-]*\.(json|jsonl|txt)")
"""How a file of a packet is named: whoever unpacks it writes nowhere else."""

SHAPE: Mapping[str, type] = {
    "files": dict,
    "drawn": list,
    "seed": str,
    "rule": str,
    "population": int,
    "population_sha256": str,
}
WRITES_TEXT = (Action.PROPOSAL_FILED, Action.PROPOSAL_REVISED, Action.PROPOSAL_REBASED)

# AttributeError: a value of another type than the one that stands there. RuntimeError: nesting
# without end, an archive under a password or of an unknown method.
BROKEN = (
    AttributeError,
    BadNote,
    BadProof,
    EOFError,
    LookupError,
    NotCanonical,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@contextmanager
def reading(member: str, report: Report) -> Iterator[None]:
    """Report whatever is wrong with the form of a member under its name, and go on after it."""
    try:
        yield
    except KeyError as error:
        report.add(Status.TAMPERED, f"{member}: {error} is missing.")
    except BROKEN as error:
        report.add(Status.TAMPERED, f"{member}: {str(error).rstrip('.') or type(error).__name__}.")


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
    packet = open_packet(path, report)
    if packet is None:
        return report
    check_files(packet, report)
    with reading("population.txt", report):
        check_draw(packet, report)
    with reading("checkpoint.txt", report):
        open_head(packet, verifiers, report)
    for name in packet.manifest["drawn"]:
        check_proposal(packet, name, report.head, report)
    return report


def open_packet(path: Path, report: Report) -> Packet | None:
    """Return the packet's files and manifest, None where there is none to go by."""
    found: Packet | None = None
    with reading("This is no packet", report):
        files = read_files(path)
        with reading(MANIFEST, report):
            found = Packet(files, read_manifest(files[MANIFEST].decode()))
    return found


def read_files(path: Path) -> dict[str, bytes]:
    """Return what is in the archive by name, in no more memory than its table says.

    Raises one of BROKEN, which names the member.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(one.file_size for one in members) > LARGEST:
            largest = max(members, key=lambda one: one.file_size)
            raise ValueError(f"more than {LARGEST:,} bytes, most of them {largest.filename!r}")
        files: dict[str, bytes] = {}
        for one in members:
            if not PLAIN_NAME.fullmatch(one.filename):
                raise ValueError(f"{one.filename!r} is no name of a file in a packet")
            if one.filename in files:
                raise ValueError(f"two files are named {one.filename}")
            files[one.filename] = unpack(archive, one)
    return files


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes, never more than were announced; ValueError where it is damaged."""
    try:
        with archive.open(member) as file:
            # With a number, not to the end: else all it grows to is unpacked before it is cut.
            return file.read(member.file_size + 1)
    except BROKEN as error:
        raise ValueError(f"{member.filename} cannot be unpacked: {error}") from error


def read_manifest(text: str) -> Mapping[str, Any]:
    """Return the manifest; raises one of BROKEN for what has another form."""
    manifest = read_json(text)
    for name, kind in SHAPE.items():
        if type(manifest[name]) is not kind:
            raise TypeError(f"{name} is not of type {kind.__name__}")
    for name in (*manifest["drawn"], *manifest["files"].values()):
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is no text")
    return dict(manifest)


def read_json(text: str) -> Any:
    """Return the value; ValueError also where a name stands twice: readers differ in which holds.

    RecursionError where it is nested without end.
    """
    return json.loads(text, object_pairs_hook=_named_once, parse_constant=_refuse)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(one for one in names if names.count(one) > 1)!r} stands twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def check_files(packet: Packet, report: Report) -> None:
    """Hold every file against its SHA-256 in the manifest."""
    listed = dict(packet.manifest["files"])
    for name, content in packet.files.items():
        if name == MANIFEST:
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


def open_head(packet: Packet, verifiers: Sequence[Verifier], report: Report) -> None:
    """Note the signed tree all proofs lead to, none where its signature does not hold."""
    known = tuple(verifiers)
    if not known:
        report.note("Checked with the keys in the packet: compare them with a copy of your own.")
        with reading("verifiers.txt", report):
            lines = packet.text("verifiers.txt").splitlines()
            known = tuple(Verifier.from_text(line) for line in lines if line)
    try:
        signed = notes.open_note(packet.text("checkpoint.txt"), known)
        report.head = CheckpointText.from_text(signed).head
    except UnknownSigner as error:
        report.add(Status.UNVERIFIABLE, f"checkpoint.txt: {error}")


def check_proposal(packet: Packet, name: str, head: TreeHead | None, report: Report) -> None:
    """Check one drawn proposal: its entries, and that its texts and votes are those they tell."""
    if f"{name}/entries.jsonl" not in packet.files or f"{name}/proposal.json" not in packet.files:
        report.add(Status.INCOMPLETE, f"{name} was drawn and is not there.")
        return
    report.count("proposals")
    sealed: list[Sealed] = []
    lines: list[str] = []
    with reading(f"{name}/entries.jsonl", report):
        lines = packet.text(f"{name}/entries.jsonl").split("\n")[:-1]
    for at, line in enumerate(lines, start=1):
        with reading(f"{name}/entries.jsonl line {at}", report):
            entry = check_entry(read_json(line), name, head, report)
            sealed += [entry] if entry else []
    with reading(f"{name}/proposal.json", report):
        facts = read_json(packet.text(f"{name}/proposal.json"))
        check_votes(name, facts, sealed, report)
        check_texts(name, facts, sealed, report)
        if packet.files.get(f"{name}/reading.txt") != reading_of(facts).encode():
            report.add(
                Status.UNVERIFIABLE,
                f"{name}/reading.txt is not what this version says of {name}/proposal.json.",
            )


def check_votes(
    name: str, facts: Mapping[str, Any], sealed: Sequence["Sealed"], report: Report
) -> None:
    """Hold each decision against the entry it wrote, in their order."""
    told, votes = facts["decisions"], [one for one in sealed if one.action in VERDICTS]
    if len(votes) != len(told):
        report.add(Status.TAMPERED, f"{name} has {len(told)} decisions, the log {len(votes)}.")
        return
    for at, (decision, vote) in enumerate(zip(told, votes, strict=True), start=1):
        said = (VERDICTS[vote.action], vote.revision)
        reason = vote.texts.get("reason")
        if (decision["verdict"], decision["revision"]) != said or (
            reason is not None and decision["reason"] != reason
        ):
            report.add(Status.TAMPERED, f"{name} decision {at} is not the one in the log.")


def check_texts(
    name: str, facts: Mapping[str, Any], sealed: Sequence["Sealed"], report: Report
) -> None:
    """Hold each revision and quote against its SHA-256 and against the text in its entry."""
    logged = {one.revision: one.texts.get("content") for one in sealed if one.action in WRITES_TEXT}
    for text in facts["revisions"]:
        what = f"{name} revision {text['number']}"
        check_text(what, text["content"], text["sha256"], report)
        if text["number"] not in logged:
            report.add(Status.INCOMPLETE, f"{what} has no entry in the packet.")
        elif logged[text["number"]] not in {None, text["content"]}:
            report.add(Status.TAMPERED, f"{what} is not the text in the log.")
    filed = [one.texts for one in sealed if one.action == Action.PROPOSAL_FILED]
    for quote in facts["evidence"]:
        if not quote["quote"]:
            continue
        what = f"{name} evidence {quote['position']}"
        check_text(what, quote["quote"], quote["sha256"], report)
        if filed and filed[0].get(f"quote_{quote['position']}", "") not in {None, quote["quote"]}:
            report.add(Status.TAMPERED, f"{what} is not the quote in the log.")


def check_text(what: str, text: str, sha256: str, report: Report) -> None:
    """Hold a text against its SHA-256."""
    report.count("texts")
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        report.add(Status.TAMPERED, f"{what} is not the text its hash names.")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an entry says, with the texts that open its commitments; None: erased."""

    action: str
    revision: int | None
    texts: Mapping[str, str | None]


def check_entry(
    line: Mapping[str, Any], name: str, head: TreeHead | None, report: Report
) -> Sealed | None:
    """Check one entry and return what it says, None where the packet leaves it out."""
    report.count("entries")
    place = f"{name} entry {line['number']}"
    if line.get("changed"):
        report.add(Status.TAMPERED, f"{place} is not what was sealed; the packet leaves it out.")
        return None
    body: Mapping[str, Any] = canonical.decode(line["body"])
    action, about = body["action"], body["object"]
    leaf = merkle.leaf_hash(line["body"].encode())
    if leaf.hex() != line["leaf_hash"] or about != name:
        report.add(Status.TAMPERED, f"{place}: its body is not the one that was sealed.")
    check_values(line["values"], body.get("values", {}), place, report)
    check_proof(line, leaf, head, place, report)
    texts = {each: said["text"] if said else None for each, said in line["values"].items()}
    return Sealed(action, body.get("revision"), texts)


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
