"""Reading the log for the audit page: who may see which entries, found by a few words.

Grammar: `object:P-1042 action:decision.approved who:system since:2026-11-19 until:2026-11-20`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from agents.models import Person
from agents.people import Member, actor_of
from agents.rights import Right
from reviews import reconcile
from reviews.audit.actions import Action
from reviews.audit.history import LoggedEntry, logged
from reviews.audit.log import append
from reviews.audit.models import Entry
from reviews.audit.report import Report
from reviews.errors import NotAllowed
from reviews.wording import EntryLine, line_of

SIGN_INS = (Action.SIGNED_IN, Action.SIGNED_OUT, Action.SIGN_IN_FAILED, Action.REAUTHENTICATED)
SHOWN_PROBLEMS = 20
WORDS = ("object", "action", "who", "since", "until")


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for, and what of it could not be understood."""

    object: str = ""
    action: str = ""
    who: str = ""
    since: date | None = None
    until: date | None = None
    misread: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether everything is asked for."""
        return not (self.object or self.action or self.who or self.since or self.until)


def read_search(text: str) -> Search:
    """Return what the search field asks for; a word alone is an object (P-1042)."""
    found: dict[str, str] = {}
    misread: list[str] = []
    for word in text.split()[:20]:
        name, colon, value = word.partition(":")
        if not colon:
            found["object"] = word
        elif name in WORDS and value:
            found[name] = value
        else:
            misread.append(word)
    since, until = (_read_day(found.get(name, ""), misread) for name in ("since", "until"))
    return Search(
        object=found.get("object", ""),
        action=found.get("action", ""),
        who=found.get("who", ""),
        since=since,
        until=until,
        misread=tuple(misread),
    )


def _read_day(text: str, misread: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        misread.append(text)
        return None


def visible_entries(member: Member) -> QuerySet[Entry]:
    """Return the entries of the workspace the member may see, without an order.

    A reviewer sees their own; a lead the workspace's without others' sign-ins; auditor and admin
    all of it.
    """
    entries = Entry.objects.filter(workspace=member.workspace.slug)
    own = Q(actor_kind="person", actor_id=member.person.public_id)
    if not member.may(Right.AUDIT_WORKSPACE):
        return entries.filter(own)
    if not member.may(Right.AUDIT_SIGN_INS):
        return entries.filter(own | ~Q(action__in=[str(action) for action in SIGN_INS]))
    return entries


def narrow(entries: QuerySet[Entry], search: Search) -> QuerySet[Entry]:
    """Return the entries that match the search."""
    if search.object:
        entries = entries.filter(object=_object_name(search.object))
    if search.action:
        entries = entries.filter(action__startswith=search.action)
    if search.who:
        entries = entries.filter(_actor(search.who))
    if search.since:
        entries = entries.filter(at__gte=_midnight(search.since))
    if search.until:
        entries = entries.filter(at__lt=_midnight(search.until) + timedelta(days=1))
    return entries


def _object_name(text: str) -> str:
    return text.upper() if len(text) > 2 and text[1] == "-" else text


def _actor(text: str) -> Q:
    people = Person.objects.filter(Q(email__iexact=text) | Q(name__icontains=text))
    ids = list(people.values_list("public_id", flat=True)[:50])
    return Q(actor_kind="person", actor_id__in=ids) | Q(actor_kind=text) | Q(actor_id=text)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def lines_of(rows: list[Entry]) -> list[EntryLine]:
    """Return the lines of the rows, in their order; a row that was changed is left out."""
    opened = {entry.event_id: entry for entry in _opened(rows)}
    return [line_of(row.pk, opened[row.event_id]) for row in rows if row.event_id in opened]


def open_entry(row: Entry) -> LoggedEntry | None:
    """Return one entry with its values, None where its row was changed."""
    return next(iter(_opened([row])), None)


def _opened(rows: list[Entry]) -> list[LoggedEntry]:
    return list(logged([(row, getattr(row, "leaf", None)) for row in rows]))


def verify_for(member: Member) -> Report:
    """Verify the whole log for a member and put the result on the record.

    Raises NotAllowed for roles that do not verify.
    """
    if not member.may(Right.AUDIT_VERIFY):
        raise NotAllowed("An auditor or admin of this workspace verifies the log.")
    report = reconcile.verify()
    with transaction.atomic():
        append(
            Action.AUDIT_VERIFIED,
            workspace=member.workspace.slug,
            actor=actor_of(member.person),
            object="log",
            after={
                "status": report.status.name.lower(),
                "entries": report.counts.get("entries", 0),
                "checkpoints": report.counts.get("checkpoints", 0),
                "problems": report.total,
            },
            values={"problems": "\n".join(problems_for(member, report))} if report.total else {},
        )
    return report


def problems_for(member: Member, report: Report) -> list[str]:
    """Return the problems a member may read: those of the log, and of their own memory."""
    own = f" in {member.workspace.slug}"
    messages = (problem.message for problem in report.problems)
    return [one for one in messages if " in " not in one or own in one][:SHOWN_PROBLEMS]


def last_verification(member: Member) -> LoggedEntry | None:
    """Return the newest verification of this workspace, None when there was none."""
    rows = Entry.objects.filter(workspace=member.workspace.slug, action=str(Action.AUDIT_VERIFIED))
    row = rows.select_related("leaf").order_by("-pk").first()
    return open_entry(row) if row else None
