"""A proposal of a packet in plain text, for people. Pure."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from agents.web.characters import split_hidden

Facts = Mapping[str, Any]


def reading_of(facts: Facts) -> str:
    """Return change, evidence, votes and comments of a proposal, hidden characters spelled out."""
    return "".join(f"{legible(line)}\n" for line in _lines(facts))


def legible(text: str) -> str:
    """Return the text with each character that would not show as [U+202E]."""
    return "".join(f"[{part.text}]" if part.is_hidden else part.text for part in split_hidden(text))


def _lines(facts: Facts) -> Iterator[str]:
    yield f"{facts['proposal']}  {facts['title']}"
    yield f"{facts['kind']} of {facts['path']}, {facts['risk']} risk, {facts['state']} now"
    yield f"Filed {facts['filed_at']} by {facts['origin']}"
    yield from (f"Risk: {reason}" for reason in facts["risk_reasons"])
    yield from (f"  {sentence}" for sentence in facts["sentences"])
    for revision in facts["revisions"]:
        yield ""
        yield f"Revision {revision['number']} by {revision['by']}, {revision['at']}"
        yield from _change(revision)
        if revision["rationale"]:
            yield f"Reason given for it, unchecked: {revision['rationale']}"
    yield ""
    yield f"Evidence: {len(facts['evidence'])}"
    for quote in facts["evidence"]:
        yield f"  {quote['position']}. {quote['session']} turn {quote['turn']}, {quote['relation']}"
        yield from (f"     | {line}" for line in quote["quote"].splitlines() or ["(erased)"])
    for vote in facts["decisions"]:
        yield ""
        yield from _vote(vote, len(facts["evidence"]))
    for comment in facts["comments"]:
        yield ""
        yield f"Comment of {comment['by']}, {comment['at']}: {comment['text']}"


def _change(revision: Facts) -> Iterator[str]:
    old, new = revision["base"].splitlines(), revision["content"].splitlines()
    against = revision["base_version"]
    name = "nothing" if against is None else f"version {against}"
    compared = difflib.unified_diff(
        old, new, name, f"revision {revision['number']}", n=3, lineterm=""
    )
    yield from (f"    {line}" for line in compared)


def _vote(vote: Facts, quotes: int) -> Iterator[str]:
    undone = ", undone later" if vote["undone"] else ""
    yield f"Decision {vote['number']}: {vote['verdict']} by {vote['by']}, {vote['at']}{undone}"
    yield f"  on revision {vote['revision']}"
    opened = vote["shown"].get("evidence_opened")
    if opened is not None:
        said = ", ".join(str(one) for one in opened) or "none"
        yield f"  evidence opened before: {said} of {quotes}"
    if vote["reason_code"] or vote["reason"]:
        yield f"  reason: {vote['reason_code']} {vote['reason']}".rstrip()
