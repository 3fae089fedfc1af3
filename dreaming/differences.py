"""How two shares differ, how sure that is, and how many more sessions it would take. Pure.

Arithmetic in plain floats; tests hold it against published examples and scipy.
"""

import math
from dataclasses import dataclass

from dreaming.strata import Interval, wilson_interval

Z_TWO_SIDED = 1.959963984540054
Z_POWER = 0.8416212335729143
TELLABLE = 0.10
"""The smallest difference somebody would act on: ten points."""
LEAST = 5
"""With fewer sessions on a side no rate is told as one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One share against another: `points` and its 95 % interval, -1 to 1.

    more_read, more_other: about how many more sessions it takes on each side to tell ten points.
    """

    first: Interval
    second: Interval
    points: float
    low: float
    high: float
    more_read: int
    more_other: int

    @property
    def is_told(self) -> bool:
        """Say whether the interval leaves nothing out: chance alone would seldom give this."""
        return self.low > 0 or self.high < 0

    @property
    def is_below(self) -> bool:
        """Say whether the first share is lower, with the whole interval."""
        return self.high < 0


def compare_shares(hits: int, total: int, other_hits: int, other_total: int) -> Difference | None:
    """Return how hits/total differs from other_hits/other_total; None with too few on a side.

    The interval is Newcombe's hybrid of the two Wilson intervals without continuity correction
    (Newcombe 1998, Statistics in Medicine 17, 873-890, method 10).
    """
    first, second = wilson_interval(hits, total), wilson_interval(other_hits, other_total)
    if first is None or second is None or min(total, other_total) < LEAST:
        return None
    points = first.share - second.share
    below = math.hypot(first.share - first.low, second.high - second.share)
    above = math.hypot(first.high - first.share, second.share - second.low)
    needed = sessions_needed((hits + other_hits) / (total + other_total))
    return Difference(
        first=first,
        second=second,
        points=points,
        low=points - below,
        high=points + above,
        more_read=max(0, needed - total),
        more_other=max(0, needed - other_total),
    )


def sessions_needed(share: float, difference: float = TELLABLE) -> int:
    """Return how many sessions each side needs to tell `difference` around `share`.

    Two sides of one size, 5 % two-sided, 80 % power (Fleiss, Levin and Paik 2003, Statistical
    Methods for Rates and Proportions, 4.14): (z1 sqrt(2 p q) + z2 sqrt(p1 q1 + p2 q2))^2 / d^2,
    with p1 and p2 half the difference to either side of the share, pushed inside 0 to 1.
    Raises ValueError unless 0 <= share <= 1 and 0 < difference < 1.
    """
    if not 0 <= share <= 1 or not 0 < difference < 1:
        raise ValueError(f"{share} and {difference} are no share and no difference of shares")
    middle = min(max(share, difference / 2), 1 - difference / 2)
    low, high = middle - difference / 2, middle + difference / 2
    spread = Z_TWO_SIDED * math.sqrt(2 * middle * (1 - middle))
    spread += Z_POWER * math.sqrt(low * (1 - low) + high * (1 - high))
    return math.ceil(spread * spread / (difference * difference))
