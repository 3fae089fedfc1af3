"""Comparing sessions like with like: strata, pooled effects, exact tests, corrections, intervals.

A stratum holds sessions that are alike (of one task, of one agent): what differs between strata
cannot pass for an effect. The arithmetic is in plain floats (importing scipy.stats takes 1.7 s in
every process); tests hold it against scipy. What leaves here is rounded, so that equal input gives
equal bytes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_Z = 1.959963984540054
_EXACT_LIMIT = 400
_ALWAYS_EXACT = 80
_PLAINLY_NOTHING = 0.25


@dataclass(frozen=True, order=True, slots=True)
class Stratum:
    """Sessions that are alike, with a known end: with and without the pattern, and failed."""

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


def can_differ(s: Stratum) -> bool:
    """Say whether a stratum can tell anything: both sides, and ends of both kinds."""
    low, high = _range_of(s)
    return low < high


def pool_effect(strata: Iterable[Stratum]) -> float | None:
    """Return the difference in failure shares pooled over strata, None where none has both sides.

    Mantel-Haenszel weights n1*n0/(n1+n0) in each stratum; -1.0 to +1.0, rounded to six places.
    """
    terms: list[float] = []
    weights: list[float] = []
    for s in strata:
        if s.with_pattern and s.without_pattern:
            weight = _weight_of(s)
            difference = s.failed_with / s.with_pattern - s.failed_without / s.without_pattern
            terms.append(weight * difference)
            weights.append(weight)
    return round(math.fsum(terms) / math.fsum(weights), 6) if weights else None


def bound_effect(strata: Iterable[Stratum]) -> float | None:
    """Return how far from nothing the pooled effect can be, at 95 %; None where nobody can say.

    |effect| + 1.96 standard errors, the variance being that of no association.
    """
    usable = [s for s in strata if s.with_pattern and s.without_pattern]
    effect = pool_effect(usable)
    if effect is None or not any(map(can_differ, usable)):
        return None
    variance = math.fsum(_variance_of(s) for s in usable)
    return abs(effect) + _Z * math.sqrt(variance) / math.fsum(_weight_of(s) for s in usable)


def compare_strata(strata: Iterable[Stratum], *, sides: str) -> float | None:
    """Return the p-value of no association within any stratum, None where nothing can differ.

    Conditional on all margins the failures with the pattern are hypergeometric in each stratum;
    their sum is convolved exactly. sides: 'one' (more failures with the pattern) or 'two' (twice
    the smaller tail). Above 400 possible sums, and above 80 where the answer is plainly nothing,
    the normal form with continuity correction stands in (Cochran, Mantel and Haenszel).
    """
    usable = sorted(s for s in strata if can_differ(s))
    if not usable:
        return None
    seen = sum(s.failed_with for s in usable)
    span = sum(_range_of(s)[1] - _range_of(s)[0] for s in usable)
    if span > min(_ALWAYS_EXACT, _EXACT_LIMIT):
        p = _choose_tail(_normal_tails(usable, seen), sides)
        if span > _EXACT_LIMIT or p > _PLAINLY_NOTHING:
            return p
    return _choose_tail(_exact_tails(usable, seen), sides)


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


def _exact_tails(strata: Sequence[Stratum], seen: int) -> tuple[float, float]:
    sums = [1.0]
    for s in strata:
        chances = _hypergeometric(
            s.with_pattern, s.without_pattern, s.failed_with + s.failed_without
        )
        longer = [0.0] * (len(sums) + len(chances) - 1)
        for k, right in enumerate(chances):
            for i, left in enumerate(sums, start=k):
                longer[i] += left * right
        sums = longer
    place = seen - sum(_range_of(s)[0] for s in strata)
    return math.fsum(sums[place:]), math.fsum(sums[: place + 1])


def _normal_tails(strata: Sequence[Stratum], seen: int) -> tuple[float, float]:
    mean = math.fsum(
        s.with_pattern * (s.failed_with + s.failed_without) / (s.with_pattern + s.without_pattern)
        for s in strata
    )
    scale = math.sqrt(2 * math.fsum(_variance_of(s) for s in strata))
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
