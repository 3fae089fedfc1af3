"""A packet made without a log: two proposals drawn of five, signed by a key of its own."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reviews.audit import canonical, merkle, notes
from reviews.audit.merkle import TreeHead
from reviews.audit.notes import CheckpointText, Signer
from reviews.audit.values import commit
from reviews.auditing.readings import reading_of
from reviews.auditing.selection import RULE, list_text
from reviews.draws import draw_openly

Files = dict[str, bytes]

SIGNER = Signer("log.example", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
SALT = bytes(32)
TEXT = "Refund within 14 days.\n"
QUOTE = "already shipped"
AT = "2026-11-21T06:00:00+00:00"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def body_of(name: str, action: str, values: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A sealed body; each of `values` is committed to."""
    said = {each: commit(SALT, text) for each, text in values.items()}
    return {"action": action, "object": name, "revision": 1, "values": said, **more}


def facts_of(name: str) -> dict[str, Any]:
    revision = {"number": 1, "by": "Dream D-1", "at": AT, "base_version": None, "base": ""}
    evidence = {"position": 1, "session": "S-1", "turn": 2, "relation": "supports"}
    decision = {"number": 1, "revision": 1, "verdict": "approve", "by": "Rosa", "at": AT}
    return {
        "proposal": name,
        "title": "Refunds",
        "path": "/refunds/days.md",
        "kind": "create",
        "state": "applied",
        "risk": "low",
        "risk_reasons": [],
        "origin": "Dream D-1",
        "sentences": [],
        "filed_at": AT,
        "revisions": [
            revision
            | {"content": TEXT, "sha256": sha256(TEXT), "rationale": "Seen thrice.", "reason": ""}
        ],
        "evidence": [evidence | {"quote": QUOTE, "sha256": sha256(QUOTE)}],
        "decisions": [
            decision
            | {"reason_code": "", "reason": "The terms say 14.", "undone": False}
            | {"shown": {"evidence_opened": [1]}}
        ],
        "comments": [],
    }


def packet(*, population: int = 5, size: int = 2, signer: Signer = SIGNER) -> Files:
    """A sound packet, by file."""
    names = [f"P-{number}" for number in range(1, population + 1)]
    drawn = draw_openly("dawn", names, size)
    told = {"proposal.filed": {"content": TEXT, "quote_1": QUOTE}}
    told["decision.approved"] = {"reason": "The terms say 14."}
    sealed = [(name, action) for name in names for action in told]
    bodies = [canonical.encode(body_of(*one, told[one[1]])).decode() for one in sealed]
    leaves = [merkle.leaf_hash(body.encode()) for body in bodies or [""]]
    head = TreeHead(len(leaves), merkle.root_of(leaves))
    files = {
        "population.txt": list_text(names),
        "checkpoint.txt": notes.sign(CheckpointText("log.example", head).to_text(), [signer]),
        "verifiers.txt": f"{signer.verifier.to_text()}\n",
        "README.txt": "A sample.\n",
    }
    for name in drawn:
        lines = []
        for at, (about, action) in enumerate(sealed):
            if about == name:
                proof = merkle.inclusion_proof(merkle.nodes_of(leaves), at, len(leaves))
                values = {n: {"salt": SALT.hex(), "text": t} for n, t in told[action].items()}
                lines.append(
                    {"number": at + 1, "leaf": at, "leaf_hash": leaves[at].hex()}
                    | {"body": bodies[at], "values": values, "proof": [one.hex() for one in proof]}
                )
        facts = facts_of(name)
        files[f"{name}/proposal.json"] = json.dumps(facts)
        files[f"{name}/reading.txt"] = reading_of(facts)
        files[f"{name}/entries.jsonl"] = "".join(f"{json.dumps(line)}\n" for line in lines)
    manifest = {"seed": "dawn", "rule": RULE, "population": len(names), "drawn": drawn}
    manifest["population_sha256"] = sha256(list_text(names))
    files["manifest.json"] = json.dumps(manifest | {"files": {}})
    return listed({name: text.encode() for name, text in files.items()})


def listed(files: Files) -> Files:
    """The files with a manifest that agrees, as somebody who changed them would write it."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "manifest.json"
    }
    return files | {"manifest.json": json.dumps(manifest).encode()}


def write(path: Path, files: Mapping[str, bytes]) -> Path:
    """The archive of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def lines_of(files: Files, name: str) -> list[dict[str, Any]]:
    """What the log says of a drawn proposal."""
    return [json.loads(line) for line in files[f"{name}/entries.jsonl"].splitlines()]


def with_lines(files: Files, name: str, lines: list[dict[str, Any]]) -> Files:
    """The packet with other entries about the proposal, and a manifest that agrees."""
    said = "".join(f"{json.dumps(line)}\n" for line in lines)
    return listed(files | {f"{name}/entries.jsonl": said.encode()})


def with_facts(files: Files, name: str, facts: dict[str, Any]) -> Files:
    """The packet with other facts of the proposal: its reading and its manifest agree."""
    said = {
        f"{name}/proposal.json": json.dumps(facts).encode(),
        f"{name}/reading.txt": reading_of(facts).encode(),
    }
    return listed(files | said)
