"""Past sessions that would have met a proposed memory, and how they ended.

This is no measure of what the memory does: it shows where it would have stood in the way of whom.
Bounded by the newest sessions, so that it costs the same however many there are.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Substr

from agents.models import Event, Session, SessionRevision
from agents.transcripts.base import EventKind, Role, Verdict
from reviews.models import Proposal
from reviews.occasions import Occasion, comes_to, telling_words, tools_named

LOOKED_AT = 200
"""The newest sessions that are looked at."""

LISTED = 8
OPENING = 2_000
FIRST_EVENTS = 4
"""The words of the user among so many first events open a session."""


@dataclass(frozen=True, slots=True)
class Ends:
    """How many sessions there are and how they ended."""

    all: int
    failed: int
    succeeded: int

    @property
    def unknown(self) -> int:
        """Return of how many it is not known."""
        return self.all - self.failed - self.succeeded


@dataclass(frozen=True, slots=True)
class Met:
    """A session that would have met it. is_cited: a quote of the proposal is from it."""

    number: int
    verdict: str
    at: datetime | None
    is_cited: bool


@dataclass(frozen=True, slots=True)
class Past:
    """What the newest sessions show. tools or words: what a session was told by.

    listed: the newest of those that met it.
    """

    tools: tuple[str, ...]
    words: tuple[str, ...]
    looked_at: int
    met: Ends
    others: Ends
    listed: tuple[Met, ...]

    @property
    def is_told(self) -> bool:
        """Say whether there is anything by which a session can be told."""
        return bool(self.tools or self.words)


def past_of(proposal: Proposal) -> Past:
    """Return which of the newest sessions would have met the proposal's text; four queries.

    Sessions that failed for reasons outside the agent or stand in quarantine are left out.
    """
    text = proposal.revisions.get(number=proposal.revision).content
    return past_with(proposal, text, _cited(proposal))


def past_with(proposal: Proposal, text: str, cited: frozenset[int] = frozenset()) -> Past:
    """Return which of the newest sessions of the proposal's agent would have met `text`.

    The proposal may be unsaved. cited: keys of the sessions its quotes are from.
    """
    sessions = _newest(proposal)
    revisions = _revisions(sessions)
    called = _called(revisions)
    tools = tools_named(f"{proposal.about} {text}", frozenset().union(*called.values()))
    openings = {} if tools else _openings(revisions)
    words = telling_words(f"{proposal.title} {text}", list(openings.values()))
    occasion = Occasion(tools=tools, words=words)
    met = {
        one.pk
        for one in sessions
        if comes_to(occasion, called.get(one.pk, frozenset()), openings.get(one.pk, ""))
    }
    listed = [one for one in sessions if one.pk in met][:LISTED]
    return Past(
        tools=tuple(sorted(tools)),
        words=tuple(sorted(words)),
        looked_at=len(sessions),
        met=_ends(one for one in sessions if one.pk in met),
        others=_ends(one for one in sessions if one.pk not in met),
        listed=tuple(Met(one.number, one.verdict, _at(one), one.pk in cited) for one in listed),
    )


def _newest(proposal: Proposal) -> list[Session]:
    rows = Session.objects.filter(
        workspace=proposal.workspace_id, not_agent_fault="", quarantined_at=None
    )
    if proposal.agent_id is not None:
        rows = rows.filter(agent=proposal.agent_id)
    return list(rows.order_by("-number")[:LOOKED_AT])


def _revisions(sessions: Sequence[Session]) -> Mapping[int, int]:
    """Return the newest revision's key -> its session's, of each."""
    rows = SessionRevision.objects.filter(
        session__in=[one.pk for one in sessions], number=F("session__revision")
    )
    return dict(rows.values_list("pk", "session_id"))


def _called(revisions: Mapping[int, int]) -> Mapping[int, frozenset[str]]:
    """Return session -> the tools it called."""
    calls = Event.objects.filter(revision__in=list(revisions), kind=EventKind.TOOL_CALL)
    called: dict[int, set[str]] = {}
    for revision, tool in calls.values_list("revision_id", "tool").distinct():
        if tool:
            called.setdefault(revisions[revision], set()).add(tool)
    return {session: frozenset(tools) for session, tools in called.items()}


def _openings(revisions: Mapping[int, int]) -> Mapping[int, str]:
    """Return session -> the words it was opened with."""
    said = Event.objects.filter(
        revision__in=list(revisions),
        index__lt=FIRST_EVENTS,
        kind=EventKind.MESSAGE,
        role=Role.USER,
    )
    opened: dict[int, str] = {}
    rows = said.annotate(start=Substr("text", 1, OPENING)).order_by("revision", "index")
    for revision, start in rows.values_list("revision_id", "start"):
        opened[revisions[revision]] = f"{opened.get(revisions[revision], '')} {start}"
    return opened


def _cited(proposal: Proposal) -> frozenset[int]:
    return frozenset(proposal.evidence.values_list("event__revision__session", flat=True))


def _at(session: Session) -> datetime | None:
    return session.ended_at or session.started_at


def _ends(sessions: Iterable[Session]) -> Ends:
    counted = Counter(one.verdict for one in sessions)
    return Ends(counted.total(), counted[Verdict.FAILURE], counted[Verdict.SUCCESS])
