"""Sessions of agents: the list, and one transcript as it is stored. Each opening is logged."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page, session_of
from agents.http import MemberRequest, asked, is_prefetch
from agents.models import Agent, Event, MemoryRead, Session, SessionRevision
from agents.personal import mask_on_page
from agents.readership import reads_of
from agents.reading import record_event_revealed, record_session_opened
from agents.rights import Right
from agents.transcripts.base import EventKind, Role, Verdict
from agents.web.paging import page_of

EVENTS_A_PAGE = 200
LONG_TEXT = 4_000
"""Characters of an event beyond which the rest is folded."""

OPENING = 1_200
"""Characters of a long text that stand before the fold."""

VERDICTS: Mapping[str, str] = {
    Verdict.SUCCESS: "Succeeded",
    Verdict.FAILURE: "Failed",
    Verdict.UNKNOWN: "Not known",
}
ACTS: Mapping[str, str] = {
    EventKind.TOOL_CALL: "Agent calls",
    EventKind.TOOL_RESULT: "Tool",
    EventKind.APPROVAL: "Approval",
    EventKind.REJECTION: "Rejection",
    EventKind.EDIT: "Edit",
    EventKind.INTERRUPTION: "Interruption",
}
SPEAKERS: Mapping[str, str] = {Role.USER: "User", Role.ASSISTANT: "Agent", Role.TOOL: "Tool"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One event as it is printed. part: the sub-session it belongs to, '' for the session's own.

    text stands open, rest (of a long text) is folded; personal data is masked in both.
    """

    event: Event
    who: str
    part: str
    is_tool: bool
    text: str
    rest: str
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One read of memory: what the session was given, and what was left out and why."""

    read: MemoryRead
    inside: tuple[Mapping[str, Any], ...]
    outside: tuple[Mapping[str, Any], ...]


@require_GET
@member_page(Right.SEE_TRANSCRIPTS)
def sessions(request: MemberRequest) -> HttpResponse:
    agent, verdict = asked(request, "agent"), asked(request, "verdict")
    rows = Session.objects.filter(workspace=request.workspace).select_related("agent")
    if agent:
        rows = rows.filter(agent__slug=agent)
    if verdict:
        rows = rows.filter(verdict=verdict)
    page = page_of(rows, order=("-number",), cursor=request.GET.get("at", ""))
    context = {
        "page": page,
        "rows": rows_of(page.items),
        "agents": Agent.objects.filter(workspace=request.workspace).order_by("name", "pk"),
        "verdicts": VERDICTS.items(),
        "agent": agent,
        "verdict": verdict,
        "is_filtered": bool(agent or verdict),
    }
    return render(request, "agents/sessions.html", context)


@require_GET
@member_page(Right.SEE_TRANSCRIPTS)
def session(request: MemberRequest, number: int) -> HttpResponse:
    """Show the transcript and log that it was shown; a browser that only fetches ahead gets none.

    `turn` names the event to show, `revision` an older revision.
    """
    found = session_of(request.member, number)
    if is_prefetch(request):
        # Anything but a failure would be kept and shown later, without an entry.
        return HttpResponse(status=503)
    revisions = list(found.revisions.select_related("system_prompt", "outcome").order_by("-number"))
    revision = revision_of(found, revisions, request.GET.get("revision", ""))
    start = start_of(revision, request.GET.get("turn", ""))
    shown = range(start, min(start + EVENTS_A_PAGE, revision.event_count))
    record_session_opened(found, request.member, revision=revision.number, shown=shown)
    context = {
        "session": found,
        "verdict": VERDICTS[found.verdict],
        "revision": revision,
        "revisions": revisions,
        "is_newest": revision == revisions[0],
        "turns": turns_of(revision, shown, request.workspace.masked),
        "prompt": prompt_of(revision, request.workspace.masked),
        "shown": shown,
        "last": shown.stop - 1,
        "earlier": max(0, start - EVENTS_A_PAGE) if start else None,
        "later": shown.stop if shown.stop < revision.event_count else None,
        "checks": checks_of(revision, request.workspace.masked),
        "given": given_to(found),
    }
    return render(request, "agents/session.html", context)


@require_POST
@member_page(Right.REVEAL_TRANSCRIPTS)
def turn_reveal(request: MemberRequest, number: int, revision: int, turn: int) -> HttpResponse:
    """Show one event in plain words, this once, and log that it was shown."""
    found = session_of(request.member, number)
    event = Event.objects.filter(
        revision__session=found, revision__number=revision, index=turn
    ).first()
    if event is None:
        raise Http404(f"Revision {revision} of {found} has no turn {turn}.")
    record_event_revealed(found, request.member, revision=revision, index=turn)
    context = {"session": found, "revision": revision, "event": event, "who": who_of(event)}
    # Shown by this answer and by no other: a redirect would have to keep the words.
    return render(request, "agents/turn.html", context)


def who_of(event: Event) -> str:
    """Return who says or does what an event holds."""
    return ACTS.get(event.kind) or SPEAKERS.get(event.role, event.role)


def rows_of(found: Iterable[Session]) -> list[dict[str, Any]]:
    """Return what the list shows of each session."""
    newest = SessionRevision.objects.filter(session__in=found, number=F("session__revision"))
    revisions = {revision.session_id: revision for revision in newest}
    return [
        {"session": one, "verdict": VERDICTS[one.verdict], "revision": revisions.get(one.pk)}
        for one in found
    ]


def revision_of(found: Session, revisions: list[SessionRevision], wanted: str) -> SessionRevision:
    """Return the revision the address asks for, the newest by default, or raise Http404."""
    for revision in revisions:
        if wanted in ("", str(revision.number)):
            return revision
    raise Http404(f"{found} has no revision {wanted[:20]!r}.")


def start_of(revision: SessionRevision, turn: str) -> int:
    """Return where the page begins that holds the turn; the first page for anything else."""
    place = int(turn) if turn.isascii() and turn.isdecimal() and len(turn) < 10 else 0
    if place >= revision.event_count:
        return 0
    return place - place % EVENTS_A_PAGE


def turns_of(revision: SessionRevision, shown: range, kinds: Collection[str]) -> list[Turn]:
    """Return the events of one page as they are printed; kinds: of personal data, masked."""
    labels = {part["key"]: part["label"] or part["key"] for part in revision.sub_sessions}
    events = revision.events.filter(index__gte=shown.start, index__lt=shown.stop)
    return [_turn(event, labels, kinds) for event in events.order_by("index")]


def _turn(event: Event, labels: Mapping[str, str], kinds: Collection[str]) -> Turn:
    text = mask_on_page(event.text, kinds)
    is_long = len(text) > LONG_TEXT
    return Turn(
        event=event,
        who=who_of(event),
        part=labels.get(event.sub_session, event.sub_session),
        is_tool=event.kind in (EventKind.TOOL_CALL, EventKind.TOOL_RESULT),
        text=text[:OPENING] if is_long else text,
        rest=text[OPENING:] if is_long else "",
        is_masked=text != event.text,
    )


def prompt_of(revision: SessionRevision, kinds: Collection[str]) -> str:
    """Return the system prompt with personal data masked, '' where there was none."""
    return mask_on_page(revision.system_prompt.text, kinds) if revision.system_prompt else ""


def checks_of(revision: SessionRevision, kinds: Collection[str]) -> list[Any]:
    """Return the checks of the revision's outcome in their order, what they said masked."""
    outcome = getattr(revision, "outcome", None)
    checks = list(outcome.checks.order_by("position")) if outcome else []
    for check in checks:
        check.message = mask_on_page(check.message, kinds)
    return checks


def given_to(found: Session) -> list[Given]:
    """Return the reads of the session, the memories they gave apart from those they left out."""
    return [
        Given(
            read,
            tuple(item for item in read.rendering.items if item["in"]),
            tuple(item for item in read.rendering.items if not item["in"]),
        )
        for read in reads_of(found)
    ]
