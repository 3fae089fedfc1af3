"""The numbers of a pattern, counted by Daybreak from its own table of sessions, for every engine.

Effects are compared within tasks: sessions of one task that showed the pattern against sessions of
the same task that did not. Across tasks, a pattern of hard tasks looks like a cause of failure.
The arithmetic is in plain floats (importing scipy.stats takes 1.7 s in every process); tests hold
it against scipy. What leaves here is rounded, so that equal input gives equal bytes.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from dreaming.engines.base import Candidate
from reviews.changes import pattern_key

MINIMUM_SESSIONS = 3
MINIMUM_TASKS = 2
MINIMUM_PEOPLE = 2
Q_LIMIT = 0.1
_Z = 1.959963984540054
_EXACT_LIMIT = 400
_NOT_ENOUGH = "Not enough sessions to tell."


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One session of the dream. A session without a task key is a task of its own.

    speakers: persons named on its events. An engine's word for who said something counts only for
    people of the sessions it names. domain: the field of work, as engines know it.
    """

    id: str
    agent: str
    task_key: str
    principal: str
    verdict: str
    speakers: frozenset[str] = frozenset()
    domain: str = ""
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """Sessions of one task or agent with a known end: with and without the pattern, and failed."""

    with_pattern: int
    without_pattern: int
    failed_with: int
    failed_without: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A share and its Wilson interval of 95 %."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """A candidate and its numbers.

    of: sessions in which the pattern could have shown. known_*: sessions with a known end. effect:
    difference in the share of failures within tasks (+1 always fails with it, never without);
    p and q: None where nothing could be compared. tested: how many patterns were tested together.
    """

    candidate: Candidate
    key: str
    of: int
    sessions: int
    tasks: int
    people: int
    agents: int
    recovered: int
    failed_with: int
    known_with: int
    failed_without: int
    known_without: int
    effect: float | None = None
    effect_within_agents: float | None = None
    strata: int = 0
    p: float | None = None
    q: float | None = None
    tested: int = 0

    @cached_property
    def shortfall(self) -> str:
        """Return why there is too little support to propose it, '' when there is enough."""
        if self.sessions < MINIMUM_SESSIONS:
            return f"Seen in {_count(self.sessions, 'session')}; {MINIMUM_SESSIONS} are needed."
        if self.tasks < MINIMUM_TASKS:
            return f"Seen in {_count(self.tasks, 'task')}; {MINIMUM_TASKS} are needed."
        if self.candidate.signal == "words" and self.people < MINIMUM_PEOPLE:
            return f"Said by {_count(self.people, 'person')}; {MINIMUM_PEOPLE} are needed."
        return ""

    @cached_property
    def is_told(self) -> bool:
        """Say whether the effect stands out: q at most .1, and the same way within agents."""
        if self.q is None or self.effect is None or self.q > Q_LIMIT:
            return False
        return self.agents < 2 or (self.effect_within_agents or 0.0) * self.effect > 0

    @property
    def numbers(self) -> dict[str, object]:
        """Return every number as JSON without floats: counts, and shares as decimal strings."""
        return {
            "sessions": self.sessions,
            "of": self.of,
            "tasks": self.tasks,
            "people": self.people,
            "agents": self.agents,
            "recovered": self.recovered,
            "failed_with": self.failed_with,
            "known_with": self.known_with,
            "failed_without": self.failed_without,
            "known_without": self.known_without,
            "rate_with": _interval_numbers(self.failed_with, self.known_with),
            "rate_without": _interval_numbers(self.failed_without, self.known_without),
            "effect": _decimal(self.effect),
            "effect_within_agents": _decimal(self.effect_within_agents),
            "strata": self.strata,
            "p": _decimal(self.p, 6),
            "q": _decimal(self.q, 6),
            "tested": self.tested,
        }


def measure(candidates: Iterable[Candidate], ledger: Sequence[LedgerRow]) -> tuple[Measured, ...]:
    """Return every candidate with its numbers, in the order given.

    Only patterns with enough support that rest on how sessions ended are tested; support does not
    depend on outcomes, so choosing by it keeps the test honest. q-values by Benjamini and Hochberg.
    """
    table = _Table(ledger)
    measured = [table.measure(candidate) for candidate in candidates]
    tested = [place for place, one in enumerate(measured) if one.p is not None]
    adjusted = adjust_p_values([p for one in measured if (p := one.p) is not None])
    for place, q in zip(tested, adjusted, strict=True):
        measured[place] = replace(measured[place], q=q)
    return tuple(replace(one, tested=len(tested)) for one in measured)


class _Table:
    """The sessions of a dream by id; built once, asked for every candidate."""

    def __init__(self, ledger: Sequence[LedgerRow]) -> None:
        self.rows = {row.id: row for row in ledger}

    def measure(self, candidate: Candidate) -> Measured:
        matched = [self.rows[i] for i in candidate.matched if i in self.rows]
        exposed = self._list_exposed(candidate)
        known_with = [row for row in matched if row.verdict != "unknown"]
        with_ids = {row.id for row in matched}
        known_without = [
            row for row in exposed if row.verdict != "unknown" and row.id not in with_ids
        ]
        one = Measured(
            candidate=candidate,
            key=pattern_key(candidate.kind, candidate.tool, candidate.template, candidate.scope),
            of=len(exposed),
            sessions=len(matched),
            tasks=len({row.task_key or row.id for row in matched}),
            people=_count_people(candidate, matched),
            agents=len({row.agent for row in matched}),
            recovered=len(candidate.recovered & with_ids),
            failed_with=_count_failed(known_with),
            known_with=len(known_with),
            failed_without=_count_failed(known_without),
            known_without=len(known_without),
        )
        return one if candidate.signal == "words" else _compare(one, known_with, known_without)

    def _list_exposed(self, candidate: Candidate) -> list[LedgerRow]:
        if candidate.exposed is None:
            return list(self.rows.values())
        ids = candidate.exposed | candidate.matched
        return [self.rows[i] for i in ids if i in self.rows]


def _compare(
    one: Measured, with_it: Sequence[LedgerRow], without_it: Sequence[LedgerRow]
) -> Measured:
    within_tasks = split_strata(with_it, without_it, _task_of)
    within_agents = split_strata(with_it, without_it, _agent_of)
    one = replace(
        one,
        effect=pool_effect(within_tasks),
        effect_within_agents=pool_effect(within_agents),
        strata=sum(1 for s in within_tasks if _can_differ(s)),
    )
    if one.shortfall:
        return one
    sides = "one" if one.candidate.kind == "mistake" else "two"
    return replace(one, p=_round(compare_strata(within_tasks, sides=sides)))


def _task_of(row: LedgerRow) -> str:
    return row.task_key


def _agent_of(row: LedgerRow) -> str:
    return row.agent


def split_strata(
    with_it: Iterable[LedgerRow],
    without_it: Iterable[LedgerRow],
    key: Callable[[LedgerRow], str],
) -> tuple[Stratum, ...]:
    """Return one stratum for each key, sorted by key, from sessions with a known end."""
    counts: dict[str, list[int]] = {}
    for side, rows in enumerate((with_it, without_it)):
        for row in rows:
            cell = counts.setdefault(key(row), [0, 0, 0, 0])
            cell[side] += 1
            cell[side + 2] += row.verdict == "failure"
    return tuple(Stratum(*counts[name]) for name in sorted(counts))


def pool_effect(strata: Iterable[Stratum]) -> float | None:
    """Return the difference in failure shares pooled over strata, None where none has both sides.

    Mantel-Haenszel weights n1*n0/(n1+n0) in each stratum; -1.0 to +1.0, rounded to six places.
    """
    terms: list[float] = []
    weights: list[float] = []
    for s in strata:
        if s.with_pattern and s.without_pattern:
            total = s.with_pattern + s.without_pattern
            weight = s.with_pattern * s.without_pattern / total
            difference = s.failed_with / s.with_pattern - s.failed_without / s.without_pattern
            terms.append(weight * difference)
            weights.append(weight)
    return _round(math.fsum(terms) / math.fsum(weights)) if weights else None


def compare_strata(strata: Iterable[Stratum], *, sides: str) -> float | None:
    """Return the p-value of no association within any stratum, None where nothing can differ.

    Conditional on all margins the failures with the pattern are hypergeometric in each stratum;
    their sum is convolved exactly. sides: 'one' (more failures with the pattern) or 'two' (twice
    the smaller tail). Above 400 possible sums the normal form with continuity correction takes over
    (Cochran, Mantel and Haenszel).
    """
    usable = [s for s in strata if _can_differ(s)]
    if not usable:
        return None
    seen = sum(s.failed_with for s in usable)
    span = sum(_range_of(s)[1] - _range_of(s)[0] for s in usable)
    upper, lower = (_exact_tails if span <= _EXACT_LIMIT else _normal_tails)(usable, seen)
    p = upper if sides == "one" else 2 * min(upper, lower)
    return min(1.0, p)


def _can_differ(s: Stratum) -> bool:
    low, high = _range_of(s)
    return low < high


def _range_of(s: Stratum) -> tuple[int, int]:
    failed = s.failed_with + s.failed_without
    return max(0, failed - s.without_pattern), min(s.with_pattern, failed)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _hypergeometric(s: Stratum) -> list[float]:
    failed = s.failed_with + s.failed_without
    total = s.with_pattern + s.without_pattern
    low, high = _range_of(s)
    return [
        math.exp(
            _log_choose(s.with_pattern, k)
            + _log_choose(s.without_pattern, failed - k)
            - _log_choose(total, failed)
        )
        for k in range(low, high + 1)
    ]


def _exact_tails(strata: Sequence[Stratum], seen: int) -> tuple[float, float]:
    sums = [1.0]
    for s in strata:
        chances = _hypergeometric(s)
        longer = [0.0] * (len(sums) + len(chances) - 1)
        for i, left in enumerate(sums):
            for k, right in enumerate(chances):
                longer[i + k] += left * right
        sums = longer
    place = seen - sum(_range_of(s)[0] for s in strata)
    return math.fsum(sums[place:]), math.fsum(sums[: place + 1])


def _normal_tails(strata: Sequence[Stratum], seen: int) -> tuple[float, float]:
    mean = variance = 0.0
    for s in strata:
        total = s.with_pattern + s.without_pattern
        failed = s.failed_with + s.failed_without
        mean += s.with_pattern * failed / total
        variance += (
            s.with_pattern
            * s.without_pattern
            * failed
            * (total - failed)
            / (total * total * (total - 1))
        )
    scale = math.sqrt(2 * variance)
    upper = 0.5 * math.erfc((seen - 0.5 - mean) / scale)
    lower = 0.5 * math.erfc((mean - seen - 0.5) / scale)
    return upper, lower


def adjust_p_values(p_values: Sequence[float]) -> list[float]:
    """Return the q-value of each p-value (Benjamini and Hochberg, 1995), rounded to six places."""
    count = len(p_values)
    order = sorted(range(count), key=lambda place: p_values[place], reverse=True)
    adjusted = [1.0] * count
    smallest = 1.0
    for rank, place in zip(range(count, 0, -1), order, strict=True):
        smallest = min(smallest, p_values[place] * count / rank)
        adjusted[place] = round(smallest, 6)
    return adjusted


def wilson_interval(hits: int, total: int) -> Interval | None:
    """Return hits/total with its 95 % interval (Wilson, 1927), None for a total of 0."""
    if total == 0:
        return None
    share = hits / total
    spread = _Z * _Z / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def sentences(measured: Measured) -> tuple[str, ...]:
    """Return the numbers in plain words, for people who read no statistics."""
    where = f"of {_count(measured.of, 'session')}"
    if measured.candidate.exposed is not None and measured.candidate.tool:
        where += f" that called `{measured.candidate.tool}`"
    seen = f"Seen in {measured.sessions} {where}"
    told = [f"{seen}, {_count(measured.people, 'person')}." if measured.people else f"{seen}."]
    if not measured.is_told:
        return (*told, _NOT_ENOUGH)
    return (*told, _say_counts(measured), "Chance is an unlikely explanation.")


def _say_counts(measured: Measured) -> str:
    with_it = f"{measured.failed_with} of these {measured.known_with} failed"
    if measured.known_with != measured.sessions:
        with_it = f"{measured.failed_with} of the {measured.known_with} with a known end failed"
    return f"{with_it}; of the {measured.known_without} others, {measured.failed_without}."


def _count(number: int, noun: str) -> str:
    plural = "people" if noun == "person" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _count_people(candidate: Candidate, matched: Iterable[LedgerRow]) -> int:
    principals: set[str] = set()
    present: set[str] = set()
    for row in matched:
        principals.add(row.principal)
        present.update(row.speakers)
    if candidate.people:
        return len(candidate.people & (present | principals))
    return len(principals - {""})


def _count_failed(rows: Iterable[LedgerRow]) -> int:
    return sum(row.verdict == "failure" for row in rows)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _decimal(value: float | None, places: int = 4) -> str | None:
    return None if value is None else f"{value + 0.0:.{places}f}"


def _interval_numbers(hits: int, total: int) -> list[str] | None:
    interval = wilson_interval(hits, total)
    if interval is None:
        return None
    return [f"{value:.4f}" for value in (interval.share, interval.low, interval.high)]
