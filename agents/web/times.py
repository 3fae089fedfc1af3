"""Times in words: relative in work, absolute UTC to the second in audit. Pure."""

from datetime import UTC, date, datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def spell_span(seconds: float) -> str:
    """Return a length of time by its largest fitting unit: `41 s`, `38 min`, `6 h`, `3 d`."""
    whole = int(abs(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h"
    return f"{whole // DAY} d"


def spell_duration(seconds: float) -> str:
    """Return a measured length in two units: `0.4 s`, `38 s`, `2 min 31 s`, `15 h 40 min`."""
    whole = int(abs(seconds))
    if whole < 10:
        return f"{abs(seconds):.1f} s".replace(".0 s", " s")
    for unit, name, smaller, smaller_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{whole} s"


def spell_day(day: date, today: date) -> str:
    """Return `14 Nov`, with the year where it is not today's."""
    spelled = f"{day.day} {MONTHS[day.month - 1]}"
    return spelled if day.year == today.year else f"{spelled} {day.year}"


def spell_relative(moment: datetime, now: datetime) -> str:
    """Return `just now`, `2 h ago` or `in 6 h`; beyond a week the day. Both times are aware."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) >= 7 * DAY:
        return spell_day(moment.astimezone(UTC).date(), now.astimezone(UTC).date())
    if 0 <= seconds < 10:
        return "just now"
    return f"{spell_span(seconds)} ago" if seconds > 0 else f"in {spell_span(seconds)}"


def spell_utc(moment: datetime) -> str:
    """Return `2026-11-20 06:11:58 UTC`; sorts as text and is never local time."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def machine_time(moment: datetime) -> str:
    """Return the value of a `datetime` attribute: `2026-11-20T06:11:58Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
