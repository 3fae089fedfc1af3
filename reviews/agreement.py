"""How far people who judge the same things agree, beyond what chance would give. Pure.

Krippendorff's alpha for nominal values: alpha = 1 - Do / De. Do is the share of pairs of unlike
values among the pairs within units, each unit weighing as many as its values; De is the same share
when values are paired regardless of their units:

    Do = (1 / n) * sum over units of  (pairs of unlike values in the unit) / (m - 1)
    De = (1 / (n * (n - 1))) * sum over c of  n_c * (n - n_c)

Ordered pairs; m is the number of values of a unit, n that of all units with two or more, n_c how
many of them are c. 1 is full agreement, 0 is what chance gives, below 0 is systematic disagreement.
It is not defined where everybody says the same of everything: nothing varies, so nothing is shown.
Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), nominal metric.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Alpha:
    """Alpha with its 95 % interval. units: judged twice or more; values: how many judgements."""

    value: float
    low: float
    high: float
    units: int
    values: int


def nominal_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Return alpha of the values of each unit; None where it is not defined.

    A unit with one value or none says nothing about agreement and is passed over.
    """
    counted = [Counter(unit) for unit in units if len(unit) > 1]
    return _alpha(counted, sum(counted, Counter()))


def _alpha(units: Sequence[Counter[Hashable]], totals: Counter[Hashable]) -> float | None:
    n = totals.total()
    unlike = sum(count * (n - count) for count in totals.values())
    if not unlike:
        return None
    observed = sum(
        sum(count * (unit.total() - count) for count in unit.values()) / (unit.total() - 1)
        for unit in units
    )
    return 1 - (observed / n) / (unlike / (n * (n - 1)))


def alpha_of(units: Iterable[Sequence[Hashable]]) -> Alpha | None:
    """Return alpha with its interval; None where it is not defined or rests on one unit.

    The interval is alpha -+ 1.96 standard errors of the jackknife over units, at most 1: each unit
    is left out once, and how much alpha moves tells how much it owes to which units were met.
    """
    counted = [Counter(unit) for unit in units if len(unit) > 1]
    totals: Counter[Hashable] = sum(counted, Counter())
    whole = _alpha(counted, totals)
    if whole is None or len(counted) < 2:
        return None
    left_out = [
        _alpha([*counted[:at], *counted[at + 1 :]], totals - unit)
        for at, unit in enumerate(counted)
    ]
    told = [one for one in left_out if one is not None]
    middle = sum(told) / len(told) if told else whole
    spread = sum((one - middle) ** 2 for one in told)
    error = NORMAL_95 * sqrt(spread * (len(counted) - 1) / len(counted))
    return Alpha(whole, whole - error, min(1.0, whole + error), len(counted), totals.total())
