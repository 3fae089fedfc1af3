"""The trails sessions leave with one tool, and what of all they met is missing indeed."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rapidfuzz import fuzz

from dreaming.engines.absences import Lack, Shown, make_fact
from dreaming.engines.base import Candidate, Dropped
from dreaming.engines.names import KINDS
from dreaming.engines.usage import Use
from dreaming.engines.wording import name_sessions, order_session

_SURELY_ALIKE = 85.0
_KNOWN_SESSIONS = 2
_CLEAR_SESSIONS = 3
_CLEAR_TASKS = 2
_STEM = 3
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PLURAL = re.compile(r"(?<=\w\w)(?:ies|(?<!s)s)\Z")
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
            why = f"In which database could not be told: {name_sessions(lost)}. Not stated."
            self.dropped.append(Dropped(f"what {self.tool} said is missing", why))

    def make(self, kind: str, place: str, *, at_least: int) -> tuple[Candidate, ...]:
        """Return the fact of one kind in one place, () where too little of it stands."""
        here = self._list_trails(kind, place)
        met: dict[tuple[str, str], list[tuple[Trail, Met]]] = {}
        for trail in here:
            for one in trail.met:
                if one.kind == kind:
                    met.setdefault(self._fold(one), []).append((trail, one))
        worked = Worked(here, self.names, set(met), folds_case=self.folds_case)
        votes = {key: Votes(shown, worked) for key, shown in met.items()}
        lacks: list[Lack] = []
        refuted: dict[str, str] = {}
        for (holder, name), shown in sorted(met.items()):
            since = _first_time(trail.at for trail, _ in shown)
            if witness := worked.find_witness(kind, holder, name, since):
                refuted[f"`{name}` of `{holder}`" if holder else f"`{name}`"] = witness
            else:
                fix = choose_fix(holder, name, votes, worked) or worked.find_alike(
                    kind, holder, name
                )
                lacks.append(Lack(holder, name, fix, _list_shown(shown, fix)))
        self._drop_refuted(kind, place, refuted)
        lacks = spell_alike(lacks)
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
        why = f"Said to be missing, yet used by calls that worked: {names}{more} ({sessions})."
        self.dropped.append(Dropped(what, f"{why} Not stated."))


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


class Votes:
    """What the sessions that met one missing name used instead, a vote each."""

    def __init__(self, shown: Sequence[tuple[Trail, Met]], worked: Worked) -> None:
        self._written = Counter(met.fix for _, met in shown if met.fix)
        self._fold = worked.fold_name
        self.counts: Counter[str] = Counter()
        self._tasks: dict[str, set[str]] = {}
        for trail, met in shown:
            if met.fix:
                self.counts[self._fold(met.fix)] += 1
                self._tasks.setdefault(self._fold(met.fix), set()).add(trail.task or trail.session)

    def name_first(self) -> str:
        """Return the name of most votes, '' without one."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ranked[0][0] if ranked else ""

    def spell(self, fix: str) -> str:
        """Return a compared name as most sessions wrote it."""
        spelled = [name for name in self._written if self._fold(name) == fix]
        return min(spelled, key=lambda name: (-self._written[name], name))

    def is_clear(self, fix: str) -> bool:
        """Say whether three sessions of two tasks, and two thirds of all votes, are for a name."""
        enough = self.counts[fix] >= _CLEAR_SESSIONS and len(self._tasks[fix]) >= _CLEAR_TASKS
        return enough and 3 * self.counts[fix] >= 2 * self.counts.total()


def choose_fix(
    holder: str, name: str, votes: Mapping[tuple[str, str], Votes], worked: Worked
) -> str:
    """Return the name that later calls show is to be used instead, '' where none does clearly.

    One alike in words, which most sessions used, two at least unless it is much alike; else one
    that clearly most used, and for no other missing name of that table more. A key that tables are
    joined by says nothing of what a column without one is called.
    """
    own = votes[worked.fold_name(holder), worked.fold_name(name)]
    fix = own.name_first()
    count = own.counts[fix]
    if not fix or 2 * count <= own.counts.total():
        return ""
    if is_surely_alike(fix, name) or (count >= _KNOWN_SESSIONS and is_alike(fix, name)):
        return own.spell(fix)
    if _is_key(fix) and not _is_key(name):
        return ""
    others = (other.counts[fix] for key, other in votes.items() if key[0] == holder)
    return own.spell(fix) if own.is_clear(fix) and count >= max(others) else ""


def _is_key(name: str) -> bool:
    return not {"id", "uid"}.isdisjoint(split_name(name))


def spell_alike(lacks: Iterable[Lack]) -> list[Lack]:
    """Return what is missing, each name to use written in one way, capitals first."""
    held = list(lacks)
    spelled: dict[tuple[str, str], str] = {}
    for lack in held:
        key = lack.holder.lower(), lack.fix.lower()
        spelled[key] = min(spelled.get(key, lack.fix), lack.fix)
    return [replace(one, fix=spelled[one.holder.lower(), one.fix.lower()]) for one in held]


def is_surely_alike(left: str, right: str) -> bool:
    """Say whether two names differ in little but case and marks."""
    return fuzz.ratio(left.lower(), right.lower()) >= _SURELY_ALIKE


def is_alike(left: str, right: str) -> bool:
    """Say whether all words of one name stand in the other: `role` and `Role_Code`."""
    one, two = split_name(left), split_name(right)
    if len(one) > len(two):
        one, two = two, one
    return bool(one) and all(any(_is_same_word(word, other) for other in two) for word in one)


def split_name(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case without plural endings."""
    words = (word.lower() for word in _WORDS.findall(name))
    return tuple(_PLURAL.sub(_undo_plural, word) for word in words if word.lower() != "of")


def _undo_plural(found: re.Match[str]) -> str:
    return "y" if found.group() == "ies" else ""


def _is_same_word(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    return left == right or (len(short) >= _STEM and long.startswith(short))


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
