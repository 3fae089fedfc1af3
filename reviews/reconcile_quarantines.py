"""The log of quarantines held against what is out of service.

Every quarantine, what it took out and what came back must follow from an entry; and the sessions
that are out must be those a quarantine in force names.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import Q, QuerySet

from agents.models import Quarantine, Session, Workspace
from agents.people import lock_workspace
from agents.quarantines import in_force, sessions_of
from agents.web.ids import BadId, parse_id
from reviews.audit.actions import Action
from reviews.audit.history import LoggedEntry
from reviews.audit.models import Entry
from reviews.audit.report import Report
from reviews.entries import Difference, entries_about, facts_of
from reviews.models import Containment

ACTIONS = (Action.QUARANTINE_OPENED, Action.QUARANTINE_LIFTED)
KEYED = "quarantine:"
"""Entries from before quarantines had numbers name them by the key of their row."""

TOGETHER = 200
SHOWN = 20
"""Sessions named one by one in a difference; the rest would say nothing new."""


@dataclass(slots=True)
class Said:
    """What the log says of one quarantine: the memories it took out, those that came back.

    took is None where the list was a value that was erased.
    """

    took: set[str] | None = field(default_factory=set)
    back: set[str] = field(default_factory=set)
    is_lifted: bool = False


def compare_quarantines(report: Report) -> Iterator[Difference]:
    """Yield every difference between log and rows; count in `report` what was looked at."""
    acts = Quarantine.objects.filter(cause=None).select_related("workspace")
    last = 0
    while some := list(acts.filter(pk__gt=last).order_by("pk")[:TOGETHER]):
        last = some[-1].pk
        report.count("quarantines", len(some))
        for slug, rows in groupby(sorted(some, key=_slug_of), key=_slug_of):
            yield from _compare_acts(slug, list(rows))
    yield from _find_lost()
    for workspace in Workspace.objects.order_by("pk"):
        yield from _compare_sessions(workspace)


_slug_of = attrgetter("workspace.slug")


def _compare_acts(slug: str, acts: Sequence[Quarantine]) -> Iterator[Difference]:
    """Compare acts of one workspace; where they differ, again while nobody can answer them."""
    found = list(_differences_of(slug, acts))
    if not found:
        return
    with transaction.atomic():
        answers = Containment.objects.filter(quarantine__in=acts).order_by("pk")
        list(answers.select_for_update(of=("self",)))
        again = Quarantine.objects.filter(pk__in=[act.pk for act in acts]).order_by("pk")
        found = list(_differences_of(slug, list(again)))
    yield from found


def _differences_of(slug: str, acts: Sequence[Quarantine]) -> Iterator[Difference]:
    said = _read_log(slug, acts)
    parts = _parts_of(acts)
    for act in acts:
        where = f"{act} in {slug}"
        known = said.get(act.pk)
        if known is None:
            yield Difference(f"{where} has no entry: nobody opened it.", unlogged=True)
            continue
        yield from _compare_act(where, act, parts.get(act.pk, {}), known)


def _compare_act(
    where: str, act: Quarantine, parts: Mapping[str, bool], known: Said
) -> Iterator[Difference]:
    """Yield what differs; parts: name of each memory it took out, whether it came back."""
    if known.took is not None:
        for name in sorted(known.took - parts.keys()):
            yield Difference(f"{where} took {name} out by the log; its row does not.")
        for name in sorted(parts.keys() - known.took):
            yield Difference(f"{where} takes {name} out; by the log it did not.")
    for name, is_back in sorted(parts.items()):
        if is_back and name not in known.back:
            yield Difference(f"{where}: no entry says that {name} came back.", unlogged=True)
        elif name in known.back and not is_back:
            yield Difference(f"{where} keeps {name} out; by the log it came back.")
    if act.memory_id is None and (act.lifted_at is not None) != known.is_lifted:
        yield Difference(f"{where} is in force by one of row and log, and lifted by the other.")


def _read_log(slug: str, acts: Sequence[Quarantine]) -> dict[int, Said]:
    found: dict[int, Said] = {}
    names = {name: act.pk for act in acts for name in (str(act), f"{KEYED}{act.pk}")}
    for entry, texts in entries_about(slug, list(names), ACTIONS, ("memories",)):
        known = found.setdefault(names[entry.columns.object], Said())
        names_of = _memories_in(entry, texts.get("memories"))
        if entry.columns.action == Action.QUARANTINE_OPENED:
            known.took = names_of
        else:
            known.back |= names_of or set()
            known.is_lifted |= bool(facts_of(entry).get("whole"))
    return found


def _memories_in(entry: LoggedEntry, text: str | None) -> set[str] | None:
    """Return the names an entry lists, in its body or, for many, in a value; None if erased."""
    listed = facts_of(entry).get("memories")
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        return {str(name) for name in listed}
    return None if text is None else set(text.split())


def _parts_of(acts: Sequence[Quarantine]) -> dict[int, dict[str, bool]]:
    """Return by act the memories it took out, and whether each came back."""
    pks = [act.pk for act in acts]
    rows = Quarantine.objects.filter(Q(pk__in=pks) | Q(cause__in=pks), memory__isnull=False)
    found: dict[int, dict[str, bool]] = {}
    for pk, cause, number, lifted_at in rows.values_list(
        "pk", "cause", "memory__number", "lifted_at"
    ):
        found.setdefault(cause or pk, {})[f"M-{number}"] = lifted_at is not None
    return found


def _find_lost() -> Iterator[Difference]:
    """Yield the quarantines that are in the log and no longer among the rows."""
    entries = Entry.objects.filter(action=str(Action.QUARANTINE_OPENED)).order_by("pk")
    last = 0
    found = entries.values_list("pk", "workspace", "object")
    while some := list(found.filter(pk__gt=last)[:TOGETHER]):
        last = some[-1][0]
        named = {(slug, name) for _, slug, name in some}
        for slug, name in sorted(named - _named_rows(named)):
            yield Difference(f"{name} in {slug} is in the log and no longer among the rows.")


def _named_rows(named: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return workspace and name, in either spelling, of the rows that may be meant."""
    rows = Quarantine.objects.filter(
        Q(pk__in={_number_in(name, KEYED) for _, name in named})
        | Q(number__in={_number_in(name, "Q-") for _, name in named}),
        workspace__slug__in={slug for slug, _ in named},
        cause=None,
    )
    found: set[tuple[str, str]] = set()
    for slug, pk, number in rows.values_list("workspace__slug", "pk", "number"):
        found |= {(slug, f"{KEYED}{pk}"), (slug, f"Q-{number}")}
    return found


def _number_in(name: str, before: str) -> int:
    """Return the number after `before`, 0, which no row has, for another kind of name."""
    try:
        return parse_id(f"Q-{name.removeprefix(before)}", expected="Q").number
    except BadId:
        return 0


def _compare_sessions(workspace: Workspace) -> Iterator[Difference]:
    """Compare what is out with what is named; where they differ, again while nothing moves."""
    if any(_misplaced(workspace)):
        with transaction.atomic():
            lock_workspace(workspace)
            found = list(_misplaced(workspace))
        yield from found


def _misplaced(workspace: Workspace) -> Iterator[Difference]:
    """Yield the sessions that are out without a quarantine, or in service in spite of one."""
    stray = Session.objects.filter(workspace=workspace).exclude(quarantined_at=None)
    for act in in_force(workspace).select_related("workspace"):
        named = sessions_of(act)
        stray = stray.exclude(pk__in=named.values("pk"))
        for session in _first(named.filter(quarantined_at=None)):
            yield Difference(f"{session} in {workspace.slug} is in service; {act} names it.")
    for session in _first(stray):
        yield Difference(
            f"{session} in {workspace.slug} is out of service and no quarantine names it.",
            unlogged=True,
        )


def _first(sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions.order_by("number")[:SHOWN]
