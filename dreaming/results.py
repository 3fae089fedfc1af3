"""A dream's result as the `dream` command prints it and tests compare it.

Without id, status, risk and route the proposals, and the patterns and dropped lines as they are,
are byte-identical for the same sessions read by the local engine.
"""

from collections.abc import Mapping
from typing import Any

from dreaming.models import Dream, Pattern
from reviews.models import OriginKind, Proposal


def result_of(dream: Dream, *, seconds: float) -> dict[str, Any]:
    """Return the result: sessions_read, patterns, proposals, dropped, usage, seconds and the state.

    A proposal with status already_open, already_in_memory or rejected_before was not filed again;
    its id is that of the one that is there, its risk and route are null: they stand on that one.
    """
    rows = Proposal.objects.filter(
        store=dream.store, origin_kind=OriginKind.DREAM, origin_id=str(dream)
    )
    filed = {row.path: row for row in rows}
    return {
        "dream": str(dream),
        "state": dream.state,
        "words": dream.failure,
        "engine": {"name": dream.engine, "version": dream.engine_version},
        "input_sha256": dream.input_sha256,
        "sessions_read": dream.sessions_read,
        "left_out": [{"why": why, "sessions": count} for why, count in dream.left_out],
        "patterns": [pattern_of(row) for row in dream.patterns.order_by("position")],
        "proposals": [proposal_of(one, filed) for one in dream.proposed],
        "dropped": list(dream.dropped),
        "requests": list(dream.requests),
        "usage": dream.usage,
        "seconds": seconds,
    }


def pattern_of(row: Pattern) -> dict[str, Any]:
    """Return one pattern with its numbers."""
    return {
        "key": row.key,
        "kind": row.kind,
        "title": row.title,
        "statement": row.statement,
        "sentences": row.sentences,
        "support": row.support,
        "tasks": row.numbers["tasks"],
        "principals": row.numbers["people"],
        "agents": row.numbers["agents"],
        "domains": row.numbers["domains"],
        "conditions": row.numbers["conditions"],
        "claim": row.numbers["claim"],
        "effect": row.numbers["effect"],
        "q": row.numbers["q"],
        "signal": row.signal,
        "scope": row.scope,
        "numbers": row.numbers,
    }


def proposal_of(one: Mapping[str, Any], filed: Mapping[str, Proposal]) -> dict[str, Any]:
    """Return one proposed change, with the row it was filed as where it was."""
    change = one["change"]
    row = filed.get(change["path"])
    return {
        "id": str(row) if row else one["reference"] or None,
        "status": one["status"],
        "op": change["op"],
        "path": change["path"],
        "content": change["content"],
        "title": change["title"],
        "rationale": change["rationale"],
        "evidence": change["evidence"],
        "pattern": change["pattern"]["key"] if change["pattern"] else None,
        "taint": change["taint"],
        "merged": change["merged"],
        "risk": row.risk if row else None,
        "route": row.route if row else None,
    }
