"""How sessions that showed something ended beside comparable ones that did not, counted crudely.

This chooses what an engine claims, never a number a person reads: Daybreak measures every claim
anew. Comparable are sessions of one task, or of one agent where the tasks of a field of work are
not repeated. What a session shows depends on how long it went on, and failing sessions often go on
longer; `lean_over_time` therefore compares sessions only as long as both were still going.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from dreaming.engines.base import EngineSession

REPEATED_SHARE = 10
"""One session in so many has to be of a repeated task for a field of work to count as repeated."""

_WELL, _BAD, _UNKNOWN = range(3)
_ENDS = {False: _WELL, True: _BAD, None: _UNKNOWN}
"""How a session ended as a number below three, to be added to that of its stratum."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is compared of one session. failed: None where the end is not known."""

    task: str
    agent: str
    domain: str
    failed: bool | None


@dataclass(slots=True)
class Roll:
    """The sessions a ledger has read, and the strata they are compared in."""

    standings: dict[str, Standing] = field(default_factory=dict)
    _strata: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _ends: dict[str, int] = field(default_factory=dict)

    def note(self, session: EngineSession) -> None:
        """Take in one session."""
        failed = None if session.verdict == "unknown" else session.verdict == "failure"
        task = session.task_key or f"\0{session.id}"
        standing = Standing(task, session.agent, session.domain, failed)
        self.standings[session.id] = standing

    def close(self) -> None:
        """Settle the strata once every session was read."""
        tasks = Counter((s.domain, s.task) for s in self.standings.values())
        repeated: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for (domain, _), count in tasks.items():
            sizes[domain] += count
            repeated[domain] += count if count > 1 else 0
        self._strata = {
            name: (s.domain, "task", s.task)
            if REPEATED_SHARE * repeated[s.domain] >= sizes[s.domain]
            else (s.domain, "agent", s.agent)
            for name, s in self.standings.items()
        }
        numbers: dict[tuple[str, ...], int] = {}
        self._ends = {
            name: 3 * numbers.setdefault(self._strata[name], len(numbers)) + _ENDS[s.failed]
            for name, s in self.standings.items()
        }

    def domain_of(self, session: str) -> str:
        """Return the field of work of a session."""
        return self.standings[session].domain

    def has_support(self, matched: Collection[str], *, sessions: int, tasks: int) -> bool:
        """Say whether enough sessions of enough tasks showed it."""
        if len(matched) < sessions:
            return False
        seen: set[str] = set()
        for name in matched:
            seen.add(self.standings[name].task)
            if len(seen) >= tasks:
                return True
        return False

    def count_agents(self, sessions: Iterable[str]) -> int:
        """Return how many agents these sessions are of."""
        return len({self.standings[name].agent for name in sessions})

    def _split(
        self, matched: Collection[str], exposed: Collection[str]
    ) -> Iterable[tuple[int, int, int, int]]:
        """Return (with, without, failed with, failed without) by stratum, of known ends.

        Hundreds of paths are asked about, each with every session: counting is left to Counter.
        """
        ends = self._ends
        everyone = Counter(map(ends.__getitem__, exposed))
        shown = Counter(ends[name] for name in exposed if name in matched)
        for first in {end - end % 3 for end in everyone if end % 3 != _UNKNOWN}:
            well, bad = first + _WELL, first + _BAD
            with_it = shown[well] + shown[bad]
            total = everyone[well] + everyone[bad]
            yield with_it, total - with_it, shown[bad], everyone[bad] - shown[bad]

    def weigh(self, matched: Collection[str], exposed: Collection[str]) -> float:
        """Return how much the comparison could tell, whatever the ends: n1 n0 / (n1 + n0) summed.

        It does not look at how sessions ended, so choosing by it keeps later tests honest.
        """
        cells = self._split(matched, exposed)
        return math.fsum(w * o / (w + o) for w, o, _, _ in cells)

    def lean(self, matched: Collection[str], exposed: Collection[str]) -> float:
        """Return the pooled difference in the share of failures within strata, 0.0 where none."""
        terms: list[float] = []
        weights: list[float] = []
        for with_it, without, failed_with, failed_without in self._split(matched, exposed):
            if with_it and without:
                weight = with_it * without / (with_it + without)
                terms.append(weight * (failed_with / with_it - failed_without / without))
                weights.append(weight)
        return math.fsum(terms) / math.fsum(weights) if weights else 0.0

    def lean_over_time(self, shown_at: Mapping[str, int], spans: Mapping[str, int]) -> float:
        """Return the stratified log-rank statistic of failing sessions, in standard errors.

        shown_at: session -> position at which it showed the pattern first; spans: session -> how
        many positions it had, of every session that could show it. At each position the sessions
        still going that had not shown it are compared: above 0 failing ones showed it more often.
        0.0 where nothing can be compared. Source: Mantel (1966), Peto and Peto (1972).
        """
        strata: dict[tuple[str, ...], list[tuple[int, int, bool]]] = {}
        for name, span in spans.items():
            failed = self.standings[name].failed
            if failed is not None and span > 0:
                at = shown_at.get(name, -1)
                seen = (at, at, failed) if at >= 0 else (-1, span - 1, failed)
                strata.setdefault(self._strata[name], []).append(seen)
        pairs = [_log_rank(group) for group in strata.values()]
        variance = math.fsum(v for _, v in pairs)
        return math.fsum(u for u, _ in pairs) / math.sqrt(variance) if variance > 0 else 0.0


def _log_rank(group: Iterable[tuple[int, int, bool]]) -> tuple[float, float]:
    """Return observed less expected events of failing sessions, and the variance.

    Each member is (position of the event or -1, last position at risk, whether it failed).
    """
    events: Counter[int] = Counter()
    events_failing: Counter[int] = Counter()
    leaves: Counter[int] = Counter()
    leaves_failing: Counter[int] = Counter()
    for at, last, failed in group:
        leaves[last] += 1
        leaves_failing[last] += failed
        if at >= 0:
            events[at] += 1
            events_failing[at] += failed
    at_risk, failing = leaves.total(), leaves_failing.total()
    score = variance = 0.0
    for position in sorted(leaves):
        shown = events[position]
        if shown and 0 < failing < at_risk:
            share = failing / at_risk
            score += events_failing[position] - shown * share
            spread = (at_risk - shown) / (at_risk - 1)
            variance += shown * share * (1 - share) * spread
        at_risk -= leaves[position]
        failing -= leaves_failing[position]
    return score, variance
