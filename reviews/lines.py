"""The queue's rows as they are printed: spelled here, so that a row is only filled in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice
from math import ceil
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from agents import clock
from agents.people import Member
from agents.rights import Right
from agents.web.ids import spell_id
from agents.web.templatetags.daybreak import visible
from agents.web.times import spell_day, spell_span
from reviews.changes import Op
from reviews.due_times import Mark, mark_of
from reviews.lifecycle import OPEN, STANDS, State
from reviews.models import Containment, ContainmentKind, OriginKind, Proposal
from reviews.neighbours import Neighbours
from reviews.postponements import NOTHING_ASIDE, Aside
from reviews.queue import COUNTED, Counts, Decided, KinCounts, Row
from reviews.reservations import DECIDABLE
from reviews.risk import Level
from reviews.searches import SHARED, Search, Where, put
from reviews.searches import Mark as SearchMark

Address = Callable[..., str]
SIGNS: Mapping[str, tuple[str, str]] = {
    Op.CREATE: ("plus", "Add"),
    Op.UPDATE: ("pencil", "Update"),
    Op.MERGE: ("merge", "Merge"),
    Op.RETIRE: ("archive", "Retire"),
}
RISKS: tuple[tuple[Level, str, str], ...] = (
    (Level.HIGH, "High risk", "octagon-alert"),
    (Level.MEDIUM, "Medium", "triangle-alert"),
    (Level.LOW, "Low", "circle"),
)
WHERE_WORDS: tuple[tuple[Where, str], ...] = (
    (Where.OPEN, "Open, by risk"),
    (Where.YOURS, "Yours to decide"),
    (Where.LATE, "Late"),
    (Where.LATER, "Put aside by you"),
    (Where.SECOND, "Waits for another approval"),
    (Where.CONFLICTED, "Base changed"),
    (Where.SENT_BACK, "Sent back"),
    (Where.DECIDED, "Decided"),
    (Where.OWN, "Filed by you"),
    (Where.ALL, "All"),
)
MARK_WORDS: Mapping[str, str] = {
    SearchMark.RESERVED: "Reserved by anybody",
    SearchMark.UNRESERVED: "Reserved by nobody",
}
OTHER_WORDS: Mapping[Where, str] = {
    Where.SCHEDULED: "Being carried out",
    Where.APPLIED: "Applied",
    Where.REJECTED: "Rejected",
    Where.WITHDRAWN: "Withdrawn",
    Where.OVERDUE_REVIEW: "Memory due for review",
}


def where_label(where: Where) -> str:
    """Return what the list of `is:` is called on the page."""
    return OTHER_WORDS.get(where) or dict(WHERE_WORDS)[where]


class Fact(NamedTuple):
    """What a row says beside id and agent.

    is_flag: it asks for a look; tone: bad or ''; is_held: it says who has reserved the row.
    """

    text: str
    is_flag: bool = True
    tone: str = ""
    is_held: bool = False


STATE_FACTS: Mapping[str, Fact] = {
    "conflicted": Fact("Base changed", tone="bad"),
    "awaiting_second": Fact("Needs another"),
    "applied": Fact("Applied"),
    "rejected": Fact("Rejected"),
    "withdrawn": Fact("Withdrawn"),
    "superseded": Fact("Superseded"),
    "changes_requested": Fact("Sent back"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom rows are printed. address: name of a page, number -> address."""

    member: Member
    address: Address
    aside: Aside = NOTHING_ASIDE


@dataclass(frozen=True, slots=True)
class Line:
    """One row. fact: the one thing beside id and agent; due: its due time where that is near.

    is_yours, is_others: whose turn it is, where the reader decides at all.
    """

    id: str
    url: str
    sign: str
    verb: str
    title: SafeString
    agent: str
    fact: Fact
    age: str
    due: Mark | None
    is_conflict: bool
    is_yours: bool
    is_others: bool


@dataclass(frozen=True, slots=True)
class ContainmentLine:
    """A containment that waits for its answer. asks: for which of the two answers."""

    id: str
    sign: str
    url: str
    title: str
    store: str
    by: str
    asks: str
    due: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class UndoLine:
    """A vote that can be undone. state: of its proposal, when this was offered.

    seconds: left of the grace, 0 where a freeze holds it back, or where the vote settled nothing
    and there is no until.
    """

    id: str
    url: str
    round: int
    state: str
    until: datetime | None
    seconds: int


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Whose a proposal is for now. left: as 9:41; seconds: the same. words: without the clock."""

    is_yours: bool
    until: datetime
    seconds: int
    left: str
    words: str


@dataclass(frozen=True, slots=True)
class KinLine:
    """A link to a proposal that belongs together with the one that is open. state: '' if it waits.

    why: what the two have in common.
    """

    id: str
    url: str
    title: str
    why: str
    state: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Neighbours in the list: kin folded under one head line, or strangers without one.

    head: what they have in common, '' for strangers; note: which of them stand here.
    """

    lines: tuple[Line, ...]
    head: SafeString | str = ""
    note: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one head. count: how many there are in the whole list, as printed.

    level: of risk, '' where they are of any.
    """

    label: str
    sign: str
    count: str
    clusters: tuple[Cluster, ...]
    level: str = ""

    @property
    def is_high(self) -> bool:
        """Say whether its rows are of high risk."""
        return self.level == Level.HIGH

    @property
    def is_low(self) -> bool:
        """Say whether its rows are of low risk."""
        return self.level == Level.LOW

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return every row of the group."""
        return tuple(line for cluster in self.clusters for line in cluster.lines)


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A filter one can press. is_on: the list is so filtered, and the link takes it away."""

    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the queue: which proposals, of what risk, of which agents."""

    label: str
    where: tuple[FilterLink, ...]
    risks: tuple[FilterLink, ...]
    agents: tuple[FilterLink, ...]


def lines_of(rows: Iterable[Row], reader: Reader) -> tuple[Line, ...]:
    """Return the rows as they are printed."""
    now = clock.now()
    # One lookup for all: the addresses differ in the number only.
    pattern = reader.address("proposal", 1)
    start, _, end = pattern.rpartition("P-1/")
    return tuple(_line(row, now, reader, start, end) for row in rows)


def undo_line(row: Decided, address: Address) -> UndoLine:
    """Return the offer to undo what was decided last."""
    until = row.apply_at
    left = (until - clock.now()).total_seconds() if until else 0
    return UndoLine(
        id=spell_id("P", row.number),
        url=address("proposal_undo", row.number),
        round=row.round,
        state=(State.SCHEDULED if until else State.AWAITING_SECOND).value,
        until=until,
        seconds=max(0, ceil(left)),
    )


def _line(row: Row, now: datetime, reader: Reader, start: str, end: str) -> Line:
    is_conflict = row.state == "conflicted"
    name = spell_id("P", row.number)
    sign, verb = SIGNS[row.op]
    if row.decided_at is not None and not is_conflict:
        sign = "check" if row.verdict == "approve" else "x"
    fact = _fact(row, now, reader)
    waits = row.state in OPEN and reader.member.may(Right.DECIDE)
    since = row.decided_at or row.filed_at
    return Line(
        id=name,
        url=f"{start}{name}/{'conflict/' if is_conflict else ''}{end}",
        sign=sign,
        verb=verb,
        title=visible(row.title),
        agent=row.agent_name or "Shared",
        fact=fact,
        age=spell_span((now - since).total_seconds()),
        due=_near(row, now),
        is_conflict=is_conflict,
        is_yours=waits and not row.bar,
        is_others=waits and bool(row.bar),
    )


def _near(row: Row, now: datetime) -> Mark | None:
    """Return the due time of a row that waits and is late or nearly so."""
    if row.due_at is None or row.state not in OPEN:
        return None
    mark = mark_of(row.due_at, row.remind_at, now)
    return mark if mark.is_near else None


def due_of(proposal: Proposal) -> Mark | None:
    """Return the due time of a proposal that waits, None for any other."""
    if proposal.due_at is None or proposal.state not in OPEN:
        return None
    return mark_of(proposal.due_at, proposal.remind_at, clock.now())


BACK = Fact("Back from later")
YOUR_SECOND = Fact("2nd approval")
BARS: Mapping[str, Fact] = {
    "filed": Fact("Filed by you"),
    "started": Fact("From your dream"),
    "wrote": Fact("Edited by you"),
    "voted": Fact("Needs another"),
    "group": Fact("For another group"),
}
"""Why others decide a proposal that waits; one without any of these is its reader's turn."""


def _turn_of(row: Row, reader: Reader) -> Fact | None:
    """Return whose turn it is where that has to be said: others', or the reader's as the second."""
    if row.state not in OPEN or not reader.member.may(Right.DECIDE):
        return None
    return BARS.get(row.bar) or (YOUR_SECOND if row.state == State.AWAITING_SECOND else None)


def _fact(row: Row, now: datetime, reader: Reader) -> Fact:
    """Return the one fact of a row: a flag where there is one, else how often it was seen."""
    if row.state == "scheduled":
        return Fact("Approved" if row.verdict == "approve" else "Rejected")
    is_theirs = row.held_until is not None and row.held_by != reader.member.person.pk
    if is_theirs and row.state in DECIDABLE:
        return Fact(f"{row.held_name}, {spell_span(_left(row, now))} left", is_held=True)
    if row.number in reader.aside.back:
        return BACK
    turn = _turn_of(row, reader)
    if turn is not None or row.state in STATE_FACTS:
        return turn or STATE_FACTS[row.state]
    if row.number in reader.aside.away:
        return Fact(f"Until {spell_day(reader.aside.away[row.number].date(), now.date())}")
    return _change_of(row) or _yours(row, now) or _seen(row)


def _change_of(row: Row) -> Fact | None:
    if row.op == Op.RETIRE:
        return Fact("Removes")
    if row.op == Op.MERGE:
        return Fact(f"{len(row.merged) + 1} into 1")
    return Fact("Edited") if row.revision > 1 else None


def _yours(row: Row, now: datetime) -> Fact | None:
    return Fact(f"Yours for {spell_span(_left(row, now))}") if row.held_until else None


def _left(row: Row, now: datetime) -> float:
    return (row.held_until - now).total_seconds() if row.held_until else 0.0


def _seen(row: Row) -> Fact:
    if row.origin_kind == OriginKind.PERSON:
        return Fact("By hand", is_flag=False)
    sessions = f"{row.support} session{'' if row.support == 1 else 's'}"
    return Fact(sessions if row.support else "", is_flag=False)


def groups_of(
    rows: Sequence[Row],
    counts: Counts,
    search: Search,
    reader: Reader,
    kin: KinCounts,
    current: str = "",
) -> tuple[Group, ...]:
    """Return the page's rows under their heads: by risk, or one group for what is not waiting.

    kin: how many stand together; current: the id of the open proposal, whose kin is unfolded.
    """
    if not search.is_by_risk:
        count = spell_count(counts.total)
        lines = lines_of(rows, reader)
        group = Group(where_label(search.where), "history", count, (Cluster(lines),))
        return (group,) if lines else ()
    by_rank = {rank: tuple(part) for rank, part in groupby(rows, key=lambda row: row.risk_rank)}
    numbers = {Level.HIGH: counts.high, Level.MEDIUM: counts.medium, Level.LOW: counts.low}
    return tuple(
        Group(
            label,
            sign,
            spell_count(numbers[level]),
            clusters_of(by_rank[level.rank], reader, kin, current),
            level.value,
        )
        for level, label, sign in RISKS
        if level.rank in by_rank
    )


def clusters_of(
    rows: Sequence[Row], reader: Reader, kin: KinCounts, current: str
) -> tuple[Cluster, ...]:
    """Return rows of one risk with those that belong together folded under a head."""
    lines = iter(lines_of(rows, reader))
    found: list[Cluster] = []
    for _, part in groupby(rows, key=lambda row: row.lead):
        members = tuple(part)
        own = tuple(islice(lines, len(members)))
        if len(members) > 1:
            total = kin.get((members[0].risk_rank, members[0].lead), len(members))
            found.append(_folded(members, own, total, current))
        elif found and not found[-1].head:
            found[-1] = replace(found[-1], lines=found[-1].lines + own)
        else:
            found.append(Cluster(own))
    return tuple(found)


def _folded(members: Sequence[Row], lines: tuple[Line, ...], total: int, current: str) -> Cluster:
    abouts = {row.about for row in members}
    is_one_thing = len(abouts) == 1 and "" not in abouts
    common = members[0].about if is_one_thing else members[0].title
    agents = {line.agent for line in lines}
    note = lines[0].agent if len(agents) == 1 else f"{len(agents)} agents"
    here = "" if total == len(members) else f", {len(members)} here"
    return Cluster(
        lines,
        head=visible(f"{total} {'related' if is_one_thing else 'alike'}{here}: {common}"),
        note=note,
        is_open=any(line.id == current for line in lines),
    )


def spell_count(count: int) -> str:
    """Return a count as printed; beyond COUNTED it is said to be more."""
    return f"{count:,}" if count <= COUNTED else f"{COUNTED:,}+"


def spell_counts(counts: Counts) -> dict[str, str]:
    """Return the queue's numbers as printed, by name; decided_of: today's and what is open."""
    names = ("high", "medium", "low", "conflicted", "open")
    of = f"{counts.decided_today + min(counts.open, COUNTED):,}"
    is_more = max(counts.open, counts.decided_today) > COUNTED
    return {name: spell_count(getattr(counts, name)) for name in names} | {
        "decided_today": spell_count(counts.decided_today),
        "decided_of": f"{of}+" if is_more else of,
    }


def spell_place(at: Neighbours) -> str:
    """Return where a proposal stands in its list, as printed; far behind, only that."""
    if at.position > COUNTED:
        return f"past {COUNTED:,}"
    return f"{at.position:,} of {spell_count(at.total)}"


def containment_lines(
    found: Iterable[Containment], address: Address
) -> tuple[ContainmentLine, ...]:
    """Return the open containments as they are printed."""
    now = clock.now()
    return tuple(
        ContainmentLine(
            id=str(row),
            sign="shield-alert" if row.quarantine_id else "history",
            url=containment_url(row, address),
            title=containment_title(row),
            store=_containment_place(row),
            by=row.by.name,
            asks="Confirm or restore" if row.quarantine_id else "Confirm or reverse",
            due=_due((row.due_at - now).total_seconds()),
            is_late=row.due_at <= now,
        )
        for row in found
    )


def containment_url(row: Containment, address: Address) -> str:
    """Return the page that shows what was done and takes the answer."""
    if row.quarantine is not None:
        return address("quarantine", row.quarantine.number)
    return address("containment", row.number)


def _containment_place(row: Containment) -> str:
    """Return whose memory it is about; a quarantine may reach into several."""
    if row.store is None:
        return "Quarantine"
    return row.store.agent.name if row.store.agent else "Shared"


def _due(seconds: float) -> str:
    return f"due {spell_span(seconds)}" if seconds > 0 else f"late {spell_span(seconds)}"


def containment_title(row: Containment) -> str:
    """Return what was done, as a title."""
    if row.kind == ContainmentKind.ROLL_BACK:
        return f"Rolled back to {row.target}"
    if row.kind == ContainmentKind.QUARANTINE:
        return f"Quarantined {row.target}"
    return f"Restored {row.target}"


def filters_of(search: Search, rows: Sequence[Row], url: str, view: str = "") -> Filters:
    """Return the filter links; agents: those of the rows shown, and those filtered by."""
    agents = {row.agent_slug or SHARED: row.agent_name or "Shared" for row in rows}
    agents |= {slug: agents.get(slug, slug) for slug in search.only.agents}
    return Filters(
        label=where_label(search.where),
        where=tuple(
            _link(search, url, view, "is", where.value, label, is_on=search.where is where)
            for where, label in WHERE_WORDS
        ),
        risks=tuple(
            _link(
                search,
                url,
                view,
                "risk",
                level.value,
                label,
                is_on=search.only.risks == {level.value},
            )
            for level, label, _ in RISKS
        ),
        agents=tuple(
            _link(search, url, view, "agent", slug, name, is_on=slug in search.only.agents)
            for slug, name in sorted(agents.items(), key=lambda pair: pair[1])
        ),
    )


def _link(
    search: Search, url: str, view: str, key: str, value: str, label: str, *, is_on: bool
) -> FilterLink:
    is_taken_away = is_on and key != "is"
    text = put(search.text, key, "" if is_taken_away else value)
    query = {"q": text} | ({"view": view} if view else {})
    return FilterLink(label, f"{url}?{urlencode(query)}", is_on)


def is_watched(proposal: Proposal, member: Member) -> bool:
    """Say whether the member's page of the proposal tells who is at it: while both may decide."""
    return member.may(Right.DECIDE) and proposal.state in DECIDABLE


def held_of(proposal: Proposal, member: Member) -> HeldLine | None:
    """Return whose the proposal is, None where it is nobody's; it comes with its reservation."""
    row = getattr(proposal, "reservation", None)
    seconds = ceil((row.until - clock.now()).total_seconds()) if row else 0
    if row is None or seconds <= 0:
        return None
    return HeldLine(
        is_yours=row.person_id == member.person.pk,
        until=row.until,
        seconds=seconds,
        left=f"{seconds // 60}:{seconds % 60:02}",
        words=_held_words(row.person.name, seconds),
    )


def _held_words(name: str, seconds: float) -> str:
    return f"Reserved by {name}, {spell_span(seconds)} left"


def kin_line(proposal: Proposal, other: Proposal, address: Address) -> KinLine:
    """Return the link from a proposal to another it belongs together with, and why it does."""
    is_alike = bool(other.text_key) and other.text_key == proposal.text_key
    why = "Says nearly the same" if is_alike else f"Same dream, about {other.about}"
    if other.agent_id != proposal.agent_id:
        why += f", {store_label(other)}"
    state = "" if other.waits else STANDS[State(other.state)].removeprefix("is ")
    return KinLine(str(other), address("proposal", other.number), other.title, why, state)


def store_label(proposal: Proposal) -> str:
    """Return whose memory the proposal changes."""
    return proposal.agent.name if proposal.agent else "Shared memory"
