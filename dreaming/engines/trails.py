"""The trails sessions leave with one tool, and what of all they met is missing indeed."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz

from dreaming.engines.absences import Lack, Shown, make_fact
from dreaming.engines.base import Candidate, Dropped
from dreaming.engines.names import KINDS
from dreaming.engines.usage import Use
from dreaming.engines.wording import name_sessions, order_session

_SURELY_ALIKE = 85.0
_KNOWN_SESSIONS = 2
_NAMED = 10
_TABLES = frozenset({"table", "found"})


@dataclass(slots=True)
class Met:
    """One thing a session was told is not there, where to read it, and what it used instead.

    fix: the name in the first later call that worked, '' unknown; fix_at and fix_text: that call.
    """

    kind: str
    holder: str
    name: str
    event: int
    line: str
    trust: str
    fix: str = ""
    fix_at: int = -1
    fix_text: str = ""
    got_past: bool = False


@dataclass(slots=True)
class Trail:
    """What one session did with one tool: names it used, what it met, the database it named."""

    session: str
    task: str
    at: datetime | None
    uses: "array[int]"
    met: tuple[Met, ...] = ()
    place: str = ""


def most_common(counts: Counter[str]) -> str:
    """Return what was counted most, '' where two were counted alike."""
    ranked = counts.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return ""
    return ranked[0][0]


def infer_places(trails: Sequence[Trail], names: Sequence[Use]) -> None:
    """Tell each trail the database it worked in, '' where that cannot be told.

    Its own errors say it; else those of other sessions of its task; else the tables it used, where
    one database has most of them.
    """
    by_task: dict[str, Counter[str]] = {}
    for trail in trails:
        if trail.place and trail.task:
            by_task.setdefault(trail.task, Counter())[trail.place] += 1
    for trail in trails:
        if not trail.place and trail.task in by_task:
            trail.place = most_common(by_task[trail.task])
    homes: dict[str, Counter[str]] = {}
    for trail in trails:
        for number in trail.uses if trail.place else ():
            if names[number][0] in _TABLES:
                homes.setdefault(names[number][2], Counter())[trail.place] += 1
    for trail in trails:
        if not trail.place:
            used = {names[number][2] for number in trail.uses if names[number][0] in _TABLES}
            found = Counter(place for name in sorted(used) for place in homes.get(name, ()))
            trail.place = most_common(found)


class Shelf:
    """The trails of one tool in one field of work, to make facts of."""

    def __init__(
        self,
        group: tuple[str, str],
        trails: Sequence[Trail],
        names: Sequence[Use],
        *,
        folds_case: bool,
    ) -> None:
        self.tool, self.domain = group
        self.trails = trails
        self.names = names
        self.folds_case = folds_case
        self.dropped: list[Dropped] = []
        self.has_places = any(trail.place for trail in trails)
        self.kinds: set[tuple[str, str]] = set()
        lost: set[str] = set()
        for trail in trails:
            for met in trail.met:
                place = trail.place if KINDS[met.kind].is_placed else ""
                if self.has_places and KINDS[met.kind].is_placed and not place:
                    lost.add(trail.session)
                else:
                    self.kinds.add((met.kind, place))
        if lost:
            why = f"The database could not be told in {name_sessions(lost)}."
            self.dropped.append(Dropped(f"missing names of {self.tool}", why))

    def make(self, kind: str, place: str, *, at_least: int) -> tuple[Candidate, ...]:
        """Return the fact of one kind in one place, () where too little of it stands."""
        here = self._list_trails(kind, place)
        met: dict[tuple[str, str], list[tuple[Trail, Met]]] = {}
        for trail in here:
            for one in trail.met:
                if one.kind == kind:
                    met.setdefault(self._fold(one), []).append((trail, one))
        worked = Worked(here, self.names, set(met), folds_case=self.folds_case)
        lacks: list[Lack] = []
        refuted: dict[str, str] = {}
        for (holder, name), shown in sorted(met.items()):
            since = _first_time(trail.at for trail, _ in shown)
            if witness := worked.find_witness(kind, holder, name, since):
                refuted[f"`{holder}.{name}`" if holder else f"`{name}`"] = witness
            else:
                fix = choose_fix(kind, holder, name, shown, worked)
                lacks.append(Lack(holder, name, fix, _list_shown(shown, fix)))
        self._drop_refuted(kind, place, refuted)
        exposed = frozenset(trail.session for trail in here)
        group = self.tool, self.domain
        made = make_fact(group, kind, place, lacks, exposed=exposed, at_least=at_least)
        return (made,) if made is not None else ()

    def _fold(self, met: Met) -> tuple[str, str]:
        if self.folds_case:
            return met.holder.lower(), met.name.lower()
        return met.holder, met.name

    def _list_trails(self, kind: str, place: str) -> list[Trail]:
        """Return the trails in a place; every trail where the kind belongs to none."""
        if not KINDS[kind].is_placed:
            return list(self.trails)
        return [trail for trail in self.trails if trail.place == place]

    def _drop_refuted(self, kind: str, place: str, refuted: dict[str, str]) -> None:
        if not refuted:
            return
        names = ", ".join(sorted(refuted)[:_NAMED])
        more = f" and {len(refuted) - _NAMED} more" if len(refuted) > _NAMED else ""
        what = f"missing {KINDS[kind].plural}" + (f" in {place}" if place else "")
        sessions = name_sessions(set(refuted.values()))
        self.dropped.append(
            Dropped(what, f"Calls that worked used {names}{more}: {sessions}. Not stated.")
        )


class Worked:
    """The names that worked in one place: in how many sessions, and when last.

    missing: (holder, name) of what errors said is not there.
    """

    def __init__(
        self,
        here: Sequence[Trail],
        names: Sequence[Use],
        missing: set[tuple[str, str]],
        *,
        folds_case: bool,
    ) -> None:
        self._folds_case = folds_case
        self._missing = {self._fold(("", *one))[1:] for one in missing}
        self.counts: Counter[Use] = Counter()
        self._last: dict[Use, tuple[datetime | None, str]] = {}
        self._sharing: dict[tuple[str, str], list[Use]] = {}
        self._alike: dict[tuple[str, str, str], list[str]] = {}
        for trail in sorted(here, key=lambda trail: order_session(trail.session)):
            for number in trail.uses:
                self._take(self._fold(names[number]), trail)
        for use in sorted(self.counts):
            if use[0] == "shared":
                for holder in use[1].split("|"):
                    self._sharing.setdefault((holder, use[2]), []).append(use)
            elif self.counts[use] >= _KNOWN_SESSIONS:
                self._alike.setdefault((use[0], use[1], simplify(use[2])), []).append(use[2])

    def _take(self, use: Use, trail: Trail) -> None:
        self.counts[use] += 1
        if use not in self._last:
            self._last[use] = trail.at, trail.session
        else:
            last, _ = self._last[use]
            if last is not None and (trail.at is None or trail.at > last):
                self._last[use] = trail.at, trail.session

    def _fold(self, use: Use) -> Use:
        return (use[0], use[1].lower(), use[2].lower()) if self._folds_case else use

    def fold_name(self, name: str) -> str:
        """Return a name as it is compared in this place."""
        return name.lower() if self._folds_case else name

    def find_witness(self, kind: str, holder: str, name: str, since: datetime | None) -> str:
        """Return a session in which the name worked at `since` or later, '' where there is none.

        since: the first time it was missing, None where it is unknown; a use without a time counts.
        A column of one of several tables is a witness where errors said so of all of them.
        """
        _, holder, name = self._fold((kind, holder, name))
        uses = [(kind, holder, name)]
        if kind == "column":
            uses.append(("quoted", holder, name))
            uses += [u for u in self._sharing.get((holder, name), ()) if not self._is_settled(u)]
        for use in uses:
            if use in self._last:
                last, session = self._last[use]
                if since is None or last is None or last >= since:
                    return session
        return ""

    def _is_settled(self, shared: Use) -> bool:
        """Say whether a table is left that may have the column."""
        return any((table, shared[2]) not in self._missing for table in shared[1].split("|"))

    def find_alike(self, kind: str, holder: str, name: str) -> str:
        """Return the one known name that differs in case, marks or a plural only, '' without."""
        _, holder, name = self._fold((kind, holder, name))
        alike = [n for n in self._alike.get((kind, holder, simplify(name)), ()) if n != name]
        return alike[0] if len(alike) == 1 else ""


def simplify(name: str) -> str:
    """Return a name without case, marks and a plural's ending."""
    return "".join(letter for letter in name.lower() if letter.isalnum()).rstrip("s")


def choose_fix(
    kind: str, holder: str, name: str, shown: Sequence[tuple[Trail, Met]], worked: Worked
) -> str:
    """Return the name to use instead: what most of two or more sessions used, or one much alike.

    A name that differs in case, marks or a plural from one known to work needs no session.
    """
    written = Counter(met.fix for _, met in shown if met.fix)
    votes: Counter[str] = Counter()
    for fix, count in written.items():
        votes[worked.fold_name(fix)] += count
    chosen, count = min(votes.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    spelled = [fix for fix in written if worked.fold_name(fix) == chosen]
    fix = min(spelled, key=lambda fix: (-written[fix], fix), default="")
    if 2 * count > votes.total() and (count >= _KNOWN_SESSIONS or _are_alike(fix, name)):
        return fix
    return worked.find_alike(kind, holder, name)


def _are_alike(left: str, right: str) -> bool:
    return fuzz.ratio(left.lower(), right.lower()) >= _SURELY_ALIKE


def _list_shown(shown: Sequence[tuple[Trail, Met]], fix: str) -> tuple[Shown, ...]:
    first: dict[str, tuple[Trail, Met]] = {}
    for trail, met in shown:
        first.setdefault(trail.session, (trail, met))
    return tuple(
        Shown(
            session=trail.session,
            task=trail.task,
            event=met.event,
            line=met.line,
            trust=met.trust,
            got_past=met.got_past,
            fix_at=met.fix_at if fix and met.fix == fix else -1,
            fix_text=met.fix_text,
        )
        for trail, met in sorted(first.values(), key=lambda pair: order_session(pair[0].session))
    )


def _first_time(times: Iterable[datetime | None]) -> datetime | None:
    """Return the first time, None where one of them is not known."""
    known = list(times)
    return None if None in known else min(time for time in known if time is not None)
