"""What errors teach about an environment: which tables, columns, commands or files are not there.

An absence is stated only where no call has used the name since. The name to use instead comes from
later calls that worked, by majority over sessions; without a reliable one only the absence is said.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from dreaming.engines.base import Candidate, Dropped
from dreaming.engines.calls import SAFE_NAME, Call, Found, Reading
from dreaming.engines.names import KINDS, Missing, read_absences
from dreaming.engines.queries import find_lacking_tables
from dreaming.engines.trails import Met, Shelf, Trail, infer_places, most_common
from dreaming.engines.usage import Use, list_made, list_names, read_command, read_uses
from dreaming.engines.wording import name_sessions

REACH = 8
"""How many calls after a failed one are looked at for the name that works."""

VOCABULARY_LIMIT = 300_000
"""Different names a dream remembers as used; above it no absence can be relied on."""

_MET_LIMIT = 40
_EMPTY = frozenset({"[]", "{}", "()", "null", "None"})
_SPEAKS = re.compile(r"\byour?\b", re.IGNORECASE)
_HEAD = 200
_ALIKE = 60.0


@dataclass(slots=True)
class FactLedger:
    """The trails of a dream's sessions by tool and field of work."""

    trails: dict[tuple[str, str], list[Trail]] = field(default_factory=dict)
    numbers: dict[Use, int] = field(default_factory=dict)
    folding: set[tuple[str, str]] = field(default_factory=set)
    unplaced: set[str] = field(default_factory=set)
    is_full: bool = False

    def read_session(self, reading: Reading) -> None:
        """Take in one session: which names its calls used, and which were not there."""
        by_tool: dict[str, list[tuple[int, Call]]] = {}
        for place, call in enumerate(reading.calls):
            if call.result is not None:
                by_tool.setdefault(call.tool, []).append((place, call))
        for tool, calls in by_tool.items():
            self._read_tool(reading, tool, calls)

    def _read_tool(self, reading: Reading, tool: str, calls: list[tuple[int, Call]]) -> None:
        session = reading.session
        group = (tool, session.domain)
        met: dict[tuple[str, str, str], Met] = {}
        places: Counter[str] = Counter()
        uses: set[Use] = set()
        made: frozenset[str] = frozenset().union(*(list_made(c.arguments) for _, c in calls))
        for place, call in calls:
            missing = _read_missing(call)
            uses.update(_list_used(call, missing))
            for one in missing:
                if one.is_folded:
                    self.folding.add(group)
                if one.absence.place:
                    places[one.absence.place] += 1
                for found in self._list_met(session.id, call, one):
                    if len(met) < _MET_LIMIT:
                        known = met.setdefault((found.kind, found.holder, found.name), found)
                        if not known.fix:
                            _find_fix(known, call, reading.calls[place + 1 :], made)
        self.trails.setdefault(group, []).append(
            Trail(
                session=session.id,
                task=session.task_key,
                at=session.started_at,
                uses=array("I", self._number(uses, made)),
                met=tuple(met.values()),
                place=most_common(places),
            )
        )

    def _number(self, uses: Iterable[Use], made: frozenset[str]) -> list[int]:
        """Return the numbers of names, sorted; without those the session had made itself."""
        found: list[int] = []
        for use in sorted(uses):
            if use[2].lower() in made or use[1].lower() in made:
                continue
            number = self.numbers.get(use)
            if number is None and len(self.numbers) >= VOCABULARY_LIMIT:
                self.is_full = True
                continue
            if number is None:
                number = self.numbers[use] = len(self.numbers)
            found.append(number)
        return sorted(found)

    def _list_met(self, session: str, call: Call, missing: Missing) -> Iterator[Met]:
        absence = missing.absence
        holders: tuple[str, ...] = (absence.holder,)
        if absence.kind == "column" and not absence.holder:
            holders = find_lacking_tables(read_command(call.arguments), missing.alias, absence.name)
            if not holders:
                self.unplaced.add(session)
        kind = KINDS[absence.kind]
        name = absence.name.lower() if kind.folds_case else absence.name
        if call.result is None:
            return
        for holder in holders:
            if (holder or not kind.has_holder) and (not holder or SAFE_NAME.match(holder)):
                yield Met(
                    kind=absence.kind,
                    holder=holder,
                    name=name,
                    event=call.result.index,
                    line=absence.line,
                    trust=call.result.trust,
                )

    def summarise(self, *, at_least: int) -> Found:
        """Return one fact for each place and kind that `at_least` sessions met."""
        candidates: list[Candidate] = []
        dropped: list[Dropped] = []
        if self.is_full:
            why = f"More than {VOCABULARY_LIMIT} names were used; what is missing was not stated."
            return (), (Dropped("facts", why),)
        names = list(self.numbers)
        for group in sorted(self.trails):
            trails = self.trails[group]
            if any(trail.met for trail in trails):
                infer_places(trails, names)
                shelf = Shelf(group, trails, names, folds_case=group in self.folding)
                for kind, place in sorted(shelf.kinds):
                    candidates += shelf.make(kind, place, at_least=at_least)
                dropped += shelf.dropped
        if self.unplaced:
            why = f"Which table lacks it could not be told: {name_sessions(self.unplaced)}."
            dropped.append(Dropped("missing columns", f"{why} Not stated."))
        return tuple(candidates), tuple(dropped)


def _read_missing(call: Call) -> tuple[Missing, ...]:
    result = call.result
    if result is None or result.remembered:
        return ()
    return read_absences(result.text, call.arguments, is_error=result.is_error)


def _list_used(call: Call, missing: Sequence[Missing]) -> Iterable[Use]:
    """Return the names a call used with success; of a failed one, tables that were found."""
    if not call.arguments:
        return ()
    if _worked(call):
        absent = {(one.absence.kind, one.absence.name) for one in missing}
        return [u for u in read_uses(call.tool, call.arguments) if (u[0], u[2]) not in absent]
    return _tables_found(call, missing) if missing else ()


def _worked(call: Call) -> bool:
    """Say whether a result is an answer: no error, no empty list, and no word to the caller.

    A run that says "format your command as follows" has run nothing.
    """
    result = call.result
    if result is None or result.is_error:
        return False
    return result.text not in _EMPTY and not _SPEAKS.search(result.text[:_HEAD])


def _tables_found(call: Call, missing: Sequence[Missing]) -> Iterator[Use]:
    """Return tables a database had found before it said that a column of theirs is unknown.

    They tell in which database a session worked; nothing was answered, so they prove no more.
    """
    command = read_command(call.arguments)
    for one in missing:
        if one.absence.kind != "column":
            continue
        for table in find_lacking_tables(command, one.alias, one.absence.name):
            yield "found", "", table


def _find_fix(met: Met, failed: Call, later: Sequence[Call], made: frozenset[str]) -> None:
    """Find the name that stands in the first later call that worked, in place of the missing one.

    One new name of that kind, or the most similar of several, is taken; none the session made.
    """
    before = set(list_names(met.kind, met.holder, failed.arguments))
    for call in [c for c in later if c.sub_session == failed.sub_session][:REACH]:
        if call.tool != failed.tool or not _worked(call) or call.at < 0 or _read_missing(call):
            continue
        met.got_past = True
        used = list_names(met.kind, met.holder, call.arguments)
        fresh = [n for n in used if n not in before and n.lower() not in made]
        if KINDS[met.kind].folds_case:
            fresh = [n for n in fresh if n.lower() != met.name]
        if not fresh:
            continue
        alike = [(-fuzz.ratio(n.lower(), met.name.lower()), n) for n in fresh]
        score, name = min(alike)
        if -score >= _ALIKE or len(fresh) == 1:
            met.fix, met.fix_at, met.fix_text = name, call.at, call.arguments[:300]
            return
