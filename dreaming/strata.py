"""Comparing sessions like with like: strata, pooled effects, exact tests, corrections, intervals.

A stratum holds sessions that are alike (of one task, of one agent): what differs between strata
cannot pass for an effect. The arithmetic is in plain floats (importing scipy.stats takes 1.7 s in
every process); tests hold it against scipy. What leaves here is rounded, so that equal input gives
equal bytes.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_Z = 1.959963984540054
_EXACT_LIMIT = 400
_ALWAYS_EXACT = 80
_PLAINLY_NOTHING = 0.1


class Stratum(NamedTuple):
    """Sessions that are alike, with a known end: with and without the pattern, and failed."""

    with_pattern: int
    without_pattern: int
    failed_with: int
    failed_without: int


Strata = Mapping[Stratum, int]
"""How often each stratum occurs: thousands of tasks make a few dozen different ones."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share and its Wilson interval of 95 %."""

    share: float
    low: float
    high: float


def tally(strata: Iterable[Stratum]) -> Strata:
    """Return how often each stratum occurs."""
    return Counter(strata)


def can_differ(s: Stratum) -> bool:
    """Say whether a stratum can tell anything: both sides, and ends of both kinds."""
    low, high = _range_of(s)
    return low < high


def count_telling(strata: Strata) -> int:
    """Return how many strata can tell anything."""
    return sum(times for s, times in strata.items() if can_differ(s))


def pool_effect(strata: Strata) -> float | None:
    """Return the difference in failure shares pooled over strata, None where none has both sides.

    Mantel-Haenszel weights n1*n0/(n1+n0) in each stratum; -1.0 to +1.0, rounded to six places.
    """
    usable = _keep_two_sided(strata)
    if not usable:
        return None
    differences = (
        times
        * _weight_of(s)
        * (s.failed_with / s.with_pattern - s.failed_without / s.without_pattern)
        for s, times in usable
    )
    return round(math.fsum(differences) / _sum_weights(usable), 6)


def bound_effect(strata: Strata) -> float | None:
    """Return how far from nothing the pooled effect can be, at 95 %; None where nobody can say.

    |effect| + 1.96 standard errors, the variance being that of no association.
    """
    usable = _keep_two_sided(strata)
    effect = pool_effect(strata)
    if effect is None or not count_telling(strata):
        return None
    variance = math.fsum(times * _variance_of(s) for s, times in usable)
    return abs(effect) + _Z * math.sqrt(variance) / _sum_weights(usable)


def exceed_expected(strata: Strata) -> float:
    """Return how many more sessions with the pattern failed than no association would give."""
    return math.fsum(times * (s.failed_with - _mean_of(s)) for s, times in strata.items())


def compare_strata(strata: Strata, *, sides: str) -> float | None:
    """Return the p-value of no association within any stratum, None where nothing can differ.

    Conditional on all margins the failures with the pattern are hypergeometric in each stratum;
    their sum is convolved exactly. sides: 'one' (more failures with the pattern) or 'two' (twice
    the smaller tail). Above 400 possible sums, and above 80 where the answer is plainly nothing,
    the normal form with continuity correction stands in (Cochran, Mantel and Haenszel).
    """
    usable = sorted((s, times) for s, times in strata.items() if can_differ(s))
    if not usable:
        return None
    seen = sum(times * s.failed_with for s, times in usable)
    lows, highs = zip(*(_range_of(s) for s, _ in usable), strict=True)
    span = sum(
        times * (high - low) for (_, times), low, high in zip(usable, lows, highs, strict=True)
    )
    if span > min(_ALWAYS_EXACT, _EXACT_LIMIT):
        p = _choose_tail(_normal_tails(usable, seen), sides)
        if span > _EXACT_LIMIT or p > _PLAINLY_NOTHING:
            return p
    return _choose_tail(_exact_tails(usable, seen), sides)


_Counted = Sequence[tuple[Stratum, int]]


def _keep_two_sided(strata: Strata) -> list[tuple[Stratum, int]]:
    return [(s, times) for s, times in strata.items() if s.with_pattern and s.without_pattern]


def _sum_weights(counted: _Counted) -> float:
    return math.fsum(times * _weight_of(s) for s, times in counted)


def _choose_tail(tails: tuple[float, float], sides: str) -> float:
    upper, lower = tails
    return min(1.0, upper if sides == "one" else 2 * min(upper, lower))


def _range_of(s: Stratum) -> tuple[int, int]:
    failed = s.failed_with + s.failed_without
    return max(0, failed - s.without_pattern), min(s.with_pattern, failed)


def _weight_of(s: Stratum) -> float:
    return s.with_pattern * s.without_pattern / (s.with_pattern + s.without_pattern)


def _variance_of(s: Stratum) -> float:
    total = s.with_pattern + s.without_pattern
    failed = s.failed_with + s.failed_without
    return (
        s.with_pattern
        * s.without_pattern
        * failed
        * (total - failed)
        / (total * total * (total - 1))
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


@lru_cache(maxsize=4096)
def _hypergeometric(with_pattern: int, without_pattern: int, failed: int) -> tuple[float, ...]:
    low, high = max(0, failed - without_pattern), min(with_pattern, failed)
    whole = _log_choose(with_pattern + without_pattern, failed)
    return tuple(
        math.exp(_log_choose(with_pattern, k) + _log_choose(without_pattern, failed - k) - whole)
        for k in range(low, high + 1)
    )


def _exact_tails(counted: _Counted, seen: int) -> tuple[float, float]:
    sums = [1.0]
    place = seen
    for s, times in counted:
        place -= times * _range_of(s)[0]
        failed = s.failed_with + s.failed_without
        chances = _hypergeometric(s.with_pattern, s.without_pattern, failed)
        for _ in range(times):
            sums = _convolve(sums, chances)
    return math.fsum(sums[place:]), math.fsum(sums[: place + 1])


def _convolve(sums: Sequence[float], chances: Sequence[float]) -> list[float]:
    longer = [0.0] * (len(sums) + len(chances) - 1)
    for k, right in enumerate(chances):
        for i, left in enumerate(sums, start=k):
            longer[i] += left * right
    return longer


def _normal_tails(counted: _Counted, seen: int) -> tuple[float, float]:
    mean = math.fsum(times * _mean_of(s) for s, times in counted)
    scale = math.sqrt(2 * math.fsum(times * _variance_of(s) for s, times in counted))
    upper = 0.5 * math.erfc((seen - 0.5 - mean) / scale)
    lower = 0.5 * math.erfc((mean - seen - 0.5) / scale)
    return upper, lower


def _mean_of(s: Stratum) -> float:
    failed = s.failed_with + s.failed_without
    return s.with_pattern * failed / (s.with_pattern + s.without_pattern)


def adjust_p_values(p_values: Sequence[float], *, among: int = 0) -> list[float]:
    """Return the q-value of each p-value (Benjamini and Hochberg, 1995), rounded to six places.

    among: how many were tested in all; those that are not given count as having shown nothing.
    """
    count = max(len(p_values), among)
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    adjusted = [1.0] * len(p_values)
    smallest = 1.0
    for rank, place in zip(range(len(p_values), 0, -1), order, strict=True):
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
