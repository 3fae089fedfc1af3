"""Quotes in their place: the words, the turns around them, and how the session ended."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from agents.models import Check, Event, Outcome, Session, SessionRevision
from agents.personal import covers_of, mask_on_page, mask_stretch
from agents.prepared import Prepared, Slot
from agents.transcripts.base import EventKind, Role, Verdict
from reviews.changes import Relation, Trust
from reviews.models import Evidence, Proposal

AROUND = 2
"""Turns shown before and after the cited one once the quote is opened."""

SHOWN = 6
"""Quotes on a proposal's page from the start; what contradicts is never among the rest."""

MOST_SHOWN = 12
A_PAGE = 20
"""Quotes that come at a time when more are asked for."""

CLIP = 360
CLIP_TURN = 1_200
WHO: Mapping[str, str] = {
    EventKind.TOOL_CALL: "Agent calls",
    EventKind.TOOL_RESULT: "Tool",
    EventKind.APPROVAL: "Approval",
    EventKind.REJECTION: "Rejection",
    EventKind.EDIT: "Edit",
    EventKind.INTERRUPTION: "Interruption",
}
SPEAKERS: Mapping[str, str] = {Role.USER: "User", Role.ASSISTANT: "Agent", Role.TOOL: "Tool"}
ENDS: Mapping[str, str] = {
    Verdict.SUCCESS: "The session succeeded",
    Verdict.FAILURE: "The session failed",
    Verdict.UNKNOWN: "How the session ended is not known",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One event: its words before, in and after the quote; only the cited one has a quote.

    tool: the name of the tool that is called or answers; trust: how far its words can be trusted.
    All texts are as hostile as any session.
    """

    index: int
    who: str
    tool: str
    before: str
    quote: str = ""
    after: str = ""
    is_cited: bool = False
    is_error: bool = False
    trust: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the session ended, in words; check: the first check that failed, and what it said.

    check_name: its name alone.
    """

    verdict: str
    words: str
    check: str = ""
    check_name: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """One quote of a proposal. is_wide: the turns around it are here too.

    revision: that of the session it was found in, where it is not the newest; None where it is.
    """

    position: int
    supports: bool
    session: str
    number: int
    turn: int
    at: datetime | None
    turns: tuple[Turn, ...]
    ending: Ending
    is_opened: bool
    is_wide: bool = False
    revision: int | None = None


def evidence_of(proposal: Proposal | Slot) -> QuerySet[Evidence]:
    """Return the proposal's evidence with its events and sessions, in order."""
    rows = Evidence.objects.filter(proposal=proposal).order_by("position")
    return rows.select_related("event__revision__session")


@Prepared
def _evidence(proposal: Slot) -> QuerySet[Evidence]:
    return evidence_of(proposal)


def find_evidence(proposal: Proposal, position: int) -> Evidence:
    """Return one quote of the proposal, or raise Http404."""
    found = evidence_of(proposal).filter(position=position).first()
    if found is None:
        raise Http404(f"{proposal} has no quote {position}.")
    return found


def quotes_of(proposal: Proposal, opened: Collection[int]) -> tuple[Quote, ...]:
    """Return every quote with its own turn, in the order in which they matter.

    opened: the positions somebody has opened. First the strongest for it, then all against it, then
    the others for it; each by strength: members' words, failed visible checks, failures, newest.
    """
    rows, kinds = _evidence(proposal=proposal.pk), proposal.workspace.masked
    endings = _endings_of(proposal.pk, {row.event.revision_id for row in rows}, kinds)
    visible = frozenset(map(str, proposal.workspace.visible_checks))
    ranked = sorted(rows, key=lambda row: _rank(row, endings[row.event.revision_id], visible))
    supports = [row for row in ranked if row.relation == Relation.SUPPORTS]
    against = [row for row in ranked if row.relation != Relation.SUPPORTS]
    return tuple(
        _quote(row, (_cited(row, kinds),), endings[row.event.revision_id], opened, is_wide=False)
        for row in (*supports[:1], *against, *supports[1:])
    )


def _rank(row: Evidence, ending: Ending, visible: Collection[str]) -> tuple[int, float, int]:
    """Return where a quote stands among its like: the lower, the more it says."""
    at = row.event.at or row.event.revision.session.started_at
    if row.event.trust == Trust.MEMBER:
        strength = 0
    elif ending.check_name in visible:
        strength = 1
    else:
        strength = 2 if ending.verdict == Verdict.FAILURE else 3
    return strength, -at.timestamp() if at else 0.0, row.position


def count_shown(quotes: Sequence[Quote]) -> int:
    """Return how many of the quotes stand on the page from the start: all against, up to twelve."""
    against = sum(not quote.supports for quote in quotes)
    return min(len(quotes), MOST_SHOWN, max(SHOWN, against + 1))


def widen(evidence: Evidence, kinds: Collection[str]) -> Quote:
    """Return a quote with the turns around it; kinds: of personal data, masked in all of them."""
    event = evidence.event
    around = Event.objects.filter(
        revision=event.revision_id,
        index__range=(max(0, event.index - AROUND), event.index + AROUND),
    ).order_by("index")
    turns = tuple(
        _cited(evidence, kinds) if one.pk == event.pk else _turn(one, kinds) for one in around
    )
    endings = _endings_of(evidence.proposal_id, {event.revision_id}, kinds)
    ending = endings[event.revision_id]
    return _quote(evidence, turns, ending, {evidence.position}, is_wide=True)


def _quote(
    row: Evidence,
    turns: tuple[Turn, ...],
    ending: Ending,
    opened: Collection[int],
    *,
    is_wide: bool,
) -> Quote:
    session = row.event.revision.session
    return Quote(
        position=row.position,
        supports=row.relation == Relation.SUPPORTS,
        session=str(session),
        number=session.number,
        turn=row.event.index,
        at=row.event.at or session.started_at,
        turns=turns,
        ending=ending,
        is_opened=row.position in opened,
        is_wide=is_wide,
        revision=_older(row.event.revision, session),
    )


def _older(revision: SessionRevision, session: Session) -> int | None:
    """Return the revision's number where the session was sent anew since, else None."""
    return revision.number if revision.number != session.revision else None


def _turn(event: Event, kinds: Collection[str]) -> Turn:
    end = min(len(event.text), CLIP_TURN)
    text = mask_stretch(event.text, 0, end, covers_of(event.text, kinds, 0, end))
    text += "…" if len(event.text) > CLIP_TURN else ""
    return Turn(
        event.index, _who(event), event.tool, text, is_error=event.is_error, trust=event.trust
    )


def masked_words(row: Evidence, kinds: Collection[str]) -> str:
    """Return the words of a quote with personal data of `kinds` masked, as its event shows it."""
    text = row.event.text
    if text[row.start : row.end] != row.quote:
        return mask_on_page(row.quote, kinds)
    covers = covers_of(text, kinds, row.start, row.end)
    return mask_stretch(text, row.start, row.end, covers)


def _cited(row: Evidence, kinds: Collection[str]) -> Turn:
    """Return the cited event, clipped to what stands around the quote, personal data masked.

    Where the event no longer holds the words (they were erased there), the quote stands alone.
    """
    event = row.event
    text = event.text
    is_there = text[row.start : row.end] == row.quote
    first, last = max(0, row.start - CLIP), min(len(text), row.end + CLIP)
    covers = covers_of(text, kinds, first, last) if is_there else ()
    before = mask_stretch(text, first, row.start, covers) if is_there else ""
    after = mask_stretch(text, row.end, last, covers) if is_there else ""
    return Turn(
        index=event.index,
        who=_who(event),
        tool=event.tool,
        before=f"…{before}" if is_there and row.start > CLIP else before,
        quote=masked_words(row, kinds),
        after=f"{after}…" if is_there and row.end + CLIP < len(text) else after,
        is_cited=True,
        is_error=event.is_error,
        trust=event.trust,
    )


def _who(event: Event) -> str:
    return WHO.get(event.kind) or SPEAKERS.get(event.role, event.role)


def _endings_of(proposal: int, revisions: Set[int], kinds: Collection[str]) -> dict[int, Ending]:
    """Return how the session of each revision ended that the proposal's quotes are of.

    Two queries for all of them, and none where there is no quote.
    """
    if not revisions:
        return {}
    outcomes = {outcome.revision_id: outcome for outcome in _outcomes(proposal=proposal)}
    failed = _failed_checks(_failed(proposal=proposal), kinds)
    return {pk: _ending(outcomes.get(pk), failed) for pk in revisions}


@Prepared
def _outcomes(proposal: Slot) -> QuerySet[Outcome]:
    cited = Evidence.objects.filter(proposal=proposal).values("event__revision")
    return Outcome.objects.filter(revision__in=cited)


@Prepared
def _failed(proposal: Slot) -> QuerySet[Check]:
    cited = Evidence.objects.filter(proposal=proposal).values("event__revision")
    checks = Check.objects.filter(outcome__revision__in=cited, passed=False)
    return checks.order_by("outcome", "position")


def _failed_checks(checks: Iterable[Check], kinds: Collection[str]) -> dict[int, tuple[str, str]]:
    """Return by outcome the first check that failed: its name, and that with what it said.

    checks: those that failed, in their order.
    """
    found: dict[int, tuple[str, str]] = {}
    for check in checks:
        message = mask_on_page(check.message, kinds)
        words = f"{check.name}: {message}" if message else check.name
        # The page ends the sentence itself.
        found.setdefault(check.outcome_id, (check.name, words[:200].rstrip(" .")))
    return found


def _ending(outcome: Outcome | None, failed: Mapping[int, tuple[str, str]]) -> Ending:
    verdict = outcome.verdict if outcome else Verdict.UNKNOWN.value
    name, words = failed.get(outcome.pk, ("", "")) if outcome else ("", "")
    return Ending(verdict, ENDS[verdict], words, name)
