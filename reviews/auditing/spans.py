"""Days as moments: a period of whole days in UTC, the days an auditor asks about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from reviews.errors import InvalidChange

USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in UTC, both included."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise InvalidChange(f"The period ends on {self.until}, before {self.since}.")

    @property
    def begins(self) -> datetime:
        """Return the first moment of the period."""
        return datetime.combine(self.since, time(), tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """Return the first moment after it."""
        return datetime.combine(self.until, time(), tzinfo=UTC) + timedelta(days=1)


def usual_span(now: datetime) -> Span:
    """Return the last USUAL_DAYS days, today included."""
    today = now.astimezone(UTC).date()
    return Span(today - timedelta(days=USUAL_DAYS - 1), today)
