"""When a decision is due, by risk, and how a time that comes or has passed is said. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from agents.web.times import spell_span

REMIND_AT = 0.8
"""The share of the time after which whoever's turn it is hears of it again."""

LONGEST_HOURS = 8_760
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Limits:
    """How long deciding may take: hours of wall time by risk; days until it is looked at anew."""

    high_hours: int = 24
    medium_hours: int = 72
    low_hours: int = 168
    recheck_days: int = 30

    def hours_for(self, risk: str) -> int:
        """Return the hours a proposal of this risk may wait."""
        return self.by_risk()[risk]

    def by_risk(self) -> Mapping[str, int]:
        """Return risk -> hours, the most urgent first."""
        return {"high": self.high_hours, "medium": self.medium_hours, "low": self.low_hours}

    def problems(self) -> tuple[str, ...]:
        """Return in sentences what of the numbers cannot be set."""
        found = [
            f"{hours:,} hours for {risk} risk: choose 1 to {LONGEST_HOURS:,}."
            for risk, hours in self.by_risk().items()
            if not 1 <= hours <= LONGEST_HOURS
        ]
        if not 1 <= self.recheck_days <= LONGEST_DAYS:
            found.append(f"{self.recheck_days:,} days: choose 1 to {LONGEST_DAYS}.")
        return tuple(found)


class Due(NamedTuple):
    """When a round of deciding is due, and when whoever's turn it is hears of it again."""

    due_at: datetime
    remind_at: datetime


def due_after(limits: Limits, risk: str, start: datetime) -> Due:
    """Return when a proposal of `risk` is due whose round began at `start`."""
    span = timedelta(hours=limits.hours_for(risk))
    return Due(start + span, start + span * REMIND_AT)


class Mark(NamedTuple):
    """A due time in words. is_near: it comes soon or has passed, so that a row shows it."""

    words: str
    sentence: str
    is_near: bool
    is_late: bool


def mark_of(due_at: datetime, remind_at: datetime | None, now: datetime) -> Mark:
    """Return how a due time is said at `now`: in a row (`due 20 min`), in a head (`Due in 6 h`)."""
    span = spell_span((due_at - now).total_seconds())
    if due_at <= now:
        return Mark(f"late {span}", f"Late by {span}", is_near=True, is_late=True)
    is_near = remind_at is not None and remind_at <= now
    return Mark(f"due {span}", f"Due in {span}", is_near=is_near, is_late=False)
