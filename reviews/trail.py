"""Reading the log for the audit page: who may see which entries, found by a few words.

Grammar: `object:P-1042 action:decision who:"Ana Ribeiro" since:2026-11-19 until:2026-11-20`. Of
words without a name, an id such as P-1042 is an object and the rest is a person's name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from time import perf_counter

from django.db import transaction
from django.db.models import Q, QuerySet

from agents.models import Person
from agents.people import Member, actor_of
from agents.rights import Right
from agents.web.ids import BadId, parse_id, spell_id
from agents.web.paging import Page
from reviews import reconcile
from reviews.audit.actions import Action
from reviews.audit.history import LoggedEntry, logged
from reviews.audit.log import append
from reviews.audit.models import Entry, Leaf
from reviews.audit.report import Report
from reviews.entries import texts_of
from reviews.errors import NotAllowed
from reviews.wording import EntryLine, changed_line, line_of

SIGN_INS = (
    Action.SIGNED_IN,
    Action.SIGNED_OUT,
    Action.SIGN_IN_FAILED,
    Action.REAUTHENTICATED,
    Action.CREDENTIAL_CHANGED,
    Action.CREDENTIAL_RESET,
    Action.FACTOR_ADDED,
    Action.FACTOR_REMOVED,
    Action.FACTOR_RESET,
)
SHOWN_PROBLEMS = 20
COUNTED = 10_000
"""Entries that match a search are counted up to here: beyond it nobody reads the exact number."""
WORDS = ("object", "action", "who", "since", "until")
LONGEST_SEARCH = 500
WORD = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')
# How reconcile and the verifier name a place of a workspace in what they say.
PLACE = re.compile(
    r"(?:[A-Z]-\d+|store:\S+|quarantine:\d+) in ([-\w]+)|entries of ([-\w]+)|number \w+ of ([-\w]+)"
)

Values = Mapping[str, str | None]
"""Texts of an entry by name: None is erased, one that is not there cannot be read."""


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


@dataclass(frozen=True, slots=True)
class Count:
    """How many entries there are; is_more: at least so many."""

    number: int
    is_more: bool = False


def read_search(text: str) -> Search:
    """Return what the search field asks for; see the grammar above."""
    found: dict[str, str] = {}
    names: list[str] = []
    misread: list[str] = []
    for match in WORD.finditer(text[:LONGEST_SEARCH]):
        name, value = match[1], match[2] if match[3] is None else match[3]
        if "\0" in match[0] or (name and name not in WORDS):
            misread.append(match[0].replace("\0", "\ufffd"))
        elif name:
            found[name] = value
        elif _object_name(value) != value or _is_id(value):
            found["object"] = value
        else:
            names.append(value)
    since, until = (_read_day(name, found.get(name, ""), misread) for name in ("since", "until"))
    return Search(
        object=_object_name(found.get("object", "")),
        action=found.get("action", ""),
        who=found.get("who") or " ".join(names),
        since=since,
        until=until,
        misread=tuple(misread),
    )


def _read_day(name: str, text: str, misread: list[str]) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        misread.append(f"{name}:{text}")
        return None


def _is_id(text: str) -> bool:
    return _object_name(text) == text and "-" in text and text[2:].isdigit()


def _object_name(text: str) -> str:
    """Return an id in its one spelling, and anything else as it was typed."""
    try:
        return spell_id(*parse_id(text))
    except BadId:
        return text


def visible_entries(member: Member) -> QuerySet[Entry]:
    """Return the entries of the workspace the member may see, without an order.

    A reviewer sees their own; a lead the workspace's without what others did about signing in;
    auditor and admin all of it.
    """
    entries = Entry.objects.filter(workspace=member.workspace.slug)
    own = Q(actor_kind="person", actor_id=member.person.public_id)
    if not member.may(Right.AUDIT_WORKSPACE):
        return entries.filter(own)
    if not member.may(Right.AUDIT_SIGN_INS):
        return entries.filter(own | ~Q(action__in=[str(action) for action in SIGN_INS]))
    return entries


def begun_at(member: Member) -> datetime | None:
    """Return when the workspace's first entry was written; None for who sees only their own."""
    if not member.may(Right.AUDIT_WORKSPACE):
        return None
    entries = Entry.objects.filter(workspace=member.workspace.slug)
    return entries.order_by("id").values_list("at", flat=True).first()


def narrow(entries: QuerySet[Entry], search: Search) -> QuerySet[Entry]:
    """Return the entries that match the search."""
    if search.object:
        entries = entries.filter(object=search.object)
    if search.action:
        # The catalogue is closed: its members use the index, which a prefix does not everywhere.
        actions = [str(action) for action in Action if action.startswith(search.action.lower())]
        entries = entries.filter(action__in=actions)
    if search.who:
        entries = entries.filter(_actor(search.who))
    if search.since:
        entries = entries.filter(at__gte=datetime.combine(search.since, time.min, tzinfo=UTC))
    if search.until:
        entries = entries.filter(at__lte=datetime.combine(search.until, time.max, tzinfo=UTC))
    return entries


def _actor(text: str) -> Q:
    people = Person.objects.filter(Q(email__iexact=text) | Q(name__icontains=text)).order_by("pk")
    ids = list(people.values_list("public_id", flat=True)[:500])
    word = text.lower()
    return (
        Q(actor_kind="person", actor_id__in=ids)
        | Q(actor_kind=word)
        | Q(actor_id=_object_name(text))
    )


def count_entries(
    member: Member, found: QuerySet[Entry], search: Search, page: Page[Entry]
) -> Count:
    """Count what a search found: exactly where that is cheap, else up to COUNTED.

    page: one of its pages. Numbers of a workspace have no gaps, so the last one is the count of
    what is sealed; an entry that waits for its number is counted when it has it.
    """
    if not page.newer and not page.older:
        return Count(len(page.items))
    if search.is_empty and member.may(Right.AUDIT_SIGN_INS):
        newest = getattr(page.items[0], "leaf", None) if page.items and not page.newer else None
        if newest is None:
            leaves = Leaf.objects.filter(workspace=member.workspace.slug, number__isnull=False)
            newest = leaves.order_by("-number").first()
        return Count(newest.number if newest and newest.number else 0)
    number = found.order_by()[: COUNTED + 1].count()
    return Count(min(number, COUNTED), is_more=number > COUNTED)


def lines_of(rows: Sequence[Entry]) -> list[EntryLine]:
    """Return the lines of the rows, in their order; one that was changed says only that."""
    opened = {entry.event_id: entry for entry in _opened(rows)}
    commitments = sorted({c for entry in opened.values() for c in entry.commitments.values()})
    texts = texts_of(commitments)
    return [
        line_of(row.pk, opened[row.event_id], values_of(opened[row.event_id], texts))
        if row.event_id in opened
        else changed_line(row)
        for row in rows
    ]


def values_of(entry: LoggedEntry, texts: Values) -> Values:
    """Return the entry's texts by name out of `texts`, which has them by commitment."""
    return {name: texts[c] for name, c in entry.commitments.items() if c in texts}


def open_entry(row: Entry) -> tuple[LoggedEntry, Values] | None:
    """Return one entry with its texts, None where its row was changed."""
    entry = next(iter(_opened([row])), None)
    if entry is None:
        return None
    return entry, values_of(entry, texts_of(sorted(set(entry.commitments.values()))))


def _problems_in(entry: LoggedEntry) -> list[str]:
    commitment = entry.commitments.get("problems")
    text = texts_of([commitment]).get(commitment) if commitment else None
    return (text or "").splitlines()


def _opened(rows: Sequence[Entry]) -> list[LoggedEntry]:
    return list(logged([(row, getattr(row, "leaf", None)) for row in rows]))


def verify_for(member: Member) -> Report:
    """Verify the whole log for a member and put the result on the record.

    Raises NotAllowed for roles that do not verify.
    """
    if not member.may(Right.AUDIT_VERIFY):
        raise NotAllowed("An auditor or admin of this workspace verifies the log.")
    begun = perf_counter()
    report = reconcile.verify()
    took = round((perf_counter() - begun) * 1_000)
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
                "milliseconds": took,
            },
            values={"problems": "\n".join(problems_for(member, report))} if report.total else {},
        )
    return report


def problems_for(member: Member, report: Report) -> list[str]:
    """Return the problems a member may read: those of the log, and of their own workspace."""
    own = member.workspace.slug
    messages = (problem.message for problem in report.problems)
    return [one for one in messages if _workspace_in(one) in {"", own}][:SHOWN_PROBLEMS]


def _workspace_in(message: str) -> str:
    """Return the workspace a problem names, "" for one of the log itself."""
    match = PLACE.search(message)
    return "" if match is None else next(filter(None, match.groups()))


def last_verification(member: Member) -> tuple[LoggedEntry, list[str]] | None:
    """Return the workspace's newest verification and its problems, None when there was none."""
    rows = Entry.objects.filter(workspace=member.workspace.slug, action=str(Action.AUDIT_VERIFIED))
    row = rows.select_related("leaf").order_by("-pk").first()
    entry = next(iter(_opened([row] if row else [])), None)
    return None if entry is None else (entry, _problems_in(entry))
