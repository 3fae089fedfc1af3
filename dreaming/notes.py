"""What reviewers asked of a dream when they sent proposals back, and what the dream answers.

Notes are chosen once, at a dream's first attempt, and kept on its row, so that a later attempt
reads the same. What becomes of each is said in a sentence: on the dream, and on the proposal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agents.models import MemoryStore
from agents.stores import text_sha256
from dreaming.engines.base import Dropped, Note
from dreaming.engines.steering import read_instructions
from dreaming.models import Dream
from dreaming.precedents import Precedent, has_grown
from reviews.changes import Change
from reviews.lifecycle import STANDS, State
from reviews.models import OriginKind, Proposal
from reviews.requests import asked_of, sent_back


@dataclass(frozen=True, slots=True)
class Request:
    """A proposal that is sent back: what it said in all its revisions, and what was asked."""

    proposal: Proposal
    words: str
    texts: frozenset[str]

    @property
    def at_least(self) -> int:
        """Return how many sessions the note asks to wait for, 0 where it asks for none."""
        return read_instructions(self.words, ()).at_least

    def is_about(self, change: Change) -> bool:
        """Say whether `change` is what this proposal proposed: the same path or pattern."""
        key = change.pattern.key if change.pattern else ""
        return change.path == self.proposal.path or bool(key and key == self.proposal.pattern_key)

    def is_answered_by(self, change: Change) -> bool:
        """Say whether `change` is worth another look: other words, or evidence that has grown.

        Grown as for what was rejected, or up to what the note asks to wait for.
        """
        if text_sha256(change.content) not in self.texts or change.op != self.proposal.op:
            return True
        row, sessions = self.proposal, support_of(change)
        if row.support < self.at_least <= sessions:
            return True
        before = Precedent("", str(row), row.support, bool(row.pattern_numbers.get("told")))
        told = bool(change.pattern.numbers.get("told")) if change.pattern else False
        return has_grown(before, sessions=sessions, is_told=told)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a dream saw of what was sent back. status: as of a change or pattern of the dream."""

    status: str
    reference: str = ""
    sessions: int = 0
    why: str = ""


def support_of(change: Change) -> int:
    """Return in how many sessions the pattern behind `change` was seen."""
    return int(str(change.pattern.numbers.get("sessions", 0))) if change.pattern else 0


def choose_requests(store: MemoryStore) -> list[dict[str, Any]]:
    """Return what `store` was sent back with, as a dream keeps it from its first attempt on."""
    rows = list(sent_back(store))
    asked = asked_of(rows)
    return [
        {
            "proposal": str(row),
            "words": asked[row.pk].words if row.pk in asked else "",
            "outcome": "",
            "reference": "",
        }
        for row in rows
    ]


def notes_of(dream: Dream) -> list[dict[str, str]]:
    """Return the dream's notes as they stand in the header of its spool."""
    rows = _proposals_of(dream)
    notes = (
        Note(one["proposal"], row.path, row.pattern_key, one["words"])
        for one in dream.requests
        if (row := rows.get(one["proposal"])) is not None
    )
    return [asdict(note) for note in notes]


def _proposals_of(dream: Dream) -> dict[str, Proposal]:
    numbers = [int(one["proposal"].removeprefix("P-")) for one in dream.requests]
    found = Proposal.objects.filter(store=dream.store, number__in=numbers)
    found = found.select_related("replaced_by")
    return {str(row): row for row in found}


def open_requests(dream: Dream) -> tuple[Request, ...]:
    """Return the dream's requests whose proposals are still sent back, in the order asked."""
    rows = _proposals_of(dream)
    texts: dict[int, set[str]] = {}
    pairs = Proposal.objects.filter(pk__in=[row.pk for row in rows.values()])
    for pk, sha256 in pairs.values_list("pk", "revisions__sha256"):
        texts.setdefault(pk, set()).add(sha256)
    return tuple(
        Request(row, one["words"], frozenset(texts.get(row.pk, ())))
        for one in dream.requests
        if (row := rows.get(one["proposal"])) is not None and row.state == State.CHANGES_REQUESTED
    )


def refiled_paths(requests: Iterable[Request], changes: Iterable[Change]) -> frozenset[str]:
    """Return the paths of the changes that are filed in the place of what was sent back."""
    asked = tuple(requests)
    return frozenset(
        change.path
        for change in changes
        if any(one.is_about(change) and one.is_answered_by(change) for one in asked)
    )


def answer_requests(dream: Dream, seen: Mapping[str, Seen]) -> list[dict[str, Any]]:
    """Return the dream's requests with what became of each; the proposals say it from now on.

    seen: by the name of the proposal (P-12), what the dream saw of it; none where it saw nothing.
    Runs in the caller's transaction.
    """
    rows = _proposals_of(dream)
    answered = []
    for one in dream.requests:
        row = rows.get(one["proposal"])
        if row is None:
            continue
        outcome, reference = _outcome(dream, row, seen.get(str(row)))
        answered.append({**one, "outcome": outcome, "reference": reference})
        Proposal.objects.filter(pk=row.pk, state=State.CHANGES_REQUESTED).update(
            state_reason=f"{dream} answers: {outcome}"
        )
    return answered


def mark_refiled(dream: Dream) -> list[dict[str, Any]]:
    """Return the dream's requests, now that what it held was filed: the rest stays as answered."""
    rows = _proposals_of(dream)
    return [
        {**one, "outcome": f"Filed anew as {row.replaced_by}.", "reference": str(row.replaced_by)}
        if (row := rows.get(one["proposal"])) is not None and row.replaced_by is not None
        else one
        for one in dream.requests
    ]


def _outcome(dream: Dream, row: Proposal, seen: Seen | None) -> tuple[str, str]:
    if row.replaced_by is not None:
        return f"Filed anew as {row.replaced_by}.", str(row.replaced_by)
    if row.state != State.CHANGES_REQUESTED:
        return f"Settled meanwhile: it {STANDS[State(row.state)]}.", ""
    if seen is not None:
        return _outcome_seen(dream, seen)
    if row.origin_kind == OriginKind.PERSON:
        return f"Filed by hand: {row.origin_label} files it anew or withdraws it.", ""
    return f"No longer seen in {_sessions(dream.sessions_read)}. The note stays for later.", ""


def _outcome_seen(dream: Dream, seen: Seen) -> tuple[str, str]:
    still = f"Still seen ({_sessions(seen.sessions)})"
    if seen.status == "held":
        return f"{still}, and changed: held with this dream until two people let it through.", ""
    if seen.status == "followed":
        return f"Followed. {seen.why}", ""
    if seen.status == "listed":
        return f"{still}, and not proposed any more: {seen.why}", seen.reference
    if seen.status == "dropped":
        return f"{still}, and could not be filed: {seen.why}", ""
    if seen.status == "already_in_memory":
        return f"{still}; {seen.reference} says so already.", seen.reference
    engine = "the local engine cannot follow a note in prose"
    if dream.engine != "local":
        engine = f"engine {dream.engine} proposes the same words again"
    return f"{still}, unchanged: {engine}. File it anew by hand, or withdraw it.", ""


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def find_seen(
    requests: Sequence[Request],
    changes: Iterable[tuple[Change, Seen]],
    patterns: Mapping[str, Seen],
    dropped: Iterable[Dropped],
) -> dict[str, Seen]:
    """Return by the name of each proposal sent back what a dream saw of it.

    changes: what the dream came to; patterns: by pattern key, what it only listed or dropped;
    dropped: among it what the engine left out because a note asks for it.
    """
    known = tuple(changes)
    followed = {one.what: Seen("followed", why=one.why) for one in dropped}
    found = {}
    for one in requests:
        seen = next((seen for change, seen in known if one.is_about(change)), None)
        seen = seen or followed.get(str(one.proposal))
        seen = seen or patterns.get(one.proposal.pattern_key or "-")
        if seen is not None:
            found[str(one.proposal)] = seen
    return found
