"""Memories that sessions have overtaken: names that are gone, denials that no longer hold.

Age alone is no reason, nor that nobody read a memory. What is proposed rests on sessions: a name
that fails as unknown with no success after; a tool another one took the place of; a thing said not
to work that works; a mistake that had many chances to show again and did not.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from dreaming.engines.base import Candidate, Dropped, EngineMemory, Quote
from dreaming.engines.calls import Found
from dreaming.engines.mentions import NAME, Mentions, rename
from dreaming.engines.recoveries import is_same_family
from dreaming.engines.traces import Seen, Traces, Uses
from dreaming.engines.wording import cut_title
from reviews.changes import pattern_key

LEAST_SESSIONS = 3
LEAST_TASKS = 2
LEAST_CHANCES = 20
LEAST_AFTER = 10
CHANCE = 0.01
"""How likely a mistake as frequent as before may be to stay away by chance."""

_QUOTES = 4
_ALIKE = 70.0


@dataclass(frozen=True, slots=True)
class _Case:
    """What speaks against a memory. places: of the sessions that show it; new: the name instead."""

    reason: str
    name: str
    places: set[int]
    quotes: tuple[Quote, ...]
    told: str
    new: str = ""


def find_stale(traces: Traces, candidates: Sequence[Candidate]) -> Found:
    """Return what to retire or rename, one for each memory, and what is only listed.

    candidates: what else the dream found, by which a mistake is known that no longer shows.
    Protected memories are only listed. At least three sessions of two tasks show each reason.
    """
    by_key = {pattern_key(c.kind, c.tool, c.template, c.scope): c for c in candidates}
    judge = _Judge(traces, by_key)
    found: list[Candidate] = []
    listed: list[Dropped] = []
    for held in traces.held:
        listed += judge.list_only(held)
        case = judge.find(held)
        if case is None or not case.quotes:
            continue
        if held.memory.protected:
            why = f"{case.told} It is protected, so a person looks at it."
            listed.append(Dropped(f"memory {held.memory.path}", why))
        else:
            found.append(judge.make_candidate(held.memory, case))
    return tuple(found), tuple(listed)


class _Judge:
    """Decides over one memory after another, with the sessions in their order."""

    def __init__(self, traces: Traces, by_key: Mapping[str, Candidate]) -> None:
        self._sessions = traces.sessions
        self._uses = traces.uses
        self._by_key = by_key
        self._places = {session.id: place for place, session in enumerate(traces.sessions)}
        self._ranks = traces.ranks()

    def find(self, held: Mentions) -> _Case | None:
        """Return what is to be done about a memory, the first reason that holds."""
        for name in held.uses:
            if found := self._find_gone(held, name) or self._find_replaced(held, name):
                return found
        for name in held.denies:
            if found := self._find_working(held, name):
                return found
        return self._find_quiet(held)

    def list_only(self, held: Mentions) -> Iterator[Dropped]:
        """Yield what is only worth a person's look."""
        for name in held.forbids:
            worked = self._worked_since(held.memory, name)
            if self._is_enough(worked):
                told = (
                    f"It forbids `{name}`; {len(worked)} sessions used it with success since. "
                    "A rule may forbid what works, so nothing is proposed."
                )
                yield Dropped(f"memory {held.memory.path}", told)
        served = self._count_served(held.memory)
        if served >= LEAST_CHANCES:
            told = (
                f"Its mistake did not show in {served} sessions since it was written. It may be "
                "what keeps it away, so nothing is proposed."
            )
            yield Dropped(f"memory {held.memory.path}", told)

    def _is_enough(self, places: Iterable[int]) -> bool:
        shown = set(places)
        tasks = {self._sessions[place].task for place in shown}
        return len(shown) >= LEAST_SESSIONS and len(tasks) >= LEAST_TASKS

    def _last(self, places: Iterable[int]) -> int:
        """Return the rank of the last of `places`, -1 for none."""
        return max((self._ranks[place] for place in places), default=-1)

    def _find_gone(self, held: Mentions, name: str) -> _Case | None:
        uses = self._uses.get(name)
        if uses is None:
            return None
        last = self._last(uses.worked)
        gone = [seen for seen in uses.gone if self._ranks[seen.place] > last]
        places = {seen.place for seen in gone}
        if not self._is_enough(places):
            return None
        quotes = self._quote(gone, "supports")
        since = " and no session used it with success after them" if uses.worked else ""
        told = f"`{name}` was unknown in the newest {len(places)} sessions that used it{since}."
        new = self._choose_successor(uses, places)
        if new and new not in held.memory.content:
            told += f" They went on with `{new}`."
            return _Case("renamed", name, places, quotes, told, new)
        return _Case("gone", name, places, quotes, told)

    def _choose_successor(self, uses: Uses, places: set[int]) -> str:
        counts = Counter({new: len(shown & places) for new, shown in uses.replaced.items()})
        if not counts:
            return ""
        new, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        is_clear = count >= LEAST_SESSIONS and 3 * count >= 2 * counts.total()
        return new if is_clear and NAME.match(new) else ""

    def _find_replaced(self, held: Mentions, name: str) -> _Case | None:
        """A tool of older sessions that the newest did without, while a new one like it came."""
        uses = self._uses.get(name)
        if uses is None or not uses.arguments or len(uses.worked) < LEAST_SESSIONS:
            return None
        last = self._last(uses.worked)
        after = len(self._sessions) - 1 - last
        if after < LEAST_AFTER or uses.gone:
            return None
        for new in sorted(self._uses):
            other = self._uses[new]
            if new == name or not other.arguments or new in held.memory.content:
                continue
            is_later = min((self._ranks[p] for p in other.worked), default=-1) > last
            if not is_later or 4 * len(other.worked) < after or not self._is_enough(other.worked):
                continue
            same = other.arguments == uses.arguments
            if same or is_same_family(name, new) or fuzz.ratio(name, new) >= _ALIKE:
                quotes = self._quote(self._recent(other), "supports")
                told = (
                    f"None of the newest {after} sessions called `{name}`; "
                    f"{len(other.worked)} of them called `{new}`, which no session called before."
                )
                if same:
                    told += " Both take the same arguments."
                    return _Case("renamed", name, set(other.worked), quotes, told, new)
                return _Case("replaced", name, set(other.worked), quotes, told)
        return None

    def _find_working(self, held: Mentions, name: str) -> _Case | None:
        worked = self._worked_since(held.memory, name)
        if not self._is_enough(worked):
            return None
        uses = self._uses[name]
        recent = [seen for seen in self._recent(uses) if seen.place in worked]
        quotes = self._quote(recent, "supports") + self._quote(uses.gone, "contradicts")[:1]
        told = f"It says `{name}` does not work; {len(worked)} later sessions used it with success."
        return _Case("works", name, worked, quotes, told)

    def _worked_since(self, memory: EngineMemory, name: str) -> set[int]:
        """Return where a name worked after it last was gone, or after the memory's evidence.

        Without a failure to count from, only dated sessions can be said to be later.
        """
        uses = self._uses.get(name)
        if uses is None:
            return set()
        if uses.gone:
            last = self._last(seen.place for seen in uses.gone)
            return {place for place in uses.worked if self._ranks[place] > last}
        since = memory.last_evidence_at or memory.learned_at
        if since is None:
            return set()
        return {p for p in uses.worked if (at := self._sessions[p].started_at) and at > since}

    def _find_quiet(self, held: Mentions) -> _Case | None:
        candidate = self._by_key.get(held.memory.pattern_key)
        if candidate is None:
            return None
        shown, exposed = self._chances(candidate)
        later = [place for place in exposed if self._ranks[place] > self._last(shown)]
        chances = [place for place in later if not self._is_served(place, held.memory)]
        before = len(exposed) - len(later)
        if len(chances) < LEAST_CHANCES or not self._is_enough(shown):
            return None
        if (1 - len(shown) / before) ** len(chances) > CHANCE:
            return None
        uses = self._uses.get(candidate.tool, Uses())
        recent = [seen for seen in self._recent(uses) if seen.place in set(chances)]
        quotes = self._quote(recent, "supports") + self._last_shown(candidate)
        told = (
            f"Its mistake was no longer seen in {len(chances)} later sessions that could have "
            f"shown it; before that it showed in {len(shown)} of {before}."
        )
        return _Case("quiet", candidate.tool, set(chances), quotes, told)

    def _chances(self, candidate: Candidate) -> tuple[set[int], set[int]]:
        """Return where a mistake showed and where it could have, at the agents that make it.

        Both are empty for what is no mistake: a fact stays true however long nobody meets it.
        """
        if candidate.kind != "mistake" or candidate.exposed is None:
            return set(), set()
        shown = {self._places[s] for s in candidate.matched if s in self._places}
        agents = {self._sessions[place].agent for place in shown}
        exposed = {self._places[s] for s in candidate.exposed if s in self._places}
        return shown, shown | {p for p in exposed if self._sessions[p].agent in agents}

    def _is_served(self, place: int, memory: EngineMemory) -> bool:
        """Say whether a session began after a memory was written: it may have been given it."""
        started, written = self._sessions[place].started_at, memory.learned_at
        return started is not None and written is not None and started > written

    def _count_served(self, memory: EngineMemory) -> int:
        """Return in how many sessions a mistake stayed away since its memory was written."""
        candidate = self._by_key.get(memory.pattern_key)
        shown, exposed = self._chances(candidate) if candidate else (set(), set())
        last = self._last(shown)
        later = (place for place in exposed if self._ranks[place] > last)
        return sum(self._is_served(place, memory) for place in later)

    def _last_shown(self, candidate: Candidate) -> tuple[Quote, ...]:
        found = [q for q in candidate.quotes if q.session in self._places]
        newest = sorted(found, key=lambda q: self._ranks[self._places[q.session]])[-1:]
        return tuple(Quote(q.session, q.event, q.text, "contradicts") for q in newest)

    def _recent(self, uses: Uses) -> list[Seen]:
        return [seen for _, seen in uses.recent]

    def _quote(self, seen: Sequence[Seen], relation: str) -> tuple[Quote, ...]:
        """Return up to four quotes, of the newest sessions first, one a session."""
        newest = sorted(seen, key=lambda one: (-self._ranks[one.place], one.event))
        first: dict[int, Seen] = {}
        for one in newest:
            first.setdefault(one.place, one)
        return tuple(
            Quote(self._sessions[one.place].id, one.event, one.excerpt, relation)
            for one in list(first.values())[:_QUOTES]
        )

    def make_candidate(self, memory: EngineMemory, case: _Case) -> Candidate:
        """Return the case as a change of the memory: its name replaced, or the memory retired."""
        text = hashlib.sha256(memory.content.encode()).hexdigest()[:8]
        uses = self._uses.get(case.name, Uses())
        every = case.places | set(uses.worked) | {seen.place for seen in uses.gone}
        title = f"Retire: {memory.title or memory.path}"
        statement = f"Stop relying on what {memory.path} says of `{case.name}`."
        told = case.told
        if case.new:
            title = f"Rename `{case.name}` to `{case.new}`"
            statement = rename(memory.content, case.name, case.new)
            told += " Only the name changes in the text."
        return Candidate(
            kind="stale",
            tool=case.name if uses.arguments else "",
            template=f"{case.reason} {case.name} {memory.path} {text}",
            statement=statement,
            title=cut_title(title),
            matched=frozenset(self._sessions[place].id for place in case.places),
            quotes=case.quotes,
            signal="outcome",
            exposed=frozenset(self._sessions[place].id for place in every),
            sources=("agent", memory.taint) if case.new else (),
            rationale=told,
            op="update" if case.new else "retire",
            path=memory.path,
        )
